"""GET /v1/stats, its history, and the ancestor's GET /worker/stats."""

import contextlib
import os
import pathlib
import sqlite3
import time

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import eventually, scaled
from harness.proxy import configuration
from harness.upstream import Upstream


def by_words(event):
    """What a frame says is what becomes of it."""
    if event.WhichOneof("kind") != "payload":
        return wire.acked_lifecycle(event)
    match event.payload:
        case b"fail":
            return [wire.send(event.mark, b"no", reply_to=event.delivery, error=True)]
        case b"drop":
            return [wire.nack(event.delivery, give_up=True)]
        case b"hush":
            return []
    return [wire.answer(event)]


@pytest.fixture
def upstream():
    upstream = Upstream([wire.welcome(acks=True)], answer=by_words)
    yield upstream
    upstream.stop()


def stats_when(proxy, condition, what):
    """The statistics are of the last reading, so what has just happened is in them a second later."""

    def look():
        stats = proxy.admin.get("/v1/stats")
        return stats if condition(stats) else None

    return eventually(look, what)


def test_everything_is_counted_in_all_and_for_each_upstream(rig, upstream):
    idle = rig.stub()
    proxy = rig.proxy(upstream.address, idle, workers=2, pool={"reply_timeout": f"{int(scaled(300))}ms"})
    proxy.admin.set(idle.address, admin_state="drain")
    client = proxy.client()
    for word in (b"one", b"two", b"three"):
        assert client.ask(word) == word
    assert client.ask(b"fail") == b"no"
    client.send(b"drop\nhush\n")
    stats = stats_when(proxy, lambda one: one["total"]["errors"]["timed_out"] == 1, "the frame that timed out")

    total = stats["total"]
    assert (total["frames"], total["answers"], total["connections"]) == (6, 4, 1)
    assert total["errors"] == {"timed_out": 1, "dead_lettered": 1, "failed_answers": 1}
    assert total["answer_time"]["measured"] >= 4
    assert 0 < total["answer_time"]["p50_ms"] <= total["answer_time"]["p99_ms"]
    assert total["answer_time"]["mean_ms"] > 0
    assert total["frames_per_second"]["last_minute"] > 0
    assert total["errors_per_second"]["last_15_minutes"] > 0

    one, other = stats["upstreams"]
    assert (one["upstream"], one["state"]) == (proxy.admin.upstream(upstream.address)["id"], "ready")
    counted = dict(one["statistics"])
    assert counted.pop("uptime_seconds") >= 0
    assert counted["answer_time"] == total["answer_time"]
    assert (counted["frames"], counted["answers"], counted["connections"]) == (6, 4, 1)
    assert counted["errors"] == total["errors"]
    assert other["statistics"]["frames"] == 0

    listed = proxy.admin.get("/worker/stats")
    assert list(listed) == ["TotalRequests", "SuccessfulRequests", "FailedRequests", "AverageResponseTime"]
    workers = ["total", one["upstream"], other["upstream"]]
    assert all([value["worker"] for value in values] == workers for values in listed.values())
    assert [value["value"] for value in listed["TotalRequests"]] == [6, 6, 0]
    assert [value["value"] for value in listed["SuccessfulRequests"]] == [3, 3, 0]
    assert [value["value"] for value in listed["FailedRequests"]] == [3, 3, 0]
    assert listed["AverageResponseTime"][0]["value"] == total["answer_time"]["mean_ms"]

    metrics = proxy.metrics()
    assert metrics.total("upstream_answers_total") == 4
    for name in ("failed_answers", "timeouts", "given_up"):
        assert metrics.total(f"upstream_{name}_total") == 1, name


