// The real programs as children, each ended with the test that started it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const programs = process.env.WAYMARK_BIN ?? join(repository, 'build/release/bin');
const scale = Number(process.env.WAYMARK_TIME_SCALE ?? 1);

export const patience = 15_000 * scale; // milliseconds

// One of the system where `name` is its whole path.
export function program(name) {
  const path = resolve(programs, name);
  if (!existsSync(path)) throw new Error(`${path} is not there: build it, or set WAYMARK_BIN`);
  return path;
}

// Asks until the answer is true, and answers it.
export async function eventually(ask, what) {
  const until = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > until) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

// Nobody outlives the tests, however they end.
const living = new Set();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class Child {
  // `name`: of a program of Waymark, or the path of another one.
  constructor(name, args, options = {}) {
    this.name = name;
    this.said = '';
    this.child = spawn(isAbsolute(name) ? name : program(name), args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.said += text));
    }
    this.ended = new Promise((done) => this.child.on('exit', (code, signal) => done(code ?? signal)));
    this.over = false;
    living.add(this.child);
    void this.ended.then(() => {
      this.over = true;
      living.delete(this.child);
    });
  }

  // What a pattern finds in what it has said.
  says(pattern) {
    return eventually(() => {
      const found = pattern.exec(this.said);
      if (!found && this.over) throw new Error(`${this.name} ended: ${this.said}`);
      return found;
    }, `${this.name} says ${pattern}`);
  }

  async stop(signal = 'SIGTERM') {
    if (this.over) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patience);
    await this.ended;
    clearTimeout(timer);
  }
}

// A command to its end: { code, out, err }.
export function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.on('error', failed);
    child.on('exit', (code) => done({ code, out, err }));
  });
}
