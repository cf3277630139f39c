"""Frames that were given up: listed, shown, replayed and dropped, and what stays over a restart."""

import base64
import json
import re
import sqlite3
import subprocess
import uuid

import pytest

from harness import dead_letters, wire
from harness.admin import Refused
from harness.books import assert_balanced
from harness.clock import PATIENCE, eventually, scaled
from harness.events import EventStream
from harness.process import program
from harness.proxy import configuration

MARK = "00112233-4455-6677-8899-aabbccddeeff"


class Kept:
    """A proxy whose state directory can be given dead letters while it is stopped."""

    def __init__(self, rig, *upstreams, **settings):
        self._rig = rig
        self.state = rig.folder / "state"
        self.settings = configuration([each.address for each in upstreams], state=str(self.state), **settings)
        self.start()

    def start(self):
        self.proxy = self._rig.start_proxy(self.settings)
        self.admin = self.proxy.admin

    def restart(self, *letters):
        """With these dead letters more; answers their ids."""
        assert self.proxy.terminate() == 0
        ids = dead_letters.put(self.state, *letters)
        self.start()
        return ids

    def list(self, query=""):
        return self.admin.get("/v1/deadletters" + query)["dead_letters"]

    def ids(self, query=""):
        return [each["id"] for each in self.list(query)]

    def replay(self, id):
        return self.admin.post(f"/v1/deadletters/{id}:replay")

    def many(self, verb, dry_run=False, **filter):
        return self.admin.post(f"/v1/deadletters:{verb}", {"filter": filter, "dry_run": dry_run})

    def ctl(self, *arguments):
        return subprocess.run(
            [program("waymarkctl"), "deadletters", *arguments, "--admin", f"http://{self.admin.address}"],
            env={"WAYMARK_TOKEN_FILE": str(self.admin.token_file)},
            capture_output=True,
            timeout=scaled(PATIENCE),
        )


def refused(status, call, *arguments, **options):
    with pytest.raises(Refused) as found:
        call(*arguments, **options)
    assert found.value.status == status, found.value.body
    return found.value.body["message"]


def test_an_older_state_gets_the_table_and_keeps_what_it_holds(rig):
    """As the program before this one left it."""
    upstream = rig.upstream()
    kept = Kept(rig, upstream)
    kept.admin.set(upstream.address, weight=50)
    assert kept.proxy.terminate() == 0
    database = sqlite3.connect(kept.state / "state.db")
    database.executescript("DROP TABLE dead_letters; PRAGMA user_version = 1")
    database.close()
    kept.start()
    assert kept.admin.upstream(upstream.address)["weight"] == 50
    assert kept.list() == []
    (id,) = kept.restart({})
    assert kept.ids() == [id]


