import * as calls from '../../api/calls';
import type { Link, StateChange, Upstream } from '../../api/types';
import { useLive } from '../../live/store';
import { Button } from '../../ui/Button';
import { Facts } from '../../ui/Fields';
import { age, bytes, count, millis, rate, visible } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { State, toneOf, wordOf } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { usePolled } from '../../ui/usePolled';
import { actsOf, useUpstreamActions } from './actions';
import { UpstreamCharts } from './UpstreamCharts';

const refreshMs = 2_000;

const linkColumns: Column<Link>[] = [
  { key: 'worker', title: 'Worker', number: true, cell: (one) => one.worker },
  {
    key: 'state',
    title: 'State',
    cell: (one) => (
      <>
        <State tone={one.state === 'ready' ? 'ok' : 'warn'}>{one.state}</State>
        {one.problem && <div className="problem">{visible(one.problem)}</div>}
      </>
    ),
  },
  { key: 'connections', title: 'Clients', number: true, cell: (one) => count(one.connections) },
  { key: 'waiting', title: 'Waiting', number: true, cell: (one) => count(one.waiting_connections) },
  { key: 'flight', title: 'In flight', number: true, cell: (one) => `${count(one.outstanding_frames)} (${bytes(one.outstanding_bytes)})` },
  { key: 'sent', title: 'Frames sent', number: true, cell: (one) => count(one.frames_sent) },
  { key: 'received', title: 'Messages back', number: true, cell: (one) => count(one.messages_received) },
  { key: 'lost', title: 'Lost', number: true, cell: (one) => count(one.times_lost) },
  { key: 'failed', title: 'Failed', number: true, cell: (one) => count(one.times_failed) },
];

function History({ changes }: { changes: StateChange[] }) {
  if (changes.length === 0) return <Empty title="Nothing is known yet." />;
  return (
    <ol className="timeline" aria-label="Health history">
      {[...changes].reverse().map((one, i, all) => {
        const until = all[i - 1]?.at;
        return (
          <li key={one.at + one.state}>
            <State tone={toneOf({ state: one.state, admin_state: 'ready' })}>{one.state}</State>
            <span title={one.at}>{one.at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</span>
            <span className="faint">for {age(one.at, until ? Date.parse(until) : Date.now())}</span>
            {one.problem && <span className="problem">{visible(one.problem)}</span>}
          </li>
        );
      })}
    </ol>
  );
}

function Details({ upstream }: { upstream: Upstream }) {
  const { overview, rates } = useLive();
  const traffic = overview?.traffic.find((one) => one.upstream === upstream.id);
  const flow = rates?.upstream[upstream.id];
  const metadata = Object.entries(upstream.metadata).map(([name, value]) => `${name}: ${value}`);
  return (
    <Facts
      facts={[
        ['State', <State key="s" tone={toneOf(upstream)}>{wordOf(upstream)}</State>],
        ['Since', age(upstream.state_since)],
        ['Meant to be', upstream.admin_state],
        ['Weight', `${upstream.weight}${upstream.weight_percent < 100 ? `, ${upstream.weight_percent} % of it now` : ''}`],
        ['Clients', <a key="c" href={`#/connections?upstream=${encodeURIComponent(upstream.id)}`}>{count(upstream.connections)}</a>],
        ['In flight', traffic ? `${count(traffic.outstanding_frames)} frames, ${bytes(traffic.outstanding_bytes)}` : '–'],
        ['Clients that wait for room', count(traffic?.waiting_connections ?? 0)],
        ['Frames', flow ? `${rate(flow.up)} up, ${rate(flow.down)} messages back` : '–'],
        ['Answer time', flow ? `p50 ${millis(flow.p50)}, p99 ${millis(flow.p99)}` : '–'],
        ['Faults of links', flow ? `${flow.errorsPerMinute.toFixed(1)} a minute, ${count(traffic?.errors ?? 0)} since the start` : '–'],
        ['Problem', upstream.problem ? <span key="p" className="problem">{visible(upstream.problem)}</span> : ''],
        ['Last probe', visible(upstream.health)],
        ['Failures in a row', count(upstream.failures)],
        ['Address', <code key="a">{visible(upstream.address)}</code>],
        ['Pool', <a key="o" href={`#/upstreams?pool=${encodeURIComponent(upstream.pool)}`}>{visible(upstream.pool)}</a>],
        ['Source', upstream.source],
        ['Protocol', upstream.protocol],
        ['Lease until', upstream.lease_expires_at],
        ['Metadata', visible(metadata.join(', '))],
        ['Id', <code key="i">{upstream.id}</code>],
      ]}
    />
  );
}

export function UpstreamPage({ id }: { id: string }) {
  const look = usePolled(id, refreshMs, () => calls.upstream(id));
  const { start, dialog, denied } = useUpstreamActions();
  const upstream = look.value;
  const gone = look.error?.status === 404;
  return (
    <>
      <p className="trail">
        <a href="#/upstreams">Upstreams</a> / {visible(upstream?.name ?? id)}
      </p>
      <div className="head">
        <h1>{upstream ? visible(upstream.name) : 'Upstream'}</h1>
        {upstream &&
          !gone &&
          actsOf(upstream).map(([act, text]) => (
            <Button key={act} kind={act === 'remove' ? 'danger' : 'plain'} denied={denied} onClick={() => start(act, upstream)}>
              {text}
            </Button>
          ))}
      </div>
      {gone && (
        <Empty title={upstream ? 'This upstream is gone.' : 'There is no such upstream.'}>
          <p>
            <a href="#/upstreams">Show all upstreams</a>
          </p>
        </Empty>
      )}
      {look.error && !gone && <ErrorNotice error={look.error} />}
      {!upstream && !look.error && <Loading />}
      {upstream && (
        <>
          <Details upstream={upstream} />
          <section aria-labelledby="charts">
            <h2 id="charts">The last 15 minutes</h2>
            <UpstreamCharts id={upstream.id} />
          </section>
          <section aria-labelledby="history">
            <h2 id="history">Health history</h2>
            <History changes={upstream.history?.changes ?? []} />
          </section>
          <section aria-labelledby="links">
            <h2 id="links">Links</h2>
            {upstream.links.length === 0 ? <Empty title="It has no link." /> : <Table label="Links" columns={linkColumns} rows={upstream.links} id={(one) => String(one.worker)} />}
          </section>
        </>
      )}
      {dialog}
    </>
  );
}
