// Each page shows what the proxy knows.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { eventually } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';

let rig, browser, opened, page, expected;
before(async () => {
  browser = await launch();
  rig = await Rig.start({ stubs: [['red'], ['green']], workers: 2 });
});
after(async () => {
  await browser?.close();
  await rig?.stop();
});
beforeEach(async () => {
  expected = [];
  opened = await openPage(browser, rig, { expected });
  page = opened.page;
});
afterEach(async () => {
  for (const client of rig.clients.splice(0)) client.leave();
  await opened.close();
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections === 0, 'all clients have left');
  assert.deepEqual(opened.faults, []);
});

const open = (address) => page.evaluate((to) => (location.hash = to), address);
const row = (text) => page.locator('tbody tr', { hasText: text });

async function clients(count, said = 'hello') {
  const all = [];
  for (let i = 0; i < count; ++i) {
    const client = await rig.client();
    client.say(`${said}\n`);
    await client.hears(`${said}\n`);
    all.push(client);
  }
  return all;
}

test('takes the token out of the address and keeps it for this tab', async () => {
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(page.url(), `${rig.origin}/#/`);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('waymark.token')), rig.token);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), '{}');
  assert.equal(await page.evaluate(() => document.cookie), '');
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});

test('overview: the way of the frames with its rates, problems, charts', async () => {
  const [client] = await clients(3);
  client.say('tick\n');
  await client.hears('tick\n');
  const { connections } = await rig.ask('GET', '/v1/connections');
  const { upstream } = connections.find((one) => one.peer === `127.0.0.1:${client.socket.localPort}`);
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  const { name } = upstreams.find((one) => one.id === upstream);
  const timer = setInterval(() => client.say('tick\n'), 20);
  try {
    await page.locator('.number-card', { hasText: 'Clients' }).getByText(/^3 of/).waitFor();
    for (const title of ['devices', 'worker 0', 'worker 1', 'default', 'red', 'green']) {
      await page.locator('.box', { hasText: title }).first().waitFor();
    }
    assert.equal(await page.locator('.box').count(), 6, 'no node for a client');
    await page.locator('.wire-label', { hasText: /↑[1-9]/ }).first().waitFor();
    await page.locator('.legend', { hasText: /from clients [1-9]/ }).waitFor();
    await page.locator('.legend', { hasText: /answer p50 \d.*(ms|µs)/ }).waitFor();
    await page.getByText(/^Since \d\d:\d\d:\d\d\.$/).first().waitFor();
    assert.equal(await page.locator('.plot canvas').count(), 3);
    await page.locator('.box', { hasText: name }).click();
    await page.getByRole('heading', { name }).waitFor();
    await page.locator('.chart', { hasText: 'Answer time' }).locator('.legend', { hasText: /p50 \d/ }).waitFor();
    await page.locator('.chart', { hasText: 'Failed frames a second' }).locator('.legend', { hasText: 'failed 0' }).waitFor();
  } finally {
    clearInterval(timer);
  }
});

test('overview: what is wrong comes first', async () => {
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  const red = upstreams.find((one) => one.name === 'red');
  await rig.ask('PATCH', `/v1/upstreams/${red.id}`, { admin_state: 'drain' });
  try {
    await page.locator('.problems li.note', { hasText: 'red (default) is drained' }).waitFor();
    await page.locator('.box.note', { hasText: 'red' }).waitFor();
  } finally {
    await rig.ask('PATCH', `/v1/upstreams/${red.id}`, { admin_state: 'ready' });
  }
  await page.locator('.problems', { hasText: 'is drained' }).waitFor({ state: 'detached' });
});

