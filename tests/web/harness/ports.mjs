// Ports that are free now, and still free when their owner comes back from the dead: the last below those
// the kernel gives to whoever asks for any. tests/e2e/harness/ports.py chooses below these.
import { readFileSync } from 'node:fs';
import net from 'node:net';

const many = 768;
const [given] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/).map(Number);
const end = given > 1_024 + many ? given : 32_768; // where it gives them all away, no port is safer than others

const shuffled = (all) => all.map((one) => [Math.random(), one]).sort(([a], [b]) => a - b).map(([, one]) => one);
const ports = shuffled(Array.from({ length: many }, (_, i) => end - many + i));

function listen(port) {
  return new Promise((done) => {
    const server = net.createServer().on('error', () => done(null));
    server.listen(port, '127.0.0.1', () => done(server));
  });
}

// Where nobody listens now, and which were not chosen for the longest time.
export async function freePorts(count) {
  const servers = [];
  for (let tries = 0; servers.length < count && tries < many; ++tries) {
    ports.push(ports.shift());
    const server = await listen(ports.at(-1));
    if (server) servers.push(server);
  }
  const found = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  if (found.length < count) throw new Error(`fewer than ${count} ports from ${end - many} to ${end - 1} are free`);
  return found;
}
