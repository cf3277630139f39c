// The series the charts draw: 15 minutes, a point a second. They begin when the page was opened, for
// the proxy keeps none yet; whatever can tell what was before fills in the same arrays.

export const names = ['up', 'down', 'connections', 'upP99', 'downP99', 'answerP50', 'answerP99'] as const;
export type SeriesName = (typeof names)[number];

export const span = 15 * 60; // seconds

export class History {
  readonly at: number[] = []; // Unix seconds
  readonly values = Object.fromEntries(names.map((name) => [name, [] as (number | null)[]])) as Record<
    SeriesName,
    (number | null)[]
  >;

  // Where nothing is known for a while, lines are interrupted.
  add(at: number, point: Record<SeriesName, number | null>): void {
    const last = this.at[this.at.length - 1];
    if (last !== undefined && at <= last) return;
    if (last !== undefined && at - last > 15) this.push(last + 1, () => null);
    this.push(at, (name) => point[name]);
  }

  private push(at: number, value: (name: SeriesName) => number | null): void {
    this.at.push(at);
    for (const name of names) this.values[name].push(value(name));
    while (this.at.length > 0 && (this.at[0] ?? 0) < at - span) {
      this.at.shift();
      for (const name of names) this.values[name].shift();
    }
  }

  // From when on there is something, unless it is all of the span.
  get since(): number | null {
    const first = this.at[0];
    const last = this.at[this.at.length - 1];
    if (first === undefined || last === undefined || last - first > span - 10) return null;
    return first;
  }
}
