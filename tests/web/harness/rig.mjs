// A proxy with upstreams and clients, on ports nobody else has, in a folder of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './ports.mjs';
import { Child, eventually, program, run } from './process.mjs';

export class Stub {
  static start(id, ...args) {
    const stub = new Stub();
    stub.args = ['--id', id, ...args];
    return stub.listen('127.0.0.1:0');
  }
  // Where it was, after stop().
  again() {
    return this.listen(this.address);
  }
  async listen(at) {
    this.child = new Child('waymark-stub', ['--listen', at, ...this.args]);
    this.address = (await this.child.says(/listening on (\S+)/))[1];
    return this;
  }
  stop() {
    return this.child.stop('SIGKILL');
  }
}

// A client of a listener with framing `line`.
export class Client {
  static connect(port) {
    return new Promise((done, failed) => {
      const client = new Client();
      client.received = '';
      client.ended = false;
      client.socket = net.connect(port, '127.0.0.1', () => done(client));
      client.socket.setEncoding('utf8');
      client.socket.on('data', (text) => (client.received += text));
      client.socket.on('close', () => (client.ended = true));
      client.socket.on('error', failed);
    });
  }
  say(text) {
    this.socket.write(text);
    return this;
  }
  hears(text) {
    return eventually(() => this.received.includes(text), `the client hears ${JSON.stringify(text)}`);
  }
  leave() {
    this.socket.destroy();
  }
}

export class Rig {
  // `stubs`: of the pool default, as lists of arguments, the id first; `pool`: more of that pool, and more
  // pools; `listener`: the pool of a second listener, which is port2.
  static async start({ stubs = [['red'], ['green']], pool = '', more = '', workers = 1, framing = 'line', listener = '' } = {}) {
    const rig = new Rig();
    rig.folder = mkdtempSync(join(tmpdir(), 'waymark-web-'));
    rig.clients = [];
    rig.stubs = [];
    try {
      for (const args of stubs) rig.stubs.push(await Stub.start(...args));
      [rig.port, rig.port2, rig.adminPort, rig.telemetryPort] = await freePorts(4);
      const second = `  - { name: sensors, bind: "127.0.0.1:${rig.port2}", pool: ${listener}, framing: line }\n`;
      const addresses = rig.stubs.map((stub) => `"${stub.address}"`).join(', ');
      rig.configuration = (admin) => `workers: ${workers}
proxy_id: edge-1
listeners:
  - name: devices
    bind: 127.0.0.1:${rig.port}
    pool: default
    framing: ${framing}
${listener ? second : ''}pools:
  - name: default
    upstreams: [${addresses}]
${pool}telemetry: { bind: "127.0.0.1:${rig.telemetryPort}" }
${admin}state: ${join(rig.folder, 'state')}
${more}`;
      rig.addresses = rig.stubs.length;
      await rig.startProxy();
    } catch (fault) {
      await rig.stop();
      throw fault;
    }
    return rig;
  }

  get origin() {
    return `http://127.0.0.1:${this.adminPort}`;
  }
  get token() {
    return readFileSync(join(this.folder, 'state/admin.token'), 'utf8').trim();
  }
  get address() {
    return `${this.origin}/#token=${this.token}`;
  }

  // Another section `admin` may be given.
  async startProxy(admin = `admin: { bind: "127.0.0.1:${this.adminPort}" }\n`) {
    writeFileSync(join(this.folder, 'waymark.yaml'), this.configuration(admin));
    this.proxy = new Child('waymark', ['serve', '-c', join(this.folder, 'waymark.yaml')]);
    await eventually(async () => {
      if (this.proxy.over) throw new Error(`waymark ended: ${this.proxy.said}`);
      try {
        const ready = await fetch(`http://127.0.0.1:${this.telemetryPort}/readyz`);
        return ready.ok;
      } catch {
        return false;
      }
    }, 'the proxy is ready');
    await eventually(async () => {
      const answer = await this.ask('GET', '/v1/pools').catch(() => null); // its listener opens after that of the probes
      return answer?.pools[0].upstreams_ready >= this.addresses;
    }, 'all upstreams are ready');
  }

  async client(port = 'port') {
    const client = await Client.connect(this[port]);
    this.clients.push(client);
    return client;
  }

  async ask(method, path, body) {
    const answer = await fetch(this.origin + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  }

  // What a shell makes of a line that the page shows.
  shell(line) {
    return run('bash', ['-c', line], { env: this.environment });
  }

  // The same of a line that goes on until it is stopped.
  follow(line) {
    return new Child('/bin/bash', ['-c', `exec ${line}`], { env: this.environment });
  }

  get environment() {
    const folder = program('waymarkctl').replace(/\/waymarkctl$/, '');
    return { ...process.env, PATH: `${folder}:${process.env.PATH}`, WAYMARK_TOKEN_FILE: join(this.folder, 'state/admin.token') };
  }

  async stop() {
    for (const client of this.clients) client.leave();
    if (this.proxy) await this.proxy.stop();
    for (const stub of this.stubs) await stub.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
