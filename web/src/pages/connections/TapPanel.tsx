import { memo } from 'react';
import { Button } from '../../ui/Button';
import { bytes, count, plural, timeOfDay } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { mostLines, useTap, type Tap, type TapRow } from './useTap';

// A row is never another one, so that what is on the page already costs nothing.
const Row = memo(function Row({ row }: { row: TapRow }) {
  if (!row.frame) return <li className="faint">{row.text}</li>;
  const { direction, seq, time, size, truncated } = row.frame;
  return (
    <li className={direction}>
      <span className="tap-head">
        <b>{direction === 'up' ? '→ upstream' : '← client'}</b> #{count(seq)} <span className="faint">{timeOfDay(Date.parse(time))}</span>{' '}
        <span className="faint">{bytes(size)}</span>
      </span>
      <pre>
        {row.text}
        {truncated && ' …'}
      </pre>
    </li>
  );
});

function summary({ shown, leftOut, over }: Tap): string {
  const others = leftOut > 0 ? `, ${count(leftOut)} left out` : '';
  return `${over} ${count(shown)} frame${plural(shown)} shown${others}; the latest ${mostLines} lines are kept.`;
}

export function TapPanel({ mark, onStop }: { mark: string; onStop: () => void }) {
  const tap = useTap(mark, true);
  return (
    <section aria-labelledby="tap">
      <div className="head">
        <h2 id="tap">Tap</h2>
        <span className="faint" role="status">
          {!tap.error && summary(tap)}
        </span>
        <Button onClick={onStop}>{tap.over ? 'Close tap' : 'Stop tap'}</Button>
      </div>
      {tap.error && <ErrorNotice error={tap.error} />}
      {!tap.error && !tap.begun && !tap.over && <Loading />}
      {tap.begun && tap.rows.length === 0 && <Empty title="No frame yet." />}
      <ol className="tap" aria-label="Frames">
        {tap.rows.map((row) => (
          <Row key={row.key} row={row} />
        ))}
      </ol>
    </section>
  );
}
