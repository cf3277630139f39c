// An action as a line of waymarkctl or another program, to be copied.
import { Copy } from '../ui/Copy';
import { written, type Line } from './ctl';
import { useTokenFile } from './useTokenFile';

export function CtlLine({ line }: { line: Line }) {
  return line.program === 'waymarkctl' ? <ProxyLine line={line} /> : <Written program={line.program} text={written(line)} />;
}

function ProxyLine({ line }: { line: Line }) {
  const tokenFile = useTokenFile();
  if (tokenFile === null) return <p className="hint">The lab is asked for the token file of this proxy.</p>;
  return <Written program={line.program} text={written(line, tokenFile)} />;
}

// `text` empty: no shell takes it.
function Written({ program, text }: { program: string; text: string }) {
  if (!text) return <p className="hint">On the command line this is more than a shell takes; waymarkctl takes a payload from a file with --file.</p>;
  return (
    <>
      <p className="hint">The same on the command line:</p>
      <Copy text={text} label={`${program} line`} />
    </>
  );
}
