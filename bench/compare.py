"""Measures rows x rounds x peers and writes the table; started by bench/compare.sh."""

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time

import peers
import table
from rows import ROWS

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(ROOT, "bench", "README.md")
PROGRAMS = {"haproxy": ["waymark-load", "waymark-bench-echo"],
            "nginx": ["waymark-load", "waymark-bench-echo"],
            "waymark": ["waymark-load", "waymark-bench-echo", "waymark-stub", "waymark"],
            "no-acks": ["waymark-load", "waymark-bench-echo", "waymark-stub", "waymark"]}


class Direct(peers.Peer):
    """No proxy: what the load generator and the back-end alone take."""

    name = "direct"

    def start(self):
        self.port = int(self.start_backends()[0].rpartition(":")[2])
        self.pid = self._processes[0].pid


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the peers end with it
    arguments = parse_arguments()
    rows = [row for row in ROWS if re.search(arguments.rows, row.name)
            and (row.quick or arguments.rows or not arguments.quick)]
    if not rows:
        sys.exit(f"no row matches {arguments.rows}; --list names them all")
    if arguments.list:
        print("\n".join(row.name for row in rows))
        return
    chosen = arguments.peers.split(",")
    check_machine(arguments.bin, chosen, rows)
    os.sched_setaffinity(0, {peers.LOAD_CPU})

    samples = {}
    try:
        for row in rows:
            samples[row.name] = measure_row(arguments, row, chosen)
    except KeyboardInterrupt:
        print("interrupted; what was measured so far:", file=sys.stderr)
        rows = [row for row in rows if row.name in samples]
    text = table.render(rows, samples, facts(arguments))
    print(text)
    save(samples, arguments)
    if arguments.write or (rows == ROWS and set(chosen) == set(peers.PEERS)):
        with open(README, encoding="utf-8") as file:
            readme = table.replace_in(file.read(), text)
        with open(README, "w", encoding="utf-8") as file:
            file.write(readme)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--rows", default="")
    parser.add_argument("--peers", default=",".join(peers.PEERS))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    arguments.warmup, arguments.window = ("300ms", "1s") if arguments.quick else ("1s", "2s")
    return arguments


def check_machine(binaries, chosen, rows):
    for peer in chosen:
        if peer not in peers.PEERS:
            sys.exit(f"unknown peer {peer}, allowed: {', '.join(peers.PEERS)}")
        missing = [name for name in PROGRAMS[peer] if not os.access(f"{binaries}/{name}", os.X_OK)]
        if missing:
            sys.exit(f"{', '.join(missing)} not found in {binaries}: build them "
                     f"(ninja -C build/release), or leave {peer} out with --peers")
    if not {peers.PROXY_CPU, peers.LOAD_CPU} <= os.sched_getaffinity(0):
        sys.exit("needs CPUs 0 and 1: one for the proxy, one for load and back-end")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = max((row.connections for row in rows), default=0)
    if hard < 2 * most + 200:
        sys.exit(f"{most} connections need {2 * most + 200} file descriptors in a proxy, "
                 f"the hard limit is {hard}")


def measure_row(arguments, row, chosen):
    order = [peers.PEERS[name] for name in chosen]
    if row.kind == "ledger":
        order = [peers.WaymarkUnacked] if "waymark" in chosen else []
    if row.kind == "identity":
        order = [peers.WaymarkIdentifying] if "waymark" in chosen else []
    if row.edge:
        order = [peer for peer in order if peer in (peers.HAProxy, peers.Waymark)]
    if row.workers > 1:
        order = [peer for peer in order if peer is not peers.Nginx]  # several processes
    if row.kind == "echo" and row.connections == 1:
        order.append(Direct)
    of_row = {peer.name: [] for peer in order}
    for _ in range(arguments.rounds):
        for peer in order:
            of_row[peer.name].append(measure(arguments, row, peer))
        order.reverse()  # a drift of the machine favours nobody
    return of_row


def measure(arguments, row, peer_type):
    """One sample, or None if it could not be taken."""
    try:
        with peer_type(arguments.bin, row) as peer:
            peer.check()
            sample = MEASURES[row.kind](arguments, row, peer)
            peer.check()
    except peers.Failed as failure:
        print(f"{row.name:42} {peer_type.name:8} FAILED: {failure}", file=sys.stderr)
        return None
    print(f"{row.name:42} {peer_type.name:8} {sample['cost']:9.2f} {row.unit}, "
          f"{sample['errors']} errors", file=sys.stderr)
    return sample


def measure_cost(arguments, row, peer):
    at = {}

    def on_event(event):
        # Outside the window, so that the scrape's own cost stays out of it.
        if event in ("warming", "window_end"):
            at[event] = peer.frames_and_batches()

    mode = ["--mode", "churn"] if row.kind == "churn" else ["--in-flight", str(row.in_flight)]
    result = run_load(peer, [*mode, "--connections", str(row.connections),
                             "--payload", row.payload, "--framing", row.framing,
                             "--warmup", arguments.warmup, "--duration", arguments.window],
                      on_event)
    window = result["window"]
    if not window["received"]:
        raise peers.Failed(f"no frame came back: {result['first_fault']}")
    sample = {"cost": window["watched_cpu_us_per_frame"],
              "per_second": window["received"] / window["seconds"],
              "p50_us": result["latency_us"]["p50"], "errors": errors_of(result),
              "load": result}
    if at.get("warming") and at.get("window_end"):
        frames, batches = (end - start for start, end in zip(at["warming"], at["window_end"]))
        sample["frames_per_batch"] = frames / batches if batches else None
    return sample