test('connections: ordered, filtered and paged by the proxy', async () => {
  const all = await clients(30);
  all[7].say('a\nb\nc\nd\n');
  await all[7].hears('d\n');
  await open('#/connections?limit=25');
  await page.getByText('1–25 of 30 connections').waitFor();
  assert.equal(await page.locator('tbody tr').count(), 25);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('26–30 of 30 connections').waitFor();
  await page.getByRole('button', { name: 'Previous' }).click();

  await page.getByRole('button', { name: 'Frames up' }).click();
  const top = page.locator('tbody tr').first();
  await top.locator('td[data-label="Frames up"]', { hasText: /^5$/ }).waitFor();
  assert.equal(await page.locator('th[aria-sort=descending]').innerText(), 'Frames up▼');
  // The order holds over pages: everybody once.
  const marks = new Set(await page.locator('tbody tr a[href^="#/connections/"]').evaluateAll((links) => links.map((one) => one.title)));
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('26–30 of 30').waitFor();
  for (const mark of await page.locator('tbody tr a[href^="#/connections/"]').evaluateAll((links) => links.map((one) => one.title))) marks.add(mark);
  assert.equal(marks.size, 30);
  await page.getByRole('button', { name: 'Frames up' }).click();
  await page.locator('th[aria-sort=ascending]').waitFor();

  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  await page.getByLabel('Upstream').selectOption(upstreams[0].id);
  await page.getByText('of 15 connections').waitFor();
  await page.getByLabel('State').selectOption('inactive');
  await page.getByText('No connection matches.').waitFor();
  await page.getByText('Show all connections').click();
  await page.getByText('of 30 connections').waitFor();
  await page.getByLabel('Group').fill('nobody is here');
  await page.getByText('No connection matches.').waitFor();
});

test('connections: a table that stands still says since when', async () => {
  await clients(1);
  await open('#/connections');
  await page.locator('tbody tr').waitFor();
  const asOf = page.locator('.filters', { hasText: /as of \d\d:\d\d:\d\d/ });
  const clock = () => page.evaluate(() => new Date().toTimeString().slice(0, 8));
  const before = await clock();
  await page.getByLabel(/^Every/).uncheck(); // which asks once more
  await asOf.waitFor();
  await eventually(async () => {
    const told = /as of (\S+)/.exec(await asOf.innerText())[1];
    const now = await clock();
    return before > now || (before <= told && told <= now); // but for midnight
  }, 'the time of the answer');
  await page.getByLabel(/^Every/).check();
  await asOf.waitFor({ state: 'detached' });
});

test('connections: found by their peer, and ordered by peer, listener and upstream', async () => {
  const all = await clients(12);
  const ports = all.map((one) => one.socket.localPort).sort((a, b) => a - b);
  await open('#/connections?limit=5');
  await page.getByText('1–5 of 12 connections').waitFor();
  const shown = (title) => page.locator(`tbody td[data-label="${title}"]`).allInnerTexts();
  await page.getByRole('button', { name: 'Peer', exact: true }).click();
  await page.locator('th[aria-sort=ascending]', { hasText: 'Peer' }).waitFor();
  await eventually(async () => (await shown('Peer')).join() === ports.slice(0, 5).map((port) => `127.0.0.1:${port}`).join(), 'the first five');
  await page.getByRole('button', { name: 'Next' }).click();
  await eventually(async () => (await shown('Peer')).join() === ports.slice(5, 10).map((port) => `127.0.0.1:${port}`).join(), 'the next five');
  await page.getByRole('button', { name: 'Peer', exact: true }).click();
  await eventually(async () => (await shown('Peer'))[0] === `127.0.0.1:${ports.at(-1)}`, 'the last one first');

  for (const title of ['Listener', 'Upstream']) {
    await open('#/connections');
    await page.getByText('1–12 of 12 connections').waitFor();
    await page.getByRole('button', { name: title, exact: true }).click();
    await page.locator('th[aria-sort=ascending]', { hasText: title }).waitFor();
    await eventually(async () => {
      const names = await shown(title);
      return names.length === 12 && names.filter((one, i) => i > 0 && one !== names[i - 1]).length === new Set(names).size - 1;
    }, `those of one ${title} stand together`);
  }

  const peer = page.getByLabel('Peer');
  await peer.fill(`127.0.0.1:${ports[3]}`);
  await peer.press('Enter');
  await page.getByText('1–1 of 1 connection', { exact: true }).waitFor();
  await page.getByText(`peer 127.0.0.1:${ports[3]}`).waitFor();
  await peer.fill('10.0.0.0/8');
  await peer.press('Enter');
  await page.getByText('No connection matches.').waitFor();
  assert.equal(await page.evaluate(() => location.hash), '#/connections?order=upstream&peer=10.0.0.0%2F8');
});

