"""What a tap shows of one connection, and that it costs the connection nothing."""

import base64
import json
import signal
import time

import pytest

from harness import wire
from harness.clock import eventually
from harness.events import EventStream

MOST_TAPS = 8


def tap_path(mark, query=""):
    return f"/v1/connections/{mark}:tap{query}"


def tapped(rig, proxy, client, query=""):
    """A tap of this client that has begun, and its mark."""
    mark = mark_of(proxy, client)
    stream = rig.keep(EventStream(proxy.admin, tap_path(mark, query)))
    assert stream.status == 200
    kind, begin = stream.next()
    assert (kind, begin["mark"]) == ("begin", mark)
    return stream, mark


def mark_of(proxy, client):
    def find():
        return [each["mark"] for each in proxy.admin.connections() if each["peer"] == client.address]

    return eventually(find, "the client in the list")[0]


def frame(stream):
    """(direction, seq, payload) of the next event, which is a whole frame."""
    kind, data = stream.next()
    assert kind == "frame", (kind, data)
    payload = base64.b64decode(data["payload"])
    assert data["size"] == len(payload) and not data["truncated"]
    return data["direction"], data["seq"], payload


def audits(proxy, summary):
    return [line for line in proxy.log("audit") if summary in line["summary"]]


@pytest.mark.parametrize("workers", [1, 3])
def test_frames_both_ways_byte_for_byte(rig, workers):
    proxy = rig.proxy(rig.stub(), framing={"length_prefix": {"size": "4"}}, workers=workers)
    client = proxy.client()
    other = proxy.client()
    stream, _ = tapped(rig, proxy, client)
    payloads = [bytes(range(256)), b"", b"\r\n\0", "\u00e9\u4e16".encode()]
    for seq, payload in enumerate(payloads, 1):
        data = len(payload).to_bytes(4, "big") + payload
        other.send((5).to_bytes(4, "big") + b"other")
        client.send(data)
        assert client.receive(len(data)) == data
        assert frame(stream) == ("up", seq, payload)
        assert frame(stream) == ("down", seq, payload)


def test_raw_bytes_and_times(rig):
    proxy = rig.proxy(rig.stub(), framing="raw")
    client = proxy.client()
    stream, _ = tapped(rig, proxy, client)
    client.send(b"\x00\xff")
    assert client.receive(2) == b"\x00\xff"
    (_, up), (_, down) = stream.next(), stream.next()
    assert (up["direction"], up["payload"]) == ("up", "AP8=")
    assert down["direction"] == "down"
    assert up["time"] <= down["time"] and up["time"].endswith("Z")


