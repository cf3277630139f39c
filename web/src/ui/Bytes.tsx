// A payload as a hex dump beside what of it can be read.
import { useState } from 'react';
import { fromBase64, hexDump } from './binary';
import { Button } from './Button';

const shownAtOnce = 2_048; // bytes

export function Bytes({ base64 }: { base64: string }) {
  const [all, setAll] = useState(false);
  const bytes = fromBase64(base64);
  if (bytes.length === 0) return <p className="faint">No bytes.</p>;
  return (
    <>
      <pre className="hex" tabIndex={0} aria-label="Payload">
        {hexDump(all ? bytes : bytes.subarray(0, shownAtOnce))}
      </pre>
      {bytes.length > shownAtOnce && !all && <Button onClick={() => setAll(true)}>Show all {bytes.length} bytes</Button>}
    </>
  );
}
