// What a process of the lab has said; with follow, what it says from now on.
import { useEffect, useRef, useState } from 'react';
import type { LabApi } from '../../api/lab';
import { CtlLine } from '../../actions/CtlLine';
import { labLine } from '../../actions/ctl';
import { Check } from '../../ui/Fields';
import { count, visible } from '../../ui/format';
import { ErrorNotice } from '../../ui/Notice';
import { useLog } from './useLog';

// Tabs may stay; everything else that cannot be seen is written out.
const shown = (line: string) => line.split('\t').map(visible).join('    ');

export function LogPanel({ lab, directory, name }: { lab: LabApi; directory: string; name: string }) {
  const [follow, setFollow] = useState(true);
  const log = useLog(lab, name, follow);
  const frame = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follow && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [log.lines, follow]);
  return (
    <section aria-labelledby="log">
      <div className="head">
        <h2 id="log">Log</h2>
        <Check label="Follow" value={follow} onChange={setFollow} />
        <span className="faint" role="status">
          {log.missed > 0 ? `${count(log.missed)} lines are not kept any more; ` : ''}the latest {count(log.lines.length)} lines
        </span>
      </div>
      {log.error && <ErrorNotice error={log.error} />}
      <pre ref={frame} className="log-lines" tabIndex={0} aria-label={`Log of ${visible(name)}`}>
        {log.lines.map(shown).join('\n')}
      </pre>
      <CtlLine line={labLine(directory, 'logs', name, ...(follow ? ['-f'] : []))} />
    </section>
  );
}