def test_listed_by_filter_and_page_and_there_after_a_restart(rig):
    kept = Kept(rig)
    ids = kept.restart(
        *({"pool": "default", "seq": seq} for seq in (1, 2, 3)),
        {"pool": "other", "reason": "given_up", "mark": MARK, "payload": b"\0\xff"},
    )
    assert kept.ids() == ids
    assert kept.ids("?pool=default") == ids[:3]
    assert kept.ids(f"?mark={MARK}") == kept.ids("?reason=given_up") == ids[3:]
    (last,) = kept.list("?pool=other")
    assert last["dead_at"].endswith("Z") and last["received_at"] <= last["dead_at"]
    assert {**last, "dead_at": "", "received_at": ""} == {
        **{"id": ids[3], "mark": MARK, "seq": 1, "pool": "other", "listener": "clients", "upstream": "gone"},
        **{"attempts": 5, "reason": "given_up", "payload_bytes": 2, "dead_at": "", "received_at": ""},
    }
    seen, token = [], ""
    while True:
        page = kept.admin.get(f"/v1/deadletters?limit=3&page_token={token}")
        seen += [each["id"] for each in page["dead_letters"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == ids
    assert "UUID" in refused(400, kept.list, "?mark=nobody")
    assert "token" in refused(400, kept.list, "?page_token=x")
    assert kept.proxy.total("dead_letters") == 4
    assert kept.proxy.total("dead_letters_bytes") == 17


def test_the_payload_is_shown_and_leaves_a_line(rig):
    kept = Kept(rig)
    (id,) = kept.restart({"payload": b"\0\xffsecret"})
    shown = kept.admin.get(f"/v1/deadletters/{id}")
    assert base64.b64decode(shown["payload"]) == b"\0\xffsecret"
    assert shown["dead_letter"]["id"] == id
    line = kept.proxy.wait_for_log("audit", path=f"/v1/deadletters/{id}")
    assert (line["method"], line["status"]) == ("GET", 200)
    assert "secret" not in kept.proxy.process.stderr
    for unknown in ("1", "x", "-1", "99999999999999999999999"):
        assert unknown in refused(404, kept.admin.get, f"/v1/deadletters/{unknown}")


@pytest.mark.parametrize(
    "workers, dispatch", [(1, "connection"), (3, "connection"), (1, "frame"), (1, "all")]
)
def test_one_that_is_gone_is_opened_replayed_and_closed(rig, workers, dispatch):
    upstream = rig.upstream()
    kept = Kept(rig, upstream, workers=workers, pool={"dispatch": dispatch})
    ids = kept.restart({"mark": MARK, "seq": 7, "payload": b"again", "attempts": 5}, {})
    kept.proxy.wait_for_upstreams(1)
    assert kept.replay(ids[0]) == {"id": ids[0], "upstream": upstream.address}
    mark = uuid.UUID(MARK).bytes
    upstream.expect("closed", mark=mark)
    opened, payload, closed = upstream.events(mark=mark)
    assert opened.opened.resumed and opened.opened.next_seq == 7 and opened.opened.listener == "clients"
    assert (payload.payload, payload.seq, payload.attempt) == (b"again", 7, 6)
    assert payload.received_at > 0
    assert closed.closed.last_seq == 7
    assert kept.ids() == ids[1:]
    assert "no dead letter" in refused(404, kept.replay, ids[0])
    kept.restart()
    assert kept.ids() == ids[1:]


def test_without_an_upstream_it_stays(rig):
    upstream = rig.upstream()
    kept = Kept(rig)
    ids = kept.restart({}, {"pool": "other"})
    message = refused(503, kept.replay, ids[0])
    assert "no upstream of pool 'default' is ready" in message and "stays" in message
    assert "no pool 'other'" in refused(409, kept.replay, ids[1])
    done = kept.many("replay", reason="all")
    assert (done["matched"], done["done"]) == (2, 0) and "stays" in done["problem"]
    assert kept.ids() == ids
    kept.admin.add(upstream.address)
    kept.proxy.wait_for_upstreams(1)
    assert kept.replay(ids[0])["upstream"] == upstream.address
    assert kept.ids() == ids[1:]


def test_many_are_replayed_in_order_and_the_books_balance(rig):
    upstream = rig.upstream()
    kept = Kept(rig, upstream, workers=2, pool={"window_events": 64})
    marks = [str(uuid.uuid4()) for _ in range(3)]
    letters = [{"mark": marks[seq % 3], "seq": seq, "payload": b"%d" % seq} for seq in range(1, 1001)]
    kept.restart(*letters, {"pool": "other"})
    kept.proxy.wait_for_upstreams(1)
    assert kept.many("replay", dry_run=True, pool="default") == {"matched": 1000, "done": 0, "problem": ""}
    assert kept.many("replay", mark=marks[0])["done"] == 333
    assert kept.many("replay", pool="default") == {"matched": 667, "done": 667, "problem": ""}
    upstream.expect("payload", count=1000)
    for number, mark in enumerate(marks):
        seqs = [event.seq for event in upstream.events("payload", uuid.UUID(mark).bytes)]
        assert seqs == [each["seq"] for each in letters if each["mark"] == mark], number
    assert len(kept.ids()) == 1
    kept.proxy.wait_settled()
    metrics = kept.proxy.metrics()
    assert_balanced(metrics)
    assert metrics.total("frames_replayed_total") == metrics.total("dead_letters_replayed_total") == 1000
    kept.proxy.wait_for_log("audit", path="/v1/deadletters:replay", status=200)
    kept.restart()
    assert len(kept.ids()) == 1


def test_dropped_one_by_one_and_by_filter(rig):
    kept = Kept(rig)
    ids = kept.restart({}, {"mark": MARK}, {"reason": "given_up"}, {"pool": "other"})
    assert kept.admin.call("DELETE", f"/v1/deadletters/{ids[0]}")["id"] == ids[0]
    refused(404, kept.admin.call, "DELETE", f"/v1/deadletters/{ids[0]}")
    assert "may not be empty" in refused(400, kept.many, "drop")
    assert "UUID" in refused(400, kept.many, "drop", mark="nobody")
    assert kept.many("drop", dry_run=True, reason="all")["matched"] == 3
    assert kept.many("drop", mark=MARK)["done"] == 1
    assert kept.many("drop", pool="default", reason="given_up")["done"] == 1
    assert kept.ids() == ids[3:]
    assert kept.proxy.total("dead_letters_dropped_total", reason="admin") == 3
    kept.restart()
    assert kept.ids() == ids[3:]
    assert kept.many("drop", reason="all") == {"matched": 1, "done": 1, "problem": ""}
    kept.restart()
    assert kept.ids() == []


def test_a_smaller_bound_drops_the_oldest_and_says_so(rig):
    kept = Kept(rig, dead_letters={"max_count": 5})
    ids = kept.restart(*({"seq": seq} for seq in range(1, 9)))
    line = kept.proxy.wait_for_log("dead_letters_dropped")
    assert (line["level"], line["reason"], line["count"]) == ("warn", "oldest", 3)
    assert kept.ids() == ids[3:]
    assert kept.proxy.total("dead_letters_dropped_total", reason="oldest") == 3
    stream = rig.keep(EventStream(kept.admin, "/v1/events"))
    kept.many("drop", reason="all")
    kind, data = stream.next()
    assert (kind, data["count"], data["reason"]) == ("dead_letters_dropped", 5, "admin")


def test_the_command_line(rig):
    upstream = rig.upstream()
    kept = Kept(rig, upstream)
    ids = kept.restart({"payload": b"a\0b", "mark": MARK}, *({"seq": seq} for seq in range(2, 6)), {"pool": "other"})
    kept.proxy.wait_for_upstreams(1)
    lines = kept.ctl("list").stdout.decode().splitlines()
    assert re.split(r"  +", lines[0])[:4] == ["ID", "MARK", "SEQ", "POOL"]
    assert re.split(r"  +", lines[1])[:2] == [ids[0], MARK] and len(lines) == 7
    assert json.loads(kept.ctl("list", "-o", "json").stdout)["dead_letters"] == kept.list()
    shown = kept.ctl("show", ids[0]).stdout.decode()
    assert MARK in shown and "61 00 62" in shown and "|a.b|" in shown
    assert kept.ctl("replay", ids[0]).stdout.decode() == f"replayed {ids[0]} to {upstream.address}\n"
    assert kept.ctl("drop", ids[1]).stdout.decode() == f"dropped {ids[1]}\n"
    gone = kept.ctl("drop", ids[1])
    assert gone.returncode == 5 and b"no dead letter" in gone.stderr
    asked = kept.ctl("replay", "--pool", "default")
    assert asked.returncode == 2 and b"Replay 3 dead letters?" in asked.stderr
    assert kept.ctl("replay", "--pool", "default", "--dry-run").stdout == b"3 dead letters would be replayed\n"
    some = kept.ctl("replay", "--reason", "all", "--yes")
    assert some.returncode == 1 and some.stdout == b"replayed 3 of 4 dead letters\n"
    assert b"no pool 'other'" in some.stderr
    assert kept.ids() == ids[-1:]
    assert kept.ctl("drop", "--pool", "other", "--yes").stdout == b"dropped 1 of 1 dead letter\n"
    assert b"No dead letter matches." in kept.ctl("list").stderr
    eventually(lambda: len(upstream.events("payload")) == 4, "the replayed frames")


def test_nothing_replayed_is_lost_when_the_disk_is_gone(rig):
    """It cannot be erased: the upstream has it and it stays, as at least once says."""
    upstream = rig.upstream()
    kept = Kept(rig, upstream)
    (id,) = kept.restart({})
    kept.proxy.wait_for_upstreams(1)
    away = kept.state.with_name("away")
    kept.state.rename(away)
    kept.state.write_text("in the way")
    # The token's file is away with the state.
    kept.admin.token_file = away / "admin.token"
    message = refused(507, kept.replay, id)
    assert upstream.address in message and "stays" in message
    assert kept.ids() == [id]
    upstream.expect("payload")
    kept.state.unlink()
    away.rename(kept.state)
    kept.admin.token_file = kept.state / "admin.token"
    kept.replay(id)
    upstream.expect("payload", count=2)
    assert kept.ids() == []


@pytest.mark.parametrize("why", ["given_up", "max_attempts"])
def test_what_upstreams_give_up_is_kept_and_comes_again_when_asked_for(rig, why):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    kept = Kept(rig, upstream, pool={"max_attempts": 2})
    client = kept.proxy.client()
    client.send(b"poison\n")
    frame = upstream.expect("payload")[0]
    if why == "given_up":
        upstream.send(wire.nack(frame.delivery, give_up=True))
    else:
        upstream.send(wire.nack(frame.delivery))
        upstream.send(wire.nack(upstream.expect("payload", 2)[1].delivery))
    assert upstream.expect("gap")[0].gap.seq == 1
    (letter,) = eventually(kept.list, "a dead letter")
    assert (letter["mark"], letter["seq"], letter["reason"]) == (str(uuid.UUID(bytes=frame.mark)), 1, why)
    assert (letter["pool"], letter["listener"], letter["upstream"]) == ("default", "clients", "scripted")

    seen = len(upstream.events("payload"))
    kept.replay(letter["id"])
    again = upstream.expect("payload", seen + 1)[-1]
    assert (again.mark, again.seq, again.payload) == (frame.mark, 1, b"poison")
    assert again.attempt == letter["attempts"] + 1
    upstream.send(wire.answer(again, b"cured"))
    assert client.receive_line() == b"cured"
    assert kept.list() == []
    assert_balanced(kept.proxy.metrics())


def test_in_an_ordered_pool_a_replayed_frame_waits_for_the_one_that_is_out(rig):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    kept = Kept(rig, upstream, pool={"dispatch": "frame_ordered"})
    client = kept.proxy.client()
    client.send(b"poison\n")
    upstream.send(wire.nack(upstream.expect("payload")[0].delivery, give_up=True))
    (letter,) = eventually(kept.list, "a dead letter")
    client.send(b"next\n")
    out = upstream.expect("payload", 2)[1]
    assert "full" in refused(503, kept.replay, letter["id"])
    upstream.send(wire.answer(out, b"done"))
    assert client.receive_line() == b"done"
    assert kept.replay(letter["id"])["upstream"] == upstream.address
    again = upstream.expect("payload", 3)[2]
    client.send(b"behind\n")
    upstream.send(wire.answer(again, b"cured"))
    assert client.receive_line() == b"cured"
    upstream.send(wire.answer(upstream.expect("payload", 4)[3], b"well"))
    assert client.receive_line() == b"well"
    assert_balanced(kept.proxy.metrics())
