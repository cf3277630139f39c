import { useLive } from '../../live/store';
import { bytes, count, millis, rate } from '../../ui/format';
import { Loading } from '../../ui/Notice';
import { Charts } from './Charts';
import { Problems } from './Problems';
import { Topology } from './Topology';

function Number({ name, value, more }: { name: string; value: string; more?: string }) {
  return (
    <div className="number-card">
      <dt>{name}</dt>
      <dd>
        {value}
        {more && <span className="faint"> {more}</span>}
      </dd>
    </div>
  );
}

export function OverviewPage() {
  const { overview, rates } = useLive();
  if (!overview) return <Loading />;
  const { info } = overview;
  const outstanding = overview.traffic.reduce((all, one) => all + one.outstanding_frames, 0);
  return (
    <>
      <h1>Overview</h1>
      <dl className="numbers">
        <Number name="Clients" value={count(info.connections)} more={`of ${count(info.max_connections)}`} />
        <Number name="Frames up" value={rate(rates?.total.up)} more={rates ? `${bytes(rates.total.bytesUp)}/s` : ''} />
        <Number name="Frames down" value={rate(rates?.total.down)} more={rates ? `${bytes(rates.total.bytesDown)}/s` : ''} />
        <Number name="In flight" value={count(outstanding)} more="frames" />
        <Number name="Answer p99" value={millis(rates?.answerP99)} />
        <Number name="Queues" value={bytes(info.memory_used_bytes)} more={`of ${bytes(info.memory_limit_bytes)}`} />
      </dl>
      <section aria-labelledby="problems">
        <h2 id="problems">Problems</h2>
        <Problems overview={overview} rates={rates} />
      </section>
      <section aria-labelledby="topology">
        <h2 id="topology">Topology</h2>
        <Topology overview={overview} rates={rates} />
        <p className="hint">
          ↑ frames a second towards the upstreams; ↓ frames a second towards the clients, and messages a second between workers, pools and upstreams.
        </p>
      </section>
      <Charts />
    </>
  );
}
