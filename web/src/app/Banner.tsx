// Says so when what is shown is not how it is now.
import { useEffect, useState } from 'react';
import { useLive } from '../live/store';
import { age, visible } from '../ui/format';

export function Banner() {
  const { stale, error, answeredAt, restarts } = useLive();
  const [told, setTold] = useState(0); // restarts the reader knows of
  const [, setNow] = useState(0);
  useEffect(() => {
    if (!stale) return;
    const timer = setInterval(() => setNow((one) => one + 1), 1_000);
    return () => clearInterval(timer);
  }, [stale]);
  if (stale) {
    return (
      <div className="banner bad" role="alert">
        <b>This is old:</b> no answer from the proxy for {age(new Date(answeredAt).toISOString())}. {error ? visible(error.message) : ''} Trying again…
      </div>
    );
  }
  if (restarts > told) {
    return (
      <div className="banner note" role="status">
        The proxy was started again.{' '}
        <button type="button" className="button quiet" onClick={() => setTold(restarts)}>
          All right
        </button>
      </div>
    );
  }
  return null;
}
