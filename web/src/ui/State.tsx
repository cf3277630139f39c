// States as a colour and a word; the colour alone says nothing.
import type { Upstream } from '../api/types';

export type Tone = 'ok' | 'warn' | 'bad' | 'note' | 'idle';

export function State({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={`state ${tone}`}>
      <span className="dot" aria-hidden="true" />
      {children}
    </span>
  );
}

export function toneOf(upstream: Pick<Upstream, 'state' | 'admin_state'>): Tone {
  if (upstream.state === 'dead' || upstream.state === 'unhealthy') return 'bad';
  if (upstream.admin_state !== 'ready' || upstream.state === 'leaving') return 'note';
  return upstream.state === 'ready' ? 'ok' : 'warn';
}

export function wordOf(upstream: Pick<Upstream, 'state' | 'admin_state'>): string {
  if (upstream.admin_state === 'ready') return upstream.state;
  const wish = upstream.admin_state === 'drain' ? 'draining' : 'maintenance';
  return upstream.state === 'ready' ? wish : `${upstream.state}, ${wish}`;
}
