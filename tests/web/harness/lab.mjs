// A lab as `waymark-lab up` starts it, on ports nobody else has, seen from the dashboard of its first proxy.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, program, run } from './process.mjs';
import { Client } from './rig.mjs';

const freePorts = 'ports: { clients: 0, upstreams: 0, admin: 0, telemetry: 0, registry: 0, api: 0 }\n';

export class Lab {
  static async start(plan = '') {
    const lab = new Lab();
    lab.folder = mkdtempSync(join(tmpdir(), 'waymark-lab-'));
    lab.directory = join(lab.folder, 'run');
    lab.clients = [];
    writeFileSync(join(lab.folder, 'lab.yaml'), freePorts + plan);
    lab.child = new Child('waymark-lab', ['up', '-c', join(lab.folder, 'lab.yaml'), '--dir', lab.directory, '--timeout', '120']);
    try {
      await lab.child.says(/The lab is up/);
      lab.lab = readFileSync(join(lab.directory, 'api'), 'utf8');
      lab.token = readFileSync(join(lab.directory, 'token'), 'utf8').trim();
      const { members } = await lab.ask('GET', '/v1/lab');
      const proxy = members.find((one) => one.kind === 'proxy');
      lab.origin = `http://${proxy.admin}`;
      lab.port = Number(proxy.address.replace(/.*:/, ''));
    } catch (fault) {
      await lab.stop();
      throw fault;
    }
    return lab;
  }

  get address() {
    return `${this.origin}/#token=${this.token}`;
  }

  async ask(method, path, body, server = this.lab) {
    const answer = await fetch(server + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  }

  async member(name) {
    return (await this.ask('GET', '/v1/lab')).members.find((one) => one.name === name);
  }

  // Of the first proxy.
  async upstreams() {
    return (await this.ask('GET', '/v1/upstreams', undefined, this.origin)).upstreams;
  }

  async client() {
    const client = await Client.connect(this.port);
    this.clients.push(client);
    return client;
  }

  // What a shell makes of a line that the page shows, whatever else is said of tokens.
  async shell(line) {
    const folder = program('waymark-lab').replace(/\/waymark-lab$/, '');
    const { WAYMARK_TOKEN_FILE, ...env } = process.env;
    return run('bash', ['-c', line], { env: { ...env, PATH: `${folder}:${process.env.PATH}` } });
  }

  async stop() {
    for (const client of this.clients) client.leave();
    await this.child.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