def test_a_tap_begins_in_the_middle_and_frames_are_cut(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    client.ask(b"before")
    stream, _ = tapped(rig, proxy, client, "?max_bytes=3")
    client.ask(b"0123456789")
    _, data = stream.next()
    assert (data["seq"], data["size"], data["truncated"]) == (2, 10, True)
    assert base64.b64decode(data["payload"]) == b"012"


def test_it_follows_its_client_to_another_upstream(rig):
    first, second = rig.stubs(2)
    proxy = rig.proxy(first, second)
    client = proxy.client()
    stream, mark = tapped(rig, proxy, client)
    before = proxy.admin.get(f"/v1/connections/{mark}")["upstream_address"]
    proxy.admin.set(before, admin_state="maintenance")
    eventually(lambda: proxy.admin.get(f"/v1/connections/{mark}")["upstream_address"] != before, "a move")
    client.ask(b"hello again")
    assert frame(stream) == ("up", 1, b"hello again")


def test_what_an_operator_and_upstreams_send_is_shown_and_then_the_end(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    stream, mark = tapped(rig, proxy, client)
    upstream.send(wire.send(upstream.mark_of(client), b"from upstream"))
    assert frame(stream) == ("down", 1, b"from upstream")
    proxy.admin.post(f"/v1/connections/{mark}:send", {"text": "from an operator"})
    assert frame(stream) == ("down", 2, b"from an operator")
    proxy.admin.post(f"/v1/connections/{mark}:close", {"goodbye_text": "bye"})
    assert frame(stream) == ("down", 3, b"bye")
    assert stream.next() == ("end", {"reason": "ADMIN"})
    assert stream.next() is None, "the stream ends with the connection"


def test_the_end_of_the_client_and_of_the_proxy(rig):
    proxy = rig.proxy(rig.stub())
    client, other = proxy.clients(2)
    stream, _ = tapped(rig, proxy, client)
    last, _ = tapped(rig, proxy, other)
    client.reset()
    assert stream.next() == ("end", {"reason": "CLIENT_RESET"})
    proxy.terminate()
    assert last.next() == ("end", {"reason": "DRAINING"})
    assert last.next() is None


def test_two_at_once_and_an_audit_line_for_each_beginning_and_end(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    one, mark = tapped(rig, proxy, client)
    two, _ = tapped(rig, proxy, client, "?max_bytes=9")
    client.ask(b"hello")
    for stream in (one, two):
        assert frame(stream) == ("up", 1, b"hello")
        assert frame(stream) == ("down", 1, b"hello")
    eventually(lambda: len(audits(proxy, "begins")) == 2, "two beginnings in the log")
    assert [line["path"] for line in audits(proxy, "begins")] == [tap_path(mark), tap_path(mark, "?max_bytes=9")]
    one.close()
    eventually(lambda: audits(proxy, "ends: 2 of 2 frames shown"), "the end of the first in the log")
    client.ask(b"more")
    assert frame(two) == ("up", 2, b"more")
    client.close()
    assert frame(two) == ("down", 2, b"more")
    assert two.next() == ("end", {"reason": "CLIENT_CLOSED"})
    (line,) = eventually(lambda: audits(proxy, "ends: 4 of 4 frames shown"), "the end of the second in the log")
    assert (line["actor"], line["method"], line["path"]) == ("admin", "GET", tap_path(mark, "?max_bytes=9"))


def test_a_reader_that_wants_few_gets_few_and_is_told_how_many_more_there_were(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    began = time.monotonic()
    stream, _ = tapped(rig, proxy, client, "?max_rate=1024")
    sent = 500
    for _ in range(sent):
        client.ask(b"x" * 100)
    client.close()
    shown = dropped = 0
    for kind, data in iter(stream.next, ("end", {"reason": "CLIENT_CLOSED"})):
        shown += kind == "frame"
        dropped += data["count"] if kind == "dropped" else 0
    assert shown + dropped == 2 * sent
    a_second = 1024 / (100 + 128)  # frames
    most = a_second * (1 + time.monotonic() - began) + 1
    assert 5 <= shown <= most, "a second's worth at once, and so many in each"
    assert dropped > 0


def test_a_slow_reader_loses_frames_and_is_told_how_many(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    stream, _ = tapped(rig, proxy, client, "?max_bytes=65536")
    line = b"x" * 60_000
    sent = 200  # 24 MB both ways, which is more than the tap and the sockets behind it hold
    for _ in range(sent):
        assert client.ask(line) == line
    expected = {"up": 1, "down": 1}
    shown = dropped = 0
    while shown + dropped < 2 * sent:
        kind, data = stream.next()
        if kind == "dropped":
            dropped += data["count"]
            continue
        assert data["size"] == len(line)
        assert data["seq"] >= expected[data["direction"]], "frames come in order"
        expected[data["direction"]] = data["seq"] + 1
        shown += 1
    assert dropped > 0 and shown > 0
    assert client.ask(b"still here") == b"still here"
    assert frame(stream) == ("up", sent + 1, b"still here")


def test_who_may_and_what_can_be_tapped(rig):
    tokens = []
    for role in ("read", "operate", "admin"):
        path = rig.folder / f"{role}.token"
        path.write_text(role * 8 + "\n")
        path.chmod(0o600)
        tokens.append({"name": f"a-{role}", "role": role, "file": str(path)})
    proxy = rig.proxy(rig.stub(), admin={"bind": "127.0.0.1:0", "tokens": tokens})
    client = proxy.client()
    path = tap_path(mark_of(proxy, client))
    for role in ("read", "operate"):
        status, _, body = proxy.admin.raw("GET", path, Authorization=f"Bearer {role * 8}")
        assert status == 403 and "needs the role admin" in body
    assert proxy.admin.raw("GET", path)[0] == 401
    refused = {
        tap_path("00000000-0000-4000-8000-000000000000"): 404,
        tap_path("nonsense"): 400,
        path + "?max_bytes=0": 400,
        path + "?max_bytes=65537": 400,
        path + "?max_rate=1023": 400,
        path + "?max_byte=1": 400,
    }
    for target, status in refused.items():
        assert EventStream(proxy.admin, target).status == status, target
    eventually(lambda: len(proxy.log("audit", status=400)) == 5, "the refused ones in the log")
    assert len(proxy.log("audit", status=404)) == 1
    assert not audits(proxy, "begins")


def test_their_number_is_limited_and_nothing_stays_behind(rig):
    proxy = rig.proxy(rig.stub(), workers=2)
    client = proxy.client()
    mark = mark_of(proxy, client)
    for _ in range(2):
        streams = [tapped(rig, proxy, client)[0] for _ in range(MOST_TAPS)]
        refused = EventStream(proxy.admin, tap_path(mark))
        assert (refused.status, refused.refusal["message"]) == (503, f"no more than {MOST_TAPS} taps at a time")
        before = len(audits(proxy, "ends:"))
        for stream in streams:
            stream.close()
        # Nothing is sent meanwhile: that they are gone is noticed all the same.
        eventually(lambda: len(audits(proxy, "ends:")) == before + MOST_TAPS, "the end of every tap")
    assert client.ask(b"hello") == b"hello"


# --- waymarkctl ---


def ctl(rig, proxy, *arguments):
    options = ["--admin", f"http://{proxy.admin.address}", "--token-file", proxy.admin.token_file]
    return rig.run("waymarkctl", "connections", "tap", *arguments, *options)


def begun(running):
    return running.wait_for(lambda: "tapping" in running.stderr, "the beginning of the tap")


def test_waymarkctl_shows_a_hexdump_until_the_connection_ends(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    running = ctl(rig, proxy, mark_of(proxy, client))
    begun(running)
    client.ask(b"hello")
    running.wait_for(lambda: running.stdout.count("|hello|") == 2, "both frames")
    client.close()
    assert running.wait_exit() == 0
    up, dump, down, same, end = running.stdout.splitlines()
    assert up.startswith("-> 1  ") and down.startswith("<- 1  ")
    assert dump == same == "00000000  68 65 6c 6c 6f" + " " * 36 + "|hello|"
    assert end == "the connection has ended: CLIENT_CLOSED"


def test_waymarkctl_ends_after_so_many_frames_in_json(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    running = ctl(rig, proxy, mark_of(proxy, client), "--count", "3", "--max-bytes", "2", "-o", "json")
    begun(running)
    for _ in range(3):
        client.ask(b"hello")
    assert running.wait_exit() == 0
    frames = [json.loads(line)["data"] for line in running.stdout.splitlines()]
    assert [(each["direction"], each["seq"]) for each in frames] == [("up", 1), ("down", 1), ("up", 2)]
    assert all(each["truncated"] and each["payload"] == "aGU=" for each in frames)
    eventually(lambda: audits(proxy, "ends:"), "the end in the log")


def test_waymarkctl_ends_by_ctrl_c_and_says_what_is_not_there(rig):
    proxy = rig.proxy(rig.stub())
    running = ctl(rig, proxy, mark_of(proxy, proxy.client()))
    begun(running)
    running.signal(signal.SIGINT)
    assert running.wait_exit() == 0
    assert ctl(rig, proxy, "00000000-0000-4000-8000-000000000000").wait_exit() == 5
