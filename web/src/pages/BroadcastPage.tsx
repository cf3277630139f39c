// One frame to many clients: how many it reaches is asked for before anything is sent.
import { useState } from 'react';
import type { Activity, Broadcast } from '../api/types';
import { reachOf, SendBroadcast, useReach } from '../actions/broadcast';
import { CtlLine } from '../actions/CtlLine';
import { line, options, payloadWords } from '../actions/ctl';
import { isReady, noPayload, PayloadFields, payloadOf } from '../actions/PayloadFields';
import { useDenied } from '../app/role';
import { useLive } from '../live/store';
import { Button } from '../ui/Button';
import { Select, Text } from '../ui/Fields';
import { visible } from '../ui/format';
import { ErrorNotice } from '../ui/Notice';

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
  const preview = useReach(audience, Boolean(denied));
  const body: Broadcast = { ...audience, ...payloadOf(input) };
  const ctl = line('broadcast', ...options({ to, pool, group }), ...payloadWords(payloadOf(input)), '--yes');
  const reached = reachOf(preview);
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
        <CtlLine line={ctl} />
        <div className="actions">
          <Button kind="primary" denied={denied} disabled={!denied && (!isReady(input) || preview.count === null)} onClick={() => setAsking(true)}>
            Send…
          </Button>
        </div>
      </div>
      {asking && <SendBroadcast body={body} whom={whom} ctl={ctl} onClose={() => setAsking(false)} />}
    </>
  );
}
