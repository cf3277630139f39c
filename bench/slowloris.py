#!/usr/bin/python3
"""What 10,000 clients that never end a frame cost the others: bench/slowloris.py [--slow N] [--bin DIR]

Starts a stub and a proxy with one worker and the default frame_timeout of 30 s. Good clients echo lines,
2,000 a second, alone and then while N connections each send a byte every two seconds and never a line
end, in turns. Prints the latency of the good ones in both, the errors they had, and how the slow ones
ended. Both halves are told apart by nothing but the slow clients: whoever sends for them takes CPU too.
"""

import argparse
import json
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from one_proxy import OneProxy

ROOT = pathlib.Path(__file__).resolve().parents[1]
TIMED_OUT = re.compile(r'^waymark_downstream_connections_closed_total\{.*reason="FRAME_TIMEOUT"\} (\d+)$', re.MULTILINE)
BETWEEN_BYTES = 2


def echoes(proxy, seconds):
    """The summary of good clients that echo for so long."""
    command = [f"{proxy.binaries}/waymark-load", "--target", f"127.0.0.1:{proxy.port}", "--framing", "line",
               "--connections", "50", "--rate", "2000", "--duration", f"{seconds}s", "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1])


class Dribble:
    """Connections of which each says a byte now and then, until it is closed."""

    def __init__(self, port, count):
        self._open = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        for each in self._open:
            each.setblocking(False)
        self.began = time.monotonic()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while self._open:
            turn = time.monotonic()
            left = []
            for at, each in enumerate(self._open):
                try:
                    each.send(b"x")
                    left.append(each)
                except OSError:
                    each.close()
                if at % 50 == 0:  # spread over the time, as those of a crowd are
                    due = turn + BETWEEN_BYTES * at / len(self._open)
                    time.sleep(max(0.0, due - time.monotonic()))
            self._open = left

    def wait(self):
        self._thread.join()


def errors_of(result):
    return sum(result[name] for name in ("mismatched", "lost", "duplicates", "connect_errors", "disconnects"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.slow + 200:
        parser.error(f"{options.slow} connections need more descriptors than {hard} (ulimit -Hn)")
    ratios = []
    with tempfile.TemporaryDirectory(prefix="waymark-bench-slow-") as directory:
        proxy = OneProxy(options.bin.resolve(), pathlib.Path(directory))
        try:
            for turn in range(options.rounds):
                alone = echoes(proxy, 15)
                slow = Dribble(proxy.port, options.slow)
                beside = echoes(proxy, 15)
                slow.wait()
                lasted = time.monotonic() - slow.began
                closed = sum(int(count) for count in TIMED_OUT.findall(proxy.metrics()))
                ratios.append(beside["latency_us"]["p99"] / alone["latency_us"]["p99"])
                print(
                    f"p99 {alone['latency_us']['p99']:.0f} us alone, {beside['latency_us']['p99']:.0f} us beside "
                    f"{options.slow} slow ones ({ratios[-1]:.2f}), p50 {alone['latency_us']['p50']:.0f} and "
                    f"{beside['latency_us']['p50']:.0f} us; {errors_of(alone) + errors_of(beside)} errors; the last "
                    f"slow one was closed after {lasted:.0f} s, {closed - turn * options.slow} by FRAME_TIMEOUT",
                    flush=True,
                )
        finally:
            proxy.stop()
    print(f"p99 beside / alone: {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})")


if __name__ == "__main__":
    main()
