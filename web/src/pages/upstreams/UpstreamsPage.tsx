import { useState } from 'react';
import * as calls from '../../api/calls';
import type { Stats, Upstream, UpstreamTraffic } from '../../api/types';
import { AddUpstream } from '../../actions/upstreams';
import { address, replace, useRoute } from '../../app/router';
import type { Rates, UpstreamRates } from '../../live/rates';
import { useLive } from '../../live/store';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Fields';
import { age, count, millis, rate, visible } from '../../ui/format';
import { Menu } from '../../ui/Menu';
import { Empty, Loading } from '../../ui/Notice';
import { Pager } from '../../ui/Pager';
import { State, toneOf, wordOf } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { usePolled } from '../../ui/usePolled';
import { useUpstreamActions } from './actions';

interface Row {
  upstream: Upstream;
  traffic: UpstreamTraffic | undefined;
  rates: UpstreamRates | undefined;
  failed: number | undefined; // frames a minute
}

type Value = string | number;
const values: Record<string, (row: Row) => Value> = {
  name: ({ upstream }) => upstream.name,
  pool: ({ upstream }) => upstream.pool,
  state: ({ upstream }) => upstream.state,
  weight: ({ upstream }) => upstream.weight,
  connections: ({ upstream }) => upstream.connections,
  flight: ({ traffic }) => traffic?.outstanding_frames ?? 0,
  rate: ({ rates }) => rates?.up ?? 0,
  p50: ({ rates }) => rates?.p50 ?? -1,
  p99: ({ rates }) => rates?.p99 ?? -1,
  failed: ({ failed }) => failed ?? 0,
  errors: ({ rates }) => rates?.errorsPerMinute ?? 0,
};

const rowsOnPage = 100;
const statsMs = 5_000;

const perMinute = (value: number | undefined) => (value ? <b className="problem">{value.toFixed(1)}</b> : '0');

function columnsOf(menu: (upstream: Upstream) => React.ReactNode): Column<Row>[] {
  return [
    {
      key: 'name',
      title: 'Upstream',
      sort: 'name',
      cell: ({ upstream }) => (
        <>
          <a href={`#/upstreams/${encodeURIComponent(upstream.id)}`}>{visible(upstream.name)}</a>
          {upstream.name !== upstream.address && <div className="faint">{visible(upstream.address)}</div>}
        </>
      ),
    },
    { key: 'pool', title: 'Pool', sort: 'pool', cell: ({ upstream }) => visible(upstream.pool) },
    {
      key: 'state',
      title: 'State',
      sort: 'state',
      cell: ({ upstream }) => (
        <>
          <State tone={toneOf(upstream)}>{wordOf(upstream)}</State>
          <span className="faint"> {age(upstream.state_since)}</span>
          {upstream.problem && <div className="problem">{visible(upstream.problem)}</div>}
        </>
      ),
    },
    {
      key: 'weight',
      title: 'Weight',
      sort: 'weight',
      number: true,
      cell: ({ upstream }) => `${upstream.weight}${upstream.weight_percent < 100 ? ` (${upstream.weight_percent} %)` : ''}`,
    },
    { key: 'connections', title: 'Clients', sort: 'connections', number: true, cell: ({ upstream }) => count(upstream.connections) },
    { key: 'flight', title: 'In flight', sort: 'flight', number: true, cell: ({ traffic }) => count(traffic?.outstanding_frames ?? 0) },
    { key: 'rate', title: 'Frames', sort: 'rate', number: true, cell: ({ rates }) => rate(rates?.up) },
    { key: 'p50', title: 'Answer p50', sort: 'p50', number: true, cell: ({ rates }) => millis(rates?.p50) },
    { key: 'p99', title: 'p99', menu: 'Answer p99', sort: 'p99', number: true, cell: ({ rates }) => millis(rates?.p99) },
    { key: 'failed', title: 'Failed/min', menu: 'Failed frames', sort: 'failed', number: true, cell: ({ failed }) => perMinute(failed) },
    { key: 'errors', title: 'Faults/min', menu: 'Faults of links', sort: 'errors', number: true, cell: ({ rates }) => perMinute(rates?.errorsPerMinute) },
    { key: 'links', title: 'Links', number: true, cell: ({ traffic }) => (traffic ? `${traffic.links_ready}/${traffic.links}` : '–') },
    { key: 'source', title: 'Source', cell: ({ upstream }) => upstream.source },
    { key: 'menu', title: '', cell: ({ upstream }) => menu(upstream) },
  ];
}

