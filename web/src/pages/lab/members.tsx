// What the pages of the lab know of a process, and what can be done to it.
import { useState } from 'react';
import { isHere, labAt, type Act, type LabApi, type Member, type MemberState } from '../../api/lab';
import type { Overview } from '../../api/types';
import { ActOnMember } from '../../actions/lab';
import { useLive } from '../../live/store';
import type { Tone } from '../../ui/State';

export const tones: Record<MemberState, Tone> = { running: 'ok', frozen: 'note', stopping: 'warn', stopped: 'idle', failed: 'bad' };

// Null where the proxy is in no lab.
export function useLab(): LabApi | null {
  const address = useLive().overview?.info.lab;
  return address ? labAt(address) : null;
}

// The upstream of this proxy that a process is, or nothing.
export const upstreamOf = (overview: Overview | null, member: Member) =>
  member.kind === 'upstream' ? overview?.upstreams.find((one) => one.address === member.address) : undefined;

export const titles: Record<Act, string> = { start: 'Start…', stop: 'Stop…', kill: 'Kill…', freeze: 'Freeze…', resume: 'Resume…' };

export function actsOf({ state }: Member): Act[] {
  switch (state) {
    case 'running':
      return ['kill', 'stop', 'freeze'];
    case 'frozen':
      return ['resume', 'kill', 'stop'];
    case 'stopping':
      return ['kill'];
    default:
      return ['start'];
  }
}

export function useMemberActions(lab: LabApi, directory: string, onDone: () => void) {
  const [acting, setActing] = useState<{ act: Act; member: Member } | null>(null);
  const { overview } = useLive();
  const start = (act: Act, member: Member) => setActing({ act, member });
  const close = (done: boolean) => {
    setActing(null);
    if (done) onDone();
  };
  const dialog = acting && (
    <ActOnMember
      {...acting}
      lab={lab}
      directory={directory}
      here={isHere(acting.member)}
      clients={upstreamOf(overview, acting.member)?.connections ?? (isHere(acting.member) ? overview?.info.connections : undefined)}
      onClose={close}
    />
  );
  return { start, dialog };
}
