// What a newcomer does: deploy/quickstart.sh, the address that it prints, and an upstream killed on the page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { launch, openPage } from './harness/browser.mjs';
import { eventually, Child, program, repository, run } from './harness/process.mjs';
import { Client } from './harness/rig.mjs';

let browser, script;
before(async () => {
  browser = await launch();
  script = new Child(join(repository, 'deploy/quickstart.sh'), ['--yes', '--free-ports'], {
    env: { ...process.env, WAYMARK_BIN: program('.'), WAYMARK_START_TIMEOUT: '120' },
  });
  await script.says(/Ctrl-C stops everything/);
});
after(async () => {
  await browser?.close();
  await script?.stop();
});

const printed = (pattern) => pattern.exec(script.said)[1];

test('the address it prints shows a lab at work, whose clients go on when an upstream is killed on the page', async () => {
  const address = printed(/^ {2}(http:\S+#token=\S+)$/m);
  const clients = [];
  for (let i = 0; i < 3; ++i) clients.push(await Client.connect(Number(printed(/^ {2}nc 127\.0\.0\.1 (\d+)/m))));
  const upstreamsOf = async (text) => {
    for (const client of clients) client.say(`${text}\n`);
    for (const client of clients) await client.hears(`: ${text}\n`);
    return clients.map((client) => new RegExp(`(stub-\\d): ${text}\n`).exec(client.received)[1]);
  };
  assert.deepEqual((await upstreamsOf('hello')).sort(), ['stub-1', 'stub-2', 'stub-3']);

  const lab = readFileSync(join(printed(/--dir (\S+):$/m), 'api'), 'utf8');
  const { page, faults, close } = await openPage(browser, { address, origin: new URL(address).origin, lab });
  const clientsShown = () => page.getByRole('region', { name: 'Processes' }).locator('tbody tr', { hasText: 'stub-1' }).locator('td[data-label="Clients"]').innerText();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const frames = page.locator('.number-card', { hasText: 'Frames up' });
  await eventually(async () => Number.parseFloat(/([\d.]+)\/s/.exec(await frames.innerText())?.[1] ?? '0') > 0, 'traffic moves');
  await page.getByRole('link', { name: 'Lab', exact: true }).click();
  await eventually(async () => Number(await clientsShown()) === 3, 'stub-1 has its share of nine');
  await page.getByRole('button', { name: 'Kill… stub-1', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Kill', exact: true }).click();
  await page.getByRole('dialog').locator('.notice.ok', { hasText: 'stub-1 is' }).waitFor();

  const others = await upstreamsOf('again');
  assert.ok(others.every((name) => name !== 'stub-1'), `they go on elsewhere: ${others}`);
  assert.ok(clients.every((client) => !client.ended), 'no client was disconnected');
  assert.deepEqual(faults, []);
  await close();
  for (const client of clients) client.leave();
});

test('what it prints for another terminal works there', async () => {
  const exports = script.said.match(/^ {2}export .*$/gm).join('\n');
  const lab = printed(/^and each waymark-lab with (--dir \S+):$/m);
  const shell = (line) => run('bash', ['-euo', 'pipefail', '-c', `${exports}\n${line}`]);
  for (const [line, says] of [
    [`waymark-lab ${lab} kill stub-3`, /^$/],
    [`waymark-lab ${lab} start stub-3`, /^$/],
    [`waymark-lab ${lab} set stub-2 --delay 200ms`, /200ms/],
    [`waymark-lab ${lab} ps`, /stub-3 .*running/],
    ['waymarkctl stats', /stub-2/],
  ]) {
    const { code, out, err } = await shell(line);
    assert.equal(code, 0, `${line}\n${err}`);
    assert.match(out, says, line);
  }
});

test('Ctrl-C ends it and leaves nothing behind', async () => {
  const directory = printed(/--dir (\S+):$/m).replace(/\/lab$/, '');
  assert.ok(existsSync(directory));
  await script.stop('SIGINT');
  assert.equal(await script.ended, 0, script.said);
  assert.ok(!existsSync(directory));
});
