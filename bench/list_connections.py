#!/usr/bin/python3
"""What it takes to list 10,000 connections: bench/list_connections.py [--connections N] [--bin DIR]

Starts a stub and a proxy with one worker, connects N idle clients, and reads the whole list of them
again and again: in one page, and in pages of 1,000. Prints milliseconds a list, median (min..max),
and by how much the worker's ticks came late meanwhile, from /metrics: a tick that is due while a list
holds the worker waits for it as a client would. How late ticks are without a list is printed beside.
"""

import argparse
import json
import pathlib
import re
import resource
import socket
import statistics
import tempfile
import time
import urllib.request

from one_proxy import OneProxy

ROOT = pathlib.Path(__file__).resolve().parents[1]
LAG = re.compile(r'^waymark_loop_lag_seconds_bucket\{worker="0",le="([^"]+)"\} (\d+)$', re.MULTILINE)


class Proxy(OneProxy):
    def lags(self):
        """How many ticks were late, by upper bound in seconds; cumulative."""
        return {float(bound): int(count) for bound, count in LAG.findall(self.metrics())}

    def list(self, page):
        """Seconds to read all pages, and the marks."""
        token = (self._directory / "state" / "admin.token").read_text().strip()
        marks, after, took = [], "", 0.0
        while True:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.admin}/v1/connections?limit={page}" + (f"&page_token={after}" if after else ""),
                headers={"Authorization": f"Bearer {token}"},
            )
            began = time.monotonic()
            body = urllib.request.urlopen(request, timeout=30).read()
            took += time.monotonic() - began
            answer = json.loads(body)
            marks += [connection["mark"] for connection in answer["connections"]]
            after = answer["next_page_token"]
            if not after:
                return took, marks


def late(before, after):
    """How late the ticks between two scrapes were."""
    counts = {bound: after[bound] - before[bound] for bound in sorted(after)}
    ticks = counts[float("inf")]
    within = next(bound for bound, count in counts.items() if count == ticks)
    return f"{counts[0.001]} of {ticks} ticks at most 1 ms late, all at most {within * 1000:g} ms"


def measure(proxy, connections, page, times):
    quiet = proxy.lags()
    time.sleep(5)  # the time to compare with
    begun = proxy.lags()
    took = []
    while len(took) < times or proxy.lags()[float("inf")] - begun[float("inf")] < 50:
        seconds, marks = proxy.list(page)
        assert len(set(marks)) == len(marks) == connections, f"{len(set(marks))} of {connections}"
        took.append(seconds * 1000)
    print(
        f"{connections} connections in pages of {page}: {statistics.median(took):.1f} ms"
        f" ({min(took):.1f}..{max(took):.1f}), {len(took)} lists\n"
        f"  listing: {late(begun, proxy.lags())}\n"
        f"  idle:    {late(quiet, begun)}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.connections + 100:
        parser.error(f"{options.connections} connections need more descriptors than {hard} (ulimit -Hn)")
    with tempfile.TemporaryDirectory(prefix="waymark-bench-list-") as directory:
        proxy = Proxy(options.bin.resolve(), pathlib.Path(directory))
        clients = []
        try:
            for _ in range(options.connections):
                clients.append(socket.create_connection(("127.0.0.1", proxy.port)))
            while len(proxy.list(10_000)[1]) < options.connections:
                time.sleep(0.1)
            for page in (10_000, 1_000):
                measure(proxy, options.connections, page, options.times)
        finally:
            for client in clients:
                client.close()
            proxy.stop()


if __name__ == "__main__":
    main()
