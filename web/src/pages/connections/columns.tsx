import type { Connection } from '../../api/types';
import { age, bytes, count, short, shortMark, visible } from '../../ui/format';
import { State } from '../../ui/State';
import type { Column } from '../../ui/Table';

export function remarks(one: Connection): string {
  const words = [];
  if (one.paused) words.push('not read from');
  if (one.up_ended) words.push('has ended');
  if (one.queued_bytes > 0) words.push(`${bytes(one.queued_bytes)} queued`);
  return words.join(', ');
}

// Of any size in its track.
const frames = (value: number) => (value < 1e9 ? count(value) : <span title={count(value)}>{short(value)}</span>);

const since = (time: string) => (
  <span className="whole" title={time}>
    {age(time) || '–'}
  </span>
);

// Tracks hold `999,999,999`, `1023 MiB` and `999 d 23 h` in the widest font of the style; all of them have
// room on a screen of 1400 pixels.
export const columns: Column<Connection>[] = [
  {
    key: 'mark',
    title: 'Mark',
    sort: 'mark',
    track: '74px',
    cell: (one) => (
      <a href={`#/connections/${one.mark}`} title={one.mark} aria-label={`Connection ${one.mark}`}>
        <code>{shortMark(one.mark)}</code>
      </a>
    ),
  },
  { key: 'peer', title: 'Peer', sort: 'peer', track: 'minmax(122px, 1.5fr)', cell: (one) => <code>{visible(one.peer)}</code> },
  { key: 'listener', title: 'Listener', sort: 'listener', track: 'minmax(68px, 1fr)', cell: (one) => visible(one.listener) },
  {
    key: 'upstream',
    title: 'Upstream',
    sort: 'upstream',
    track: 'minmax(120px, 1.2fr)',
    cell: (one) => (one.upstream ? <a href={`#/upstreams/${encodeURIComponent(one.upstream)}`}>{visible(one.upstream_address)}</a> : <State tone="warn">held</State>),
  },
  { key: 'state', title: 'State', sort: 'state', track: '78px', cell: (one) => <State tone={one.state === 'active' ? 'ok' : 'idle'}>{one.state}</State> },
  { key: 'opened', title: 'Since', sort: 'opened', track: '83px', cell: (one) => since(one.opened_at) },
  { key: 'idle', title: 'Last frame', sort: 'last_frame', track: '85px', cell: (one) => since(one.last_frame_at) },
  { key: 'frames_up', title: 'Frames up', sort: 'frames_up', number: true, track: '96px', cell: (one) => frames(one.frames_up) },
  { key: 'frames_down', title: 'down', menu: 'Frames down', sort: 'frames_down', number: true, track: '96px', cell: (one) => frames(one.frames_down) },
  { key: 'bytes_up', title: 'Bytes up', sort: 'bytes_up', number: true, track: '74px', cell: (one) => bytes(one.bytes_up) },
  { key: 'bytes_down', title: 'down', menu: 'Bytes down', sort: 'bytes_down', number: true, track: '74px', cell: (one) => bytes(one.bytes_down) },
  { key: 'outstanding', title: 'Outstanding', sort: 'outstanding', number: true, track: '96px', cell: (one) => bytes(one.outstanding_bytes) },
  { key: 'queued', title: 'Queued', sort: 'queued', number: true, track: '74px', cell: (one) => bytes(one.queued_bytes) },
];