test('one connection: facts and ledger, until it ends', async () => {
  expected.push(/status of 404/); // of a connection that has ended
  const [client] = await clients(1);
  const { connections } = await rig.ask('GET', '/v1/connections');
  await open('#/connections');
  await page.getByLabel('Find by mark').fill(connections[0].mark.toUpperCase());
  await page.getByRole('button', { name: 'Open' }).click();
  await page.locator('.facts', { hasText: '1 frames, 5 B' }).waitFor();
  await page.getByText('All that was sent is acked.').waitFor();
  await page.locator('.facts div', { hasText: 'Peer' }).getByText(connections[0].peer).waitFor();
  client.leave();
  await page.getByText('This connection has ended.').waitFor();
  await open('#/connections/00000000-0000-4000-8000-000000000000');
  await page.getByText('There is no such connection.').waitFor();
});

test('upstreams: a row each, and its page with the history of its health', async () => {
  const all = await clients(2);
  await open('#/upstreams');
  for (const name of ['red', 'green']) {
    await row(name).locator('td[data-label=State]', { hasText: 'ready' }).waitFor();
    await row(name).locator('td[data-label=Clients]', { hasText: /^1$/ }).waitFor();
    await row(name).locator('td[data-label=Links]', { hasText: '2/2' }).waitFor();
  }
  for (const client of all) client.say('again\n');
  await row('red').locator('td[data-label="Answer p50"]', { hasText: /s$/ }).waitFor();
  await page.getByRole('button', { name: 'Upstream', exact: true }).click();
  await page.locator('tbody tr').first().getByText('green').waitFor();
  await page.getByRole('link', { name: 'red' }).click();
  const history = page.getByRole('list', { name: 'Health history' });
  await history.locator('li').nth(0).getByText('ready').waitFor();
  await history.locator('li').nth(1).getByText('joining').waitFor();
  assert.equal(await page.getByRole('region', { name: 'Links' }).locator('tbody tr').count(), 2);
});

test('events: live, and filtered', async () => {
  await open('#/events');
  await page.locator('.log li', { hasText: 'upstream state' }).first().waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  const [client] = await clients(1);
  client.leave();
  const ended = page.locator('.log li', { hasText: 'connection ended' });
  await ended.first().getByText('CLIENT_CLOSED').waitFor();
  assert.match(await ended.first().locator('time').innerText(), /^\d\d:\d\d:\d\d$/);
  await page.getByLabel('Kind').selectOption('upstream_');
  await ended.waitFor({ state: 'detached' });
  await page.getByLabel('Kind').selectOption('');
  await page.getByLabel('Contains').fill('client_closed');
  await eventually(async () => (await page.locator('.log li').count()) === (await ended.count()), 'only what contains it');
  await page.getByRole('button', { name: 'Pause' }).click();
  const [other] = await clients(1);
  other.leave();
  await page.getByRole('button', { name: /Go on \(\d+ new\)/ }).waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('Nothing has happened yet.').waitFor();
});

test('rows that are not in sight are on paper', async () => {
  await clients(1);
  for (const [address, rows] of [['#/connections', '.in-tracks tbody tr'], ['#/events', '.log li']]) {
    await open(address);
    const row = page.locator(rows).first();
    await row.waitFor();
    for (const [media, visibility] of [['print', 'visible'], ['screen', 'auto']]) {
      await page.emulateMedia({ media });
      for (const width of [1_400, 400]) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await row.evaluate((one) => getComputedStyle(one).contentVisibility), visibility, `${address}: ${media} at ${width}`);
      }
    }
  }
});

test('configuration: effective, and what differs from the file', async () => {
  await open('#/config');
  await page.getByLabel('Effective configuration').getByText("proxy_id: 'edge-1'").waitFor();
  await page.getByText('What runs is what the file says.').waitFor();
});

test('an unknown page says so', async () => {
  await open('#/nonsense');
  await page.getByText('There is no page nonsense.').waitFor();
});
