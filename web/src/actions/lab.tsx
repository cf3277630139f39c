// What can be done to the processes of a lab.
import { useState, type ReactNode } from 'react';
import { traits, type Act, type Behaviour, type LabApi, type Member, type Trait } from '../api/lab';
import { count, plural, visible } from '../ui/format';
import { Select, Text } from '../ui/Fields';
import { ActionDialog } from './ActionDialog';
import { labLine, options } from './ctl';

interface Props {
  lab: LabApi;
  directory: string; // of the lab
  member: Member;
  onClose: (done: boolean) => void;
}

interface ActProps extends Props {
  act: Act;
  here: boolean; // the page came from it
  clients: number | undefined; // that this proxy, or this upstream of it, serves; unknown for others
}

const words: Record<Act, { title: string; verb: string; danger: boolean; effect: Record<Member['kind'], string> }> = {
  start: {
    title: 'Start this process?',
    verb: 'Start',
    danger: false,
    effect: {
      proxy: 'It is started as it was at first. Upstreams register at it again within seconds.',
      upstream: 'It is started as it was at first: what was set since is undone. It registers at each proxy and gets clients again.',
    },
  },
  stop: {
    title: 'Stop this process?',
    verb: 'Stop',
    danger: true,
    effect: {
      proxy: 'SIGTERM: it drains, clients are disconnected in the end. After 10 s it is killed.',
      upstream: 'SIGTERM: it takes its registrations back, and its clients go to other upstreams without being disconnected. After 10 s it is killed.',
    },
  },
  kill: {
    title: 'Kill this process?',
    verb: 'Kill',
    danger: true,
    effect: {
      proxy: 'SIGKILL: it ends in the middle of what it does, and its clients are disconnected.',
      upstream: 'SIGKILL: it ends in the middle of what it does. Its clients stay connected and go to other upstreams; frames it had not acked come there again.',
    },
  },
  freeze: {
    title: 'Freeze this process?',
    verb: 'Freeze',
    danger: true,
    effect: {
      proxy: 'SIGSTOP: it does nothing until it is resumed, and its clients wait.',
      upstream: 'SIGSTOP: it does nothing until it is resumed. Its lease of 5 s runs out, and its clients go to other upstreams: those with frames that it has not acked after leave_timeout, 30 s.',
    },
  },
  resume: {
    title: 'Resume this process?',
    verb: 'Resume',
    danger: false,
    effect: { proxy: 'SIGCONT: it goes on where it stopped.', upstream: 'SIGCONT: it goes on where it stopped, and registers again.' },
  },
};

function Who({ member, clients }: { member: Member; clients: number | undefined }) {
  return (
    <>
      <b>{visible(member.name)}</b> (<code>{visible(member.address)}</code>
      {member.pid > 0 && `, pid ${member.pid}`})
      {clients !== undefined && (
        <>
          , which serves{' '}
          <b>
            {count(clients)} client{plural(clients)}
          </b>
          {member.kind === 'upstream' && ' of this proxy'}
        </>
      )}
    </>
  );
}

export function ActOnMember({ act, lab, directory, member, here, clients, onClose }: ActProps) {
  const { title, verb, danger, effect } = words[act];
  return (
    <ActionDialog
      title={title}
      touches={
        <>
          <p>
            <Who member={member} clients={clients} />.
          </p>
          <p>{effect[member.kind]}</p>
          {here && danger && <p>This page came from it. It stays open meanwhile, and can {act === 'freeze' ? 'resume' : 'start'} it again.</p>}
        </>
      }
      ctl={labLine(directory, act, member.name)}
      verb={verb}
      danger={danger}
      run={() => lab.act(member.name, act)}
      done={(now) => `${visible(now.name)} is ${now.state}.`}
      onClose={onClose}
    />
  );
}

const fields: Record<Trait, { label: string; hint: string }> = {
  reply: { label: 'Reply', hint: "echo, none, upper, or template: with {id} and {payload}" },
  delay: { label: 'Delay', hint: 'Before each answer: 200ms' },
  jitter: { label: 'Jitter', hint: 'Up to so much longer, at random' },
  failure: { label: 'Failure', hint: 'Share of the frames that fail, without an answer: 12%' },
  drop: { label: 'Drop', hint: 'Share that is never finished: 5%' },
  ack: { label: 'Ack', hint: '' },
  crash_after: { label: 'Crash after', hint: 'Frames from now; 0: never' },
  hang_after: { label: 'Hang after', hint: 'Frames from now; 0: never' },
  slow_read: { label: 'Slow read', hint: 'Stays so long in each frame: 20ms' },
};

const acks: [string, string][] = [
  ['auto', 'auto: with the answer'],
  ['late', 'late: after the delay'],
  ['never', 'never'],
  ['duplicate', 'duplicate: the answer twice'],
];

export const traitLabel = (trait: Trait): string => fields[trait].label;

const changed = (before: Behaviour, after: Behaviour): Partial<Behaviour> =>
  Object.fromEntries(traits.filter((one) => after[one].trim() !== before[one]).map((one) => [one, after[one].trim()]));

export function ChangeBehaviour({ lab, directory, member, before, onClose }: Props & { before: Behaviour }) {
  const [after, setAfter] = useState(before);
  const change = changed(before, after);
  const given = Object.fromEntries(Object.entries(change).map(([name, value]) => [name.replace('_', '-'), value]));
  const field = (trait: Trait): ReactNode => {
    const { label, hint } = fields[trait];
    const set = (value: string) => setAfter((now) => ({ ...now, [trait]: value }));
    return trait === 'ack' ? (
      <Select key={trait} label={label} value={after[trait]} onChange={set} options={acks} />
    ) : (
      <Text key={trait} label={label} value={after[trait]} onChange={set} hint={hint} autoFocus={trait === 'reply'} />
    );
  };
  return (
    <ActionDialog
      title="Change what this upstream does?"
      touches={
        <>
          <p>
            <Who member={member} clients={undefined} />.
          </p>
          <p>All of it changes in one step, or nothing does. It holds until the upstream is started again.</p>
        </>
      }
      ctl={labLine(directory, 'set', member.name, ...options(given))}
      verb="Change"
      danger={Object.keys(change).some((one) => one !== 'reply')}
      ready={Object.keys(change).length > 0}
      run={() => lab.behave(member.name, change)}
      done={() => `${visible(member.name)} does so now.`}
      onClose={onClose}
    >
      <div className="traits">{(Object.keys(fields) as Trait[]).map(field)}</div>
    </ActionDialog>
  );
}
