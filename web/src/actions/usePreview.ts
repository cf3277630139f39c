// A number that the server is asked for before an action: asked again when `key` changes.
import { useEffect, useState } from 'react';
import type { ApiError, Result } from '../api/client';

export interface Preview {
  count: number | null; // null: not known yet
  error: ApiError | null;
}

const settleMs = 300; // while somebody types

export function usePreview(key: string, ask: () => Promise<Result<number>>): Preview {
  const [preview, setPreview] = useState<Preview>({ count: null, error: null });
  useEffect(() => {
    let wanted = true;
    setPreview({ count: null, error: null });
    const timer = setTimeout(() => {
      void ask().then((answer) => {
        if (!wanted) return;
        setPreview(answer.ok ? { count: answer.value, error: null } : { count: null, error: answer.error });
      });
    }, settleMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
    // `ask` is another function each time; what it asks follows from `key`.
  }, [key]);
  return preview;
}

export async function counted<T>(answer: Promise<Result<T>>, pick: (value: T) => number): Promise<Result<number>> {
  const result = await answer;
  return result.ok ? { ok: true, value: pick(result.value), size: result.size } : result;
}
