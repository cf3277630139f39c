// The frames of one connection, as they come; only the latest are kept.
import { useEffect, useState } from 'react';
import * as calls from '../../api/calls';
import type { ApiError } from '../../api/client';
import { tabsKnowOfEachOther, takeSlot } from '../../api/slots';
import { read, type ServerEvent } from '../../api/sse';
import type { TapFrame } from '../../api/types';
import { shownBytes } from '../../ui/binary';
import { count, plural } from '../../ui/format';

export interface TapRow {
  key: number;
  frame: TapFrame | null; // null: a remark
  text: string; // of a frame what it holds, once it is shown
}

export interface Tap {
  rows: TapRow[]; // the latest first
  begun: boolean; // from here on nothing is missed without being told
  shown: number;
  leftOut: number;
  over: string; // why it has ended; empty while it goes on
  error: ApiError | null;
}

export const mostLines = 200;
const showEveryMs = 250;
const none: Tap = { rows: [], begun: false, shown: 0, leftOut: 0, over: '', error: null };
const tooMany: ApiError = {
  status: 0,
  code: 'TOO_MANY_STREAMS',
  message: 'Other tabs of this browser follow taps or events, as many as it bears at a time: stop one of them.',
  details: [],
};

// Only what comes to be shown is decoded, and that once.
const decoded = (row: TapRow): TapRow =>
  row.frame ? { ...row, text: shownBytes(row.frame.payload, row.frame.truncated) } : row;

export function useTap(mark: string, on: boolean): Tap {
  const [tap, setTap] = useState<Tap>(none);
  useEffect(() => {
    if (!on) return;
    const ending = new AbortController();
    let pending: TapRow[] = [];
    let begun = false;
    let shown = 0;
    let leftOut = 0;
    let key = 0;
    let over = '';
    let changed = false; // since it was shown
    setTap(none);
    const take = (events: ServerEvent[]) => {
      changed = true;
      for (const event of events) {
        const data = JSON.parse(event.data) as TapFrame & { count: number; reason: string };
        ++key;
        if (event.type === 'frame') {
          ++shown;
          pending.push({ key, frame: data, text: '' });
        } else if (event.type === 'dropped') {
          leftOut += data.count;
          pending.push({ key, frame: null, text: `${count(data.count)} frame${plural(data.count)} left out: more came than are shown in a second, or than this page read.` });
        } else if (event.type === 'begin') {
          begun = true;
        } else if (event.type === 'end') {
          over = `The connection has ended: ${data.reason}.`;
        }
      }
      if (pending.length > mostLines) pending = pending.slice(-mostLines);
    };
    const timer = setInterval(() => {
      if (!changed) return;
      changed = false;
      const rows = pending.reverse().map(decoded);
      pending = [];
      setTap((before) => ({ ...before, begun, shown, leftOut, over, rows: [...rows, ...before.rows].slice(0, mostLines) }));
    }, showEveryMs);
    void (async () => {
      const slot = await takeSlot();
      if (!slot && tabsKnowOfEachOther) return setTap({ ...none, error: tooMany });
      const stream = await calls.tap(mark, ending.signal);
      if (stream.ok) await read(stream.value, 40_000, take);
      slot?.();
      if (ending.signal.aborted) return;
      if (!stream.ok) return setTap({ ...none, error: stream.error });
      over ||= 'The stream has ended.';
      changed = true;
    })();
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [mark, on]);
  return tap;
}
