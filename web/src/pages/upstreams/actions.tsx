// The actions on one upstream, for its row and its page.
import { useState } from 'react';
import type { Upstream } from '../../api/types';
import { RemoveUpstream, SetAdminState, SetWeight } from '../../actions/upstreams';
import { useDenied } from '../../app/role';
import type { MenuItem } from '../../ui/Menu';

export type Act = 'ready' | 'drain' | 'maintenance' | 'weight' | 'remove';

export function actsOf(upstream: Upstream): [Act, string][] {
  const acts: [Act, string][] = [];
  if (upstream.state === 'leaving') return acts;
  if (upstream.admin_state !== 'ready') acts.push(['ready', 'Make ready…']);
  else if (upstream.state === 'dead' || upstream.state === 'unhealthy') acts.push(['ready', 'Try again…']);
  if (upstream.admin_state !== 'drain') acts.push(['drain', 'Drain…']);
  if (upstream.admin_state !== 'maintenance') acts.push(['maintenance', 'Maintain…']);
  acts.push(['weight', 'Weight…'], ['remove', 'Remove…']);
  return acts;
}

export function useUpstreamActions() {
  const [acting, setActing] = useState<{ act: Act; upstream: Upstream } | null>(null);
  const denied = useDenied('operate');
  const close = () => setActing(null);
  const start = (act: Act, upstream: Upstream) => setActing({ act, upstream });
  const items = (upstream: Upstream): MenuItem[] =>
    actsOf(upstream).map(([act, text]) => ({ text, danger: act === 'remove', denied, onSelect: () => start(act, upstream) }));
  let dialog = null;
  if (acting) {
    const { act, upstream } = acting;
    if (act === 'weight') dialog = <SetWeight upstream={upstream} onClose={close} />;
    else if (act === 'remove') dialog = <RemoveUpstream upstream={upstream} onClose={close} />;
    else dialog = <SetAdminState upstream={upstream} wish={act} onClose={close} />;
  }
  return { start, items, dialog, denied };
}
