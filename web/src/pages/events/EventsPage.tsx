import { useEffect, useState } from 'react';
import { address, replace, useRoute } from '../../app/router';
import { eventLog, useEventLog, type LogEntry } from '../../live/eventLog';
import { Button } from '../../ui/Button';
import { Select, Text } from '../../ui/Fields';
import { count, timeOfDay } from '../../ui/format';
import { Empty } from '../../ui/Notice';
import { State } from '../../ui/State';
import { Describe, searched, toneOfEvent } from './describe';

const mostShown = 200;
const kinds: [string, string][] = [
  ['', 'all'],
  ['upstream_', 'upstreams'],
  ['connection_ended', 'connections ended'],
  ['dead_letter', 'dead letters'],
  ['config_reloaded', 'configuration'],
  ['warning', 'warnings'],
];

// Both may be full, so that their lengths say nothing.
const lastKey = (entries: LogEntry[]) => entries[entries.length - 1]?.key ?? 0;
const titleOf = (type: string) => type.replaceAll('_', ' ');

export function EventsPage() {
  const log = useEventLog();
  const { query } = useRoute();
  useEffect(eventLog.follow, []);
  const [held, setHeld] = useState<LogEntry[] | null>(null); // while paused
  const type = query.get('type') ?? '';
  const wanted = query.get('text') ?? '';
  const set = (change: Record<string, string>) => replace(address('events', { ...Object.fromEntries(query), ...change }));

  const all = held ?? log.entries;
  const words = wanted.toLowerCase();
  const found = all.filter((one) => one.type.startsWith(type) && (!words || searched(one).includes(words)));
  const shown = found.slice(-mostShown).reverse();
  const fresh = held ? lastKey(log.entries) - lastKey(held) : 0;
  return (
    <>
      <div className="head">
        <h1>Events</h1>
        <State tone={log.connected ? 'ok' : 'warn'}>{log.connected ? 'live' : 'reconnecting'}</State>
        <Button aria-pressed={held !== null} onClick={() => setHeld(held ? null : log.entries)}>
          {held ? `Go on${fresh > 0 ? ` (${count(fresh)} new)` : ''}` : 'Pause'}
        </Button>
        <Button
          onClick={() => {
            eventLog.clear();
            setHeld(null);
          }}
        >
          Clear
        </Button>
      </div>
      <div className="filters" role="search" aria-label="Filter">
        <Select label="Kind" value={type} onChange={(kind) => set({ type: kind })} options={kinds} />
        <Text label="Contains" type="search" value={wanted} onChange={(text) => set({ text })} />
        <span className="faint" role="status">
          {count(found.length)} of {count(all.length)}
          {found.length > mostShown ? `, the latest ${mostShown} shown` : ''}
        </span>
      </div>
      {shown.length === 0 && (
        <Empty title={all.length === 0 ? 'Nothing has happened yet.' : 'No event matches.'}>
          <p>The proxy tells of upstreams, of ended connections, of dead letters and of its configuration.</p>
        </Empty>
      )}
      <ol className="log" aria-label="Events">
        {shown.map((one) => (
          <li key={one.key}>
            <time>{timeOfDay(one.at)}</time>
            <State tone={toneOfEvent(one)}>{titleOf(one.type)}</State>
            <span className="what">
              <Describe entry={one} />
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
