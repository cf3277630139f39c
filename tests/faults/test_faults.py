"""The guarantee under faults: nothing lost, nothing twice unless flagged, nobody dropped."""

import itertools
import os
import signal

import pytest

from field import WATCHFUL, Field
from namespace import Namespace


@pytest.fixture
def field(rig, pace):
    return Field(rig, pace)


@pytest.fixture
def judge(request, field, table):
    """Ends the run, adds its line to the table, and holds it to the promise."""

    def end():
        verdict = field.finish()
        table.add(request.node.name.removeprefix("test_").replace("_", " ").replace("[", ", ").rstrip("]"), verdict)
        assert verdict.frames > 0 and field.scrapes > 0
        assert verdict.report() == ""
        return verdict

    return end


@pytest.mark.parametrize("dispatch", ["connection", "frame_ordered"], ids=["pinned", "dispatched"])
def test_killed_every_2_s(field, judge, dispatch):
    field.start([field.stub() for _ in range(3)], pool={**WATCHFUL, "dispatch": dispatch})
    for victim in itertools.cycle(field.stubs):
        if not field.goes_on():
            break
        field.tell(f"SIGKILL to {victim.name}")
        victim.kill()
        victim.restart()
        field.wait(2)
    judge()


def test_stopped_and_resumed(field, judge):
    field.start([field.stub() for _ in range(3)])
    for victim in itertools.cycle(field.stubs):
        if not field.goes_on():
            break
        before = field.lost_links(victim.address)
        field.tell(f"SIGSTOP to {victim.name}")
        victim.process.signal(signal.SIGSTOP)
        field.wait_given_up(victim.address, before)
        field.wait(0.5)
        field.tell(f"SIGCONT to {victim.name}")
        victim.process.signal(signal.SIGCONT)
        field.wait_ready()
        field.wait(0.5)
    judge()


def test_hung_handler(field, pace, judge):
    hang = ("--hang-after", int(pace.rate / 3 * 1.5))  # frames of a second and a half
    field.start([field.stub() for _ in range(3)])
    victim = field.stubs[0]
    while field.goes_on():
        victim.kill()
        victim.restart(*hang)
        field.wait_ready()
        before = field.lost_links(victim.address)
        field.spread()
        field.wait_given_up(victim.address, before)
        field.tell(f"{victim.name} hung and was given up")
        field.wait(0.5)
    victim.kill()
    victim.restart()
    judge()


@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_one_way_blackhole(rig, field, judge):
    space = rig.keep(Namespace())
    victim = field.stub(host=space.there, prefix=space.prefix)
    others = [field.stub(), field.stub()]
    address = {"address": victim.address, "insecure": True}
    field.start([victim, *others], relays=[address, *others])
    for way, cut in itertools.cycle((("from", space.cut_way_out), ("to", space.cut_way_in))):
        if not field.goes_on():
            break
        before = field.lost_links(victim.address)
        field.tell(f"nothing passes {way} {victim.name}")
        cut()
        field.wait_given_up(victim.address, before)
        field.wait(0.5)
        space.heal()
        field.wait_ready()
        field.spread()
        field.wait(0.5)
    judge()


def test_all_upstreams_gone(field, pace, judge):
    field.start([field.stub() for _ in range(3)])
    while field.goes_on():
        field.tell(f"SIGKILL to all, for {pace.away:g} s")
        for stub in field.stubs:
            stub.kill()
        field.wait(pace.away)
        for stub in field.stubs:
            stub.restart()
        field.wait_ready()
        field.wait(1)
    judge()


def test_flapping(rig, field, judge):
    victim = field.stub()
    others = [field.stub(), field.stub()]
    relay = rig.chaos(victim)
    field.start([victim, *others], relays=[relay, *others])
    flaps = 0
    while field.goes_on():
        relay.cut()
        flaps += 1
        field.wait_ready()
        field.spread()
        field.wait(0.3)
    field.tell(f"the connections to {victim.name} broke {flaps} times")
    judge()


def test_slow_one_of_three(field, judge):
    slow = field.stub("--slow-read", "10ms")
    field.start([slow, field.stub(), field.stub()], in_flight=4, pool={})
    while field.goes_on():
        field.wait(1)
    judge()
    assert field.proxy.total("link_lost_total") == 0, "slow is not dead"


@pytest.mark.parametrize(
    "arguments, column", [(("--no-acks",), "lost"), (("--ack", "late", "--delay", "300ms"), "doubled")]
)
def test_what_is_not_promised_is_seen(field, arguments, column):
    """Without acks frames are lost, and acks apart from answers repeat these: the checker can fail."""
    field.start([field.stub(*arguments) for _ in range(3)])
    for victim in field.stubs:
        victim.kill()
        victim.restart()
        field.wait(1)
    breaches = field.finish().breaches
    assert [name for name, found in breaches.items() if found] == [column]
