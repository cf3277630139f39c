// The API of the lab that the proxy is part of (docs/lab.md): proto/waymark/lab/v1/lab.proto.
import { get, patch, post, type Server } from './client';

export type MemberState = 'running' | 'frozen' | 'stopping' | 'stopped' | 'failed';

export interface Member {
  name: string;
  kind: 'proxy' | 'upstream';
  state: MemberState;
  pid: number; // 0 while it does not run
  address: string;
  admin: string;
  telemetry: string;
  starts: number;
  ended: string;
  since: string;
}

// Whether this page came from it.
export const isHere = (member: Member): boolean => member.kind === 'proxy' && member.admin.replace(/.*:/, '') === location.port;

export interface Lab {
  directory: string;
  pid: number;
  members: Member[];
}

export interface LogLines {
  lines: string[];
  next: number;
  missed: number;
}

export const traits = ['reply', 'ack', 'delay', 'jitter', 'failure', 'drop', 'slow_read', 'crash_after', 'hang_after'] as const;
export type Trait = (typeof traits)[number];
export type Behaviour = Record<Trait, string>;

export interface StubAnswer {
  behaviour: Behaviour;
  frames: number;
}

export type Act = 'start' | 'stop' | 'kill' | 'freeze' | 'resume';

// `address`: Info.lab. It takes the token of its proxies.
export function labAt(address: string) {
  const server: Server = { base: `http://${address}`, name: 'lab' };
  const member = (name: string) => `/v1/members/${encodeURIComponent(name)}`;
  return {
    look: () => get<Lab>('/v1/lab', {}, server),
    act: (name: string, act: Act) => post<Member>(`${member(name)}:${act}`, {}, server),
    // `after`: `next` of the lines before; null: the last ones.
    log: (name: string, after: number | null, limit: number) =>
      get<LogLines>(`${member(name)}/log`, after === null ? { limit } : { after, limit }, server),
    behaviour: (name: string) => get<StubAnswer>(`${member(name)}/behaviour`, {}, server),
    behave: (name: string, change: Partial<Behaviour>) => patch<StubAnswer>(`${member(name)}/behaviour`, change, server),
  };
}
export type LabApi = ReturnType<typeof labAt>;
