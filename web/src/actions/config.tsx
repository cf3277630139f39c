// What can be done to the configuration.
import { useState } from 'react';
import * as calls from '../api/calls';
import { visible } from '../ui/format';
import { Check, Text } from '../ui/Fields';
import { ActionDialog } from './ActionDialog';
import { line, positional } from './ctl';

export function ReloadConfig({ file, onClose }: { file: string; onClose: (done: boolean) => void }) {
  return (
    <ActionDialog
      title="Reload the configuration?"
      touches={
        <>
          <p>
            Reads <code>{visible(file)}</code> again and takes over all of it, or, if anything is wrong with it, nothing. No connection is dropped.
          </p>
          <p>Settings that were set without being kept become what the file says.</p>
        </>
      }
      ctl={line('config', 'reload')}
      verb="Reload"
      run={() => calls.reloadConfig()}
      done={({ changed }) =>
        changed.length === 0 ? (
          'Nothing has changed.'
        ) : (
          <ul>
            {changed.map((one, i) => (
              <li key={i}>{visible(one)}</li>
            ))}
          </ul>
        )
      }
      onClose={onClose}
    />
  );
}

export function SetConfig({ path: given, onClose }: { path: string; onClose: (done: boolean) => void }) {
  const [path, setPath] = useState(given);
  const [value, setValue] = useState('');
  const [persist, setPersist] = useState(false);
  const words = ['config', 'set', ...positional([path || 'PATH', value || 'VALUE'], persist ? ['--persist'] : [])];
  return (
    <ActionDialog
      title="Change a setting?"
      touches={<p>Changes one setting of the process that runs, at once, {persist ? 'and keeps it over a restart' : 'until the next reload or restart'}. What only a restart can change is refused.</p>}
      ctl={line(...words)}
      verb="Set"
      ready={path.trim() !== '' && value !== ''}
      run={() => calls.setConfig(path.trim(), value, persist)}
      done={() => 'Set.'}
      onClose={onClose}
    >
      <Text label="Path" value={path} onChange={setPath} placeholder="log.level" hint="As in the file, with dots." autoFocus={!given} />
      <Text label="Value" value={value} onChange={setValue} placeholder="debug" autoFocus={Boolean(given)} />
      <Check label="Keep it over a restart" value={persist} onChange={setPersist} />
    </ActionDialog>
  );
}