def test_a_failure_without_words_is_counted_and_nothing_is_written(rig):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"one\ntwo\n")
    one, two = upstream.expect("payload", count=2)
    upstream.send(
        wire.send(one.mark, b"", reply_to=one.delivery, error=True, receipt=7),
        wire.send(two.mark, b"", reply_to=two.delivery),
    )
    assert client.receive_line() == b"", "the answer to the second one, which is empty and no failure"
    (receipt,) = upstream.expect("receipt")
    assert receipt.receipt.receipt == 7
    stats = stats_when(proxy, lambda one: one["total"]["answers"] == 2, "both answers")
    assert stats["total"]["errors"]["failed_answers"] == 1
    assert proxy.total("link_outstanding_frames") == 0
    assert proxy.total("downstream_frames_total", direction="down") == 1


@pytest.mark.parametrize("protocol", ["link", "legacy"])
def test_a_stub_that_is_to_fail_does_not_answer(rig, protocol):
    # An upstream of the legacy protocol does not hear of the client's end.
    stub = rig.stub("--failure", "100%", "--protocol", protocol)
    proxy = rig.proxy(stub, listener={"half_close_timeout": "500ms"} if protocol == "legacy" else {})
    client = proxy.client()
    client.send(b"one\ntwo\nthree\n")
    total = stats_when(proxy, lambda one: one["total"]["frames"] == 3, "three frames")["total"]
    if protocol == "link":
        total = stats_when(proxy, lambda one: one["total"]["answers"] == 3, "three answers")["total"]
    failed = 3 if protocol == "link" else 0  # the legacy protocol has no word for it
    assert total["errors"] == {"timed_out": 0, "dead_lettered": 0, "failed_answers": failed}
    client.end_writing()
    assert client.receive_to_end() == b""


def test_more_answers_than_frames_are_no_more_than_all_successes(rig, upstream):
    proxy = rig.proxy(upstream.address)
    client = proxy.client()
    assert client.ask(b"one") == b"one"
    (frame,) = upstream.expect("payload")
    upstream.send(wire.send(frame.mark, b"news"), wire.send(frame.mark, b"more"))
    assert [client.receive_line() for _ in range(2)] == [b"news", b"more"]
    stats_when(proxy, lambda one: one["total"]["answers"] == 3, "three answers")
    listed = proxy.admin.get("/worker/stats")
    assert [value["value"] for value in listed["SuccessfulRequests"]] == [1, 1]


def test_the_totals_stay_when_an_upstream_goes(rig):
    first, second = rig.stubs(2)
    proxy = rig.proxy(first, second, pool={"leave_timeout": "200ms"})
    for client in proxy.clients(4):
        assert client.ask(b"hello") == b"hello"
    stats_when(proxy, lambda one: one["total"]["answers"] == 4, "four answers")
    added = proxy.admin.add(rig.stub().address)
    stats_when(proxy, lambda one: len(one["upstreams"]) == 3, "three upstreams")
    proxy.admin.remove(added["address"])
    gone = lambda one: len(one["upstreams"]) == 2  # noqa: E731
    assert stats_when(proxy, gone, "two upstreams")["total"]["answers"] == 4
    for client in proxy.clients(2):
        assert client.ask(b"again") == b"again"
    total = stats_when(proxy, lambda one: one["total"]["answers"] >= 6, "six answers")["total"]
    assert (total["answers"], total["frames"]) == (6, 6)


def sums(history):
    return sum(history["frames"]), sum(history["delivered"])