function rowsOf(upstreams: Upstream[], traffic: UpstreamTraffic[], rates: Rates | null, stats: Stats | null): Row[] {
  const byId = new Map(traffic.map((one) => [one.upstream, one]));
  const failures = new Map(stats?.upstreams.map((one) => [one.upstream, one.statistics?.errors_per_second.last_minute]));
  return upstreams.map((upstream) => ({
    upstream,
    traffic: byId.get(upstream.id),
    rates: rates?.upstream[upstream.id],
    failed: (failures.get(upstream.id) ?? 0) * 60,
  }));
}

export function UpstreamsPage() {
  const { overview, rates } = useLive();
  const stats = usePolled('stats', statsMs, calls.stats);
  const { query } = useRoute();
  const [sorting, setSorting] = useState({ by: '', descending: false });
  const [page, setPage] = useState(0);
  const [adding, setAdding] = useState(false);
  const { items, dialog, denied } = useUpstreamActions();
  const pool = query.get('pool') ?? '';
  const columns = columnsOf((upstream) => <Menu label={`Actions on ${visible(upstream.name)}`} items={items(upstream)} />);
  if (!overview) return <Loading />;

  const value = values[sorting.by];
  const all = rowsOf(overview.upstreams.filter((one) => !pool || one.pool === pool), overview.traffic, rates, stats.value);
  if (value) {
    const way = sorting.descending ? -1 : 1;
    all.sort((a, b) => way * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  }
  const at = Math.min(page, Math.max(0, Math.ceil(all.length / rowsOnPage) - 1));
  const rows = all.slice(at * rowsOnPage, (at + 1) * rowsOnPage);
  return (
    <>
      <div className="head">
        <h1>Upstreams</h1>
        <Button kind="primary" denied={denied} onClick={() => setAdding(true)}>
          Add…
        </Button>
      </div>
      <div className="filters">
        <Select
          label="Pool"
          value={pool}
          onChange={(name) => replace(address('upstreams', { pool: name }))}
          options={[['', 'all'], ...overview.pools.map((one): [string, string] => [one.name, visible(one.name)])]}
        />
      </div>
      {rows.length === 0 ? (
        <Empty title={pool ? `Pool ${visible(pool)} has no upstream.` : 'There is no upstream.'}>
          <p>Name one in the configuration file, let one register itself, or add one here.</p>
        </Empty>
      ) : (
        <Table
          label="Upstreams"
          columns={columns}
          rows={rows}
          id={({ upstream }) => upstream.id}
          sorting={{ ...sorting, onChange: (by, descending) => setSorting({ by, descending }) }}
        />
      )}
      {all.length > rowsOnPage && (
        <Pager page={at} shown={`${count(all.length)} upstreams`} more={(at + 1) * rowsOnPage < all.length} onPrevious={() => setPage(at - 1)} onNext={() => setPage(at + 1)} />
      )}
      <p className="hint">Answer times, failures and faults are of the last minute. Failed: frames whose answer reported a failure, that were not answered in time, or became dead letters. Faults: links lost, tries to link and health probes that failed, messages that cannot be read.</p>
      {adding && <AddUpstream pools={overview.pools} onClose={() => setAdding(false)} />}
      {dialog}
    </>
  );
}
