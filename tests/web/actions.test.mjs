// Each action asks, says what it touches, shows its line of waymarkctl, and does what it says; the line
// does the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { eventually } from './harness/process.mjs';
import { Rig, Stub } from './harness/rig.mjs';

let rig, browser, opened, page;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  rig = await Rig.start({ stubs: [['red'], ['green']], pool: '    max_attempts: 1\n    leave_timeout: 500ms\n    health: { eject_after: 1, eject_time: 5m }\n' });
  opened = await openPage(browser, rig, { expected: [/status of 4\d\d/] });
  page = opened.page;
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});
afterEach(async () => {
  await opened.close();
  await rig.stop();
  assert.deepEqual(opened.faults, []);
});

const open = (address) => page.evaluate((to) => (location.hash = to), address);
const dialog = () => page.getByRole('dialog');
const button = (name) => dialog().getByRole('button', { name, exact: true });
const lineOf = () => dialog().getByLabel('waymarkctl line').innerText();
const row = (text) => page.locator('tbody tr', { hasText: text });

async function outcome(text) {
  await dialog().locator('.notice.ok', { hasText: text }).waitFor();
  await button('Close').click();
  await dialog().waitFor({ state: 'detached' });
}

async function runs(line) {
  const { code, out, err } = await rig.shell(line);
  assert.equal(code, 0, `${line}\n${err}`);
  return out;
}

async function talking() {
  const client = await rig.client();
  client.say('hello\n');
  await client.hears('hello\n');
  return client;
}

async function onPageOf(client) {
  const { connections } = await rig.ask('GET', '/v1/connections');
  const peer = `127.0.0.1:${client.socket.localPort}`;
  const { mark } = connections.find((one) => one.peer === peer);
  await open(`#/connections/${mark}`);
  await page.getByRole('heading', { name: 'Connection', exact: true }).waitFor();
  return { mark, peer };
}

async function menuOf(text, item) {
  await row(text).getByRole('button', { name: /Actions on/ }).click();
  await page.getByRole('menuitem', { name: item }).click();
  await dialog().waitFor();
}

const upstream = async (name) => (await rig.ask('GET', '/v1/upstreams')).upstreams.find((one) => one.name === name);

test('send: a frame to one client, as text and as bytes', async () => {
  const client = await talking();
  const { mark, peer } = await onPageOf(client);
  await page.getByRole('button', { name: 'Send…' }).click();
  await dialog().getByText(peer).waitFor();
  assert.ok(await button('Send').isDisabled(), 'nothing is to be sent yet');
  await dialog().getByLabel('Payload').fill(`it's $HOME "now"`);
  const line = await lineOf();
  assert.ok(line.startsWith(`waymarkctl connections send ${mark} `), line);
  await button('Send').click();
  await outcome('Sent.');
  await client.hears(`it's $HOME "now"\n`);
  client.received = '';
  await runs(line);
  await client.hears(`it's $HOME "now"\n`);

  await page.getByRole('button', { name: 'Send…' }).click();
  await dialog().getByLabel('Written as').selectOption('base64');
  await dialog().getByLabel('Payload').fill('no base64!');
  await dialog().getByText('This is no base64.').waitFor();
  assert.ok(await button('Send').isDisabled());
  await dialog().getByLabel('Payload').fill(Buffer.from('-raw\u0001').toString('base64'));
  const bytes = await lineOf();
  await button('Send').click();
  await outcome('Sent.');
  await client.hears('-raw\u0001\n');
  client.received = '';
  await runs(bytes);
  await client.hears('-raw\u0001\n');
});

test('close: one client, with a last frame', async () => {
  const [first, second] = [await talking(), await talking()];
  await onPageOf(first);
  await page.getByRole('button', { name: 'Close…' }).click();
  await dialog().getByLabel('Last frame').fill('bye now');
  await dialog().getByLabel('Reason').fill('asked to');
  const line = await lineOf();
  await button('Cancel').click();
  await dialog().waitFor({ state: 'detached' });
  assert.equal(first.ended, false, 'a cancelled action does nothing');
  assert.equal((await rig.ask('GET', '/v1/info')).connections, 2);
  await runs(line);
  await first.hears('bye now\n');
  await eventually(() => first.ended, 'the client is closed');

  await onPageOf(second);
  await page.getByRole('button', { name: 'Close…' }).click();
  await dialog().getByLabel('Last frame').fill('bye');
  await button('Close connection').click();
  await outcome('Closed.');
  await second.hears('bye\n');
  await eventually(() => second.ended, 'the client is closed');
  await page.getByText('This connection has ended.').waitFor();
});

