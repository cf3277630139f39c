// One frame to many clients.
import * as calls from '../api/calls';
import type { Broadcast } from '../api/types';
import { count, plural } from '../ui/format';
import { ErrorNotice } from '../ui/Notice';
import { ActionDialog } from './ActionDialog';
import type { Line } from './ctl';
import { counted, usePreview, type Preview } from './usePreview';

const untold = { ok: true, value: 0, size: 0 } as const;

// How many it reaches now: of `to`, `pool` and `group`. Who is denied is told nothing.
export const useReach = ({ to, pool, group }: Broadcast, denied = false): Preview =>
  usePreview(JSON.stringify([to, pool, group, denied]), () =>
    denied ? Promise.resolve(untold) : counted(calls.broadcast({ to, pool, group, text: '?', dry_run: true }), (done) => done.attempted),
  );

export const reachOf = (preview: Preview): string =>
  preview.count === null ? 'Counting…' : `${count(preview.count)} client${plural(preview.count)}`;

interface Props {
  body: Broadcast;
  whom: string;
  ctl: Line;
  onClose: () => void;
}

// Counts anew: what the page has counted may be long ago.
export function SendBroadcast({ body, whom, ctl, onClose }: Props) {
  const preview = useReach(body);
  const reached = reachOf(preview);
  return (
    <ActionDialog
      title="Send this broadcast?"
      touches={
        <>
          <p>
            Sends one frame to <b>{reached}</b>: {whom}.
          </p>
          {preview.error && <ErrorNotice error={preview.error} />}
        </>
      }
      ctl={ctl}
      verb={preview.count === null ? 'Send' : `Send to ${reached}`}
      danger
      ready={preview.count !== null && preview.count > 0}
      run={() => calls.broadcast(body)}
      done={(done) => `${count(done.attempted)} clients: ${count(done.written)} written, ${count(done.failed)} failed, ${count(done.skipped)} skipped.`}
      onClose={onClose}
    />
  );
}
