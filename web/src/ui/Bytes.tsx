// A payload as a hex dump beside what of it can be read.
import { useState } from 'react';
import { Button } from './Button';

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

const printable = (byte: number) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${row.map(printable).join('')}`);
  }
  return lines.join('\n');
}

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
