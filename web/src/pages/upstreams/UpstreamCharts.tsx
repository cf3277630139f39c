// The last 15 minutes of one upstream.
import { useMemo } from 'react';
import * as calls from '../../api/calls';
import { History, quarterHour } from '../../live/history';
import { Chart, type Line } from '../../ui/Chart';
import { millis, short } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { usePolled } from '../../ui/usePolled';

const frames: Line[] = [
  { name: 'up', label: 'frames', colour: '--line-a' },
  { name: 'answers', label: 'answers', colour: '--line-b' },
];
const times: Line[] = [
  { name: 'answerP50', label: 'p50', colour: '--line-a' },
  { name: 'answerP99', label: 'p99', colour: '--line-b' },
];
const errors: Line[] = [{ name: 'errors', label: 'failed', colour: '--line-c' }];

const refreshMs = 5_000;

export function UpstreamCharts({ id }: { id: string }) {
  const history = useMemo(() => new History(quarterHour, 15), [id]);
  const { value, error, at } = usePolled(id, refreshMs, async () => {
    const answer = await calls.statsHistory({ resolution: '1s', upstream: id, since: history.last });
    if (answer.ok) history.fill(answer.value);
    return answer;
  });
  if (!value) {
    if (error?.status === 404) return <Empty title="No history is kept of it." />;
    return error ? <ErrorNotice error={error} /> : <Loading />;
  }
  return (
    <div className="charts">
      <Chart title="Frames a second" history={history} version={at} lines={frames} format={short} />
      <Chart title="Answer time" history={history} version={at} lines={times} format={millis} />
      <Chart title="Failed frames a second" history={history} version={at} lines={errors} format={short} />
    </div>
  );
}
