// What changed between two overviews of one run of the proxy.
import type { Overview, UpstreamTraffic, Worker } from '../api/types';
import { minus, quantile, sum, type Counts } from './latency';

export interface Flow {
  up: number; // frames a second
  down: number;
}

export interface UpstreamRates extends Flow {
  p50: number | null; // answer time, milliseconds, of the window
  p99: number | null;
  errorsPerMinute: number;
}

export interface Rates {
  total: Flow & { bytesUp: number; bytesDown: number };
  listener: Record<string, Flow>; // by name
  entry: Record<string, Flow>; // by "listener worker"
  exit: Record<string, Flow>; // by "worker pool"; frames sent, messages of answers; not known of a pool that lost an upstream meanwhile
  pool: Record<string, Flow>; // what its upstreams have
  upstream: Record<string, UpstreamRates>; // by id
  upP99: number | null; // time in the proxy of the last second
  downP99: number | null;
  answerP50: number | null;
  answerP99: number | null;
  loopLagP99: number | null; // of the window
  errorsPerMinute: number; // of all upstreams
  discardedPerMinute: number;
  pausedAtCap: number; // times within the window
  withoutDescriptors: number;
  failedAccepts: number;
}

const nothing: Flow = { up: 0, down: 0 };
const by = <T>(all: T[], key: (one: T) => string) => new Map(all.map((one) => [key(one), one]));

function add(to: Record<string, Flow>, key: string, up: number, down: number): void {
  const flow = (to[key] ??= { ...nothing });
  flow.up += up;
  flow.down += down;
}

// Counters of one run never fall; what is new since began at its first value.
const gain = (now: number, before: number | undefined, seconds: number) =>
  before === undefined ? 0 : Math.max(0, now - before) / seconds;

// Upstreams come and go between two overviews: what each has gained is added, for sums would fall.
function answersSince(now: UpstreamTraffic[], before: UpstreamTraffic[]): Counts {
  const last = by(before, (one) => one.upstream);
  const gained = now.map((one) => minus(one.answers.counts, last.get(one.upstream)?.answers.counts));
  return sum(gained.map((counts) => ({ counts })));
}
const totalOf = (workers: Worker[], pick: (worker: Worker) => number) => workers.reduce((all, one) => all + pick(one), 0);

// `before`: the overview of about a second ago; `old`: of at most a minute ago.
export function rates(now: Overview, before: Overview, old: Overview): Rates {
  const seconds = Math.max(0.001, (now.uptime_ms - before.uptime_ms) / 1000);
  // One error in the first seconds of a page is not many a minute.
  const minutes = Math.max(60, (now.uptime_ms - old.uptime_ms) / 1000) / 60;
  const answers = answersSince(now.traffic, before.traffic);
  const bounds = now.time_bounds_us;
  const out: Rates = {
    total: { up: 0, down: 0, bytesUp: 0, bytesDown: 0 },
    listener: {},
    entry: {},
    exit: {},
    pool: {},
    upstream: {},
    upP99: quantile(minus(sum(now.workers.map((w) => w.up)), sum(before.workers.map((w) => w.up))), bounds, 0.99),
    downP99: quantile(minus(sum(now.workers.map((w) => w.down)), sum(before.workers.map((w) => w.down))), bounds, 0.99),
    answerP50: quantile(answers, bounds, 0.5),
    answerP99: quantile(answers, bounds, 0.99),
    loopLagP99: quantile(
      minus(sum(now.workers.map((w) => w.loop_lag)), sum(old.workers.map((w) => w.loop_lag))),
      bounds,
      0.99,
    ),
    errorsPerMinute: 0,
    discardedPerMinute: gain(totalOf(now.workers, (w) => w.frames_discarded), totalOf(old.workers, (w) => w.frames_discarded), minutes),
    pausedAtCap: 0,
    withoutDescriptors: 0,
    failedAccepts: 0,
  };
  addWorkers(out, now, before, seconds);
  addUpstreams(out, now, before, old, seconds, minutes);
  const listeners = by(old.listeners, (one) => one.name);
  for (const listener of now.listeners) {
    const then = listeners.get(listener.name);
    out.pausedAtCap += gain(listener.paused_at_cap, then?.paused_at_cap, 1);
    out.withoutDescriptors += gain(listener.paused_without_descriptors, then?.paused_without_descriptors, 1);
    out.failedAccepts += gain(listener.failed, then?.failed, 1);
  }
  return out;
}

function addWorkers(out: Rates, now: Overview, before: Overview, seconds: number): void {
  const workers = by(before.workers, (one) => String(one.worker));
  const there = new Set(now.traffic.map((one) => one.upstream));
  const poolOf = new Map(before.upstreams.map((one) => [one.id, one.pool]));
  const smaller = new Set(before.traffic.filter((one) => !there.has(one.upstream)).map((one) => poolOf.get(one.upstream)));
  for (const worker of now.workers) {
    const then = workers.get(String(worker.worker));
    const listeners = by(then?.listeners ?? [], (one) => one.listener);
    for (const one of worker.listeners) {
      const was = listeners.get(one.listener);
      const up = gain(one.frames_up, was?.frames_up, seconds);
      const down = gain(one.frames_down, was?.frames_down, seconds);
      add(out.entry, `${one.listener} ${worker.worker}`, up, down);
      add(out.listener, one.listener, up, down);
      out.total.up += up;
      out.total.down += down;
      out.total.bytesUp += gain(one.bytes_up, was?.bytes_up, seconds);
      out.total.bytesDown += gain(one.bytes_down, was?.bytes_down, seconds);
    }
    const pools = by(then?.pools ?? [], (one) => one.pool);
    for (const one of worker.pools) {
      if (smaller.has(one.pool)) continue;
      const was = pools.get(one.pool);
      const up = gain(one.frames_sent, was?.frames_sent, seconds);
      const down = gain(one.messages_received, was?.messages_received, seconds);
      add(out.exit, `${worker.worker} ${one.pool}`, up, down);
    }
  }
}

function addUpstreams(out: Rates, now: Overview, before: Overview, old: Overview, seconds: number, minutes: number): void {
  const last = by(before.traffic, (one) => one.upstream);
  const first = by(old.traffic, (one) => one.upstream);
  const poolOf = new Map(now.upstreams.map((one) => [one.id, one.pool]));
  for (const one of now.traffic) {
    const was = last.get(one.upstream);
    const then = first.get(one.upstream);
    const answers = minus(one.answers.counts, then?.answers.counts);
    const errorsPerMinute = gain(one.errors, then?.errors, minutes);
    out.errorsPerMinute += errorsPerMinute;
    const up = gain(one.frames_sent, was?.frames_sent, seconds);
    const down = gain(one.messages_received, was?.messages_received, seconds);
    add(out.pool, poolOf.get(one.upstream) ?? '', up, down);
    out.upstream[one.upstream] = {
      up,
      down,
      p50: quantile(answers, now.time_bounds_us, 0.5),
      p99: quantile(answers, now.time_bounds_us, 0.99),
      errorsPerMinute,
    };
  }
}
