// What the page does when the proxy does not answer, is started again, or wants another token.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { eventually } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';
import { unreachable } from './harness/unreachable.mjs';

let rig, browser, opened, page;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  rig = await Rig.start({ stubs: [['red']] });
  const expected = [unreachable, /status of 401/, /status of 503/];
  opened = await openPage(browser, rig, { expected });
  page = opened.page;
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});
afterEach(async () => {
  await opened.close();
  await rig.stop();
  assert.deepEqual(opened.faults, []);
});

const open = (address) => page.evaluate((to) => (location.hash = to), address);
const clients = () => page.locator('.number-card', { hasText: 'Clients' });

test('says that data is old, and goes on by itself after a restart', async () => {
  await open('#/events');
  await page.getByText('live', { exact: true }).waitFor();
  await open('#/');
  await rig.proxy.stop('SIGKILL');
  await page.locator('.banner.bad', { hasText: 'This is old' }).waitFor();
  await page.locator('.banner.bad', { hasText: 'cannot be reached' }).waitFor();
  await page.locator('.side', { hasText: 'no answer' }).waitFor();
  await rig.startProxy();
  await page.locator('.banner.bad').waitFor({ state: 'detached' });
  await page.getByText('The proxy was started again.').waitFor();
  const client = await rig.client();
  client.say('hello\n');
  await clients().getByText(/^1 of/).waitFor();
  await page.locator('.wire-label').first().waitFor();
  await page.getByRole('button', { name: 'All right' }).click();
  await page.getByText('The proxy was started again.').waitFor({ state: 'detached' });

  // Ids of events begin anew with the proxy: what happens now is told.
  await open('#/events');
  await page.getByText('live', { exact: true }).waitFor();
  client.leave();
  await page.locator('.log li', { hasText: 'connection ended' }).waitFor();
});

test('says so while the proxy hangs, and when it answers again', async () => {
  rig.proxy.child.kill('SIGSTOP');
  try {
    await page.locator('.banner.bad', { hasText: 'This is old' }).waitFor();
  } finally {
    rig.proxy.child.kill('SIGCONT');
  }
  await page.locator('.banner.bad').waitFor({ state: 'detached' });
  await clients().waitFor();
});

test('a page that is opened while nobody answers comes to life', async () => {
  await rig.proxy.stop('SIGKILL');
  await page.locator('.banner.bad').waitFor();
  await open('#/upstreams');
  await rig.startProxy();
  await page.locator('tbody tr', { hasText: 'red' }).waitFor();
});

test('asks for a token where it has none the proxy knows', async () => {
  const other = await openPage(browser, { ...rig, origin: rig.origin, address: `${rig.origin}/` }, { expected: [/status of 401/] });
  try {
    const { page: fresh } = other;
    await fresh.getByText('The proxy wants a token.').waitFor();
    await fresh.getByText('waymarkctl dashboard').waitFor();
    await fresh.getByLabel('Or give the token here').fill('x'.repeat(40));
    await fresh.getByRole('button', { name: 'Sign in' }).click();
    await fresh.getByRole('alert').getByText('the token is not known here').waitFor();
    await fresh.getByLabel('Or give the token here').fill(rig.token);
    await fresh.getByRole('button', { name: 'Sign in' }).click();
    await fresh.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});

test('a token in the address is taken by a page that is open', async () => {
  await page.evaluate(() => {
    sessionStorage.setItem('waymark.token', 'y'.repeat(40));
  });
  await page.getByText('The proxy wants a token.').waitFor();
  await page.evaluate((token) => (location.hash = `#token=${token}`), rig.token);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(page.url(), `${rig.origin}/#/`);
});

test('without tokens nobody is asked for one', async () => {
  await rig.proxy.stop();
  await rig.startProxy(`admin: { bind: "127.0.0.1:${rig.adminPort}", auth: off }\n`);
  const other = await openPage(browser, { ...rig, origin: rig.origin, address: `${rig.origin}/` });
  try {
    await other.page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});

test('keeps at most so much of a long log', async () => {
  await open('#/events');
  await page.getByText('live', { exact: true }).waitFor();
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  for (let weight = 1; weight <= 100; ++weight) await rig.ask('PATCH', `/v1/upstreams/${upstreams[0].id}`, { weight });
  for (let weight = 99; weight >= 1; --weight) await rig.ask('PATCH', `/v1/upstreams/${upstreams[0].id}`, { weight });
  for (let weight = 2; weight <= 60; ++weight) await rig.ask('PATCH', `/v1/upstreams/${upstreams[0].id}`, { weight });
  await page.locator('.log li', { hasText: 'weight 60' }).first().waitFor();
  await eventually(async () => (await page.locator('.log li').count()) === 200, 'the latest 200 rows');
  await page.getByText('the latest 200 shown').waitFor();
});

test('charts begin before the page was opened, and reach back a day', async () => {
  const client = await rig.client();
  client.say('hello\n');
  await client.hears('hello');
  const before = await page.evaluate(() => Date.now());
  await eventually(async () => (await rig.ask('GET', '/v1/stats/history')).at.some((at) => at * 1000 > before), 'two seconds of history');
  const asked = page.waitForResponse((answer) => answer.url().endsWith('/v1/stats/history?resolution=1s'));
  await page.reload();
  assert.equal((await asked).status(), 200);
  const chart = page.locator('.chart', { hasText: 'Frames a second' });
  await chart.getByText(/^Since /).waitFor();
  const since = (await chart.getByText(/^Since /).textContent()).match(/[0-9:]{8}/)[0];
  assert.ok(since < (await page.evaluate(() => new Date().toTimeString().slice(0, 8))), `since ${since}`);

  const day = page.waitForResponse((answer) => answer.url().endsWith('/v1/stats/history?resolution=1m'));
  await page.getByRole('button', { name: '24 hours' }).click();
  assert.equal((await day).status(), 200);
  await page.getByRole('heading', { name: 'The last 24 hours' }).waitFor();
  await page.locator('.chart', { hasText: 'Latency' }).waitFor();
});
