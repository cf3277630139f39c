// What can be done to dead letters.
import * as calls from '../api/calls';
import type { DeadLetter, DeadLetterFilter } from '../api/types';
import { bytes, count, plural, visible } from '../ui/format';
import { ErrorNotice } from '../ui/Notice';
import { ActionDialog } from './ActionDialog';
import { filterWords, line } from './ctl';
import { counted, usePreview } from './usePreview';

const again = 'The frame is given to an upstream of its pool once more, which may have seen it before.';
const gone = 'The frame is forgotten. Nobody can get it back.';

interface OneProps {
  letter: DeadLetter;
  verb: calls.LetterVerb;
  onClose: (done: boolean) => void;
}

export function ActOnLetter({ letter, verb, onClose }: OneProps) {
  const replays = verb === 'replay';
  return (
    <ActionDialog<{ id: string; upstream: string }>
      title={replays ? 'Replay this dead letter?' : 'Drop this dead letter?'}
      touches={
        <>
          <p>
            Frame {count(letter.seq)} of <code>{letter.mark}</code>, {bytes(letter.payload_bytes)}, for pool <b>{visible(letter.pool)}</b>.
          </p>
          <p>{replays ? again : gone}</p>
        </>
      }
      ctl={line('deadletters', verb, letter.id)}
      verb={replays ? 'Replay' : 'Drop'}
      danger={!replays}
      run={() => (replays ? calls.replayDeadLetter(letter.id) : calls.dropDeadLetter(letter.id))}
      done={(done) => (replays ? `Given to ${visible(done.upstream)}.` : 'Dropped.')}
      onClose={onClose}
    />
  );
}

interface ManyProps {
  filter: DeadLetterFilter;
  described: string;
  verb: calls.LetterVerb;
  onClose: (done: boolean) => void;
}

export function ActOnLetters({ filter, described, verb, onClose }: ManyProps) {
  const replays = verb === 'replay';
  const preview = usePreview(JSON.stringify(filter), () =>
    counted(calls.actOnDeadLetters(verb, filter, true), (found) => found.matched),
  );
  const number = preview.count === null ? 'Counting…' : `${count(preview.count)} dead letter${plural(preview.count)}`;
  return (
    <ActionDialog
      title={replays ? 'Replay these dead letters?' : 'Drop these dead letters?'}
      touches={
        <>
          <p>
            <b>{number}</b>: {visible(described) || 'all there are'}.
          </p>
          <p>{replays ? 'Each frame is given to an upstream of its pool once more, the oldest first.' : 'The frames are forgotten. Nobody can get them back.'}</p>
          {preview.error && <ErrorNotice error={preview.error} />}
        </>
      }
      ctl={line('deadletters', verb, ...filterWords(filter, '--reason=all'), '--yes')}
      verb={replays ? 'Replay them' : 'Drop them'}
      danger={!replays}
      ready={preview.count !== null && preview.count > 0}
      run={() => calls.actOnDeadLetters(verb, filter, false)}
      done={(done) => `${replays ? 'Replayed' : 'Dropped'} ${count(done.done)} of ${count(done.matched)}. ${visible(done.problem ?? '')}`}
      onClose={onClose}
    />
  );
}
