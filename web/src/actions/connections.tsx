// What can be done to one connection, and to many.
import { useState } from 'react';
import * as calls from '../api/calls';
import type { Connection, ConnectionFilter } from '../api/types';
import { bytes, count, plural, visible } from '../ui/format';
import { Text } from '../ui/Fields';
import { ErrorNotice } from '../ui/Notice';
import { ActionDialog } from './ActionDialog';
import { filterWords, line, options, payloadWords } from './ctl';
import { isReady, noPayload, PayloadFields, payloadOf } from './PayloadFields';
import { counted, usePreview } from './usePreview';

interface OneProps {
  connection: Connection;
  onClose: (done: boolean) => void;
}

function Who({ connection }: { connection: Connection }) {
  return (
    <>
      the client <b>{visible(connection.peer)}</b> of listener <b>{visible(connection.listener)}</b>, mark{' '}
      <code>{connection.mark}</code>
    </>
  );
}

export function CloseOne({ connection, onClose }: OneProps) {
  const [reason, setReason] = useState('');
  const [goodbye, setGoodbye] = useState('');
  return (
    <ActionDialog
      title="Close this connection?"
      touches={
        <p>
          Closes <Who connection={connection} />. What is queued for it is written first; it may connect again.
        </p>
      }
      ctl={line('connections', 'close', connection.mark, ...options({ reason, goodbye }))}
      verb="Close connection"
      danger
      run={() => calls.closeConnection(connection.mark, { reason, goodbye_text: goodbye })}
      done={() => 'Closed.'}
      onClose={onClose}
    >
      <Text label="Last frame (may be empty)" value={goodbye} onChange={setGoodbye} />
      <Text label="Reason, for the audit log (may be empty)" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

export function SendToOne({ connection, onClose }: OneProps) {
  const [input, setInput] = useState(noPayload);
  const payload = payloadOf(input);
  return (
    <ActionDialog
      title="Send a frame?"
      touches={
        <p>
          Sends one frame to <Who connection={connection} />. Its upstream does not learn of it.
        </p>
      }
      ctl={line('connections', 'send', connection.mark, ...payloadWords(payload))}
      verb="Send"
      ready={isReady(input)}
      run={() => calls.sendToConnection(connection.mark, payload)}
      done={() => 'Sent.'}
      onClose={onClose}
    >
      <PayloadFields value={input} onChange={setInput} />
    </ActionDialog>
  );
}

interface TapProps extends OneProps {
  onStart: () => void;
}

export function TapOne({ connection, onClose, onStart }: TapProps) {
  const { max_bytes, max_rate } = calls.tapLimits;
  return (
    <ActionDialog
      title="Tap this connection?"
      touches={
        <p>
          Shows what <Who connection={connection} /> and its upstream say to each other, from now on: of each frame at most{' '}
          {bytes(max_bytes)}, and of all at most {bytes(max_rate)} a second; what is left out is counted. The client notices
          nothing; the audit log notes the beginning and the end. It takes a token of the role admin.
        </p>
      }
      ctl={line('connections', 'tap', connection.mark, ...options({ 'max-bytes': String(max_bytes), 'max-rate': String(max_rate) }))}
      verb="Start tap"
      run={() => {
        onStart();
        return Promise.resolve({ ok: true, value: null, size: 0 });
      }}
      done={() => 'The tap is below.'}
      onClose={onClose}
    />
  );
}

const mostSpread = 86_400; // seconds

interface ManyProps {
  verb: calls.ManyVerb;
  filter: ConnectionFilter;
  described: string; // the filter for people; empty: everybody
  onClose: (done: boolean) => void;
}

const manyWords: Record<calls.ManyVerb, { title: string; effect: string; button: string; done: string }> = {
  close: {
    title: 'Close these connections?',
    effect: 'Each is closed after what is queued for it was written.',
    button: 'Close them',
    done: 'Closed',
  },
  rebalance: {
    title: 'Rebalance these connections?',
    effect: 'Each goes to the upstream whose turn it is, when what it sent has settled. They stay connected.',
    button: 'Rebalance them',
    done: 'Moving',
  },
  rotate: {
    title: 'Rotate these connections?',
    effect: 'Each is ended gently, as at the end of its listener\'s max_age, so that it connects again: what it sent is answered first.',
    button: 'Rotate them',
    done: 'Rotating',
  },
};

export function ActOnMany({ verb, filter, described, onClose }: ManyProps) {
  const preview = usePreview(JSON.stringify(filter), () =>
    counted(calls.actOnConnections(verb, filter, true), (found) => found.matched),
  );
  const words = manyWords[verb];
  const [spread, setSpread] = useState('0');
  const seconds = Number(spread);
  const fits = spread.trim() !== '' && Number.isInteger(seconds) && seconds >= 0 && seconds <= mostSpread;
  const rotation = verb === 'rotate' ? { spread_seconds: fits ? seconds : 0 } : {};
  const number = preview.count === null ? 'Counting…' : `${count(preview.count)} connection${plural(preview.count)}`;
  return (
    <ActionDialog
      title={words.title}
      touches={
        <>
          <p>
            <b>{number}</b>: {visible(described) || 'all there are'}.
          </p>
          <p>{words.effect}</p>
          {preview.error && <ErrorNotice error={preview.error} />}
        </>
      }
      ctl={line('connections', verb, ...filterWords(filter, '--state=all'), ...(rotation.spread_seconds ? [`--spread=${rotation.spread_seconds}`] : []), '--yes')}
      verb={words.button}
      danger={verb !== 'rebalance'}
      ready={fits && preview.count !== null && preview.count > 0}
      run={() => calls.actOnConnections(verb, filter, false, rotation)}
      done={(done) => `${words.done} ${count(done.done)} of ${count(done.matched)}.`}
      onClose={onClose}
    >
      {verb === 'rotate' && (
        <Text label="Over how many seconds" type="number" min={0} max={mostSpread} value={spread} onChange={setSpread} hint="One after the other; 0: all at once." />
      )}
    </ActionDialog>
  );
}