test('tap: frames both ways, until it is stopped', async () => {
  const client = await talking();
  await onPageOf(client);
  await page.getByRole('button', { name: 'Tap…' }).click();
  await dialog().getByText('audit log').waitFor();
  const line = await lineOf();
  assert.match(line, /^waymarkctl connections tap /);
  await button('Start tap').click();
  await outcome('The tap is below.');
  await page.getByText('No frame yet.').waitFor();
  client.say('over here\n');
  await page.locator('.tap li.up', { hasText: 'over here' }).waitFor();
  await page.locator('.tap li.down', { hasText: 'over here' }).waitFor();
  await eventually(() => rig.proxy.said.includes(':tap'), 'the audit log has it');
  await page.getByRole('button', { name: 'Stop tap' }).click();
  await page.locator('.tap').waitFor({ state: 'detached' });

  const tap = rig.follow(line);
  try {
    await eventually(() => {
      client.say('over there\n');
      return /^-> [^]*over there/m.test(tap.said) && /^<- [^]*over there/m.test(tap.said);
    }, 'the line shows frames both ways');
  } finally {
    await tap.stop('SIGINT');
  }
});

test('close and rebalance: those that a filter finds, counted first', async () => {
  for (let i = 0; i < 4; ++i) await talking();
  const red = await upstream('red');
  await open(`#/connections?upstream=${red.id}`);
  await page.getByText('of 2 connections').waitFor();
  await page.getByRole('button', { name: 'Rebalance…' }).click();
  await dialog().getByText('2 connections', { exact: true }).waitFor();
  await dialog().getByText('upstream red').waitFor();
  const rebalance = await lineOf();
  assert.ok(rebalance.startsWith(`waymarkctl connections rebalance --upstream=${red.id} --yes`), rebalance);
  await button('Rebalance them').click();
  await outcome('Moving 2 of 2.');
  assert.match(await runs(rebalance), /^rebalanced \d of \d connection/);

  await open('#/connections');
  await page.getByText('of 4 connections').waitFor();
  await page.getByRole('button', { name: 'Close…' }).click();
  await dialog().getByText('4 connections', { exact: true }).waitFor();
  const close = await lineOf();
  assert.ok(close.startsWith('waymarkctl connections close --state=all --yes'), close);
  await button('Close them').click();
  await outcome('Closed 4 of 4.');
  await eventually(() => rig.clients.every((one) => one.ended), 'all are closed');
  await page.getByText('No client is connected.').waitFor();
  const others = [await talking(), await talking()];
  assert.match(await runs(close), /^closed 2 of 2 connections/);
  for (const one of others) await eventually(() => one.ended, 'it is closed');
});

test('upstreams: drain, maintain, make ready, weigh', async () => {
  await open('#/upstreams');
  const acts = [
    ['Drain…', 'Drain', 'drain', 'draining'],
    ['Make ready…', 'Make ready', 'ready', 'ready'],
    ['Maintain…', 'Maintain', 'maintenance', 'maintenance'],
    ['Make ready…', 'Make ready', 'ready', 'ready'],
  ];
  const lines = [];
  for (const [item, verb, state, word] of acts) {
    await menuOf('red', item);
    await dialog().getByText(/serves \d+ connection/).waitFor();
    lines.push([await lineOf(), state]);
    await button(verb).click();
    await outcome(`It is meant to be ${state} now.`);
    await row('red').locator('td[data-label=State]', { hasText: word }).waitFor();
    assert.equal((await upstream('red')).admin_state, state);
  }
  for (const [line, state] of lines) {
    await runs(line);
    assert.equal((await upstream('red')).admin_state, state);
  }
  await menuOf('red', 'Weight…');
  await dialog().getByLabel('Weight').fill('101');
  assert.ok(await button('Set weight').isDisabled());
  await dialog().getByLabel('Weight').fill('7');
  const line = await lineOf();
  await button('Set weight').click();
  await outcome('Its weight is 7 now.');
  await row('red').locator('td[data-label=Weight]', { hasText: '7' }).waitFor();
  await rig.ask('PATCH', `/v1/upstreams/${(await upstream('red')).id}`, { weight: 1 });
  await runs(line);
  assert.equal((await upstream('red')).weight, 7);
});

