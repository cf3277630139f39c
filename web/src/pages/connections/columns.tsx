import type { Connection } from '../../api/types';
import { age, bytes, count, shortMark, visible } from '../../ui/format';
import { State } from '../../ui/State';
import type { Column } from '../../ui/Table';

export function remarks(one: Connection): string {
  const words = [];
  if (one.paused) words.push('not read from');
  if (one.up_ended) words.push('has ended');
  if (one.queued_bytes > 0) words.push(`${bytes(one.queued_bytes)} queued`);
  return words.join(', ');
}

export const columns: Column<Connection>[] = [
  {
    key: 'mark',
    title: 'Mark',
    sort: 'mark',
    track: '72px',
    cell: (one) => (
      <a href={`#/connections/${one.mark}`} title={one.mark} aria-label={`Connection ${one.mark}`}>
        <code>{shortMark(one.mark)}</code>
      </a>
    ),
  },
  { key: 'peer', title: 'Peer', sort: 'peer', track: 'minmax(126px, 1.5fr)', cell: (one) => <code>{visible(one.peer)}</code> },
  { key: 'listener', title: 'Listener', sort: 'listener', track: 'minmax(70px, 1fr)', cell: (one) => visible(one.listener) },
  {
    key: 'upstream',
    title: 'Upstream',
    sort: 'upstream',
    track: 'minmax(124px, 1.2fr)',
    cell: (one) => (one.upstream ? <a href={`#/upstreams/${encodeURIComponent(one.upstream)}`}>{visible(one.upstream_address)}</a> : <State tone="warn">held</State>),
  },
  { key: 'state', title: 'State', track: '76px', cell: (one) => <State tone={one.state === 'active' ? 'ok' : 'idle'}>{one.state}</State> },
  { key: 'opened', title: 'Since', sort: 'opened', track: '76px', cell: (one) => <span title={one.opened_at}>{age(one.opened_at)}</span> },
  { key: 'idle', title: 'Last frame', sort: 'last_frame', track: '86px', cell: (one) => <span title={one.last_frame_at}>{age(one.last_frame_at) || '–'}</span> },
  { key: 'frames_up', title: 'Frames up', sort: 'frames_up', number: true, track: '90px', cell: (one) => count(one.frames_up) },
  { key: 'frames_down', title: 'down', menu: 'Frames down', sort: 'frames_down', number: true, track: '72px', cell: (one) => count(one.frames_down) },
  { key: 'bytes_up', title: 'Bytes up', sort: 'bytes_up', number: true, track: '80px', cell: (one) => bytes(one.bytes_up) },
  { key: 'bytes_down', title: 'down', menu: 'Bytes down', sort: 'bytes_down', number: true, track: '72px', cell: (one) => bytes(one.bytes_down) },
  { key: 'outstanding', title: 'Outstanding', sort: 'outstanding', number: true, track: '104px', cell: (one) => bytes(one.outstanding_bytes) },
  { key: 'queued', title: 'Queued', sort: 'queued', number: true, track: '74px', cell: (one) => bytes(one.queued_bytes) },
];
