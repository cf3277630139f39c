import { memo } from 'react';
import { Button } from '../../ui/Button';
import { bytes, count, timeOfDay } from '../../ui/format';
import { Empty, ErrorNotice } from '../../ui/Notice';
import { useTap, type TapRow } from './useTap';

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

export function TapPanel({ mark, onStop }: { mark: string; onStop: () => void }) {
  const tap = useTap(mark, true);
  return (
    <section aria-labelledby="tap">
      <div className="head">
        <h2 id="tap">Tap</h2>
        <span className="faint" role="status">
          {tap.over || `${count(tap.seen)} frames seen; the latest 200 are kept.`}
        </span>
        <Button onClick={onStop}>{tap.over ? 'Close tap' : 'Stop tap'}</Button>
      </div>
      {tap.error && <ErrorNotice error={tap.error} />}
      {!tap.error && tap.rows.length === 0 && <Empty title="No frame yet." />}
      <ol className="tap" aria-label="Frames">
        {tap.rows.map((row) => (
          <Row key={row.key} row={row} />
        ))}
      </ol>
    </section>
  );
}