test('upstreams: one that is ejected is tried again', async () => {
  const [red] = rig.stubs;
  const ejected = async () => {
    await red.stop();
    await eventually(async () => (await upstream('red')).problem.includes('ejected'), 'it is ejected');
    await red.again();
  };
  await open('#/upstreams');
  await ejected();
  await menuOf('red', 'Try again…');
  await dialog().getByText('failures and ejections are forgotten').waitFor();
  const line = await lineOf();
  assert.equal((await upstream('red')).state, 'unhealthy', 'without that it stays so for minutes');
  await button('Make ready').click();
  await outcome('It is meant to be ready now.');
  await row('red').locator('td[data-label=State]', { hasText: 'ready' }).waitFor();
  await ejected();
  await runs(line);
  await eventually(async () => (await upstream('red')).state === 'ready', 'it is ready');
});

test('upstreams: add and remove; a refusal is told in the words of the server', async () => {
  const [blue, grey] = [await Stub.start('blue'), await Stub.start('grey')];
  rig.stubs.push(blue, grey);
  await open('#/upstreams');
  await page.getByRole('button', { name: 'Add…' }).click();
  await dialog().getByLabel('Address').fill('nonsense');
  await button('Add').click();
  await dialog().getByRole('alert').getByText(/address/).first().waitFor();
  await dialog().getByLabel('Address').fill(blue.address);
  await dialog().getByLabel('Weight').fill('3');
  const line = await lineOf();
  await button('Add').click();
  await outcome(`Added ${blue.address}`);
  await row('blue').locator('td[data-label=State]', { hasText: 'ready' }).waitFor();
  await runs(line.replace(blue.address, grey.address));
  await row('grey').locator('td[data-label=Weight]', { hasText: '3' }).waitFor();

  await menuOf('blue', 'Remove…');
  await button('Remove').click();
  await outcome('It is leaving.');
  await row('blue').waitFor({ state: 'detached' });
  await menuOf('grey', 'Remove…');
  const remove = await lineOf();
  await button('Cancel').click();
  await runs(remove);
  await row('grey').waitFor({ state: 'detached' });

  await menuOf('red', 'Remove…');
  await dialog().getByText(/the proxy will refuse/).waitFor();
  await button('Remove').click();
  await dialog().getByRole('alert').getByText('comes from the configuration file').waitFor();
  await dialog().getByText('HTTP 409 FAILED_PRECONDITION').waitFor();
});

test('broadcast: says how many it reaches before anything is sent', async () => {
  const all = [await talking(), await talking(), await rig.client()];
  await open('#/broadcast');
  await page.getByText('2 clients', { exact: true }).waitFor();
  await page.getByLabel('To').selectOption('all');
  await page.getByText('3 clients', { exact: true }).waitFor();
  await page.getByLabel('Payload').fill('five minutes');
  const line = await page.getByLabel('waymarkctl line').innerText();
  await page.getByLabel('Payload').fill('back soon');
  assert.ok(all.every((one) => !one.received.includes('back')), 'a preview sends nothing');
  await page.getByRole('button', { name: 'Send…' }).click();
  await dialog().getByText('all clients').waitFor();
  await button('Send to 3 clients').click();
  await outcome('3 clients: 3 written, 0 failed, 0 skipped.');
  for (const client of all) await client.hears('back soon\n');
  await page.getByLabel('To').selectOption('inactive');
  await page.getByText('1 client', { exact: true }).waitFor();
  assert.equal(await runs(line), '3 clients: 3 written, 0 failed, 0 skipped\n');
  for (const client of all) await client.hears('five minutes\n');
});

