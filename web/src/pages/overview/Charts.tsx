// How it went: the last 15 minutes, live, or the last day.
import { useMemo, useState } from 'react';
import * as calls from '../../api/calls';
import { History, day, quarterHour } from '../../live/history';
import { liveStore, useLive } from '../../live/store';
import { Button } from '../../ui/Button';
import { Chart, type Line } from '../../ui/Chart';
import { millis, short } from '../../ui/format';
import { ErrorNotice, Loading } from '../../ui/Notice';
import { usePolled } from '../../ui/usePolled';

const frames: Line[] = [
  { name: 'up', label: 'from clients', colour: '--line-a' },
  { name: 'down', label: 'to clients', colour: '--line-b' },
];
const latency: Line[] = [
  { name: 'answerP50', label: 'answer p50', colour: '--line-a' },
  { name: 'answerP99', label: 'answer p99', colour: '--line-b' },
  { name: 'upP99', label: 'proxy up p99', colour: '--line-c' },
  { name: 'downP99', label: 'proxy down p99', colour: '--line-d' },
];
const connections: Line[] = [{ name: 'connections', label: 'clients', colour: '--line-a' }];

const minuteMs = 60_000;

function ChartsOf({ history, version }: { history: History; version: number }) {
  return (
    <div className="charts">
      <Chart title="Frames a second" history={history} version={version} lines={frames} format={short} />
      <Chart title="Latency" history={history} version={version} lines={latency} format={millis} />
      <Chart title="Connections" history={history} version={version} lines={connections} format={short} />
    </div>
  );
}

function Live() {
  const { version } = useLive();
  return <ChartsOf history={liveStore.history} version={version} />;
}

function LastDay() {
  const history = useMemo(() => new History(day, quarterHour), []);
  const { value, error, at } = usePolled('day', minuteMs, async () => {
    const answer = await calls.statsHistory({ resolution: '1m' });
    if (answer.ok) history.fill(answer.value);
    return answer;
  });
  if (value) return <ChartsOf history={history} version={at} />;
  return error ? <ErrorNotice error={error} /> : <Loading />;
}

const ranges = { live: '15 minutes', day: '24 hours' };
type Range = keyof typeof ranges;

export function Charts() {
  const [range, setRange] = useState<Range>('live');
  return (
    <section aria-labelledby="charts">
      <div className="head">
        <h2 id="charts">The last {ranges[range]}</h2>
        {(Object.keys(ranges) as Range[]).map((one) => (
          <Button key={one} aria-pressed={one === range} onClick={() => setRange(one)}>
            {ranges[one]}
          </Button>
        ))}
      </div>
      {range === 'live' ? <Live /> : <LastDay />}
    </section>
  );
}
