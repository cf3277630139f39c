// A page of the table at a time, ordered and filtered by the proxy: ten thousand clients are a number.
import { useState, type FormEvent } from 'react';
import * as calls from '../../api/calls';
import type { ConnectionFilter, ConnectionOrder } from '../../api/types';
import { ActOnMany } from '../../actions/connections';
import { useDenied } from '../../app/role';
import { address, go, replace, useRoute } from '../../app/router';
import { useLive } from '../../live/store';
import { Button } from '../../ui/Button';
import { Check, Select, Text } from '../../ui/Fields';
import { count, plural, timeOfDay, visible } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { Pager } from '../../ui/Pager';
import { Table } from '../../ui/Table';
import { usePolled } from '../../ui/usePolled';
import { columns } from './columns';

const refreshMs = 2_000;
const filters = ['state', 'listener', 'pool', 'upstream', 'group', 'peer'] as const;
const verbs: [calls.ManyVerb, string][] = [
  ['rebalance', 'Rebalance…'],
  ['rotate', 'Rotate…'],
  ['close', 'Close…'],
];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const choice = (first: string, all: [string, string][]): [string, string][] => [['', first], ...all];

export function ConnectionsPage() {
  const { query } = useRoute();
  const { overview } = useLive();
  const [tokens, setTokens] = useState<{ of: string; tokens: string[] }>({ of: '', tokens: [''] });
  const [follow, setFollow] = useState(true);
  const [acting, setActing] = useState<calls.ManyVerb | null>(null);
  const denied = useDenied('operate');

  const filter: ConnectionFilter = Object.fromEntries(filters.map((name) => [name, query.get(name) ?? ''])) as ConnectionFilter;
  const order = (query.get('order') ?? 'mark') as ConnectionOrder;
  const descending = order !== 'mark' && query.get('descending') === 'true';
  const limit = Number(query.get('limit')) || 50;
  // Another question begins at its first page.
  const question = query.toString();
  const pages = tokens.of === question ? tokens.tokens : [''];
  const pageToken = pages[pages.length - 1] ?? '';

  const list = usePolled(`${question} ${pageToken}`, follow ? refreshMs : 0, () =>
    calls.connections({ ...filter, order, descending, limit, page_token: pageToken }),
  );
  const set = (change: Record<string, string>) =>
    replace(address('connections', { ...Object.fromEntries(query), ...change }));

  const known = list.value ?? list.before; // the rows stay where they are until others are there
  const rows = known?.connections ?? [];
  const next = list.value?.next_page_token ?? '';
  const begin = (pages.length - 1) * limit;
  const matched = list.value?.matched ?? 0;
  const described = filters
    .filter((name) => filter[name])
    .map((name) => `${name} ${name === 'upstream' ? (overview?.upstreams.find((one) => one.id === filter.upstream)?.name ?? filter.upstream) : filter[name]}`)
    .join(', ');
  const shown = rows.length === 0 ? '0 connections' : `${count(begin + 1)}–${count(begin + rows.length)} of ${count(matched)}`;

  return (
    <>
      <div className="head">
        <h1>Connections</h1>
        <Find />
      </div>
      <div className="filters" role="search" aria-label="Filter">
        <Select label="State" value={filter.state ?? ''} onChange={(state) => set({ state })} options={choice('all', [['active', 'active'], ['inactive', 'inactive']])} />
        <Select label="Listener" value={filter.listener ?? ''} onChange={(listener) => set({ listener })} options={choice('all', (overview?.listeners ?? []).map((one) => [one.name, visible(one.name)]))} />
        <Select label="Pool" value={filter.pool ?? ''} onChange={(pool) => set({ pool })} options={choice('all', (overview?.pools ?? []).map((one) => [one.name, visible(one.name)]))} />
        <Select label="Upstream" value={filter.upstream ?? ''} onChange={(upstream) => set({ upstream })} options={choice('all', (overview?.upstreams ?? []).map((one) => [one.id, visible(`${one.name} (${one.pool})`)]))} />
        <Text label="Group" value={filter.group ?? ''} onChange={(group) => set({ group })} type="search" />
        <Peer key={filter.peer} value={filter.peer ?? ''} onChange={(peer) => set({ peer })} />
        <Select label="Rows" value={String(limit)} onChange={(rows) => set({ limit: rows })} options={[['25', '25'], ['50', '50'], ['100', '100'], ['200', '200']]} />
        <Check label={`Every ${refreshMs / 1000} s`} value={follow} onChange={setFollow} />
        {!follow && list.at > 0 && <span className="faint">as of {timeOfDay(list.at)}</span>}
      </div>
      <div className="bar">
        <span className="faint">{described ? visible(described) : 'All connections'}</span>
        {verbs.map(([verb, text]) => (
          <Button key={verb} denied={denied} onClick={() => setActing(verb)}>
            {text}
          </Button>
        ))}
      </div>
      {list.error && <ErrorNotice error={list.error} />}
      {!known && !list.error && <Loading />}
      {list.value && rows.length === 0 && (
        <Empty title={described ? 'No connection matches.' : 'No client is connected.'}>
          <p>
            {described ? (
              <a href="#/connections">Show all connections</a>
            ) : (
              `Clients connect to ${(overview?.listeners ?? []).map((one) => visible(one.address)).join(', ') || 'a listener'}.`
            )}
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <div aria-busy={!list.value}>
          <Table
            label="Connections"
            columns={columns}
            rows={rows}
            id={(one) => one.mark}
            sorting={{ by: order, descending, onChange: (by, down) => set({ order: by, descending: down && by !== 'mark' ? 'true' : '' }) }}
          />
        </div>
      )}
      {known && (rows.length > 0 || pages.length > 1) && (
        <Pager
          page={pages.length - 1}
          shown={list.value ? `${shown} connection${plural(matched)}` : 'Loading…'}
          more={next !== ''}
          onPrevious={() => setTokens({ of: question, tokens: pages.slice(0, -1) })}
          onNext={() => setTokens({ of: question, tokens: [...pages, next] })}
        />
      )}
      {acting && (
        <ActOnMany
          verb={acting}
          filter={filter}
          described={described}
          onClose={(done) => {
            setActing(null);
            if (done) list.refresh();
          }}
        />
      )}
    </>
  );
}

// Asked for when all of it is written: half an address is none.
function Peer({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange(text.trim());
  };
  return (
    <form className="peer" onSubmit={submit} onBlur={() => text.trim() !== value && onChange(text.trim())}>
      <Text label="Peer" value={text} onChange={setText} type="search" placeholder="address or network" />
    </form>
  );
}

// By its mark, of which all is needed: what is shown may not have it.
function Find() {
  const [mark, setMark] = useState('');
  const fits = uuid.test(mark.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fits) go(`#/connections/${mark.trim().toLowerCase()}`);
  };
  return (
    <form className="find" onSubmit={submit}>
      <Text label="Find by mark" value={mark} onChange={setMark} type="search" placeholder="a whole UUID" />
      <Button type="submit" disabled={!fits}>
        Open
      </Button>
    </form>
  );
}
