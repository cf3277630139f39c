// The proxy's events, as far as the page keeps them. It listens only while they are shown, and comes back
// where it was; what comes in a burst is shown at most four times a second.
import { useSyncExternalStore } from 'react';
import * as calls from '../api/calls';
import { takeSlot } from '../api/slots';
import { read, type ServerEvent } from '../api/sse';

export interface LogEntry {
  key: number; // grows by one
  id: string;
  type: string;
  at: number; // Unix milliseconds
  data: Record<string, unknown>;
}

export interface EventLogState {
  entries: LogEntry[]; // the oldest first
  connected: boolean;
}

const most = 1_000;
const lastOnes = 100; // asked for at the beginning
const showEveryMs = 250;
const silenceMs = 40_000; // a comment comes every 15 s

// Where other tabs hold as many streams as a browser bears, events are looked for now and then.
const quietMs = 300; // nothing more comes
const glanceMs = 1_000; // at most
const betweenGlancesMs = 2_000;

class EventLog {
  private state: EventLogState = { entries: [], connected: false };
  private readonly listeners = new Set<() => void>();
  private pending: LogEntry[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ending: AbortController | null = null;
  private lastId = '';
  private nextKey = 1;

  get = (): EventLogState => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // While the page can be seen, until the answer is called.
  follow = (): (() => void) => {
    const look = () => (document.visibilityState === 'visible' ? this.start() : this.stop());
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      this.stop();
    };
  };

  private start(): void {
    if (this.ending) return;
    this.ending = new AbortController();
    void this.run(this.ending.signal);
  }

  private stop(): void {
    this.ending?.abort();
    this.ending = null;
    this.set(false);
  }

  clear(): void {
    this.pending = [];
    this.state = { ...this.state, entries: [] };
    this.tell();
  }

  private async run(signal: AbortSignal): Promise<void> {
    let pause = 0;
    while (!signal.aborted) {
      const slot = await takeSlot();
      const began = Date.now();
      const heard = await this.listen(signal, slot !== null);
      slot?.();
      if (signal.aborted) return;
      if (heard && !slot) {
        pause = betweenGlancesMs;
      } else {
        this.set(false);
        pause = heard && Date.now() - began > 5_000 ? 500 : Math.min(5_000, Math.max(500, pause * 2));
      }
      await new Promise((done) => setTimeout(done, pause));
    }
  }

  // One stream to its end, or a glance at it: whether there was one.
  private async listen(signal: AbortSignal, toTheEnd: boolean): Promise<boolean> {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    const stream = await calls.events(this.lastId, lastOnes, ending.signal);
    const timer = toTheEnd ? undefined : setTimeout(end, glanceMs);
    if (stream.ok) {
      if (!signal.aborted) this.set(true);
      await read(stream.value, toTheEnd ? silenceMs : quietMs, (events) => this.take(events));
    }
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    return stream.ok;
  }

  private take(events: ServerEvent[]): void {
    for (const event of events) {
      if (event.id) this.lastId = event.id;
      let data: Record<string, unknown> = {};
      try {
        data = JSON.parse(event.data) as Record<string, unknown>;
      } catch {
        data = { text: event.data };
      }
      const told = typeof data.at === 'string' ? Date.parse(data.at) : NaN;
      const at = Number.isNaN(told) ? Date.now() : told;
      this.pending.push({ key: this.nextKey++, id: event.id, type: event.type, at, data });
    }
    if (this.pending.length > most) this.pending = this.pending.slice(-most);
    this.timer ??= setTimeout(() => this.show(), showEveryMs);
  }

  private show(): void {
    this.timer = undefined;
    const entries = [...this.state.entries, ...this.pending].slice(-most);
    this.pending = [];
    this.state = { ...this.state, entries };
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
