// The calls of docs/admin.md that the page makes. All data and all actions go through here.
import { get, open, patch, post, remove, type Result } from './client';
import type * as t from './types';

const part = encodeURIComponent;
const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== undefined)) as Partial<T>;

export const overview = () => get<t.Overview>('/v1/overview');

export const stats = () => get<t.Stats>('/v1/stats');
export const statsHistory = (query: { resolution: '1s' | '1m'; upstream?: string; since?: number }) =>
  get<t.StatsHistory>('/v1/stats/history', query);

// `last`: how many events of those before now; not with `lastEventId`.
export const events = (lastEventId: string, last: number, signal: AbortSignal) =>
  open('/v1/events', lastEventId ? {} : { last }, lastEventId, signal);

export interface ConnectionPage extends t.ConnectionFilter {
  order: t.ConnectionOrder;
  descending: boolean;
  limit: number;
  page_token: string;
}
export const connections = ({ descending, ...query }: ConnectionPage) =>
  get<t.ConnectionList>('/v1/connections', { ...query, descending: descending || undefined });
export const connection = (mark: string) => get<t.Connection>(`/v1/connections/${part(mark)}`);
export const closeConnection = (mark: string, how: { reason: string; goodbye_text: string }) =>
  post<{ mark: string }>(`/v1/connections/${part(mark)}:close`, given(how));
export const sendToConnection = (mark: string, payload: t.Payload) =>
  post<{ mark: string }>(`/v1/connections/${part(mark)}:send`, payload);
// Bytes: of a frame, and of a second with 128 more for each frame; more than anybody reads.
export const tapLimits = { max_bytes: 1_024, max_rate: 24 * 1_024 };
export const tap = (mark: string, signal: AbortSignal) => open(`/v1/connections/${part(mark)}:tap`, tapLimits, '', signal);

export type ManyVerb = 'close' | 'rebalance' | 'rotate';
// An empty filter means everybody, which the API wants to be said.
// `more`: of rotate, over how many seconds.
export const actOnConnections = (verb: ManyVerb, filter: t.ConnectionFilter, dryRun: boolean, more: { spread_seconds?: number } = {}) => {
  const asked = given(filter);
  const whole = Object.keys(asked).length === 0 ? { state: 'all' } : asked;
  return post<t.ManyDone>(`/v1/connections:${verb}`, { filter: whole, dry_run: dryRun, ...more });
};
export const broadcast = (body: t.Broadcast) => post<t.BroadcastDone>('/v1/broadcast', given(body));

export const upstream = (id: string) => get<t.Upstream>(`/v1/upstreams/${part(id)}`);
export const addUpstream = (body: t.NewUpstream) => post<t.Upstream>('/v1/upstreams', given(body));
export const changeUpstream = (id: string, change: { weight?: number; admin_state?: t.AdminState }) =>
  patch<t.Upstream>(`/v1/upstreams/${part(id)}`, change);
export const removeUpstream = (id: string) => remove<t.Upstream>(`/v1/upstreams/${part(id)}`);

export const deadLetters = (filter: t.DeadLetterFilter, limit: number, pageToken: string) =>
  get<t.DeadLetterList>('/v1/deadletters', { ...filter, limit, page_token: pageToken });
export const deadLetter = (id: string) =>
  get<{ dead_letter: t.DeadLetter; payload: string }>(`/v1/deadletters/${part(id)}`);
export const replayDeadLetter = (id: string) =>
  post<{ id: string; upstream: string }>(`/v1/deadletters/${part(id)}:replay`);
export const dropDeadLetter = (id: string) => remove<t.DeadLetter>(`/v1/deadletters/${part(id)}`);
export type LetterVerb = 'replay' | 'drop';
export const actOnDeadLetters = (verb: LetterVerb, filter: t.DeadLetterFilter, dryRun: boolean) => {
  const asked = given(filter);
  const whole = Object.keys(asked).length === 0 ? { reason: 'all' } : asked;
  return post<t.ManyDone>(`/v1/deadletters:${verb}`, { filter: whole, dry_run: dryRun });
};

export const config = () => get<{ yaml: string }>('/v1/config');
export const configDiff = () => get<{ differences: t.ConfigDifference[] }>('/v1/config:diff');
export const setConfig = (path: string, value: string, persist: boolean) =>
  patch<{ differences: t.ConfigDifference[] }>('/v1/config', { set: { [path]: value }, persist });
export const reloadConfig = () => post<{ changed: string[] }>('/v1/config:reload');

export type { Result };
