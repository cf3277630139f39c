// The latest lines of a log, of which only those that are new are asked for.
import { useEffect, useRef, useState } from 'react';
import type { LabApi } from '../../api/lab';
import type { ApiError } from '../../api/client';

export interface Log {
  lines: string[];
  missed: number; // between the lines that were read
  error: ApiError | null;
}

const most = 500;
const atOnce = 1_000; // the most that the lab answers
const everyMs = 1_000;

export function useLog(lab: LabApi, name: string, follow: boolean): Log {
  const [log, setLog] = useState<Log>({ lines: [], missed: 0, error: null });
  const next = useRef<number | null>(null);
  const api = useRef(lab);
  api.current = lab;
  useEffect(() => {
    if (!follow && next.current !== null) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      const first = next.current === null;
      const answer = await api.current.log(name, next.current, first ? most : atOnce);
      if (!wanted) return;
      if (answer.ok) {
        const { lines, missed } = answer.value;
        next.current = answer.value.next;
        setLog((before) =>
          lines.length === 0 && !before.error ? before : { lines: [...before.lines, ...lines].slice(-most), missed: before.missed + (first ? 0 : missed), error: null },
        );
      } else {
        setLog((before) => ({ ...before, error: answer.error }));
      }
      if (follow) timer = setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [name, follow]);
  return log;
}
