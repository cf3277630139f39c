// What is known of the proxy now: one question a second, whatever the number of clients. Everything
// that is live on the page reads this and is told of a change at most once a second.
import { useSyncExternalStore } from 'react';
import * as calls from '../api/calls';
import type { ApiError, Result } from '../api/client';
import type { Overview } from '../api/types';
import { History, quarterHour } from './history';
import { rates, type Rates } from './rates';

export interface Live {
  overview: Overview | null;
  rates: Rates | null; // null until two overviews of one run are there, and while a worker is silent
  error: ApiError | null; // of the latest question
  answeredAt: number; // milliseconds of the page's clock; 0: never
  stale: boolean; // the overview is too old to be trusted
  restarts: number; // of the proxy, while the page was open
  version: number; // of `history`
}

const everyMs = 1_000;
const mostMs = 10_000;
const bytesAtOnce = 100_000; // a larger overview is asked for less often
const windowMs = 60_000;
const leastMs = 500; // between two overviews whose difference is a rate
const gapMs = 5_000; // without an answer

class LiveStore {
  readonly history = new History(quarterHour, 15);
  private live: Live = {
    overview: null,
    rates: null,
    error: null,
    answeredAt: 0,
    stale: false,
    restarts: 0,
    version: 0,
  };
  private readonly listeners = new Set<() => void>();
  private recent: Overview[] = []; // of one run, of the last minute
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private asking = false;
  private again = false; // as soon as the question under way is answered
  private wait = everyMs;
  private failures = 0;

  get = (): Live => this.live;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.running) return;
    this.running = true;
    if (!this.asking) void this.ask();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  // At once, as after an action.
  refresh(): void {
    if (!this.running) return;
    this.again = this.asking;
    if (this.asking) return;
    clearTimeout(this.timer);
    void this.ask();
  }

  // One question at a time, and the next one whatever becomes of it.
  private async ask(): Promise<void> {
    this.asking = true;
    const began = performance.now();
    const watch = setTimeout(() => this.judge(), 3 * this.wait);
    let pause = everyMs;
    try {
      const answer = await calls.overview();
      if (this.running) pause = this.hear(answer);
    } finally {
      clearTimeout(watch);
      this.asking = false;
      if (this.again) pause = 0;
      this.again = false;
      if (this.running) {
        this.timer = setTimeout(() => void this.ask(), Math.max(100, pause - (performance.now() - began)));
      }
    }
  }

  // Answers when to ask again.
  private hear(answer: Result<Overview>): number {
    if (answer.ok) {
      this.failures = 0;
      this.wait = Math.min(mostMs, everyMs * Math.max(1, answer.size / bytesAtOnce));
      this.take(answer.value);
      return this.wait;
    }
    ++this.failures;
    this.set({ error: answer.error });
    this.judge();
    return Math.min(5_000, 500 * 2 ** Math.min(this.failures, 4));
  }

  private take(overview: Overview): void {
    // Without one of its workers a sum would fall, and rise by all of it a moment later.
    if (overview.workers_silent > 0) {
      return this.set({ overview, rates: null, error: null, answeredAt: Date.now(), stale: false });
    }
    const last = this.recent[this.recent.length - 1];
    const restarted = last !== undefined && last.info.boot_id !== overview.info.boot_id;
    if (restarted) this.recent = [];
    if (last && !restarted && overview.uptime_ms - last.uptime_ms < leastMs) {
      return this.set({ overview, error: null, answeredAt: Date.now(), stale: false });
    }
    const behind = Date.now() - this.live.answeredAt > gapMs;
    if (last === undefined || restarted || behind) void this.catchUp();
    this.recent = this.recent.filter((one) => overview.uptime_ms - one.uptime_ms <= windowMs);
    const before = this.recent[this.recent.length - 1];
    const old = this.recent[0];
    const current = before && old ? rates(overview, before, old) : null;
    this.recent.push(overview);
    if (current) {
      this.history.add(Date.parse(overview.at) / 1000, {
        up: current.total.up,
        down: current.total.down,
        connections: overview.info.connections,
        upP99: current.upP99,
        downP99: current.downP99,
        answerP50: current.answerP50,
        answerP99: current.answerP99,
      });
    }
    this.set({
      overview,
      rates: current,
      error: null,
      answeredAt: Date.now(),
      stale: false,
      restarts: this.live.restarts + (restarted ? 1 : 0),
      version: this.live.version + 1,
    });
  }

  // What was before the page was opened, or while it heard nothing.
  private async catchUp(): Promise<void> {
    const answer = await calls.statsHistory({ resolution: '1s' });
    if (!this.running || !answer.ok) return;
    this.history.fill(answer.value);
    this.set({ version: this.live.version + 1 });
  }

  private judge(): void {
    const age = Date.now() - this.live.answeredAt;
    this.set({ stale: this.live.answeredAt > 0 && age > 2.5 * this.wait });
  }

  private set(change: Partial<Live>): void {
    this.live = { ...this.live, ...change };
    for (const listener of this.listeners) listener();
  }
}

export const liveStore = new LiveStore();
export const useLive = (): Live => useSyncExternalStore(liveStore.subscribe, liveStore.get);
