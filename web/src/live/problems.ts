// What somebody should look at now, the worst first.
import { count, plural } from '../ui/format';
import type { Overview, Upstream } from '../api/types';
import type { Rates } from './rates';

export type Severity = 'bad' | 'warn' | 'note';

export interface Problem {
  severity: Severity;
  title: string;
  detail: string;
  href: string; // empty: there is no page about it
}

const order: Severity[] = ['bad', 'warn', 'note'];

export function problemsOf(overview: Overview, rates: Rates | null): Problem[] {
  const found = [
    ...ofProcess(overview, rates),
    ...overview.pools.flatMap((pool) => ofPool(overview, pool.name)),
    ...overview.upstreams.flatMap((upstream) => ofUpstream(overview, upstream, rates)),
    ...ofTraffic(overview, rates),
  ];
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function ofProcess({ info, workers_silent, dead_letters }: Overview, rates: Rates | null): Problem[] {
  const found: Problem[] = [];
  const say = (severity: Severity, title: string, detail: string, href = '') =>
    found.push({ severity, title, detail, href });
  if (info.draining) say('bad', 'The proxy is ending', 'It drains its connections and takes no new ones.');
  else if (!info.ready) say('bad', 'Not ready', info.not_ready_reason);
  if (workers_silent > 0) say('bad', `${count(workers_silent)} of ${info.workers} workers silent`, 'They did not answer within a second.');
  const full = info.max_connections ? info.connections / info.max_connections : 0;
  if (full >= 1) say('bad', 'Full', `${count(info.connections)} clients are all that limits.max_connections allows; others wait in the backlog.`);
  else if (full >= 0.9) say('warn', 'Nearly full', `${count(info.connections)} of ${count(info.max_connections)} clients.`);
  const memory = info.memory_limit_bytes ? info.memory_used_bytes / info.memory_limit_bytes : 0;
  if (memory >= 0.95) say('bad', 'Out of memory', 'Queues are at 95 % of limits.max_memory: the largest are closed.');
  else if (memory >= 0.85) say('warn', 'Memory is short', 'Queues are at 85 % of limits.max_memory: clients are not read from.');
  if (rates && rates.withoutDescriptors > 0) say('bad', 'Out of file descriptors', 'Accepting paused within the last minute: raise LimitNOFILE.');
  if (rates && rates.pausedAtCap > 0 && full < 1) say('warn', 'Accepting paused', 'A limit of connections was reached within the last minute.');
  if (rates && rates.failedAccepts > 0) say('warn', 'Accepts failed', `${count(rates.failedAccepts)} within the last minute.`);
  if (rates?.loopLagP99 && rates.loopLagP99 > 250) say('warn', 'Workers are late', `Ticks came up to ${rates.loopLagP99.toFixed(0)} ms late within the last minute: the machine is busy.`);
  if (dead_letters > 0) say('warn', `${count(dead_letters)} dead letter${plural(dead_letters)}`, 'Frames that no upstream could handle: replay or drop them.', '#/dead-letters');
  return found;
}

function ofPool(overview: Overview, name: string): Problem[] {
  const pool = overview.pools.find((one) => one.name === name);
  if (!pool) return [];
  const href = `#/upstreams?pool=${encodeURIComponent(name)}`;
  const waiting = `${count(pool.held_connections)} client${plural(pool.held_connections)} and ${count(pool.stranded_frames)} frame${plural(pool.stranded_frames)} wait.`;
  if (pool.upstreams_ready === 0) {
    return [{ severity: 'bad', title: `Pool ${name} has no upstream`, detail: `None of its ${pool.upstreams} takes connections; ${waiting}`, href }];
  }
  if (pool.held_connections > 0 || pool.stranded_frames > 0) {
    return [{ severity: 'warn', title: `Pool ${name}`, detail: waiting, href }];
  }
  return [];
}

function ofUpstream(overview: Overview, upstream: Upstream, rates: Rates | null): Problem[] {
  const href = `#/upstreams/${encodeURIComponent(upstream.id)}`;
  const who = `${upstream.name} (${upstream.pool})`;
  const traffic = overview.traffic.find((one) => one.upstream === upstream.id);
  const errors = rates?.upstream[upstream.id]?.errorsPerMinute ?? 0;
  const found: Problem[] = [];
  if (upstream.state === 'unhealthy' || upstream.state === 'dead') {
    found.push({ severity: 'bad', title: `${who} is ${upstream.state}`, detail: upstream.problem, href });
  } else if (upstream.state !== 'ready') {
    found.push({ severity: 'note', title: `${who} is ${upstream.state}`, detail: upstream.problem, href });
  } else if (upstream.admin_state === 'ready' && upstream.problem) {
    found.push({ severity: 'warn', title: who, detail: upstream.problem, href });
  } else if (traffic && upstream.admin_state === 'ready' && traffic.links_ready < traffic.links) {
    found.push({ severity: 'warn', title: who, detail: `${traffic.links_ready} of ${traffic.links} links are ready.`, href });
  } else if (errors > 0) {
    found.push({ severity: 'warn', title: who, detail: `${errors.toFixed(errors < 10 ? 1 : 0)} errors a minute.`, href });
  }
  if (upstream.admin_state !== 'ready') {
    const word = upstream.admin_state === 'drain' ? 'is drained' : 'is in maintenance';
    found.push({ severity: 'note', title: `${who} ${word}`, detail: `${count(upstream.connections)} client${plural(upstream.connections)} left.`, href });
  }
  return found;
}

function ofTraffic({ workers }: Overview, rates: Rates | null): Problem[] {
  const found: Problem[] = [];
  const slow = workers.reduce((all, one) => all + one.queued_connections, 0);
  const queued = workers.reduce((all, one) => all + one.queued_bytes, 0);
  if (queued > 1024 * 1024) {
    found.push({ severity: 'warn', title: 'Slow clients', detail: `${count(slow)} do not take their output as fast as it comes.`, href: '#/connections?order=queued&descending=true' });
  }
  if (rates && rates.discardedPerMinute > 0) {
    found.push({ severity: 'bad', title: 'Frames are discarded', detail: `${count(Math.ceil(rates.discardedPerMinute))} a minute were read and not delivered.`, href: '' });
  }
  return found;
}
