// The proxy's events, as far as the page keeps them. It comes back by itself where it was; what comes
// in a burst is shown at most four times a second.
import { useSyncExternalStore } from 'react';
import * as calls from '../api/calls';
import { read, type ServerEvent } from '../api/sse';
import { liveStore } from './store';

export interface LogEntry {
  key: number; // unlike the id, not used again after a restart of the proxy
  id: string;
  type: string;
  at: number | null; // Unix milliseconds; null: before the page was opened
  data: Record<string, unknown>;
}

export interface EventLogState {
  entries: LogEntry[]; // the oldest first
  connected: boolean;
  bytes: number; // received
}

const most = 1_000;
const lastOnes = 100; // asked for at the beginning
const showEveryMs = 250;
const silenceMs = 40_000; // a comment comes every 15 s

class EventLog {
  private state: EventLogState = { entries: [], connected: false, bytes: 0 };
  private readonly listeners = new Set<() => void>();
  private pending: LogEntry[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ending: AbortController | null = null;
  private lastId = '';
  private bootId = '';
  private nextKey = 1;
  private bytes = 0;

  get = (): EventLogState => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.ending) return;
    this.ending = new AbortController();
    void this.run(this.ending.signal);
  }

  stop(): void {
    this.ending?.abort();
    this.ending = null;
  }

  clear(): void {
    this.pending = [];
    this.state = { ...this.state, entries: [] };
    this.tell();
  }

  private async run(signal: AbortSignal): Promise<void> {
    let pause = 0;
    while (!signal.aborted) {
      const run = liveStore.get().overview?.info.boot_id ?? '';
      if (run !== this.bootId) this.lastId = ''; // ids begin anew
      this.bootId = run;
      const began = Date.now();
      const stream = await calls.events(this.lastId, lastOnes, signal);
      if (stream.ok) {
        this.set(true);
        const fresh = this.lastId !== '';
        await read(stream.value, silenceMs, (events) => this.take(events, fresh ? 0 : began));
      }
      this.set(false);
      pause = stream.ok && Date.now() - began > 5_000 ? 500 : Math.min(5_000, Math.max(500, pause * 2));
      await new Promise((done) => setTimeout(done, pause));
    }
  }

  // Within the first moments of a stream that began in the past come events of then.
  private take(events: ServerEvent[], began: number): void {
    const now = Date.now();
    for (const event of events) {
      this.bytes += event.data.length + event.type.length + event.id.length + 22;
      if (event.id) this.lastId = event.id;
      let data: Record<string, unknown> = {};
      try {
        data = JSON.parse(event.data) as Record<string, unknown>;
      } catch {
        data = { text: event.data };
      }
      const told = typeof data.at === 'string' ? Date.parse(data.at) : NaN;
      const at = Number.isNaN(told) ? (now - began < 500 ? null : now) : told;
      this.pending.push({ key: this.nextKey++, id: event.id, type: event.type, at, data });
    }
    if (this.pending.length > most) this.pending = this.pending.slice(-most);
    this.timer ??= setTimeout(() => this.show(), showEveryMs);
  }

  private show(): void {
    this.timer = undefined;
    const entries = [...this.state.entries, ...this.pending].slice(-most);
    this.pending = [];
    this.state = { ...this.state, entries, bytes: this.bytes };
    this.tell();
  }

  private set(connected: boolean): void {
    if (connected === this.state.connected) return;
    this.state = { ...this.state, connected };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const eventLog = new EventLog();
export const useEventLog = (): EventLogState => useSyncExternalStore(eventLog.subscribe, eventLog.get);
