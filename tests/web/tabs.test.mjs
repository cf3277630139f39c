// Several tabs of one browser, and those that nobody sees: streams are few.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { eventually, patience } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';
import { unreachable } from './harness/unreachable.mjs';

let rig, browser, opened, page;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  rig = await Rig.start({ stubs: [['red']] });
  opened = await openPage(browser, rig, { expected: [unreachable] });
  page = opened.page;
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});
afterEach(async () => {
  await opened.close();
  await rig.stop();
  assert.deepEqual(opened.faults, []);
});

const to = (one, address) => one.evaluate((hash) => (location.hash = hash), address);
const weigh = async (weight) => {
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  await rig.ask('PATCH', `/v1/upstreams/${upstreams[0].id}`, { weight });
};
const rows = (one, text) => one.locator('.log li', { hasText: text });

async function another(address) {
  const one = await page.context().newPage();
  one.setDefaultTimeout(patience);
  await one.goto(rig.address);
  await to(one, address);
  return one;
}

async function talking() {
  const client = await rig.client();
  client.say('hello\n');
  await client.hears('hello\n');
}

async function startTap(one) {
  await one.getByRole('button', { name: 'Tap…' }).click();
  await one.getByRole('button', { name: 'Start tap' }).click();
  await one.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
}

// As the browser does when another tab is in front.
const show = (visible) =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible ? 'visible' : 'hidden');

test('seven tabs that show events all live, and do what they are told', async () => {
  await to(page, '#/events');
  const all = [page];
  while (all.length < 7) all.push(await another('#/events'));
  for (const one of all) await one.getByText('live', { exact: true }).waitFor();
  await weigh(42);
  for (const one of all) await rows(one, 'weight 42').waitFor();
  for (const one of all) assert.equal(await rows(one, 'weight 42').count(), 1);
  const last = all[6];
  await to(last, '#/config');
  await last.getByLabel('Effective configuration').waitFor();
  await to(last, '#/');
  await last.locator('.number-card', { hasText: 'Clients' }).waitFor();
  assert.equal(await last.locator('.banner.bad').count(), 0);
});

test('more taps than a browser bears are refused, and one that was stopped makes room', async () => {
  await talking();
  const { connections } = await rig.ask('GET', '/v1/connections');
  const address = `#/connections/${connections[0].mark}`;
  await to(page, address);
  const all = [page];
  while (all.length < 5) all.push(await another(address));
  for (const one of all.slice(0, 4)) {
    await startTap(one);
    await one.getByText('No frame yet.').waitFor();
  }
  await startTap(all[4]);
  await all[4].getByRole('alert').getByText('as many as it bears').waitFor();
  await all[4].getByRole('button', { name: 'Stop tap' }).click();
  await page.getByRole('button', { name: 'Stop tap' }).click();
  await eventually(() => page.evaluate(async () => (await navigator.locks.query()).held.length < 4), 'its place is free');
  await startTap(all[4]);
  await all[4].getByText('No frame yet.').waitFor();
});

test('events are listened to only where they are shown, and what happened meanwhile has its own time', async () => {
  const asked = [];
  page.on('request', (request) => request.url().includes('/v1/events') && asked.push(request));
  const over = [];
  page.on('requestfailed', (request) => request.url().includes('/v1/events') && over.push(request));
  await page.reload();
  await page.locator('.number-card', { hasText: 'Clients' }).waitFor();
  await to(page, '#/upstreams');
  await page.locator('tbody tr', { hasText: 'red' }).waitFor();
  assert.equal(asked.length, 0);

  await to(page, '#/events');
  await page.getByText('live', { exact: true }).waitFor();
  assert.equal(asked.length, 1);
  await show(false);
  await eventually(() => over.length === 1, 'the stream is given back');
  await weigh(7);
  const then = Date.now();
  await eventually(() => Date.now() - then > 2_100, 'two seconds have passed');
  assert.equal(asked.length, 1);
  await show(true);
  await rows(page, 'weight 7').waitFor();
  const shown = await rows(page, 'weight 7').locator('time').textContent();
  const told = await page.evaluate((ms) => [-1, 0, 1].map((s) => new Date(ms + s * 1_000).toTimeString().slice(0, 8)), then);
  assert.ok(told.includes(shown), `${shown} is none of ${told}`);
  await to(page, '#/');
  await eventually(() => over.length === 2, 'the stream is given back');
});

test('the first events of a proxy that was started again are told', async () => {
  await to(page, '#/events');
  await page.getByText('live', { exact: true }).waitFor();
  await rows(page, 'upstream state').first().waitFor();
  const before = await rows(page, 'upstream state').count();
  await rig.proxy.stop('SIGKILL');
  await page.getByText('reconnecting').waitFor();
  await rig.startProxy();
  await rows(page, 'started again since').waitFor();
  await eventually(async () => (await rows(page, 'upstream state').count()) === 2 * before, 'what its start has told');
});

test('a paused log counts what is new, however long it is', async () => {
  const told = Array.from({ length: 1_100 }, (_, i) => `id: ${i + 1}\nevent: warning\ndata: {"at":"2026-01-01T00:00:00.000Z","message":"old ${i}"}\n\n`);
  let goOn;
  const paused = new Promise((done) => (goOn = done));
  let first = true;
  await page.route('**/v1/events*', async (route) => {
    if (first) {
      first = false;
      return route.fulfill({ contentType: 'text/event-stream', body: told.join('') });
    }
    await paused;
    return route.continue();
  });
  await to(page, '#/events');
  await page.getByText('1,000 of 1,000').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  goOn();
  await page.getByRole('button', { name: /^Go on \([1-9]\d* new\)$/ }).waitFor();
});