// Frames that die with the only upstream that had them; `look` before they do.
async function die(frames, look = async () => {}) {
  const holder = await Stub.start('holder', '--delay', '1000s');
  rig.stubs.push(holder);
  const added = await rig.ask('POST', '/v1/upstreams', { address: holder.address });
  await eventually(async () => (await rig.ask('GET', `/v1/upstreams/${added.id}`)).state === 'ready', 'it is ready');
  const others = [await upstream('red'), await upstream('green')];
  for (const { id } of others) await rig.ask('PATCH', `/v1/upstreams/${id}`, { admin_state: 'drain' });
  const clients = [];
  for (const texts of frames) {
    const client = await rig.client();
    for (const text of texts) client.say(`${text}\n`);
    clients.push(client);
  }
  const count = frames.flat().length;
  await eventually(async () => {
    const { connections } = await rig.ask('GET', '/v1/connections');
    return connections.length === frames.length && connections.every((one, i) => one.outstanding_events >= frames[i].length);
  }, 'all are with the holder');
  await look(clients);
  for (const { id } of others) await rig.ask('PATCH', `/v1/upstreams/${id}`, { admin_state: 'ready' });
  await holder.stop();
  const letters = await eventually(async () => {
    const { dead_letters } = await rig.ask('GET', '/v1/deadletters');
    return dead_letters.length === count && dead_letters;
  }, `${count} dead letters`);
  await open('#/dead-letters');
  await eventually(async () => (await page.locator('tbody tr').count()) === count, 'a row each');
  return { clients, letters };
}

test('dead letters: shown, replayed and dropped', async () => {
  const {
    clients: [client],
    letters,
  } = await die([['one', 'two', 'three', 'four', 'five', 'six']], async ([client]) => {
    await onPageOf(client);
    await eventually(async () => (await page.getByRole('region', { name: 'Ledger' }).locator('tbody tr').count()) >= 6, 'the ledger shows them');
  });
  await page.locator('.badge', { hasText: '6' }).waitFor();
  const ids = letters.map((one) => one.id);
  await menuOf(ids[0], 'Show…');
  await dialog().getByLabel('Payload').getByText('6f 6e 65').waitFor();
  await button('Close').click();

  await menuOf(ids[0], 'Replay…');
  await button('Replay').click();
  await outcome('Given to 127.0.0.1:');
  await client.hears('one\n');
  await menuOf(ids[1], 'Replay…');
  const replay = await lineOf();
  await button('Cancel').click();
  await runs(replay);
  await client.hears('two\n');
  await menuOf(ids[2], 'Drop…');
  await button('Drop').click();
  await outcome('Dropped.');
  await row(ids[2]).waitFor({ state: 'detached' });
  await menuOf(ids[3], 'Drop…');
  const drop = await lineOf();
  assert.ok(drop.startsWith(`waymarkctl deadletters drop ${ids[3]} `), drop);
  await button('Cancel').click();
  await runs(drop);
  await row(ids[3]).waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Replay all…' }).click();
  await dialog().getByText('2 dead letters', { exact: true }).waitFor();
  assert.ok((await lineOf()).startsWith('waymarkctl deadletters replay --reason=all --yes'));
  await button('Replay them').click();
  await outcome('Replayed 2 of 2.');
  await client.hears('six\n');
  assert.doesNotMatch(client.received, /three|four/, 'what is dropped is gone');
  await page.getByText('There are no dead letters.').waitFor();
});

