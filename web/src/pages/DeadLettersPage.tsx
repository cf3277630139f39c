import { useState } from 'react';
import * as calls from '../api/calls';
import type { DeadLetter, DeadLetterFilter } from '../api/types';
import { ActOnLetter, ActOnLetters } from '../actions/deadLetters';
import { useDenied } from '../app/role';
import { address, replace, useRoute } from '../app/router';
import { useLive } from '../live/store';
import { Button } from '../ui/Button';
import { Bytes } from '../ui/Bytes';
import { Dialog } from '../ui/Dialog';
import { Facts, Select, Text } from '../ui/Fields';
import { age, bytes, count, shortMark, visible } from '../ui/format';
import { Menu } from '../ui/Menu';
import { Empty, ErrorNotice, Loading } from '../ui/Notice';
import { Pager } from '../ui/Pager';
import { Table, type Column } from '../ui/Table';
import { usePolled } from '../ui/usePolled';

const limit = 50;
const reasons: [string, string][] = [
  ['', 'all'],
  ['max_attempts', 'max_attempts'],
  ['given_up', 'given_up'],
];

type Acting = { kind: 'show'; letter: DeadLetter } | { kind: 'one'; verb: calls.LetterVerb; letter: DeadLetter } | { kind: 'many'; verb: calls.LetterVerb };

function columnsOf(act: (acting: Acting) => void, denied: string, unseen: string): Column<DeadLetter>[] {
  return [
    { key: 'id', title: 'Id', cell: (one) => <code>{one.id}</code> },
    {
      key: 'mark',
      title: 'Mark',
      cell: (one) => (
        <a href={`#/connections/${one.mark}`} title={one.mark}>
          <code>{shortMark(one.mark)}</code>
        </a>
      ),
    },
    { key: 'seq', title: 'Frame', number: true, cell: (one) => count(one.seq) },
    { key: 'pool', title: 'Pool', cell: (one) => visible(one.pool) },
    { key: 'listener', title: 'Listener', cell: (one) => visible(one.listener) },
    { key: 'upstream', title: 'Last upstream', cell: (one) => visible(one.upstream) || '–' },
    { key: 'reason', title: 'Reason', cell: (one) => one.reason },
    { key: 'attempts', title: 'Attempts', number: true, cell: (one) => count(one.attempts) },
    { key: 'size', title: 'Size', number: true, cell: (one) => bytes(one.payload_bytes) },
    { key: 'dead', title: 'Dead since', cell: (one) => <span title={one.dead_at}>{age(one.dead_at)}</span> },
    {
      key: 'menu',
      title: '',
      cell: (letter) => (
        <Menu
          label={`Actions on ${letter.id}`}
          items={[
            { text: 'Show…', denied: unseen, onSelect: () => act({ kind: 'show', letter }) },
            { text: 'Replay…', denied, onSelect: () => act({ kind: 'one', verb: 'replay', letter }) },
            { text: 'Drop…', danger: true, denied, onSelect: () => act({ kind: 'one', verb: 'drop', letter }) },
          ]}
        />
      ),
    },
  ];
}

function Shown({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const content = usePolled(letter.id, 0, () => calls.deadLetter(letter.id));
  return (
    <Dialog title={`Dead letter ${letter.id}`} onClose={onClose}>
      <Facts
        facts={[
          ['Connection', <code key="m">{letter.mark}</code>],
          ['Frame', count(letter.seq)],
          ['Read', letter.received_at],
          ['Given up', letter.dead_at],
        ]}
      />
      {content.error && <ErrorNotice error={content.error} />}
      {!content.value && !content.error && <Loading />}
      {content.value && <Bytes base64={content.value.payload} />}
      <div className="actions">
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

export function DeadLettersPage() {
  const { overview } = useLive();
  const { query } = useRoute();
  const [tokens, setTokens] = useState<{ of: string; tokens: string[] }>({ of: '', tokens: [''] });
  const [acting, setActing] = useState<Acting | null>(null);
  const denied = useDenied('operate');
  const unseen = useDenied('admin');
  const filter: DeadLetterFilter = { pool: query.get('pool') ?? '', mark: query.get('mark') ?? '', reason: query.get('reason') ?? '' };
  const question = query.toString();
  const pages = tokens.of === question ? tokens.tokens : [''];
  const pageToken = pages[pages.length - 1] ?? '';
  const list = usePolled(`${question} ${pageToken}`, 5_000, () => calls.deadLetters(filter, limit, pageToken));
  const set = (change: Record<string, string>) => replace(address('dead-letters', { ...Object.fromEntries(query), ...change }));

  const known = list.value ?? list.before; // the rows stay where they are until others are there
  const rows = known?.dead_letters ?? [];
  const next = list.value?.next_page_token ?? '';
  const described = Object.entries(filter)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const close = (done: boolean) => {
    setActing(null);
    if (done) list.refresh();
  };
  return (
    <>
      <div className="head">
        <h1>Dead letters</h1>
        <Button denied={denied} disabled={rows.length === 0} onClick={() => setActing({ kind: 'many', verb: 'replay' })}>
          Replay all…
        </Button>
        <Button denied={denied} disabled={rows.length === 0} onClick={() => setActing({ kind: 'many', verb: 'drop' })}>
          Drop all…
        </Button>
      </div>
      <p className="faint">Frames that no upstream could handle: delivered too often, or given up by an upstream.</p>
      <div className="filters" role="search" aria-label="Filter">
        <Select label="Pool" value={filter.pool ?? ''} onChange={(pool) => set({ pool })} options={[['', 'all'], ...(overview?.pools ?? []).map((one): [string, string] => [one.name, visible(one.name)])]} />
        <Select label="Reason" value={filter.reason ?? ''} onChange={(reason) => set({ reason })} options={reasons} />
        <Text label="Mark" type="search" value={filter.mark ?? ''} onChange={(mark) => set({ mark })} />
      </div>
      {list.error && <ErrorNotice error={list.error} />}
      {!known && !list.error && <Loading />}
      {list.value && rows.length === 0 && <Empty title={described ? 'No dead letter matches.' : 'There are no dead letters.'} />}
      {rows.length > 0 && (
        <div aria-busy={!list.value}>
          <Table label="Dead letters" columns={columnsOf(setActing, denied, unseen)} rows={rows} id={(one) => one.id} />
        </div>
      )}
      {known && (next || pages.length > 1) && (
        <Pager
          page={pages.length - 1}
          shown={list.value ? `${count(rows.length)} of ${count(overview?.dead_letters ?? rows.length)} in all` : 'Loading…'}
          more={next !== ''}
          onPrevious={() => setTokens({ of: question, tokens: pages.slice(0, -1) })}
          onNext={() => setTokens({ of: question, tokens: [...pages, next] })}
        />
      )}
      {acting?.kind === 'show' && <Shown letter={acting.letter} onClose={() => setActing(null)} />}
      {acting?.kind === 'one' && <ActOnLetter letter={acting.letter} verb={acting.verb} onClose={close} />}
      {acting?.kind === 'many' && <ActOnLetters filter={filter} described={described} verb={acting.verb} onClose={close} />}
    </>
  );
}
