import { useMemo } from 'react';
import type { Overview } from '../../api/types';
import { problemsOf } from '../../live/problems';
import type { Rates } from '../../live/rates';
import { count, visible } from '../../ui/format';
import { State } from '../../ui/State';

const most = 50;
const words = { bad: 'Fault', warn: 'Warning', note: 'Note' };

export function Problems({ overview, rates }: { overview: Overview; rates: Rates | null }) {
  const problems = useMemo(() => problemsOf(overview, rates), [overview, rates]);
  if (problems.length === 0) {
    return (
      <p className="all-well">
        <State tone="ok">No problems</State>
      </p>
    );
  }
  return (
    <ul className="problems">
      {problems.slice(0, most).map((one) => (
        <li key={one.href + one.title + one.detail} className={one.severity}>
          <State tone={one.severity}>{words[one.severity]}</State>
          <span>
            {one.href ? <a href={one.href}>{visible(one.title)}</a> : <b>{visible(one.title)}</b>}{' '}
            <span className="faint">{visible(one.detail)}</span>
          </span>
        </li>
      ))}
      {problems.length > most && <li className="faint">{count(problems.length - most)} more</li>}
    </ul>
  );
}
