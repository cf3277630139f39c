// One chart of a history, up to now. It is drawn again once a second, and made anew when the colours or
// the width change.
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { History, SeriesName } from '../live/history';
import { useTheme } from '../app/theme';
import { timeOfDay } from './format';

export interface Line {
  name: SeriesName;
  label: string;
  colour: string; // a custom property
}

interface Props {
  title: string;
  history: History;
  version: number;
  lines: Line[];
  format: (value: number) => string;
}

const height = 150;

const property = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const data = (history: History, lines: Line[]): uPlot.AlignedData => [
  history.at,
  ...lines.map((line) => history.values[line.name]),
];

function optionsOf(lines: Line[], span: number, width: number, format: Props['format'], onCursor: (at: number | null) => void): uPlot.Options {
  const grid = { stroke: property('--line'), width: 1 };
  const axis = { stroke: property('--faint'), grid, ticks: grid, font: '11px system-ui, sans-serif' };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { setScale: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (_u, _min, max) => [max - span, max] },
      y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 24, values: (_u, ticks) => ticks.map((tick) => timeOfDay(tick * 1000).slice(0, 5)) },
      { ...axis, size: 64, values: (_u, ticks) => ticks.map(format) },
    ],
    series: [{}, ...lines.map(({ label, colour }) => ({ label, stroke: property(colour), width: 1.5, points: { show: false } }))],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}

export function Chart({ title, history, version, lines, format }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { dark } = useTheme();

  useEffect(() => {
    const at = frame.current;
    if (!at) return;
    const made = new uPlot(optionsOf(lines, history.span, at.clientWidth, format, setCursor), data(history, lines), at);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: at.clientWidth, height }));
    watch.observe(at);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [history, lines, format, dark]);

  useEffect(() => {
    plot.current?.setData(data(history, lines));
  }, [version, history, lines]);

  const last = history.at.length - 1;
  const at = cursor !== null && cursor <= last ? cursor : last;
  const value = (line: Line) => {
    const one = history.values[line.name][at];
    return one === null || one === undefined ? '–' : format(one);
  };
  const { since } = history;
  return (
    <figure className="chart">
      <figcaption>
        <strong>{title}</strong>
        <span className="faint">{cursor !== null && last >= 0 ? timeOfDay((history.at[at] ?? 0) * 1000) : 'now'}</span>
        {lines.map((line) => (
          <span key={line.name} className="legend">
            <svg width="12" height="8" aria-hidden="true">
              <line x1="0" y1="4" x2="12" y2="4" stroke={`var(${line.colour})`} strokeWidth="2" />
            </svg>
            {line.label} <b>{value(line)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={frame} className="plot" role="img" aria-label={`${title}: ${lines.map((line) => `${line.label} ${value(line)}`).join(', ')}`} />
      {last < 0 && <p className="hint">Data comes within a step or two.</p>}
      {since !== null && <p className="hint">Since {timeOfDay(since * 1000)}.</p>}
    </figure>
  );
}
