// One frame to many clients: how many it reaches is asked for before anything is sent.
import { useState } from 'react';
import * as calls from '../api/calls';
import type { Activity, Broadcast } from '../api/types';
import { ActionDialog } from '../actions/ActionDialog';
import { line, options, payloadWords } from '../actions/ctl';
import { isReady, noPayload, PayloadFields, payloadOf } from '../actions/PayloadFields';
import { useDenied } from '../app/role';
import { counted, usePreview } from '../actions/usePreview';
import { useLive } from '../live/store';
import { Button } from '../ui/Button';
import { Copy } from '../ui/Copy';
import { Select, Text } from '../ui/Fields';
import { count, plural, visible } from '../ui/format';
import { ErrorNotice } from '../ui/Notice';

const untold = { ok: true, value: 0, size: 0 } as const;

const audiences: [Activity, string][] = [
  ['all', 'all clients'],
  ['active', 'active clients'],
  ['inactive', 'inactive clients'],
];

export function BroadcastPage() {
  const { overview } = useLive();
  const [to, setTo] = useState<Activity>('active');
  const [pool, setPool] = useState('');
  const [group, setGroup] = useState('');
  const [input, setInput] = useState(noPayload);
  const [asking, setAsking] = useState(false);

  const audience = { to, pool, group };
  const denied = useDenied('operate');
  const preview = usePreview(JSON.stringify({ ...audience, denied }), () =>
    denied ? Promise.resolve(untold) : counted(calls.broadcast({ ...audience, text: '?', dry_run: true }), (done) => done.attempted),
  );
  const body: Broadcast = { ...audience, ...payloadOf(input) };
  const ctl = line('broadcast', ...options({ to, pool, group }), ...payloadWords(payloadOf(input)), '--yes');
  const reached = preview.count === null ? 'Counting…' : `${count(preview.count)} client${plural(preview.count)}`;
  const whom = `${audiences.find(([one]) => one === to)?.[1]}${pool ? ` of pool ${visible(pool)}` : ''}${group ? ` in group ${visible(group)}` : ''}`;

  return (
    <>
      <h1>Broadcast</h1>
      <p className="faint">Sends one frame to many clients. Active clients have sent a frame lately (active_within of their pool).</p>
      <div className="panel form">
        <Select label="To" value={to} onChange={(value) => setTo(value as Activity)} options={audiences} />
        <Select label="Pool" value={pool} onChange={setPool} options={[['', 'all'], ...(overview?.pools ?? []).map((one): [string, string] => [one.name, visible(one.name)])]} />
        <Text label="Group (may be empty)" value={group} onChange={setGroup} />
        <PayloadFields value={input} onChange={setInput} />
        {denied ? (
          <p className="hint">{denied}</p>
        ) : (
          <p className="reach" role="status">
            Reaches <b>{reached}</b>
          </p>
        )}
        {preview.error && <ErrorNotice error={preview.error} />}
        <p className="hint">The same on the command line:</p>
        <Copy text={ctl} label="waymarkctl line" />
        <div className="actions">
          <Button kind="primary" denied={denied} disabled={!denied && (!isReady(input) || !preview.count)} onClick={() => setAsking(true)}>
            Send…
          </Button>
        </div>
      </div>
      {asking && (
        <ActionDialog
          title="Send this broadcast?"
          touches={
            <p>
              Sends one frame to <b>{reached}</b>: {whom}.
            </p>
          }
          ctl={ctl}
          verb={`Send to ${reached}`}
          danger
          run={() => calls.broadcast(body)}
          done={(done) => `${count(done.attempted)} clients: ${count(done.written)} written, ${count(done.failed)} failed, ${count(done.skipped)} skipped.`}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
