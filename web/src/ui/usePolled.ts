// A question that is asked again and again while it is on the page. What was known stays when one fails,
// but an answer to another question is none to this one.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError, Result } from '../api/client';

export interface Polled<T> {
  value: T | null;
  before: T | null; // until there is a value or an error: the answer to the question before
  error: ApiError | null;
  at: number; // of the value, milliseconds
  refresh: () => void;
}

// `key`: what is asked; another one is another question. `everyMs` 0: once.
export function usePolled<T>(key: string, everyMs: number, ask: () => Promise<Result<T>>): Polled<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: ApiError | null; at: number }>({ key, value: null, error: null, at: 0 });
  const [turn, setTurn] = useState(0);
  const question = useRef(ask);
  question.current = ask;
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      const answer = await question.current();
      if (!wanted) return;
      setState((before) =>
        answer.ok
          ? { key, value: answer.value, error: null, at: Date.now() }
          : { key, value: before.key === key ? before.value : null, error: answer.error, at: before.at },
      );
      if (everyMs > 0) timer = setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [key, everyMs, turn]);
  const refresh = useCallback(() => setTurn((one) => one + 1), []);
  if (state.key !== key) return { value: null, before: state.value, error: null, at: 0, refresh };
  return { value: state.value, before: null, error: state.error, at: state.at, refresh };
}