test('dead letters: those that a filter finds, replayed and dropped by the page and by its line', async () => {
  const { clients, letters } = await die([['a1', 'a2'], ['b1', 'b2'], ['c1', 'c2'], ['d1', 'd2']]);
  const marks = [...new Set(letters.map((one) => one.mark))];
  assert.equal(marks.length, 4);
  const heard = () => clients.map((one) => one.received).join('');
  const all = async (mark, item, found) => {
    await page.getByRole('searchbox', { name: 'Mark' }).fill(mark);
    await page.getByRole('button', { name: item }).click();
    await dialog().getByText(`${found} dead letters`, { exact: true }).waitFor();
    return lineOf();
  };
  const [first, second, third] = marks;
  const replayed = await all(first, 'Replay all…', 2);
  assert.ok(replayed.startsWith(`waymarkctl deadletters replay --mark=${first} --yes `), replayed);
  await button('Replay them').click();
  await outcome('Replayed 2 of 2.');
  await eventually(() => heard().length === 6, 'one client has both of its answers');

  const replay = await all(second, 'Replay all…', 2);
  await button('Cancel').click();
  assert.match(await runs(replay), /^replayed 2 of 2 dead letters/);
  await eventually(() => heard().length === 12, 'so has another one');

  const dropped = await all(third, 'Drop all…', 2);
  assert.ok(dropped.startsWith(`waymarkctl deadletters drop --mark=${third} --yes `), dropped);
  await dialog().getByText('Nobody can get them back.').waitFor();
  await button('Drop them').click();
  await outcome('Dropped 2 of 2.');
  await page.getByText('No dead letter matches.').waitFor();
  assert.equal((await rig.ask('GET', '/v1/deadletters')).dead_letters.length, 2);

  const drop = await all('', 'Drop all…', 2);
  assert.ok(drop.startsWith('waymarkctl deadletters drop --reason=all --yes '), drop);
  await button('Cancel').click();
  assert.match(await runs(drop), /^dropped 2 of 2 dead letters/);
  await page.getByText('There are no dead letters.').waitFor();
  assert.equal(heard().length, 12, 'what is dropped is gone');
});

test('configuration: a setting is changed, and the file read again', async () => {
  await open('#/config');
  await page.getByRole('button', { name: 'Change a setting…' }).click();
  await dialog().getByLabel('Path').fill('workers');
  await dialog().getByLabel('Value').fill('2');
  await button('Set').click();
  await dialog().getByRole('alert').getByText('only a restart can change it').waitFor();
  await dialog().getByLabel('Path').fill('log.level');
  await dialog().getByLabel('Value').fill('debug');
  const line = await lineOf();
  await button('Set').click();
  await outcome('Set.');
  await row('log.level').getByText('debug').waitFor();

  await page.getByRole('button', { name: 'Reload…' }).click();
  const reload = await lineOf();
  await button('Reload').click();
  await outcome('log.level: debug -> info');
  await page.getByText('What runs is what the file says.').waitFor();
  await runs(line);
  await row('log.level').getByText('debug').waitFor();
  await runs(reload);
  await page.getByText('What runs is what the file says.').waitFor();

  writeFileSync(join(rig.folder, 'waymark.yaml'), 'workers: two\n');
  await page.getByRole('button', { name: 'Reload…' }).click();
  await button('Reload').click();
  await dialog().getByRole('alert').getByText('"two" is not a whole number').waitFor();
});

test('tap: the line asks for as much as the page', async () => {
  const client = await talking();
  const { mark } = await onPageOf(client);
  await page.getByRole('button', { name: 'Tap…' }).click();
  await dialog().getByText('of each frame at most 1 KiB, and of all at most 24 KiB a second').waitFor();
  const line = await lineOf();
  assert.equal(line, `waymarkctl connections tap ${mark} --max-bytes=1024 --max-rate=24576 --admin ${rig.origin}`);
  const asked = page.waitForRequest((request) => request.url().includes(':tap'));
  await button('Start tap').click();
  assert.equal((await asked).url(), `${rig.origin}/v1/connections/${mark}:tap?max_bytes=1024&max_rate=24576`);
  await outcome('The tap is below.');
  const timer = setInterval(() => client.say(`${'long'.repeat(300)}\n`), 50); // there is no telling when it has begun
  try {
    assert.match(await runs(`${line} --count 1`), /1,200 B, the first 1,024 are shown/);
  } finally {
    clearInterval(timer);
  }
});

