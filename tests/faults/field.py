"""Three upstreams, a proxy before them, clients that never stop sending, and a journal at both ends."""

import dataclasses
import pathlib
import re
import sys
import time

import checker
from harness.books import assert_balanced
from harness.clock import eventually, scaled
from harness.ports import free_address
from harness.process import Process
from harness.stub import Stub
from history import Served, read_clients, read_upstream

TRAFFIC = pathlib.Path(__file__).with_name("traffic.py")
LOOPBACK = "127.0.0.1"
SETTLE = 5  # seconds without an answer after which no more is expected
JITTER = "50ms"
# Gives up soon, and takes back at once: no upstream is kept from failing again.
WATCHFUL = {
    "progress_timeout": "1s",
    "ping_interval": "300ms",
    "health": {"slow_start": "0s", "eject_after": 100},
}


@dataclasses.dataclass(frozen=True)
class Pace:
    seconds: float  # of faults
    connections: int
    rate: float  # frames a second of all clients
    away: float  # seconds without any upstream


class Field:
    def __init__(self, rig, pace):
        self._rig = rig
        self._pace = pace
        self._began = time.monotonic()
        self._journals = []
        self.scrapes = 0

    # --- before the start ---

    def stub(self, *arguments, host=LOOPBACK, prefix=()):
        """One that answers late and out of order, so that much is unanswered when it fails."""
        name = f"upstream-{len(self._journals) + 1}"
        journal = self._rig.folder / f"{name}.journal"
        self._journals.append(journal)
        return self._rig.keep(
            Stub(
                *(self._rig.folder, name, "--journal", journal, "--jitter", JITTER, *arguments),
                listen=free_address(host),
                prefix=prefix,
            )
        )

    def start(self, stubs, relays=None, in_flight=32, pool=None):
        """`relays`: what the proxy is told of, if not of the upstreams themselves. `in_flight`: the
        unanswered frames a client may have. `pool`: settings in place of WATCHFUL."""
        self.stubs = stubs
        pool = WATCHFUL if pool is None else pool
        self._pinned = pool.get("dispatch", "connection") == "connection"
        self.proxy = self._rig.proxy(*(relays or stubs), workers=2, pool=pool)
        self._log = self._rig.folder / "clients.journal"
        pace = self._pace
        self._traffic = self._rig.keep(
            Process(
                self._rig.folder,
                "traffic",
                [
                    *(sys.executable, TRAFFIC, "--target", self.proxy.addresses["clients"]),
                    *("--journal", self._log, "--connections", pace.connections, "--rate", pace.rate),
                    *("--in-flight", in_flight, "--settle", scaled(SETTLE)),
                ],
            )
        )
        self._traffic.wait_for_line("connected")
        self.wait(1)
        self._end = time.monotonic() + pace.seconds
        self._began = time.monotonic()

    # --- while it runs ---

    def goes_on(self):
        """Whether there is time for one more fault."""
        return time.monotonic() < self._end

    def wait(self, seconds):
        """The pace of the faults; meanwhile the books must balance in every scrape."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.25))
            self.check_books()

    def check_books(self):
        assert_balanced(self.proxy.metrics())
        self.scrapes += 1

    def lost_links(self, address):
        return self.proxy.metrics().count("link_lost_total", upstream=address)

    def wait_given_up(self, address, before):
        """Until every worker has lost its link to `address` since there were `before` losses."""
        eventually(lambda: self.lost_links(address) >= before + 2, f"{address} given up")

    def wait_ready(self):
        self.proxy.wait_for_upstreams(len(self.stubs))

    def spread(self):
        """Gives upstreams that came back their share of the clients again."""
        self.proxy.admin.post("/v1/connections:rebalance", {"filter": {"state": "all"}})

    def tell(self, what):
        print(f"  {time.monotonic() - self._began:5.1f} s  {what}", flush=True)

    # --- the end ---

    def finish(self):
        """Ends the sending, waits for what is still to come, and answers the verdict."""
        self.tell("the end of the faults")
        self.wait_ready()
        self.check_books()
        self._traffic.terminate(within=90)
        lag = float(re.search(r"^lag (\S+)$", self._traffic.stdout, re.M).group(1))
        clients = read_clients(self._log.read_text())
        served = Served(pinned=self._pinned)
        for journal in self._journals:
            read_upstream(journal.read_text(), served)
        verdict = checker.check(clients, served, lag)
        self.proxy.wait_settled()
        metrics = self.proxy.metrics()
        assert_balanced(metrics)
        if not verdict.count("dropped"):
            assert metrics.total("downstream_frames_total", direction="up") == verdict.frames
        if not verdict.count("lost"):
            done = metrics.total("frames_sent_total") + metrics.count("frames_given_up_total")
            assert done == verdict.frames, "each counts once"
        return verdict
