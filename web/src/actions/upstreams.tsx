// What can be done to upstreams.
import { useState, type ReactNode } from 'react';
import * as calls from '../api/calls';
import type { AdminState, Pool, Upstream } from '../api/types';
import { count, plural, visible } from '../ui/format';
import { Check, Select, Text } from '../ui/Fields';
import { ActionDialog } from './ActionDialog';
import { line, options, positional } from './ctl';

interface OneProps {
  upstream: Upstream;
  onClose: (done: boolean) => void;
}

function Who({ upstream }: { upstream: Upstream }) {
  return (
    <>
      <b>{visible(upstream.name)}</b> (<code>{visible(upstream.address)}</code>) of pool <b>{visible(upstream.pool)}</b>, which serves{' '}
      <b>
        {count(upstream.connections)} connection{plural(upstream.connections)}
      </b>
    </>
  );
}

const wishes: Record<AdminState, { title: string; verb: string; word: string; effect: string }> = {
  ready: {
    title: 'Make this upstream ready?',
    verb: 'Make ready',
    word: 'ready',
    effect: 'It gets connections again; failures and ejections are forgotten.',
  },
  drain: {
    title: 'Drain this upstream?',
    verb: 'Drain',
    word: 'drain',
    effect: 'It gets no connections. Those it has move to others of the pool; with no other one ready they stay.',
  },
  maintenance: {
    title: 'Put this upstream into maintenance?',
    verb: 'Maintain',
    word: 'maintain',
    effect: 'It gets no connections, those it has move away, and its links end. With no other upstream ready they are held, and closed in the end.',
  },
};

export function SetAdminState({ upstream, wish, onClose }: OneProps & { wish: AdminState }) {
  const { title, verb, word, effect } = wishes[wish];
  return (
    <ActionDialog
      title={title}
      touches={
        <>
          <p>
            <Who upstream={upstream} />.
          </p>
          <p>{effect} It stays so over a restart.</p>
        </>
      }
      ctl={line('upstreams', word, upstream.id)}
      verb={verb}
      danger={wish === 'maintenance'}
      run={() => calls.changeUpstream(upstream.id, { admin_state: wish })}
      done={(changed) => `It is meant to be ${changed.admin_state} now.`}
      onClose={onClose}
    />
  );
}

export function SetWeight({ upstream, onClose }: OneProps) {
  const [weight, setWeight] = useState(String(upstream.weight));
  const value = Number(weight);
  const fits = Number.isInteger(value) && value >= 1 && value <= 100;
  return (
    <ActionDialog
      title="Change the weight?"
      touches={
        <>
          <p>
            <Who upstream={upstream} />.
          </p>
          <p>New connections are shared by weight; those that are there stay.</p>
        </>
      }
      ctl={line('upstreams', 'set', upstream.id, `--weight=${fits ? value : 1}`)}
      verb="Set weight"
      ready={fits && value !== upstream.weight}
      run={() => calls.changeUpstream(upstream.id, { weight: value })}
      done={(changed) => `Its weight is ${changed.weight} now.`}
      onClose={onClose}
    >
      <Text label="Weight" type="number" min={1} max={100} value={weight} onChange={setWeight} hint={`1 to 100; it is ${upstream.weight}.`} />
    </ActionDialog>
  );
}

export function RemoveUpstream({ upstream, onClose }: OneProps) {
  const fixed = upstream.source === 'file' || upstream.source === 'dns';
  return (
    <ActionDialog
      title="Remove this upstream?"
      touches={
        <>
          <p>
            <Who upstream={upstream} />. They move to others of the pool.
          </p>
          {fixed && <p>It comes from {upstream.source === 'dns' ? 'DNS' : 'the configuration file'}: the proxy will refuse, and maintenance is what can be done here.</p>}
        </>
      }
      ctl={line('upstreams', 'rm', upstream.id)}
      verb="Remove"
      danger
      run={() => calls.removeUpstream(upstream.id)}
      done={() => 'It is leaving.'}
      onClose={onClose}
    />
  );
}

export function AddUpstream({ pools, onClose }: { pools: Pool[]; onClose: (done: boolean) => void }) {
  const [pool, setPool] = useState(pools[0]?.name ?? '');
  const [address, setAddress] = useState('');
  const [weight, setWeight] = useState('1');
  const [protocol, setProtocol] = useState('auto');
  const [insecure, setInsecure] = useState(false);
  const body = { pool, address: address.trim(), weight: Number(weight) || 1, protocol, insecure: insecure || undefined };
  const said = visible(pool);
  const more = [
    ...options({ pool, weight: String(body.weight), protocol: protocol === 'auto' ? '' : protocol }),
    ...(insecure ? ['--insecure'] : []),
  ];
  const words = ['upstreams', 'add', ...positional([body.address || 'HOST:PORT'], more)];
  const touches: ReactNode = (
    <p>
      Adds an upstream to pool <b>{said}</b>. It gets its share of new connections as soon as a link to it is ready, and is there again after a restart.
    </p>
  );
  return (
    <ActionDialog
      title="Add an upstream"
      touches={touches}
      ctl={line(...words)}
      verb="Add"
      ready={body.address !== ''}
      run={() => calls.addUpstream(body)}
      done={(added) => `Added ${visible(added.address)}: ${added.state}.`}
      onClose={onClose}
    >
      <Text label="Address" value={address} onChange={setAddress} placeholder="host:port" hint="Of its gRPC server." autoFocus />
      <Select label="Pool" value={pool} onChange={setPool} options={pools.map((one) => [one.name, visible(one.name)])} />
      <Text label="Weight" type="number" min={1} max={100} value={weight} onChange={setWeight} />
      <Select
        label="Protocol"
        value={protocol}
        onChange={setProtocol}
        options={[
          ['auto', 'auto'],
          ['link', 'link'],
          ['legacy', 'legacy'],
        ]}
      />
      <Check label="Plaintext off the loopback (insecure)" value={insecure} onChange={setInsecure} />
    </ActionDialog>
  );
}
