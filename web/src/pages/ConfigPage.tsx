import { useState } from 'react';
import * as calls from '../api/calls';
import type { ConfigDifference } from '../api/types';
import { ReloadConfig, SetConfig } from '../actions/config';
import { useDenied } from '../app/role';
import { useLive } from '../live/store';
import { Button } from '../ui/Button';
import { visible } from '../ui/format';
import { Empty, ErrorNotice, Loading } from '../ui/Notice';
import { Table, type Column } from '../ui/Table';
import { usePolled } from '../ui/usePolled';

const columns: Column<ConfigDifference>[] = [
  { key: 'path', title: 'Setting', cell: (one) => <code>{visible(one.path)}</code> },
  { key: 'file', title: 'In the file', cell: (one) => <code>{visible(one.file) || '–'}</code> },
  { key: 'running', title: 'Running', cell: (one) => <code className="differs">{visible(one.running) || '–'}</code> },
  { key: 'persisted', title: 'After a restart', cell: (one) => (one.persisted ? 'stays' : 'as in the file') },
];

// Line feeds make the lines; everything else that cannot be seen is written out.
const document = (yaml: string) => yaml.split('\n').map(visible).join('\n');

export function ConfigPage() {
  const { overview } = useLive();
  const [acting, setActing] = useState<'reload' | 'set' | null>(null);
  const denied = useDenied('admin');
  const config = usePolled('config', 5_000, () => calls.config());
  const diff = usePolled('diff', 5_000, () => calls.configDiff());
  const file = overview?.info.config_file ?? '';
  const close = (done: boolean) => {
    setActing(null);
    if (!done) return;
    config.refresh();
    diff.refresh();
  };
  const differences = diff.value?.differences ?? [];
  return (
    <>
      <div className="head">
        <h1>Configuration</h1>
        <Button denied={denied} onClick={() => setActing('set')}>
          Change a setting…
        </Button>
        <Button denied={denied} onClick={() => setActing('reload')}>
          Reload…
        </Button>
      </div>
      <section aria-labelledby="diff">
        <h2 id="diff">Different from the file</h2>
        {diff.error && <ErrorNotice error={diff.error} />}
        {!diff.value && !diff.error && <Loading />}
        {diff.value && differences.length === 0 && (
          <Empty title="What runs is what the file says.">
            <p>
              <code>{visible(file)}</code>
            </p>
          </Empty>
        )}
        {differences.length > 0 && <Table label="Differences" columns={columns} rows={differences} id={(one) => one.path} />}
      </section>
      <section aria-labelledby="effective">
        <h2 id="effective">Effective</h2>
        {config.error && <ErrorNotice error={config.error} />}
        {!config.value && !config.error && <Loading />}
        {config.value && (
          <pre className="yaml" tabIndex={0} aria-label="Effective configuration">
            {document(config.value.yaml)}
          </pre>
        )}
      </section>
      {acting === 'reload' && <ReloadConfig file={file} onClose={close} />}
      {acting === 'set' && <SetConfig path="" onClose={close} />}
    </>
  );
}
