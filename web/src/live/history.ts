// The series that charts draw. The proxy keeps them by the second and by the minute; what is live adds
// a point a second.
import type { StatsHistory } from '../api/types';

export const names = [
  'up', 'down', 'answers', 'errors', 'connections', 'upP99', 'downP99', 'answerP50', 'answerP99',
] as const;
export type SeriesName = (typeof names)[number];
export type Values = Partial<Record<SeriesName, number | null>>;

export const quarterHour = 15 * 60; // seconds
export const day = 24 * 60 * 60;

const backwards = 2; // seconds: the proxy's clock was set, and what was later goes
const millisOf = (us: number | undefined) => (us ? us / 1000 : null);

function valuesOf(steps: StatsHistory, i: number): Values {
  const rate = (column: number[]) => ((column[i] ?? 0) * 1000) / Math.max(1, steps.millis[i] ?? 0);
  return {
    up: rate(steps.frames),
    down: rate(steps.delivered),
    answers: rate(steps.answers),
    errors: rate(steps.failed_answers) + rate(steps.timed_out) + rate(steps.dead_lettered),
    connections: steps.connections[i] ?? 0,
    upP99: millisOf(steps.up_p99_us[i]),
    downP99: millisOf(steps.down_p99_us[i]),
    answerP50: millisOf(steps.answer_p50_us[i]),
    answerP99: millisOf(steps.answer_p99_us[i]),
  };
}

export class History {
  readonly at: number[] = []; // Unix seconds
  readonly values = Object.fromEntries(names.map((name) => [name, [] as (number | null)[]])) as Record<
    SeriesName,
    (number | null)[]
  >;

  // Seconds that are kept, and those without a point that interrupt the lines.
  constructor(readonly span: number, private readonly gap: number) {}

  // What the proxy has kept goes in place of what is known of that time.
  fill(steps: StatsHistory): void {
    const first = steps.at[0];
    const last = steps.at[steps.at.length - 1];
    if (first === undefined || last === undefined) return;
    const rows = this.at.map((at, i) => ({
      at,
      row: Object.fromEntries(names.map((name) => [name, this.values[name][i]])) as Values,
    }));
    this.clear();
    for (const { at, row } of rows) if (at < first) this.add(at, row);
    steps.at.forEach((at, i) => this.add(at, valuesOf(steps, i)));
    for (const { at, row } of rows) if (at > last) this.add(at, row);
  }

  add(at: number, point: Values): void {
    const turnedBack = (this.at[this.at.length - 1] ?? at) - at > backwards;
    if (turnedBack) this.dropFrom(at);
    const last = this.at[this.at.length - 1];
    if (last !== undefined && at <= last) return;
    if (last !== undefined && at - last > this.gap) this.push(last + 1, () => null);
    this.push(at, (name) => point[name] ?? null);
  }

  get last(): number | undefined {
    return this.at[this.at.length - 1];
  }

  // From when on there is something, unless it is all of the span.
  get since(): number | null {
    const first = this.at[0];
    const last = this.at[this.at.length - 1];
    return first === undefined || last === undefined || last - first > this.span - this.gap ? null : first;
  }

  private push(at: number, value: (name: SeriesName) => number | null): void {
    this.at.push(at);
    for (const name of names) this.values[name].push(value(name));
    while (this.at.length > 0 && (this.at[0] ?? 0) < at - this.span) {
      this.at.shift();
      for (const name of names) this.values[name].shift();
    }
  }

  private dropFrom(at: number): void {
    const first = this.at.findIndex((one) => one >= at);
    this.at.length = first;
    for (const name of names) this.values[name].length = first;
  }

  private clear(): void {
    this.at.length = 0;
    for (const name of names) this.values[name].length = 0;
  }
}
