// What an open page costs with many clients: node measure.mjs [--connections 10000] [--rate 20000] [--seconds 60] [--busy-only]
// The figures of docs/dashboard.md. Nothing is asserted: a busy machine says nothing about the page.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { launch, openPage } from './harness/browser.mjs';
import { Child, eventually } from './harness/process.mjs';
import { Rig } from './harness/rig.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const connections = option('connections', 10_000);
const rate = option('rate', 20_000);
const seconds = option('seconds', 60);
const sleep = (s) => new Promise((done) => setTimeout(done, s * 1000));

// CPU seconds of a process: of all its threads, and of those of the admin listener.
function cpuOf(pid) {
  const used = { all: 0, admin: 0 };
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (Number(fields[11]) + Number(fields[12])) / 100;
    used.all += ticks;
    if (/admin|MHD/.test(name)) used.admin += ticks;
  }
  return used;
}

async function spent(pid, body) {
  const before = cpuOf(pid);
  const began = performance.now();
  await body();
  const took = (performance.now() - began) / 1000;
  const after = cpuOf(pid);
  return { all: (100 * (after.all - before.all)) / took, admin: (100 * (after.admin - before.admin)) / took };
}

const percent = (value) => `${value.toFixed(2)} %`;
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

// The browser goes first, as one on a machine of its own would: it is of another session, and so of
// another group of the scheduler, than what is started here.
try {
  writeFileSync('/proc/self/autogroup', '19');
} catch ({ message }) {
  console.log(`the browser does not go first: ${message}`);
}
const rig = await Rig.start({ stubs: [['red'], ['green']], workers: 1 });
const pid = rig.proxy.child.pid;
const loads = [];
const load = (...args) => loads.push(new Child('waymark-load', ['--target', `127.0.0.1:${rig.port}`, '--framing', 'line', '--quiet', '--allow-lost', ...args]));
const browser = await launch();

// CPU milliseconds of each task of the page's main thread.
function tasksOf(events) {
  const main = new Set(events.filter((one) => one.name === 'thread_name' && one.args?.name === 'CrRendererMain').map((one) => `${one.pid} ${one.tid}`));
  return events.filter((one) => /RunTask$/.test(one.name) && one.tdur && main.has(`${one.pid} ${one.tid}`)).map((one) => one.tdur / 1000);
}

// A page on `address` for a while: what it did, and what the proxy spent. `begin`: what is done there first.
async function watched(address, begin = async () => {}) {
  const opened = await openPage(browser, rig);
  const { page } = opened;
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  const kinds = new Map();
  const received = { events: [], polls: 0 };
  wire.on('Network.requestWillBeSent', ({ requestId, request }) => kinds.set(requestId, /\/v1\/events|:tap/.test(request.url) ? 'events' : 'polls'));
  wire.on('Network.dataReceived', ({ requestId, dataLength }) => {
    if (kinds.get(requestId) === 'events') {
      const second = Math.floor(performance.now() / 1000);
      received.events[second] = (received.events[second] ?? 0) + dataLength;
    } else received.polls += dataLength;
  });
  await page.goto(`${rig.origin}/${address}`);
  await page.reload(); // so that the session above sees every request
  await page.locator('main h1').waitFor();
  await begin(page);
  await sleep(5);
  await page.evaluate(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
  });
  received.events = [];
  received.polls = 0;
  // A task may be long because others had the core meanwhile: what it took itself is traced too.
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  const nodes = [];
  const cpu = await spent(pid, async () => {
    for (let i = 0; i < seconds; ++i) {
      await sleep(1);
      nodes.push(await page.evaluate(() => document.querySelectorAll('*').length));
    }
  });
  const tasks = await page.evaluate(() => globalThis.tasks);
  const own = tasksOf(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
  const events = Object.values(received.events);
  row(
    address,
    `${tasks.length}${tasks.length ? `, longest ${Math.max(...tasks).toFixed(0)} ms` : ''}`,
    `${Math.max(0, ...own).toFixed(0)} ms`,
    `${Math.min(...nodes)}–${Math.max(...nodes)}`,
    `${(events.reduce((a, b) => a + b, 0) / seconds / 1024).toFixed(1)} (most ${(Math.max(0, ...events) / 1024).toFixed(1)})`,
    (received.polls / seconds / 1024).toFixed(1),
    percent(cpu.admin),
    opened.faults.length ? opened.faults.join('; ') : 'none',
  );
  await opened.close();
}

