// Quantiles out of bucket counts.
import type { Times } from '../api/types';

export type Counts = number[];

export function sum(all: Pick<Times, 'counts'>[]): Counts {
  const total: Counts = [];
  for (const times of all) times.counts.forEach((count, i) => (total[i] = (total[i] ?? 0) + count));
  return total;
}

export function minus(now: Counts, before: Counts | undefined): Counts {
  return before ? now.map((count, i) => Math.max(0, count - (before[i] ?? 0))) : now.map(() => 0);
}

// Milliseconds, as if the values of a bucket were spread evenly in it; null without any.
export function quantile(counts: Counts, boundsUs: number[], share: number): number | null {
  const all = counts.reduce((a, b) => a + b, 0);
  if (all === 0) return null;
  let wanted = all * share;
  for (let i = 0; i < counts.length; ++i) {
    const count = counts[i] ?? 0;
    if (wanted > count || count === 0) {
      wanted -= count;
      continue;
    }
    const low = i === 0 ? 0 : (boundsUs[i - 1] ?? 0);
    const high = boundsUs[i] ?? low; // beyond all bounds: the last of them is all that is known
    return (low + ((high - low) * wanted) / count) / 1000;
  }
  return (boundsUs[boundsUs.length - 1] ?? 0) / 1000;
}
