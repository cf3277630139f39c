// Names and payloads come from strangers. None of it becomes markup, and none of it is run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { Rig } from './harness/rig.mjs';

const markup = `<img src=x onerror="globalThis.hurt=1"><script>globalThis.hurt=2</script>`;
const link = `javascript:globalThis.hurt=3`;
const turned = 'evil\u202egnp.exe\u0007';

let rig, browser, opened, page;
const expected = [];
before(async () => {
  browser = await launch();
  rig = await Rig.start({
    stubs: [[markup], [`"'><svg onload=globalThis.hurt=4>`], [link], [turned]],
    workers: 1,
    more: `dead_letters: { max_count: 10 }\n`,
  });
  opened = await openPage(browser, rig, { expected });
  page = opened.page;
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});
after(async () => {
  await browser?.close();
  await rig?.stop();
});

const open = (address) => page.evaluate((to) => (location.hash = to), address);

async function unharmed(where) {
  assert.equal(await page.evaluate(() => globalThis.hurt), undefined, where);
  assert.equal(await page.locator('img, iframe, script:not([src]), svg[onload], [onerror]').count(), 0, where);
  const links = await page.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.deepEqual(links.filter((one) => !one.startsWith('#/')), [], where);
  assert.deepEqual(opened.faults, [], where);
}

test('names of upstreams are text everywhere', async () => {
  await page.locator('.box', { hasText: '<img src=x' }).waitFor();
  await unharmed('overview');
  await open('#/upstreams');
  await page.locator('tbody tr', { hasText: '<script>' }).waitFor();
  assert.match(await page.locator('tbody').innerText(), /evil\\u\{202e\}gnp\.exe\\u\{7\}/, 'what turns text around is written out');
  await unharmed('upstreams');
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  for (const { id } of upstreams) {
    await open(`#/upstreams/${id}`);
    await page.getByRole('list', { name: 'Health history' }).waitFor();
    await unharmed(id);
  }
  await open('#/connections');
  await page.getByLabel('Upstream').waitFor();
  await unharmed('connections');
  await open('#/events');
  await page.locator('.log li', { hasText: 'onerror' }).first().waitFor();
  await unharmed('events');
});

// A client with its page, which stays until the end: nobody asks for one that has left.
async function talking() {
  const client = await rig.client();
  client.say('hello\n');
  await client.hears('hello\n');
  const { connections } = await rig.ask('GET', '/v1/connections');
  const { mark } = connections.find((one) => one.peer === `127.0.0.1:${client.socket.localPort}`);
  await open(`#/connections/${mark}`);
  return client;
}

test('payloads are text in a tap', async () => {
  const client = await talking();
  await page.getByRole('button', { name: 'Tap…' }).click();
  await page.getByRole('button', { name: 'Start tap' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByText('No frame yet.').waitFor();
  client.say(`${markup}\n`).say(`${turned}\n`).say(Buffer.from([0xff, 0xfe, 0x3c, 0x62, 0x3e, 0x0a]));
  await page.locator('.tap li', { hasText: '<img src=x' }).first().waitFor();
  await page.locator('.tap li', { hasText: 'evil\\u{202e}gnp.exe\\u{7}' }).first().waitFor();
  await page.locator('.tap li', { hasText: 'ff fe 3c 62 3e' }).first().waitFor();
  await unharmed('tap');
});

test('what stands in the address is text', async () => {
  expected.push(/status of 40[04]/); // there is no such connection, upstream or state
  const [image, script] = [markup, link].map(encodeURIComponent);
  const main = page.locator('main');
  // [address, where the page has drawn it, what else it says then]
  const addresses = [
    [`#/${image}`, main.getByText(`There is no page ${image}.`)],
    [`#/connections/${image}`, main.locator('.trail', { hasText: markup }), main.getByRole('alert')],
    [`#/upstreams/${script}`, main.locator('.trail', { hasText: link }), main.getByText('There is no such upstream.')],
    [`#/connections?state=${image}`, main.locator('.bar', { hasText: `state ${markup}` }), main.getByRole('alert')],
    [`#/events?text=${image}`, main.getByText('No event matches.')],
  ];
  for (const [address, ...drawn] of addresses) {
    await open(address);
    for (const one of drawn) await one.waitFor();
    await unharmed(address);
  }
});

test('a line to be copied holds nothing but its words', async () => {
  const client = await talking();
  await page.getByRole('button', { name: 'Send…' }).click();
  const nasty = `'; touch ${rig.folder}/hurt; echo "$(touch ${rig.folder}/hurt)" \`touch ${rig.folder}/hurt\` \\`;
  await page.getByLabel('Payload').fill(nasty);
  const line = await page.getByRole('dialog').getByLabel('waymarkctl line').innerText();
  const { code } = await rig.shell(line);
  assert.equal(code, 0);
  await client.hears(`${nasty}\n`);
  const { out } = await rig.shell(`ls ${rig.folder}`);
  assert.ok(!out.includes('hurt'), out);
});