def test_a_history_by_the_second(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    client = proxy.client()
    for _ in range(10):
        assert client.ask(b"hello") == b"hello"
    read = lambda query="": proxy.admin.get(f"/v1/stats/history{query}")  # noqa: E731
    eventually(lambda: sums(read()) == (10, 10), "ten frames in the history")
    history = read()
    assert history["resolution_seconds"] == 1
    columns = {name: values for name, values in history.items() if isinstance(values, list)}
    assert len({len(values) for values in columns.values()}) == 1
    assert history["at"] == sorted(set(history["at"]))
    assert abs(history["at"][-1] - time.time()) < 60
    assert history["connections"][-1] == 1
    assert max(history["answer_p99_us"]) > 0 and max(history["up_p99_us"]) > 0

    own = read(f"?upstream={proxy.admin.upstream(stub.address)['id']}")
    assert sum(own["frames"]) == 10 and sum(own["answers"]) == 10
    newest = history["at"][-1]
    assert all(at > newest for at in read(f"?since={newest}")["at"])

    with pytest.raises(Refused) as refused:
        read("?upstream=nobody")
    assert refused.value.status == 404 and "nobody" in str(refused.value.body)
    with pytest.raises(Refused) as refused:
        read("?resolution=1h")
    assert refused.value.status == 400 and "1s" in str(refused.value.body)


def test_a_history_by_the_minute_outlives_the_process(rig):
    stub = rig.stub()
    first = rig.proxy(stub)
    client = first.client()
    for _ in range(5):
        assert client.ask(b"hello") == b"hello"
    stats_when(first, lambda one: one["total"]["frames"] == 5, "five frames")
    state = first._settings["state"]  # pylint: disable=protected-access
    assert first.terminate() == 0
    with sqlite3.connect(f"file:{state}/history.db?mode=ro", uri=True) as file:
        rows = file.execute("SELECT upstream = '', sum(frames), sum(answers) FROM minutes GROUP BY 1").fetchall()
    assert rows == [(0, 5, 5), (1, 5, 5)]
    assert os.stat(f"{state}/history.db").st_mode & 0o777 == 0o600

    second = rig.start_proxy(configuration([stub.address], state=state))
    second.wait_for_upstreams(1)
    read = lambda: second.admin.get("/v1/stats/history?resolution=1m")  # noqa: E731
    eventually(lambda: sums(read()) == (5, 5), "the minutes before the restart")
    history = read()
    assert history["resolution_seconds"] == 60
    assert all(at % 60 == 0 for at in history["at"])
    assert second.admin.get("/v1/stats")["total"]["frames"] == 0, "counts are of this process"
    own = second.admin.upstream(stub.address)["id"]
    assert sum(second.admin.get(f"/v1/stats/history?resolution=1m&upstream={own}")["frames"]) == 5


def test_a_start_does_not_wait_for_the_history(rig, tmp_path):
    """Another has locked it, which SQLite waits two seconds to end."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(state / "history.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        proxy = rig.proxy(rig.stub(), state=str(state))
        assert proxy.client().ask(b"hello") == b"hello"
        assert "history.db: database is locked" in proxy.wait_for_log("state")["what"]
        events = [line["event"] for line in proxy.log()]
        assert events.index("started") < events.index("state")
    stats_when(proxy, lambda one: one["total"]["frames"] == 1, "a frame")
    assert proxy.terminate() == 0
    with contextlib.closing(sqlite3.connect(state / "history.db")) as file:
        assert file.execute("SELECT sum(frames) FROM minutes WHERE upstream = ''").fetchone() == (1,)


@pytest.mark.parametrize("trouble", ["damaged", "not_writable"])
def test_clients_are_served_whatever_is_wrong_with_the_history(rig, tmp_path, trouble):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    history = pathlib.Path(state) / "history.db"
    if trouble == "damaged":
        history.write_bytes(b"not a database" * 100)
    else:
        history.mkdir()
    this_minute = time.time() // 60 * 60
    proxy = rig.proxy(rig.stub(), state=str(state))
    assert proxy.client().ask(b"hello") == b"hello"
    stats_when(proxy, lambda one: one["total"]["frames"] == 1, "a frame")
    told = proxy.wait_for_log("state")["what"]
    assert "history.db" in told
    assert ("a new one is begun" in told) == (trouble == "damaged")
    assert all(at >= this_minute for at in proxy.admin.get("/v1/stats/history?resolution=1m")["at"])
    assert proxy.terminate() == 0
    assert history.is_file() == (trouble == "damaged")
