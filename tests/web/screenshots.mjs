// The pictures of docs/dashboard.md: node screenshots.mjs [FOLDER] [--width N] [--theme dark|light] [--warm SECONDS] [--lab-only]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, openPage } from './harness/browser.mjs';
import { Lab } from './harness/lab.mjs';
import { Child, eventually, repository } from './harness/process.mjs';
import { Rig, Stub } from './harness/rig.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const folder = process.argv[2]?.startsWith('--') === false ? process.argv[2] : join(repository, 'docs/images');
const width = Number(option('--width', '1400'));
const theme = option('--theme', 'light');
const warm = Number(option('--warm', '60')) * 1000;

// All of a page in sight first: what is not is not painted.
async function shot(page, name, whole = true) {
  const before = page.viewportSize();
  const height = whole ? await page.evaluate(() => document.documentElement.scrollHeight) : before.height;
  await page.setViewportSize({ width: before.width, height });
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.setViewportSize(before);
}

// Something of everything: two pools, a drained upstream, a dead one, dead letters, a slow answer.
async function scene() {
  const fast = await Stub.start('sensors-1', '--delay', '2ms', '--jitter', '6ms');
  const rig = await Rig.start({
    stubs: [['red', '--delay', '3ms', '--jitter', '9ms'], ['green', '--delay', '2ms', '--jitter', '5ms'], ['blue', '--delay', '4ms', '--jitter', '20ms']],
    workers: 2,
    pool: `  - name: sensors
    max_attempts: 1
    upstreams: ["${fast.address}"]
`,
    listener: 'sensors',
  });
  rig.stubs.push(fast);
  rig.loads = [
    new Child('waymark-load', ['--target', `127.0.0.1:${rig.port}`, '--framing', 'line', '--connections', '240', '--rate', '1800', '--payload', '32-400', '--duration', '1h', '--quiet']),
    new Child('waymark-load', ['--target', `127.0.0.1:${rig.port2}`, '--framing', 'line', '--connections', '60', '--rate', '350', '--duration', '1h', '--quiet', '--allow-lost']),
  ];
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections === 300, 'all are connected');
  const holder = await Stub.start('holder', '--delay', '1000s');
  rig.stubs.push(holder);
  const added = await rig.ask('POST', '/v1/upstreams', { pool: 'sensors', address: holder.address });
  await eventually(async () => (await rig.ask('GET', `/v1/upstreams/${added.id}`)).state === 'ready', 'the holder is ready');
  for (let i = 0; i < 8; ++i) (await rig.client('port2')).say('21.4\n').say('21.6\n');
  return { rig, holder };
}

// A lab whose first upstream was killed a moment ago, while clients talk.
async function lab(browser) {
  const lab = await Lab.start('upstreams: 4\nproxies: 2\naverage_delay: 5ms\n');
  const load = new Child('waymark-load', ['--target', `127.0.0.1:${lab.port}`, '--framing', 'line', '--connections', '120', '--rate', '600', '--duration', '1h', '--quiet', '--allow-lost']);
  try {
    await eventually(async () => (await lab.upstreams()).reduce((all, one) => all + one.connections, 0) === 120, 'all are connected');
    await lab.ask('POST', '/v1/members/stub-4:freeze', {});
    const { page, faults, close } = await openPage(browser, lab, { viewport: { width, height: 620 }, colorScheme: theme });
    await page.getByRole('link', { name: 'Lab', exact: true }).click();
    await page.getByRole('region', { name: 'Processes' }).waitFor();
    await page.waitForTimeout(8_000);
    await lab.ask('POST', '/v1/members/stub-1:kill', {});
    await page.getByText('killed by SIGKILL').waitFor();
    await page.waitForTimeout(3_000);
    await shot(page, 'lab');
    await lab.ask('POST', '/v1/members/stub-1:start', {});
    await page.getByRole('link', { name: 'stub-1' }).click();
    await page.getByRole('button', { name: 'Change…' }).click();
    await page.getByLabel('Delay').fill('200ms');
    await page.getByLabel('Failure').fill('12%');
    await page.waitForTimeout(3_000);
    await shot(page, 'lab-process');
    if (faults.length) console.error(faults);
    await close();
  } finally {
    await load.stop();
    await lab.stop();
  }
}

mkdirSync(folder, { recursive: true });
if (process.argv.includes('--lab-only')) {
  const browser = await launch();
  await lab(browser).finally(() => browser.close());
  process.exit();
}

const { rig, holder } = await scene();
const browser = await launch();
try {
  const { page, faults } = await openPage(browser, rig, { viewport: { width, height: 860 }, colorScheme: theme });
  await page.waitForSelector('.topology .box');
  await page.waitForTimeout(warm / 2);
  await holder.stop();
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  await rig.ask('PATCH', `/v1/upstreams/${upstreams.find((one) => one.name === 'blue').id}`, { admin_state: 'drain', weight: 3 });
  await rig.ask('PATCH', '/v1/config', { set: { 'log.level': 'debug' } });
  await page.waitForTimeout(warm / 2);
  const shoot = async (name, fullPage = true) => {
    await page.waitForTimeout(1_500);
    await shot(page, name, fullPage);
  };
  const open = (address) => page.evaluate((to) => (location.hash = to), address);
  await shoot('overview');
  await open('#/connections?order=frames_up&descending=true&limit=25');
  await page.waitForSelector('td');
  await shoot('connections');
  const { connections } = await rig.ask('GET', '/v1/connections?limit=1&listener=devices&state=active');
  await open(`#/connections/${connections[0].mark}`);
  await page.getByRole('button', { name: 'Tap…' }).click();
  await page.getByRole('button', { name: 'Start tap' }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.waitForTimeout(3_000);
  await shoot('connection');
  await page.getByRole('button', { name: 'Send…' }).click();
  await page.getByLabel('Payload').fill('how are you?');
  await shoot('action', false);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await open('#/upstreams');
  await shoot('upstreams');
  await open(`#/upstreams/${upstreams.find((one) => one.name === 'holder').id}`);
  await shoot('upstream');
  await open('#/broadcast');
  await page.getByLabel('Payload').fill('back in five minutes');
  await shoot('broadcast');
  await open('#/events');
  await shoot('events');
  await open('#/dead-letters');
  await shoot('dead-letters');
  await open('#/config');
  await shoot('configuration');
  if (faults.length) console.error(faults);
  await lab(browser);
} finally {
  await browser.close();
  for (const load of rig.loads) await load.stop();
  await rig.stop();
}
