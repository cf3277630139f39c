import { useLive } from '../live/store';
import { count, visible } from '../ui/format';
import { State } from '../ui/State';
import { choose, useTheme, type Choice } from './theme';

const pages: [page: string, title: string][] = [
  ['', 'Overview'],
  ['connections', 'Connections'],
  ['upstreams', 'Upstreams'],
  ['broadcast', 'Broadcast'],
  ['events', 'Events'],
  ['dead-letters', 'Dead letters'],
  ['config', 'Configuration'],
];
const labPage: [page: string, title: string] = ['lab', 'Lab'];

export const titleOf = (page: string): string => [...pages, labPage].find(([one]) => one === page)?.[1] ?? 'Not found';

function ThemeSwitch() {
  const { choice } = useTheme();
  return (
    <label className="theme">
      <span className="unseen">Colours</span>
      <select value={choice} onChange={(event) => choose(event.target.value as Choice)}>
        <option value="system">System</option>
        <option value="dark">Dark</option>
        <option value="light">Light</option>
      </select>
    </label>
  );
}

export function Navigation({ page }: { page: string }) {
  const { overview, stale } = useLive();
  const info = overview?.info;
  return (
    <header className="side">
      <div className="side-inside">
      <a className="brand" href="#/" aria-label="Waymark, overview">
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
          <path d="M11 1.5 19.5 6.4v9.2L11 20.5 2.5 15.6V6.4Z" fill="none" stroke="currentColor" strokeWidth="1.6" />
          <path d="M6 8.5 8.5 14 11 9l2.500 5L16 8.500" fill="none" stroke="currentColor" strokeWidth="1.600" strokeLinejoin="round" strokeLinecap="round" />
        </svg>
        Waymark
      </a>
      <nav aria-label="Pages">
        <ul>
          {(info?.lab ? [...pages, labPage] : pages).map(([one, title]) => (
            <li key={one}>
              <a href={`#/${one}`} aria-current={page === one ? 'page' : undefined}>
                {title}
                {one === 'dead-letters' && overview && overview.dead_letters > 0 && <span className="badge">{count(overview.dead_letters)}</span>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="about">
        {info && (
          <>
            <State tone={stale ? 'idle' : info.ready && !info.draining ? 'ok' : 'bad'}>
              {stale ? 'no answer' : info.draining ? 'draining' : info.ready ? 'ready' : 'not ready'}
            </State>
            <span className="faint" title={info.boot_id}>
              {visible(info.proxy_id)} · {visible(info.version)}
            </span>
            {info.role !== 'admin' && <span className="faint" title="What the token of this page may do.">role {info.role}</span>}
          </>
        )}
        <ThemeSwitch />
      </div>
      </div>
    </header>
  );
}
