// The frames of one connection, as they come; only the latest are kept.
import { useEffect, useState } from 'react';
import * as calls from '../../api/calls';
import type { ApiError } from '../../api/client';
import { tabsKnowOfEachOther, takeSlot } from '../../api/slots';
import { read, type ServerEvent } from '../../api/sse';
import type { TapFrame } from '../../api/types';
import { shownBytes } from '../../ui/binary';
import { plural } from '../../ui/format';

export interface TapRow {
  key: number;
  frame: TapFrame | null; // null: a remark
  text: string; // of a frame what it holds, once it is shown
}

export interface Tap {
  rows: TapRow[]; // the latest first
  seen: number;
  over: string; // why it has ended; empty while it goes on
  error: ApiError | null;
}

const most = 200;
const maxBytes = 1_024;
const maxRate = 24 * 1_024; // bytes a second: more than anybody reads
const showEveryMs = 250;
const begun: Tap = { rows: [], seen: 0, over: '', error: null };
const tooMany: ApiError = {
  status: 0,
  code: 'TOO_MANY_STREAMS',
  message: 'Other tabs of this browser follow taps or events, as many as it bears at a time: stop one of them.',
  details: [],
};

// Only what comes to be shown is decoded, and that once.
const shown = (row: TapRow): TapRow =>
  row.frame ? { ...row, text: shownBytes(row.frame.payload, row.frame.truncated) } : row;

export function useTap(mark: string, on: boolean): Tap {
  const [tap, setTap] = useState<Tap>(begun);
  useEffect(() => {
    if (!on) return;
    const ending = new AbortController();
    let pending: TapRow[] = [];
    let seen = 0;
    let key = 0;
    let over = '';
    setTap(begun);
    const take = (events: ServerEvent[]) => {
      for (const event of events) {
        const data = JSON.parse(event.data) as TapFrame & { count: number; reason: string };
        ++key;
        if (event.type === 'frame') {
          ++seen;
          pending.push({ key, frame: data, text: '' });
        } else if (event.type === 'dropped') {
          pending.push({ key, frame: null, text: `${data.count} frame${plural(data.count)} left out: more came than are shown in a second.` });
        } else if (event.type === 'end') {
          over = `The connection has ended: ${data.reason}.`;
        }
      }
      if (pending.length > most) pending = pending.slice(-most);
    };
    const timer = setInterval(() => {
      if (pending.length === 0 && !over) return;
      const rows = pending.reverse().map(shown);
      pending = [];
      setTap((before) => ({ ...before, seen, over, rows: [...rows, ...before.rows].slice(0, most) }));
    }, showEveryMs);
    void (async () => {
      const slot = await takeSlot();
      if (!slot && tabsKnowOfEachOther) return setTap({ ...begun, error: tooMany });
      const stream = await calls.tap(mark, maxBytes, maxRate, ending.signal);
      if (stream.ok) await read(stream.value, 40_000, take);
      slot?.();
      if (ending.signal.aborted) return;
      if (!stream.ok) return setTap({ ...begun, error: stream.error });
      over ||= 'The stream has ended.';
    })();
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [mark, on]);
  return tap;
}
