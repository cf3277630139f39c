// An event as a line for people.
import type { LogEntry } from '../../live/eventLog';
import type { Upstream } from '../../api/types';
import { count, plural, shortMark, visible } from '../../ui/format';
import { wordOf, type Tone } from '../../ui/State';

const text = (value: unknown): string => (value === undefined || value === null ? '' : visible(String(value)));

export function toneOfEvent({ type, data }: LogEntry): Tone {
  if (type === 'warning' || type === 'missed' || type === 'dead_letters_dropped') return 'warn';
  if (type === 'dead_letter_added') return 'bad';
  if (type === 'upstream_state') {
    const state = String(data.state);
    if (state === 'ready') return 'ok';
    return state === 'unhealthy' || state === 'dead' ? 'bad' : 'note';
  }
  return type.startsWith('upstream') ? 'note' : 'idle';
}

function untold(data: Record<string, unknown>): string {
  const left = Number(data.untold ?? 0);
  return left > 0 ? ` (${count(left)} more were not told)` : '';
}

export function Describe({ entry: { type, data } }: { entry: LogEntry }) {
  if (type.startsWith('upstream_')) {
    const problem = text(data.problem);
    return (
      <>
        <a href={`#/upstreams/${encodeURIComponent(String(data.id))}`}>{text(data.name)}</a> of {text(data.pool)}: {visible(wordOf(data as unknown as Upstream))}, weight{' '}
        {text(data.weight)}
        {problem && <span className="problem"> {problem}</span>}
      </>
    );
  }
  if (type === 'connection_ended') {
    return (
      <>
        <code title={text(data.mark)}>{shortMark(text(data.mark))}</code> {text(data.peer)} at {text(data.listener)}: <b>{text(data.reason)}</b>, {text(data.frames_up)} up,{' '}
        {text(data.frames_down)} down{untold(data)}
      </>
    );
  }
  if (type === 'dead_letter_added') {
    return (
      <>
        <a href="#/dead-letters">{text(data.id)}</a>: frame {text(data.seq)} of <code title={text(data.mark)}>{shortMark(text(data.mark))}</code> for {text(data.pool)}, {text(data.reason)}
        {untold(data)}
      </>
    );
  }
  if (type === 'missed') return <>Some events before this are no longer kept by the proxy, or it was started again since.</>;
  if (type === 'warning') return <>{text(data.message)}</>;
  if (type === 'config_reloaded') return <>{`${text(data.changes)} setting${plural(Number(data.changes))} changed`}</>;
  const fields = Object.entries(data)
    .filter(([name, value]) => name !== 'at' && typeof value !== 'object' && value !== '')
    .map(([name, value]) => `${name} ${text(value)}`);
  return <>{visible(fields.join(', '))}</>;
}

// What the text filter looks at.
export const searched = ({ type, data }: LogEntry): string => `${type} ${JSON.stringify(data)}`.toLowerCase();
