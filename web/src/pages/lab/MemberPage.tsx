import { useState } from 'react';
import { traits, type LabApi, type Member } from '../../api/lab';
import { ChangeBehaviour, traitLabel } from '../../actions/lab';
import { useDenied } from '../../app/role';
import { Button } from '../../ui/Button';
import { Facts } from '../../ui/Fields';
import { age, count, visible } from '../../ui/format';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { State } from '../../ui/State';
import { usePolled } from '../../ui/usePolled';
import { refreshMs } from './LabPage';
import { LogPanel } from './LogPanel';
import { actsOf, titles, tones, upstreamOf, useLab, useMemberActions } from './members';
import { useLive } from '../../live/store';

function Details({ member }: { member: Member }) {
  const { overview } = useLive();
  const upstream = upstreamOf(overview, member);
  return (
    <Facts
      facts={[
        ['State', <State key="s" tone={tones[member.state]}>{member.state}</State>],
        ['Since', <span key="i" title={member.since}>{age(member.since)}</span>],
        ['Ended last', member.ended ? <span key="e" className="problem">{visible(member.ended)}</span> : ''],
        ['Pid', member.pid > 0 ? String(member.pid) : ''],
        ['Starts', count(member.starts)],
        ['Address', <code key="a">{visible(member.address)}</code>],
        ['Admin', visible(member.admin)],
        ['Telemetry', visible(member.telemetry)],
        ['Upstream here', upstream ? <a key="u" href={`#/upstreams/${encodeURIComponent(upstream.id)}`}>{visible(upstream.name)}</a> : ''],
      ]}
    />
  );
}

function BehaviourPanel({ lab, directory, member }: { lab: LabApi; directory: string; member: Member }) {
  const look = usePolled(`${member.name} ${member.pid}`, 2_000, () => lab.behaviour(member.name));
  const [changing, setChanging] = useState(false);
  const denied = useDenied('admin');
  const behaviour = look.value?.behaviour;
  return (
    <section aria-labelledby="behaviour">
      <div className="head">
        <h2 id="behaviour">Behaviour</h2>
        {behaviour && (
          <Button denied={denied} onClick={() => setChanging(true)}>
            Change…
          </Button>
        )}
      </div>
      {look.error && <ErrorNotice error={look.error} />}
      {!behaviour && !look.error && <Loading />}
      {behaviour && <Facts facts={[...traits.map((one): [string, string] => [traitLabel(one), visible(behaviour[one])]), ['Frames since its start', count(look.value?.frames ?? 0)]]} />}
      {changing && behaviour && (
        <ChangeBehaviour
          lab={lab}
          directory={directory}
          member={member}
          before={behaviour}
          onClose={(done) => {
            setChanging(false);
            if (done) look.refresh();
          }}
        />
      )}
    </section>
  );
}

function Shown({ lab, name }: { lab: LabApi; name: string }) {
  const look = usePolled('lab', refreshMs, lab.look);
  const directory = look.value?.directory ?? '';
  const { start, dialog } = useMemberActions(lab, directory, look.refresh);
  const denied = useDenied('admin');
  const member = look.value?.members.find((one) => one.name === name);
  return (
    <>
      <p className="trail">
        <a href="#/lab">Lab</a> / {visible(name)}
      </p>
      <div className="head">
        <h1>{visible(name)}</h1>
        {member &&
          actsOf(member).map((act) => (
            <Button key={act} kind={act === 'kill' ? 'danger' : 'plain'} denied={denied} onClick={() => start(act, member)}>
              {titles[act]}
            </Button>
          ))}
      </div>
      {look.error && <ErrorNotice error={look.error} />}
      {!look.value && !look.error && <Loading />}
      {look.value && !member && (
        <Empty title="The lab has no such process.">
          <p>
            <a href="#/lab">Show all processes</a>
          </p>
        </Empty>
      )}
      {member && <Details member={member} />}
      {member?.kind === 'upstream' && member.state === 'running' && <BehaviourPanel lab={lab} directory={directory} member={member} />}
      {member && <LogPanel lab={lab} directory={directory} name={name} />}
      {dialog}
    </>
  );
}

export function MemberPage({ name }: { name: string }) {
  const lab = useLab();
  return lab ? <Shown lab={lab} name={name} /> : <Empty title="This proxy is in no lab." />;
}
