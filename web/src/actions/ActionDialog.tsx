// Every action goes through here: it asks, says what it touches, shows itself as a line of waymarkctl or
// waymark-lab, and tells what came of it.
import { useState, type FormEvent, type ReactNode } from 'react';
import type { ApiError, Result } from '../api/client';
import { liveStore } from '../live/store';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { ErrorNotice } from '../ui/Notice';
import type { Line } from './ctl';
import { CtlLine } from './CtlLine';

interface Props<T> {
  title: string;
  touches: ReactNode; // what it does, and to whom
  ctl: Line;
  verb: string; // on the button
  danger?: boolean;
  ready?: boolean; // false: something is still to be filled in
  run: () => Promise<Result<T>>;
  done: (value: T) => ReactNode;
  onClose: (done: boolean) => void;
  children?: ReactNode; // what is to be filled in
}

export function ActionDialog<T>(props: Props<T>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [outcome, setOutcome] = useState<ReactNode>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || props.ready === false) return;
    setBusy(true);
    setError(null);
    const result = await props.run();
    setBusy(false);
    if (!result.ok) return setError(result.error);
    setOutcome(<>{props.done(result.value)}</>);
    liveStore.refresh();
  };
  const close = () => props.onClose(outcome !== null);

  if (outcome !== null) {
    return (
      <Dialog title={props.title} onClose={close}>
        <div className="notice ok" role="status">
          {outcome}
        </div>
        <div className="actions">
          <Button kind="primary" onClick={close} autoFocus>
            Close
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={props.title} onClose={close}>
      <form onSubmit={(event) => void submit(event)}>
        <div className="touches">{props.touches}</div>
        {props.children}
        <CtlLine line={props.ctl} />
        {error && <ErrorNotice error={error} />}
        <div className="actions">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" kind={props.danger ? 'danger' : 'primary'} disabled={busy || props.ready === false}>
            {busy ? 'Working…' : props.verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
