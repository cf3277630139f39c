// What a page costs does not grow with the clients: elements, and bytes of streams. How much CPU that takes is
// what measure.mjs measures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './harness/browser.mjs';
import { Child, eventually } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';

const few = 60; // more than a page of the table has
const many = 400;
const mostBytes = 50_000; // a second

let rig, browser;
const loads = [];
before(async () => {
  browser = await launch();
  rig = await Rig.start({ stubs: [['red'], ['green']], workers: 2 });
});
after(async () => {
  await browser?.close();
  for (const one of loads) await one.stop('SIGKILL');
  await rig?.stop();
});

const load = (...args) => loads.push(new Child('waymark-load', ['--target', `127.0.0.1:${rig.port}`, '--framing', 'line', '--quiet', '--allow-lost', ...args]));

async function talking(count) {
  while (loads.length) await loads.pop().stop('SIGKILL');
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections === 0, 'all have left');
  load('--connections', String(count), '--rate', String(count), '--duration', '1h');
  await eventually(async () => {
    const { connections, matched } = await rig.ask('GET', '/v1/connections?state=active&order=frames_up&limit=1');
    return matched === count && connections[0].frames_up > 0;
  }, 'each has sent a frame');
}

// `body` of a page whose answers are counted: { streams, bytes of streams, other bytes }.
async function withPage(address, body) {
  const opened = await openPage(browser, rig);
  const { page } = opened;
  try {
    const wire = await page.context().newCDPSession(page);
    await wire.send('Network.enable');
    const streams = new Set();
    const received = { streams: 0, streamed: 0, other: 0 };
    wire.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (!/\/v1\/events|:tap/.test(request.url)) return;
      streams.add(requestId);
      ++received.streams;
    });
    wire.on('Network.dataReceived', ({ requestId, dataLength }) => {
      received[streams.has(requestId) ? 'streamed' : 'other'] += dataLength;
    });
    await page.goto(`${rig.origin}/${address}`);
    await page.reload(); // so that the session above sees every request
    await page.locator('main h1').waitFor();
    await body(page, received);
    assert.deepEqual(opened.faults, []);
  } finally {
    await opened.close();
  }
}

const elements = (page) => page.evaluate(() => document.querySelectorAll('*').length);

// Bytes a second of what `received` counts, until `enough` is true.
async function rateOf(received, what, enough) {
  const [began, before] = [performance.now(), received[what]];
  await eventually(enough, 'enough has happened');
  return (received[what] - before) / ((performance.now() - began) / 1000);
}

const answers = (page, count) => {
  let seen = 0;
  page.on('response', (answer) => (seen += answer.url().includes('/v1/overview')));
  return () => seen >= count;
};

test('the overview has as many elements with many clients as with few, and no stream', async () => {
  const found = {};
  for (const count of [few, many]) {
    await talking(count);
    await withPage('#/', async (page, received) => {
      await page.locator('.number-card', { hasText: 'Clients' }).getByText(new RegExp(`^${count} of`)).waitFor();
      await page.locator('.wire-label', { hasText: /↑[1-9]/ }).first().waitFor();
      assert.ok((await rateOf(received, 'other', answers(page, 5))) < mostBytes);
      assert.equal(received.streams, 0);
      found[count] = await elements(page);
      assert.ok(found[count] < 400, `${count} clients: ${found[count]} elements`);
    });
  }
  assert.ok(found[many] - found[few] < 40, JSON.stringify(found));
});

test('the connections have as many elements with many clients as with few', async () => {
  const found = {};
  for (const count of [few, many]) {
    await talking(count);
    await withPage('#/connections?order=frames_up&descending=true', async (page, received) => {
      await page.getByText(`1–50 of ${count} connections`).waitFor();
      assert.ok((await rateOf(received, 'other', answers(page, 5))) < mostBytes);
      assert.equal(received.streams, 0);
      assert.equal(await page.locator('tbody tr').count(), 50);
      found[count] = await elements(page);
      assert.ok(found[count] < 1_500, `${count} clients: ${found[count]} elements`);
    });
  }
  assert.ok(found[many] - found[few] < 40, JSON.stringify(found));
});

test('events are a stream within its limit while hundreds of connections end a second', async () => {
  await withPage('#/events', async (page, received) => {
    await page.getByText('live', { exact: true }).waitFor();
    const accepted = async () => (await rig.ask('GET', '/v1/overview')).listeners[0].accepted;
    const before = await accepted();
    load('--mode', 'churn', '--concurrency', '40', '--connect-rate', '500', '--duration', '1h');
    await page.locator('.log li', { hasText: 'connection ended' }).first().waitFor();
    const rate = await rateOf(received, 'streamed', async () => (await accepted()) > before + 1_500);
    assert.ok(rate > 0 && rate < mostBytes, `${rate} bytes a second`);
    assert.ok((await page.locator('.log li').count()) <= 200);
    assert.ok((await elements(page)) < 2_000);
  });
});
