// The files of the dashboard as the admin listener serves them, without a browser.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Rig } from './harness/rig.mjs';

let rig;
before(async () => {
  rig = await Rig.start({ stubs: [['red']] });
});
after(() => rig?.stop());

// fetch() would decompress, and would not let Host be another.
function ask(path, headers = {}, method = 'GET') {
  return new Promise((done, failed) => {
    const request = http.request(rig.origin + path, { method, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, body: Buffer.concat(parts) }));
    });
    request.on('error', failed);
    request.end();
  });
}

async function assets() {
  const page = (await ask('/')).body.toString();
  return [...page.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map((found) => `/${found[1]}`);
}

test('serves the page without a token, under a policy without exceptions', async () => {
  const { status, headers, raw, body } = await ask('/');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  const policy = headers['content-security-policy'];
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(rule), rule);
  }
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const names = raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  assert.deepEqual(names, [...new Set(names)], 'no header comes twice');
  assert.doesNotMatch(body.toString(), /<style|<script>|style=|onload=|https?:\/\//);
});

test('serves its files for good, compressed where that is taken', async () => {
  const all = await assets();
  assert.deepEqual(all.map((path) => path.replace(/.*\./, '')).sort(), ['css', 'js']);
  for (const path of all) {
    const plain = await ask(path);
    assert.equal(plain.status, 200);
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(plain.headers['content-type'], path.endsWith('.js') ? /^text\/javascript/ : /^text\/css/);
    for (const coding of ['gzip', 'br, gzip;q=0.8', 'deflate,gzip']) {
      const small = await ask(path, { 'Accept-Encoding': coding });
      assert.equal(small.headers['content-encoding'], 'gzip', coding);
      assert.ok(small.body.length < plain.body.length / 2);
      assert.deepEqual(gunzipSync(small.body), plain.body);
    }
    for (const coding of ['br', 'gzip;q=0', 'identity', 'gzip;q=0.000']) {
      assert.equal((await ask(path, { 'Accept-Encoding': coding })).headers['content-encoding'], undefined, coding);
    }
  }
});

test('answers 304 to who has it', async () => {
  for (const path of ['/', ...(await assets())]) {
    const { headers } = await ask(path);
    for (const known of [headers.etag, `"other", W/${headers.etag}`, '*']) {
      const again = await ask(path, { 'If-None-Match': known });
      assert.equal(again.status, 304, known);
      assert.equal(again.headers.etag, headers.etag);
      assert.equal(again.body.length, 0);
    }
    assert.equal((await ask(path, { 'If-None-Match': '"other"' })).status, 200);
    const head = await ask(path, {}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
  }
});

test('keeps to its names and paths', async () => {
  assert.equal((await ask('/', { Host: 'evil.example' })).status, 403);
  assert.equal((await ask('/', { Origin: 'http://evil.example' })).status, 403);
  assert.equal((await ask('/assets/other.js')).status, 404);
  assert.equal((await ask('/assets/..%2f..%2fetc%2fpasswd')).status, 400);
  assert.equal((await ask('/', {}, 'POST')).status, 405);
  assert.equal((await ask('/v1/overview')).status, 401);
});

test('waymarkctl dashboard prints its address with the token', async () => {
  const { code, out } = await rig.shell(`waymarkctl dashboard --admin ${rig.origin}`);
  assert.equal(code, 0);
  assert.equal(out, `${rig.address}\n`);
});
