import { useRef, useState } from 'react';
import * as calls from '../../api/calls';
import type { Connection, LedgerEntry } from '../../api/types';
import { CloseOne, SendToOne, TapOne } from '../../actions/connections';
import { useDenied } from '../../app/role';
import { Button } from '../../ui/Button';
import { Facts } from '../../ui/Fields';
import { age, bytes, count, rate, visible } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { usePolled } from '../../ui/usePolled';
import { remarks } from './columns';
import { TapPanel } from './TapPanel';

const refreshMs = 1_000;

// Frames a second between the two latest looks.
function useFlow(connection: Connection | null, at: number): { up: number; down: number } | null {
  const looks = useRef<{ at: number; up: number; down: number }[]>([]);
  if (!connection) return null;
  const last = looks.current[looks.current.length - 1];
  if (!last || last.at !== at) {
    looks.current = [...looks.current.slice(-1), { at, up: connection.frames_up, down: connection.frames_down }];
  }
  const [a, b] = looks.current;
  if (!a || !b || b.at === a.at) return null;
  const seconds = (b.at - a.at) / 1000;
  return { up: Math.max(0, b.up - a.up) / seconds, down: Math.max(0, b.down - a.down) / seconds };
}

const ledgerColumns: Column<LedgerEntry>[] = [
  { key: 'delivery', title: 'Delivery', number: true, cell: (one) => count(one.delivery) },
  { key: 'seq', title: 'Frame', number: true, cell: (one) => (one.seq ? count(one.seq) : 'no frame') },
  { key: 'attempts', title: 'Attempt', number: true, cell: (one) => count(one.attempts) },
  { key: 'bytes', title: 'Bytes', number: true, cell: (one) => bytes(one.bytes) },
  { key: 'age', title: 'Read', cell: (one) => (one.received_at ? <span title={one.received_at}>{age(one.received_at)} ago</span> : '–') },
];

function Ledger({ connection }: { connection: Connection }) {
  const { ledger } = connection;
  if (!ledger) return null;
  const facts: [string, string][] = [
    ['Outstanding', bytes(connection.outstanding_bytes)],
    ['Not acked', ledger.acks ? `${count(connection.outstanding_events)} event${connection.outstanding_events === 1 ? '' : 's'}` : 'its upstream does not ack'],
    ['Acked up to frame', ledger.last_acked ? count(ledger.last_acked) : '–'],
    ['Last frame read', count(connection.frames_up)],
  ];
  return (
    <section aria-labelledby="ledger">
      <h2 id="ledger">Ledger</h2>
      <Facts facts={facts} />
      {ledger.entries.length === 0 ? (
        <Empty title={ledger.acks ? 'All that was sent is acked.' : 'What is written counts as done.'} />
      ) : (
        <Table label="Ledger" columns={ledgerColumns} rows={ledger.entries} id={(one) => String(one.delivery)} />
      )}
      {connection.outstanding_events > ledger.entries.length && ledger.entries.length > 0 && (
        <p className="hint">The oldest {ledger.entries.length}.</p>
      )}
    </section>
  );
}

function Details({ connection, flow }: { connection: Connection; flow: { up: number; down: number } | null }) {
  const attributes = Object.entries(connection.presence?.attributes ?? {});
  return (
    <Facts
      facts={[
        ['State', <State key="s" tone={connection.state === 'active' ? 'ok' : 'idle'}>{connection.state}</State>],
        ['Peer', <code key="p">{visible(connection.peer)}</code>],
        ['Listener', visible(`${connection.listener} (${connection.local})`)],
        ['Pool', visible(connection.pool)],
        ['Upstream', connection.upstream ? <a key="u" href={`#/upstreams/${encodeURIComponent(connection.upstream)}`}>{visible(connection.upstream_address)}</a> : 'held: none is ready'],
        ['Worker', String(connection.worker)],
        ['Since', `${age(connection.opened_at)} (${connection.opened_at})`],
        ['Last frame', connection.last_frame_at ? `${age(connection.last_frame_at)} ago` : 'none yet'],
        ['Up', `${count(connection.frames_up)} frames, ${bytes(connection.bytes_up)}${flow ? `, ${rate(flow.up)}` : ''}`],
        ['Down', `${count(connection.frames_down)} frames, ${bytes(connection.bytes_down)}${flow ? `, ${rate(flow.down)}` : ''}`],
        ['Queued for the client', bytes(connection.queued_bytes)],
        ['Remarks', remarks(connection)],
        ['Epoch', String(connection.epoch)],
        ['Mark from', visible(`${connection.mark_source}, trust: ${connection.trust}, incarnation ${connection.incarnation}`)],
        ['Key', visible(connection.key)],
        ['Names', visible(connection.presence?.names.join(', ') ?? '')],
        ['Groups', visible(connection.presence?.groups.join(', ') ?? '')],
        ['Attributes', visible(attributes.map(([name, value]) => `${name}=${value}`).join(', '))],
      ]}
    />
  );
}

export function ConnectionPage({ mark }: { mark: string }) {
  const look = usePolled(mark, refreshMs, () => calls.connection(mark));
  const flow = useFlow(look.value, look.at);
  const [acting, setActing] = useState<'close' | 'send' | 'tap' | null>(null);
  const [tapped, setTapped] = useState(false);
  const noOperator = useDenied('operate');
  const noAdmin = useDenied('admin');
  const connection = look.value;
  const gone = look.error?.status === 404;
  const close = () => setActing(null);
  return (
    <>
      <p className="trail">
        <a href="#/connections">Connections</a> / <code>{visible(mark)}</code>
      </p>
      <div className="head">
        <h1>Connection</h1>
        {connection && !gone && (
          <>
            <Button denied={noOperator} onClick={() => setActing('send')}>
              Send…
            </Button>
            <Button denied={noAdmin} onClick={() => setActing('tap')} disabled={tapped}>
              Tap…
            </Button>
            <Button kind="danger" denied={noOperator} onClick={() => setActing('close')}>
              Close…
            </Button>
          </>
        )}
      </div>
      {gone && (
        <Empty title={connection ? 'This connection has ended.' : 'There is no such connection.'}>
          <p>
            {connection ? 'Below is what was seen last. ' : ''}
            <a href="#/events?type=connection_ended">Events</a> tell why connections ended.
          </p>
        </Empty>
      )}
      {look.error && !gone && <ErrorNotice error={look.error} />}
      {!connection && !look.error && <Loading />}
      {connection && <Details connection={connection} flow={gone ? null : flow} />}
      {connection && !gone && <Ledger connection={connection} />}
      {tapped && <TapPanel mark={mark} onStop={() => setTapped(false)} />}
      {connection && acting === 'close' && <CloseOne connection={connection} onClose={close} />}
      {connection && acting === 'send' && <SendToOne connection={connection} onClose={close} />}
      {connection && acting === 'tap' && <TapOne connection={connection} onClose={close} onStart={() => setTapped(true)} />}
    </>
  );
}
