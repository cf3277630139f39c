// Modules of the page that need no browser.
import assert from 'node:assert/strict';
import http from 'node:http';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { load } from './harness/module.mjs';
import { freePorts } from './harness/ports.mjs';
import { repository, run } from './harness/process.mjs';

globalThis.location = new URL('http://127.0.0.1:8000/');
globalThis.sessionStorage = { getItem: () => null };

// What a shell gives to a program.
async function wordsOf(line) {
  const { out } = await run('bash', ['-c', `waymarkctl() { printf '%s\\0' "$@"; }; ${line}`]);
  return out.split('\0').slice(0, -1);
}

test('a line gives its words to the program, and no control character to the terminal', async () => {
  const { line, options, written } = await load('actions/ctl.ts');
  const words = ['plain', "it's", 'two words', '$(id) `id` \\ "', 'bell\x07', 'esc\x1b[31mred', "tab\t'quoted' \\x", 'turned \u202e\u00e9 1f', '\x011f', ''];
  const text = written(line(...words));
  assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  assert.deepEqual(await wordsOf(text), words);
  assert.doesNotMatch(written(line('connections', 'close', ...options({ group: 'a\x1b]0;x\x07' }))), /[\x1b\x07]/);
});

test('a word that begins with a dash is no option', async () => {
  const { line, positional, written } = await load('actions/ctl.ts');
  assert.equal(written(line('config', 'set', ...positional(['log.level', 'debug'], ['--persist']))), 'waymarkctl config set log.level debug --persist');
  globalThis.location = new URL('http://127.0.0.1:9000/');
  assert.equal(written(line('config', 'set', ...positional(['proxy_id', '-x'], ['--persist']))), 'waymarkctl config set --persist --admin http://127.0.0.1:9000 -- proxy_id -x');
  globalThis.location = new URL('http://127.0.0.1:8000/');
});

test('a token file is named before words that are no options, and to waymarkctl alone', async () => {
  const { labLine, line, positional, written } = await load('actions/ctl.ts');
  const file = "/run/it's a lab/state/proxy-1/admin.token";
  const set = line('config', 'set', ...positional(['proxy_id', '-x'], ['--persist']));
  assert.deepEqual(await wordsOf(written(set, file)), ['config', 'set', '--persist', '--token-file', file, '--', 'proxy_id', '-x']);
  assert.equal(written(line('config', 'reload'), '/run/lab/admin.token'), 'waymarkctl config reload --token-file /run/lab/admin.token');
  assert.equal(written(labLine('/run/lab', 'kill', 'stub-1'), file), 'waymark-lab kill stub-1 --dir /run/lab');
});

test('a payload of any length is written out, as long as a shell takes it', async () => {
  const { line, payloadWords, written } = await load('actions/ctl.ts');
  const text = `\t${'ü'.repeat(45_000)}`;
  const [word] = payloadWords({ text });
  assert.equal(Buffer.from(word.replace('--base64=', ''), 'base64').toString(), text);
  assert.deepEqual(await wordsOf(written(line('send', word))), ['send', word]);
  const [long] = payloadWords({ text: `\t${'x'.repeat(1_000_000)}` });
  assert.equal(long.length, '--base64='.length + Math.ceil(1_000_001 / 3) * 4);
  assert.equal(written(line('send', long)), '');
  assert.equal(written(line('send', 'x'.repeat(128 * 1024))), '', 'execve() takes one byte less, with the NUL');
  assert.notEqual(written(line('send', 'x'.repeat(128 * 1024 - 1))), '');
  assert.equal(written(line('send', 'a\0b')), '');
});

test('text that was cut within a sign is text', async () => {
  const { shownBytes } = await load('ui/binary.ts');
  const cut = Buffer.from('grün').subarray(0, 3).toString('base64');
  assert.equal(shownBytes(cut, true), 'gr');
  assert.equal(shownBytes(cut, false), `000000  67 72 c3${' '.repeat(41)}gr.`);
  assert.equal(shownBytes(Buffer.from('a\x07').toString('base64'), false), 'a\\u{7}');
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const dump = shownBytes(all.toString('base64'), false).split('\n');
  assert.equal(dump.length, 16);
  assert.equal(dump[2], '000020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !"#$%&\'()*+,-./');
});

// --- rates ---

const times = (...counts) => ({ counts, sum_us: 0 });
const none = times(0, 0);

function overview(uptime_ms, traffic, { workers = [] } = {}) {
  return {
    uptime_ms,
    time_bounds_us: [1_000, 10_000],
    listeners: [],
    upstreams: traffic.map(({ upstream }) => ({ id: upstream, pool: 'default' })),
    traffic: traffic.map((one) => ({ frames_sent: 0, messages_received: 0, errors: 0, answers: none, ...one })),
    workers: workers.map((one) => ({ frames_discarded: 0, up: none, down: none, loop_lag: none, listeners: [], pools: [], ...one })),
  };
}
const pool = (frames_sent) => ({ workers: [{ worker: 0, pools: [{ pool: 'default', frames_sent, messages_received: 0 }] }] });