def measure_memory(arguments, row, peer):
    """Anonymous memory of the proxy that idle connections add, each."""
    # What is paid once, not per connection, is paid before.
    run_load(peer, ["--connections", "100", "--frames", "20"])
    time.sleep(0.5)
    before = anonymous_bytes(peer.pid)
    held = []

    def on_event(event):
        if event == "window_start":
            time.sleep(1)
            held.append(anonymous_bytes(peer.pid))

    result = run_load(peer, ["--mode", "idle", "--connections", str(row.connections),
                             "--idle-hold", "3s"], on_event)
    return {"cost": (held[0] - before) / row.connections, "errors": errors_of(result),
            "load": result}


def measure_ledger(_arguments, row, peer):
    """Memory that frames nobody acks take, each, beside their encoded bytes and the chunks those lie
    in: both count in waymark_memory_used_bytes."""
    with contextlib.ExitStack() as clients:
        sockets = [clients.enter_context(socket.create_connection(("127.0.0.1", peer.port)))
                   for _ in range(row.connections)]
        line = b"l" * (int(row.payload) - 1) + b"\n"

        def beside_chunks(frames):
            """Once that many are outstanding."""
            def all_there():
                return peer.totals("waymark_link_outstanding_frames") == [frames]
            peer.wait_until(all_there)
            return anonymous_bytes(peer.pid) - peer.totals("waymark_memory_used_bytes")[0]

        for each in sockets:
            each.sendall(line)
        before = beside_chunks(row.connections)
        for each in sockets:
            each.sendall(line * (row.in_flight - 1))
        frames = row.connections * row.in_flight
        added = beside_chunks(frames) - before
    return {"cost": added / (frames - row.connections), "errors": 0}


def measure_identity(arguments, row, peer):
    """CPU time that a rule adds to connect + echo + close: runs with and without it take turns in one
    process, since two processes differ by more than that."""
    def cost_at(port):
        result = run_load(peer, ["--mode", "churn", "--connections", str(row.connections),
                                 "--payload", row.payload, "--warmup", "300ms",
                                 "--duration", "1s"], port=port)
        errors.append(errors_of(result))
        return result["window"]["watched_cpu_us_per_frame"]

    errors, added = [], []
    for pair in range(4 if arguments.quick else 12):
        if pair % 2:
            identified = cost_at(peer.identifying_port)
            added.append(identified - cost_at(peer.port))
        else:
            plain = cost_at(peer.port)
            added.append(cost_at(peer.identifying_port) - plain)
    return {"cost": statistics.median(added), "pairs": added, "errors": sum(errors)}


MEASURES = {"echo": measure_cost, "churn": measure_cost, "memory": measure_memory,
            "ledger": measure_ledger, "identity": measure_identity}


def run_load(peer, options, on_event=lambda event: None, port=None):
    """The load generator's summary; `on_event` hears of each step of the run."""
    command = [f"{peer.binaries}/waymark-load", "--target", f"127.0.0.1:{port or peer.port}",
               "--watch-pid", str(peer.pid), "--announce", "--json", "--quiet",
               *peer.load_options[peer.edge], *options]
    result = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        for line in load.stdout:
            said = json.loads(line)
            if "event" in said:
                on_event(said["event"])
            else:
                result = said
    if result is None:
        raise peers.Failed(f"waymark-load ended with {load.returncode}: {' '.join(command)}")
    if peer.edge == "tls" and result["tls"] not in ("", peers.TLS):
        raise peers.Failed(f"TLS is {result['tls']}, not {peers.TLS}")
    return result


def errors_of(result):
    return sum(result[name] for name in ("mismatched", "lost", "duplicates", "connect_errors",
                                         "disconnects"))


def anonymous_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Anonymous: +(\d+) kB", file.read(), re.MULTILINE)[1]) * 1024


def facts(arguments):
    """Lines that say what was measured where."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    commit = output_of("git", "-C", ROOT, "describe", "--always", "--dirty")
    haproxy = re.search(r"version (\S+)", output_of("haproxy", "-v"))
    nginx = re.search(r"nginx/(\S+)", output_of("nginx", "-v"))
    rounds = "1 round" if arguments.rounds == 1 else f"{arguments.rounds} rounds"
    return [f"{datetime.date.today()}, {cpu[1] if cpu else 'unknown CPU'}, {os.cpu_count()} CPUs, "
            f"Linux {platform.release()}; HAProxy {haproxy[1] if haproxy else '?'}, "
            f"nginx {nginx[1] if nginx else '?'}, Waymark {commit.strip()}; {rounds}, "
            f"windows of {arguments.window} after {arguments.warmup}."]


def output_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.stdout


def save(samples, arguments):
    directory = os.path.join(ROOT, "build", "bench")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, f"{datetime.datetime.now():%Y-%m-%dT%H%M%S}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"facts": facts(arguments), "samples": samples}, file, indent=1)
    print(f"raw results: {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