test('the line is copied by a button', async () => {
  await open('#/upstreams');
  await menuOf('red', 'Drain…');
  const line = await lineOf();
  await button('Copy').click();
  await button('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), line);
});

test('what the token may not do is known up front, and says why', async () => {
  const tokens = { read: 'r'.repeat(40), operate: 'o'.repeat(40) };
  const entries = Object.entries(tokens).map(([role, secret]) => {
    const file = join(rig.folder, `${role}.token`);
    writeFileSync(file, secret, { mode: 0o600 });
    return `{ name: ${role}, role: ${role}, file: ${file} }`;
  });
  const client = await talking();
  const { mark } = await onPageOf(client);
  await page.goto('about:blank'); // whose page would complain of the restart
  await rig.proxy.stop();
  await rig.startProxy(`admin: { bind: "127.0.0.1:${rig.adminPort}", tokens: [${entries.join(', ')}] }\n`);
  const again = await talking();
  const { connections } = await rig.ask('GET', '/v1/connections');
  assert.notEqual(connections[0].mark, mark);
  const asked = [];
  page.on('request', (request) => request.method() !== 'GET' && asked.push(request.url()));

  // [address, button, the role it takes]
  const acts = [
    ['#/upstreams', 'Add…', 'operate'],
    ['#/connections', 'Rebalance…', 'operate'],
    ['#/connections', 'Rotate…', 'operate'],
    ['#/connections', 'Close…', 'operate'],
    [`#/connections/${connections[0].mark}`, 'Send…', 'operate'],
    [`#/connections/${connections[0].mark}`, 'Tap…', 'admin'],
    [`#/connections/${connections[0].mark}`, 'Close…', 'operate'],
    ['#/broadcast', 'Send…', 'operate'],
    ['#/config', 'Change a setting…', 'admin'],
    ['#/config', 'Reload…', 'admin'],
  ];
  for (const [role, secret] of Object.entries(tokens)) {
    await page.goto('about:blank');
    await page.goto(`${rig.origin}/#token=${secret}`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText(`role ${role}`, { exact: true }).waitFor();
    for (const [address, name, needs] of acts) {
      await open(address);
      const act = page.locator('main').getByRole('button', { name, exact: true });
      await act.waitFor();
      const barred = role === 'read' || needs === 'admin';
      assert.equal(await act.getAttribute('aria-disabled'), barred ? 'true' : null, `${role}: ${address} ${name}`);
      if (!barred) continue;
      assert.equal(await act.getAttribute('title'), `This takes a token of the role ${needs}; the one of this page has the role ${role}.`);
      await act.focus();
      await page.keyboard.press('Enter');
      assert.equal(await dialog().count(), 0);
    }
    if (role === 'operate') continue;
    await open('#/upstreams');
    await row('red').getByRole('button', { name: /Actions on/ }).click();
    const drain = page.getByRole('menuitem', { name: 'Drain…' });
    assert.equal(await drain.getAttribute('aria-disabled'), 'true');
    await drain.press('Enter');
    assert.equal(await dialog().count(), 0);
    await page.keyboard.press('Escape');
    assert.deepEqual(asked, [], 'nothing was tried');
  }
  assert.ok(!again.ended);
});

test('connections are rotated', async () => {
  const clients = [await talking(), await talking(), await talking()];
  await open('#/connections');
  await page.getByRole('button', { name: 'Rotate…' }).click();
  await dialog().getByText('3 connections').waitFor();
  assert.equal(await lineOf(), `waymarkctl connections rotate --state=all --yes --admin ${rig.origin}`);
  await dialog().getByLabel('Over how many seconds').fill('86400');
  const line = await lineOf();
  assert.equal(line, `waymarkctl connections rotate --state=all --spread=86400 --yes --admin ${rig.origin}`);
  assert.match(await runs(line), /3 of 3/);
  assert.ok(clients.every((one) => !one.ended), 'their moment is within the day');
  await dialog().getByLabel('Over how many seconds').fill('-1');
  assert.ok(await button('Rotate them').isDisabled());
  await dialog().getByLabel('Over how many seconds').fill('0');
  await button('Rotate them').click();
  await outcome('Rotating 3 of 3.');
  for (const one of clients) await eventually(() => one.ended, 'each was ended');
});