test('rates of a pool are those of its upstreams, also when one is removed', async () => {
  const { rates } = await load('live/rates.ts');
  const before = overview(10_000, [{ upstream: 'a', frames_sent: 5_000, answers: times(50, 0) }, { upstream: 'b', frames_sent: 100, answers: times(0, 10) }], pool(5_100));
  const both = overview(11_000, [{ upstream: 'a', frames_sent: 5_010, answers: times(60, 0) }, { upstream: 'b', frames_sent: 130, answers: times(0, 40) }], pool(5_140));
  const one = rates(both, before, before);
  assert.deepEqual(one.pool.default, { up: 40, down: 0 });
  assert.deepEqual(one.exit['0 default'], { up: 40, down: 0 });
  const without = overview(12_000, [{ upstream: 'b', frames_sent: 160, answers: times(0, 70) }], pool(160));
  const then = rates(without, both, before);
  assert.deepEqual(then.pool.default, { up: 30, down: 0 });
  assert.equal(then.exit['0 default'], undefined, 'the counter of the worker has lost what the removed one had');
  assert.ok(then.answerP50 > 1 && then.answerP50 < 10, `the answers of b took 1 to 10 ms: ${then.answerP50}`);
  const later = rates(overview(13_000, [{ upstream: 'b', frames_sent: 160 }], pool(165)), without, before);
  assert.deepEqual(later.exit['0 default'], { up: 5, down: 0 });
});

test('one error in the first seconds is one a minute', async () => {
  const { rates } = await load('live/rates.ts');
  const old = overview(1_000, [{ upstream: 'a', errors: 3 }]);
  const now = overview(3_000, [{ upstream: 'a', errors: 4 }]);
  assert.equal(rates(now, old, old).errorsPerMinute, 1);
  assert.equal(rates(now, old, old).upstream.a.errorsPerMinute, 1);
  assert.equal(rates(overview(61_000, [{ upstream: 'a', errors: 9 }]), now, old).errorsPerMinute, 6);
});

test('a chart goes on when the clock of the proxy is set back', async () => {
  const { History } = await load('live/history.ts');
  const history = new History(900, 15);
  for (let at = 1_000; at < 1_100; ++at) history.add(at, { up: 1 });
  history.add(1_098.5, { up: 5 });
  assert.equal(history.at.length, 100, 'what is a moment late is left out');
  for (let at = 1_050; at < 1_060; ++at) history.add(at, { up: 2 });
  assert.equal(history.at[history.at.length - 1], 1_059);
  assert.deepEqual(history.at, [...history.at].sort((a, b) => a - b));
  assert.equal(history.at.length, history.values.up.length);
  assert.deepEqual(history.values.up.slice(48, 52), [1, 1, 2, 2]);
  history.add(10, { up: 3 });
  assert.deepEqual(history.at, [10]);
});

// --- the client of the API ---

test('a stream whose headers do not come is given up after 10 seconds', async () => {
  const { open } = await load('api/client.ts');
  mock.timers.enable({ apis: ['setTimeout'] });
  globalThis.fetch = (_, { signal }) => new Promise((_, failed) => signal.addEventListener('abort', () => failed(signal.reason)));
  try {
    const answer = open('/v1/events', {}, '', new AbortController().signal);
    mock.timers.tick(10_000);
    assert.deepEqual(await answer, { ok: false, error: { status: 0, code: 'NO_ANSWER', message: 'No answer within 10 s.', details: [] } });
    let given;
    globalThis.fetch = (_, { signal }) => {
      given = signal;
      return Promise.resolve(new Response('data: x\n\n'));
    };
    const ending = new AbortController();
    assert.ok((await open('/v1/events', {}, '', ending.signal)).ok);
    mock.timers.tick(60_000);
    assert.equal(given.aborted, false, 'a stream that is there stays');
    ending.abort();
    assert.ok(given.aborted);
  } finally {
    mock.timers.reset();
  }
});

// --- dev.mjs ---

const asked = (port, headers) =>
  new Promise((done, failed) => {
    http.get({ host: '127.0.0.1', port, path: '/v1/info', headers }, (answer) => done(answer.resume().statusCode)).on('error', failed);
  });

test('the page that is worked on is for this machine alone', async () => {
  const behind = http.createServer((request, response) => response.end('{}')).listen(0, '127.0.0.1');
  const [port] = await freePorts(1);
  const dev = spawn(process.execPath, [join(repository, 'web/dev.mjs'), '--admin', `http://127.0.0.1:${behind.address().port}`, '--port', String(port)]);
  try {
    await new Promise((done) => dev.stdout.once('data', done));
    assert.equal(await asked(port, {}), 200);
    assert.equal(await asked(port, { host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200);
    assert.equal(await asked(port, { host: `evil.example:${port}` }), 403);
    assert.equal(await asked(port, { host: '127.0.0.1' }), 403);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port + 1}`]) {
      assert.equal(await asked(port, { host: `127.0.0.1:${port}`, origin }), 403, origin);
    }
  } finally {
    dev.kill();
    behind.close();
  }
});