// What the whole proxy spends with and without a page, in turns, while clients are silent.
async function compared(address) {
  const without = [];
  const withPage = [];
  for (let turn = 0; turn < 3; ++turn) {
    without.push((await spent(pid, () => sleep(10))).all);
    const opened = await openPage(browser, rig);
    await opened.page.goto(`${rig.origin}/${address}`);
    await opened.page.locator('main h1').waitFor();
    await sleep(2);
    withPage.push((await spent(pid, () => sleep(10))).all);
    await opened.close();
    await sleep(1);
  }
  const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length;
  row(address, percent(mean(without)), percent(mean(withPage)), percent(mean(withPage) - mean(without)));
}

// The tap of a client that sends binary frames as long as a tap shows, and gets them back.
async function tapped() {
  const client = await rig.client();
  const frame = Buffer.alloc(1_024, 0xfe);
  frame[frame.length - 1] = 0x0a;
  const timer = setInterval(() => client.socket.write(Buffer.concat(Array(10).fill(frame))), 50);
  const peer = `127.0.0.1:${client.socket.localPort}`;
  const { connections: busiest } = await eventually(async () => {
    const answer = await rig.ask('GET', '/v1/connections?order=bytes_up&descending=true&limit=1000');
    return answer.connections.some((one) => one.peer === peer) && answer;
  }, 'it is among the busiest');
  const { mark } = busiest.find((one) => one.peer === peer);
  await watched(`#/connections/${mark}`, async (page) => {
    await page.getByRole('button', { name: 'Tap…' }).click();
    await page.getByRole('button', { name: 'Start tap' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
  });
  clearInterval(timer);
}

async function silent() {
  load('--mode', 'idle', '--connections', String(connections), '--idle-hold', '1h');
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections >= connections, 'all are connected');
  console.log(`\n${connections} silent clients: CPU of the proxy, of one core\n`);
  row('page', 'without', 'with', 'difference');
  row('---', '---', '---', '---');
  await compared('#/');
  await compared('#/connections?order=bytes_up&descending=true&limit=100');
  await loads.pop().stop();
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections === 0, 'all have left');
}

try {
  if (!process.argv.includes('--busy-only')) await silent();
  load('--connections', String(connections), '--rate', String(rate), '--duration', '1h');
  load('--mode', 'churn', '--concurrency', '20', '--connect-rate', '200', '--duration', '1h');
  await eventually(async () => (await rig.ask('GET', '/v1/info')).connections >= connections, 'all are connected');
  await sleep(5);
  console.log(`\n${connections} clients, ${rate} frames/s, 200 connections come and go a second; ${seconds} s each\n`);
  row('page', 'tasks over 50 ms', 'most CPU of a task', 'elements', 'SSE KiB/s', 'other KiB/s', 'CPU of the admin threads', 'complaints');
  row('---', '---', '---', '---', '---', '---', '---', '---');
  await watched('#/');
  await watched('#/connections?order=bytes_up&descending=true&limit=100');
  await watched('#/upstreams');
  await watched(`#/upstreams/${(await rig.ask('GET', '/v1/upstreams')).upstreams[0].id}`);
  await watched('#/events');
  await tapped();
  const { workers, info } = await rig.ask('GET', '/v1/overview');
  const frames = () => rig.ask('GET', '/v1/overview').then((one) => [one.uptime_ms, one.workers.reduce((all, w) => all + w.listeners.reduce((sum, l) => sum + l.frames_up, 0), 0)]);
  const [at, was] = await frames();
  await sleep(5);
  const [then, is] = await frames();
  console.log(`\nmeanwhile: ${info.connections} clients, ${Math.round(((is - was) / (then - at)) * 1000)} frames/s, ${workers.length} worker`);
} finally {
  await browser.close();
  for (const one of loads) await one.stop('SIGKILL');
  await rig.stop();
}
