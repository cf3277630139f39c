// The page of a lab: an upstream is killed on it, and its clients go on elsewhere without a disconnect.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { focused, isTold, tabTo } from './harness/access.mjs';
import { launch, openPage } from './harness/browser.mjs';
import { Lab } from './harness/lab.mjs';
import { eventually } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';
import { unreachable } from './harness/unreachable.mjs';

let browser, lab;
before(async () => {
  browser = await launch();
  lab = await Lab.start('upstreams: 3\nproxies: 2\n');
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

// `expected`: what the browser may complain of.
async function withPage(body, options = {}) {
  const opened = await openPage(browser, lab, options);
  try {
    await opened.page.getByRole('heading', { name: 'Overview' }).waitFor();
    await opened.page.getByRole('link', { name: 'Lab', exact: true }).click();
    await opened.page.getByRole('heading', { name: 'Lab', exact: true }).waitFor();
    await body(opened.page);
    assert.deepEqual(opened.faults, []);
  } finally {
    await opened.close();
  }
}

const open = (page, address) => page.evaluate((to) => (location.hash = to), address);
const row = (page, name) => page.getByRole('region', { name: 'Processes' }).locator('tbody tr', { hasText: name });
const cell = (page, name, title) => row(page, name).locator(`td[data-label="${title}"]`);
const clientsOf = async (page, name) => Number(await cell(page, name, 'Clients').innerText());
const dialog = (page) => page.getByRole('dialog');
const lineOf = (page) => dialog(page).getByLabel('waymark-lab line').innerText();

// One act has a button of its own, the others are in a menu.
async function choose(page, name, act) {
  await row(page, name).locator('.acts > button').waitFor();
  const button = page.getByRole('button', { name: `${act}… ${name}` });
  if (await button.count()) return button.click();
  await page.getByRole('button', { name: `Actions on ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: `${act}…` }).click();
}

// Does it on the page; answers the line that the dialog showed.
async function act(page, name, verb, outcome) {
  await choose(page, name, verb);
  const line = await lineOf(page);
  await dialog(page).getByRole('button', { name: verb, exact: true }).click();
  await dialog(page).locator('.notice.ok', { hasText: outcome }).waitFor();
  await dialog(page).getByRole('button', { name: 'Close', exact: true }).click();
  await dialog(page).waitFor({ state: 'detached' });
  return line;
}

const allReady = async (count) => {
  const upstreams = await lab.upstreams();
  return upstreams.length === count && upstreams.every((one) => one.state === 'ready');
};

test('an upstream is killed, and its clients go on at others without a disconnect', async () => {
  const many = 30;
  const clients = [];
  for (let i = 0; i < many; ++i) clients.push(await lab.client());
  for (const [i, client] of clients.entries()) client.say(`hello ${i}\n`);
  for (const [i, client] of clients.entries()) await client.hears(`hello ${i}\n`);

  await withPage(async (page) => {
    for (const name of ['proxy-1', 'proxy-2', 'stub-1', 'stub-2', 'stub-3']) await row(page, name).getByText('running').waitFor();
    assert.match(await row(page, 'proxy-1').innerText(), /this page/);
    await eventually(async () => (await clientsOf(page, 'stub-1')) === many / 3, 'each upstream has its share');
    const { pid, address } = await lab.member('stub-1');
    assert.equal(await cell(page, 'stub-1', 'Pid').innerText(), String(pid));
    assert.equal(await cell(page, 'stub-1', 'Address').innerText(), address);

    await choose(page, 'stub-1', 'Kill');
    assert.match(await dialog(page).innerText(), new RegExp(`stub-1 \\(${address}, pid ${pid}\\), which serves ${many / 3} clients of this proxy`));
    assert.match(await dialog(page).innerText(), /Its clients stay connected and go to other upstreams/);
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await lab.member('stub-1')).pid, pid, 'nothing is done before it is agreed to');

    const line = await act(page, 'stub-1', 'Kill', 'stub-1 is');
    assert.equal(line, `waymark-lab kill stub-1 --dir ${lab.directory}`);
    await row(page, 'stub-1').getByText('killed by SIGKILL').waitFor();

    await eventually(async () => (await clientsOf(page, 'stub-2')) + (await clientsOf(page, 'stub-3')) === many, 'the page shows them at the other two');
    await open(page, '#/');
    await eventually(async () => {
      const labels = await page.locator('.box[aria-label^="upstream "]').evaluateAll((all) => all.map((one) => one.ariaLabel));
      const shown = ['stub-2', 'stub-3'].map((name) => Number(/(\d+) clients?$/.exec(labels.find((one) => one.includes(name)) ?? '')?.[1]));
      return shown[0] > 0 && shown[1] > 0 && shown[0] + shown[1] === many;
    }, 'the overview shows them at the other two');
    await open(page, '#/events');
    await page.locator('.log li', { hasText: 'stub-1' }).first().waitFor();
    assert.equal(await page.locator('.log li', { hasText: 'connection ended' }).count(), 0, 'no connection has ended');

    assert.ok(clients.every((client) => !client.ended), 'no client was disconnected');
    for (const [i, client] of clients.entries()) client.say(`again ${i}\n`);
    for (const [i, client] of clients.entries()) await client.hears(`again ${i}\n`);

    await open(page, '#/lab');
    assert.equal(await act(page, 'stub-1', 'Start', 'stub-1 is running'), `waymark-lab start stub-1 --dir ${lab.directory}`);
    await page.locator('tbody tr', { hasText: 'stub-1' }).locator('td[data-label="Starts"]', { hasText: /^2$/ }).waitFor();
    await eventually(() => allReady(3), 'it is there again');
    assert.ok(clients.every((client) => !client.ended));
  });
  for (const client of clients) client.leave();
});

test('a process is stopped, frozen, killed, and brought back, by the page and by its line', async () => {
  await withPage(async (page) => {
    const stub = () => lab.member('stub-3');
    const undone = { Stop: 'stopped', Freeze: 'frozen', Kill: 'stopped' };
    for (const [verb, back] of [
      ['Stop', 'Start'],
      ['Freeze', 'Resume'],
      ['Kill', 'Start'],
    ]) {
      const there = await act(page, 'stub-3', verb, 'stub-3 is');
      await row(page, 'stub-3').getByText(undone[verb], { exact: true }).waitFor();
      const again = await act(page, 'stub-3', back, 'stub-3 is running');
      await row(page, 'stub-3').getByText('running').waitFor();
      for (const [line, state] of [
        [there, undone[verb]],
        [again, 'running'],
      ]) {
        const { code, err } = await lab.shell(line);
        assert.equal(code, 0, `${line}\n${err}`);
        assert.equal((await stub()).state, state, line);
      }
    }
    await eventually(() => allReady(3), 'all are there');
  });
});

test('a refusal is in the words of the lab', async () => {
  await withPage(
    async (page) => {
      await choose(page, 'stub-2', 'Freeze');
      await lab.ask('POST', '/v1/members/stub-2:freeze', {});
      await dialog(page).getByRole('button', { name: 'Freeze', exact: true }).click();
      await dialog(page).getByRole('alert').getByText('stub-2 is frozen; only what runs can be frozen').waitFor();
      await dialog(page).getByRole('button', { name: 'Cancel' }).click();
      await lab.ask('POST', '/v1/members/stub-2:resume', {});
    },
    { expected: [/status of 409/] },
  );
  await eventually(() => allReady(3), 'all are there');
});

test('a line of waymarkctl needs nothing but itself', async () => {
  const [first, second] = [lab, { origin: `http://${(await lab.member('proxy-2')).admin}`, lab: lab.lab }];
  second.address = `${second.origin}/#token=${lab.token}`;
  const tail = (server, name) => ` --admin ${server.origin} --token-file ${lab.directory}/state/${name}/admin.token`;
  const stub = async () => (await lab.upstreams()).find((one) => one.name === 'stub-2');
  const shown = (where) => where.getByLabel('waymarkctl line').innerText();
  const done = async (line) => {
    assert.ok(!line.includes(lab.token), 'the token is a secret');
    const { code, out, err } = await lab.shell(line);
    assert.equal(code, 0, `${line}\n${err}`);
    return out;
  };
  await withPage(async (page) => {
    const { id } = await stub();
    await open(page, '#/upstreams');
    for (const [item, word, state] of [
      ['Drain…', 'drain', 'drain'],
      ['Make ready…', 'ready', 'ready'],
    ]) {
      await page.getByRole('button', { name: 'Actions on stub-2' }).click();
      await page.getByRole('menuitem', { name: item }).click();
      const line = await shown(dialog(page));
      await dialog(page).getByRole('button', { name: 'Cancel' }).click();
      assert.equal(line, `waymarkctl upstreams ${word} ${id}${tail(first, 'proxy-1')}`);
      await done(line);
      assert.equal((await stub()).admin_state, state);
    }
    const client = await lab.client();
    await open(page, '#/broadcast');
    await page.getByLabel('To').selectOption('all');
    await page.getByLabel('Payload').fill('good morning');
    assert.match(await done(await shown(page)), /^1 client: 1 written/);
    await client.hears('good morning\n');
    client.leave();
  });

  const other = await openPage(browser, second);
  try {
    await other.page.getByRole('heading', { name: 'Overview' }).waitFor();
    await open(other.page, '#/broadcast');
    assert.ok((await shown(other.page)).endsWith(tail(second, 'proxy-2')), 'each proxy has a file of its own');
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});

test('a line of waymarkctl is there too while the lab does not answer', async () => {
  await withPage(
    async (page) => {
      await page.route(`${lab.lab}/**`, (route) => route.abort());
      await open(page, '#/broadcast');
      assert.ok((await page.getByLabel('waymarkctl line').innerText()).endsWith(` --yes --admin ${lab.origin}`));
    },
    { expected: [/net::ERR_FAILED/] },
  );
});

test('what an upstream does is changed by a form, and the line does the same', async () => {
  await withPage(
    async (page) => {
      for (const name of ['stub-2', 'stub-3']) await lab.ask('PATCH', `/v1/members/${name}/behaviour`, { reply: 'none' });
      await row(page, 'stub-1').getByRole('link', { name: 'stub-1' }).click();
      await page.getByRole('heading', { name: 'stub-1' }).waitFor();
      const fact = (name) => page.locator('.facts div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');
      await page.getByRole('button', { name: 'Change…' }).click();
      const ready = dialog(page).getByRole('button', { name: 'Change', exact: true });
      assert.ok(await ready.isDisabled(), 'nothing is to be changed yet');
      await dialog(page).getByLabel('Delay').fill('soon');
      await ready.click();
      await dialog(page).getByRole('alert').getByText(/soon/).waitFor();
      await dialog(page).getByLabel('Delay').fill('20ms');
      await dialog(page).getByLabel('Reply').fill('template:{payload} from a stub');
      await dialog(page).getByLabel('Ack').selectOption('late');
      const line = await lineOf(page);
      assert.equal(line, `waymark-lab set stub-1 '--reply=template:{payload} from a stub' --ack=late --delay=20ms --dir ${lab.directory}`);
      await ready.click();
      await dialog(page).locator('.notice.ok').waitFor();
      await dialog(page).getByRole('button', { name: 'Close', exact: true }).click();
      await eventually(async () => (await fact('Reply').innerText()) === 'template:{payload} from a stub' && (await fact('Delay').innerText()) === '20ms', 'the page shows it');
      const client = [await lab.client(), await lab.client(), await lab.client()];
      for (const one of client) one.say('hello\n');
      await eventually(() => client.some((one) => one.received.includes('hello from a stub\n')), 'it answers so');
      for (const one of client) one.leave();

      const changed = (await lab.ask('GET', '/v1/members/stub-1/behaviour')).behaviour;
      await lab.ask('PATCH', '/v1/members/stub-1/behaviour', { reply: 'echo', ack: 'auto', delay: '0ms' });
      const { code, err } = await lab.shell(line);
      assert.equal(code, 0, err);
      assert.deepEqual((await lab.ask('GET', '/v1/members/stub-1/behaviour')).behaviour, changed);
      for (const name of ['stub-1', 'stub-2', 'stub-3']) await lab.ask('PATCH', `/v1/members/${name}/behaviour`, { reply: 'echo', ack: 'auto', delay: '0ms' });
    },
    { expected: [/status of 400/] },
  );
});

test('each field of the form reaches the upstream', async () => {
  await withPage(async (page) => {
    await open(page, '#/lab/stub-2');
    await page.getByRole('button', { name: 'Change…' }).click();
    const heights = await dialog(page).locator('.traits').locator('input, select').evaluateAll((all) => all.map((one) => one.offsetHeight));
    assert.equal(new Set(heights).size, 1, `a longer hint makes no other field larger: ${heights}`);
    const fields = { Jitter: '3ms', Failure: '12%', Drop: '7%', 'Crash after': '1000', 'Hang after': '2000', 'Slow read': '4ms' };
    for (const [label, value] of Object.entries(fields)) await dialog(page).getByLabel(label, { exact: true }).fill(value);
    await dialog(page).getByRole('button', { name: 'Change', exact: true }).click();
    await dialog(page).locator('.notice.ok').waitFor();
    const { behaviour } = await lab.ask('GET', '/v1/members/stub-2/behaviour');
    for (const [label, value] of Object.entries(fields)) assert.equal(behaviour[label.toLowerCase().replace(' ', '_')], value);
    await lab.ask('PATCH', '/v1/members/stub-2/behaviour', { jitter: '0ms', failure: '0%', drop: '0%', slow_read: '0ms', crash_after: '0', hang_after: '0' });
  });
});

test('a log is followed', async () => {
  const look = async (page) => {
    await open(page, '#/lab/stub-3');
    const log = page.getByLabel('Log of stub-3');
    await log.getByText('is started, pid').waitFor();
    await lab.ask('POST', '/v1/members/stub-3:kill', {});
    await log.getByText('waymark-lab: stub-3 has ended: killed by SIGKILL').waitFor();
    await page.getByLabel('Follow').uncheck();
    await lab.ask('POST', '/v1/members/stub-3:start', {});
    await page.getByText('running', { exact: true }).waitFor();
    const before = (await log.innerText()).length;
    await page.getByLabel('Follow').check();
    await eventually(async () => (await log.innerText()).length > before, 'it goes on');
    const line = await page.getByLabel('waymark-lab line').innerText();
    assert.equal(line, `waymark-lab logs stub-3 -f --dir ${lab.directory}`);
    const { code, out } = await lab.shell(line.replace(' -f', ''));
    assert.equal(code, 0);
    assert.match(out, /stub-3 has ended: killed by SIGKILL/);
  };
  // What it does is asked for while it has ended, or does not listen yet.
  await withPage(look, { expected: [/status of (409|503)/] });
  await eventually(() => allReady(3), 'all are there');
});

test('the proxy that the page came from is killed and started from the page that is left', async () => {
  await withPage(
    async (page) => {
      await choose(page, 'proxy-1', 'Kill');
      await dialog(page).getByText('This page came from it.').waitFor();
      await dialog(page).getByRole('button', { name: 'Kill', exact: true }).click();
      await dialog(page).locator('.notice.ok').waitFor();
      await dialog(page).getByRole('button', { name: 'Close', exact: true }).click();
      await row(page, 'proxy-1').getByText('killed by SIGKILL').waitFor();
      await page.getByRole('alert').getByText('This is old:').waitFor();
      await act(page, 'proxy-1', 'Start', 'proxy-1 is running');
      await page.getByText('The proxy was started again.').waitFor();
    },
    { expected: [unreachable] },
  );
  await eventually(() => allReady(3), 'all are there');
});

test('works on 400 pixels', async () => {
  await withPage(
    async (page) => {
      for (const address of ['#/lab', '#/lab/stub-1']) {
        await open(page, address);
        await page.locator('main h1').waitFor();
        await page.waitForTimeout(400);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 400, address);
      }
    },
    { viewport: { width: 400, height: 800 } },
  );
});

test('each page has one heading, and every input has a name', async () => {
  await withPage(async (page) => {
    await row(page, 'stub-1').getByText('running').waitFor();
    await isTold(page, '#/lab');
    await open(page, '#/lab/stub-1');
    await page.getByRole('button', { name: 'Change…' }).click();
    await dialog(page).getByLabel('Delay').waitFor();
    await isTold(page, '#/lab/stub-1');
  });
});

test('a process is killed, started and changed with a keyboard', async () => {
  await withPage(async (page) => {
    await row(page, 'stub-2').getByText('running').waitFor();
    await tabTo(page, 'Kill… stub-2');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Kill… stub-2', 'focus is given back');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Kill', 10);
    await page.keyboard.press('Enter');
    await dialog(page).locator('.notice.ok').waitFor();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });
    await row(page, 'stub-2').getByText('killed by SIGKILL').waitFor();
    await tabTo(page, 'Start… stub-2');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Start', 10);
    await page.keyboard.press('Enter');
    await dialog(page).getByText('stub-2 is running').waitFor();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });

    await tabTo(page, 'stub-2');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'stub-2' }).waitFor();
    await page.getByRole('button', { name: 'Change…' }).waitFor();
    await tabTo(page, 'Change…');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Tab'); // the first field has the focus
    await page.keyboard.press('Control+A');
    await page.keyboard.type('7ms');
    await page.keyboard.press('Enter');
    await dialog(page).locator('.notice.ok').waitFor();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });
    assert.equal((await lab.ask('GET', '/v1/members/stub-2/behaviour')).behaviour.delay, '7ms');
    await tabTo(page, 'Log of stub-2');
    await lab.ask('PATCH', '/v1/members/stub-2/behaviour', { delay: '0ms' });
  });
  await eventually(() => allReady(3), 'all are there');
});

test('a page of another server may not ask the lab', async () => {
  const rig = await Rig.start({ stubs: [['red']] });
  const opened = await openPage(browser, { ...rig, origin: rig.origin, address: rig.address, lab: lab.lab }, { expected: [/./] });
  try {
    await opened.page.getByRole('heading', { name: 'Overview' }).waitFor();
    const asked = await opened.page.evaluate(([url, token]) => fetch(`${url}/v1/lab`, { headers: { Authorization: `Bearer ${token}` } }).then(() => 'answered', () => 'refused'), [lab.lab, lab.token]);
    assert.equal(asked, 'refused');
    assert.equal(await opened.page.getByRole('link', { name: 'Lab', exact: true }).count(), 0, 'a proxy in no lab has no such page');
    await open(opened.page, '#/lab');
    await opened.page.getByText('This proxy is in no lab.').waitFor();
  } finally {
    await opened.close();
    await rig.stop();
  }
});
