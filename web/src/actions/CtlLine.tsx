// An action as a line of waymarkctl or another program, to be copied.
import { Copy } from '../ui/Copy';

// `line` empty: no shell takes it.
export function CtlLine({ line }: { line: string }) {
  if (!line) return <p className="hint">On the command line this is more than a shell takes; waymarkctl takes a payload from a file with --file.</p>;
  return (
    <>
      <p className="hint">The same on the command line:</p>
      <Copy text={line} label={`${line.split(' ')[0]} line`} />
    </>
  );
}
