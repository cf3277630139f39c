"""What waymark-stub writes down, and how it fails when it is told to."""

import json
import signal
import socket
import stat
import time

import pytest

from harness.clock import eventually, scaled
from harness.ports import free_address
from harness.proxy import configuration


def lines(journal, kind=None):
    """The lines of a journal, as words without their times."""
    found = []
    for line in journal.read_text().splitlines():
        first, time_of, *words = line.split(" ")
        assert abs(time.monotonic_ns() - int(time_of)) < scaled(120) * 1e9, "CLOCK_MONOTONIC"
        if kind in (None, first):
            found.append([first, *words])
    return found


def test_the_journal_tells_a_connection_s_life_in_order(rig, tmp_path):
    journal = tmp_path / "journal"
    stub = rig.stub("--journal", journal, name="red")
    client = rig.proxy(stub).client()
    assert client.ask(b"1:1 hello") == b"1:1 hello"
    assert client.ask(b"\x07 bell") == b"\x07 bell"
    client.end_writing()
    assert client.receive_to_end() == b""
    eventually(lambda: lines(journal, "closed"), "the end")
    ((_, mark, _),) = lines(journal, "opened")
    assert lines(journal) == [
        ["start", str(stub.process.pid), "red"],
        ["opened", mark, "1"],
        ["frame", mark, "1", "1", "1", "1:1"],
        ["answer", mark, "1", "1", "1"],
        ["frame", mark, "2", "1", "1", "?"],
        ["answer", mark, "2", "1", "1"],
        ["half_closed", mark],
        ["closed", mark, "CLIENT_CLOSED", "2"],
    ]


def test_what_was_told_before_a_kill_stays_told(rig, tmp_path):
    journal = tmp_path / "journal"
    stub = rig.stub("--journal", journal, "--reply", "none")
    client = rig.proxy(stub).client()
    client.send(b"1:1\n")
    eventually(lambda: lines(journal, "frame"), "the frame")
    first = stub.process.pid
    stub.kill()
    stub.restart()
    assert [words[1] for words in lines(journal, "start")] == [str(first), str(stub.process.pid)]
    assert lines(journal, "frame")[0][-1] == "1:1"
    assert lines(journal, "answer") == []


def test_an_answer_that_could_not_be_sent_is_told_as_such(rig, tmp_path):
    journal = tmp_path / "journal"
    stub = rig.stub("--journal", journal, "--delay", "1s")
    proxy = rig.proxy(stub)
    client = proxy.client()
    client.send(b"1:1\n")
    eventually(lambda: lines(journal, "frame"), "the frame")
    proxy.process.kill()
    eventually(lambda: lines(journal, "answer"), "the end of the delay")
    assert lines(journal, "answer")[0][-1] == "0"


def test_a_journal_that_cannot_be_written_is_a_usage_error(rig, tmp_path):
    process = rig.run("waymark-stub", "--listen", "127.0.0.1:0", "--journal", tmp_path / "none/journal")
    assert process.wait_exit() == 2
    assert "--journal" in process.stderr and "No such file" in process.stderr


def test_it_crashes_in_the_frame_after_so_many(rig, tmp_path):
    journal = tmp_path / "journal"
    stub = rig.stub("--journal", journal, "--crash-after", "2")
    client = rig.proxy(stub).client()
    assert client.ask(b"one") == b"one"
    assert client.ask(b"two") == b"two"
    client.send(b"three\n")
    assert stub.process.wait_exit() == -signal.SIGABRT
    assert [words[-1] for words in lines(journal, "frame")] == ["one", "two", "three"]
    assert len(lines(journal, "answer")) == 2


def test_it_hangs_in_the_frame_after_so_many_and_is_left(rig):
    hung, other = rig.stub("--hang-after", "1"), rig.stub()
    proxy = rig.proxy(hung, other, pool={"progress_timeout": "500ms", "ping_interval": "200ms"})
    clients = proxy.clients(2)
    assert [client.ask(b"one") for client in clients] == [b"one"] * 2
    for client in clients:
        client.send(b"two\n")
    proxy.wait_for_log("upstream_lost", address=hung.address)
    assert hung.process.running()
    hung.kill()


@pytest.mark.parametrize("share, answered", [("0%", 20), ("100%", 0)])
def test_a_share_of_the_frames_gets_no_answer(rig, tmp_path, share, answered):
    journal = tmp_path / "journal"
    client = rig.proxy(rig.stub("--journal", journal, "--failure", share)).client()
    client.send(b"".join(b"%d\n" % number for number in range(20)))
    client.end_writing()
    assert client.receive_to_end().count(b"\n") == answered
    assert len(lines(journal, "frame")) == 20


def test_half_of_the_frames_fail_where_half_are_to(rig):
    client = rig.proxy(rig.stub("--failure", "50%")).client()
    client.send(b"x\n" * 1000)
    client.end_writing()
    assert 400 < client.receive_to_end().count(b"\n") < 600


def test_answers_jitter_out_of_order(rig):
    client = rig.proxy(rig.stub("--jitter", "100ms")).client()
    sent = [b"%d" % number for number in range(50)]
    client.send(b"\n".join(sent) + b"\n")
    answers = [client.receive_line() for _ in sent]
    assert sorted(answers) == sorted(sent)
    assert answers != sent


def test_it_reads_slowly(rig):
    client = rig.proxy(rig.stub("--slow-read", "20ms")).client()
    began = time.monotonic()
    client.send(b"x\n" * 20)
    client.receive(40)
    assert time.monotonic() - began >= 20 * 0.02


@pytest.mark.parametrize(
    "option, value",
    [("--failure", "101%"), ("--failure", "5"), ("--jitter", "soon"), ("--slow-read", "-1s"), ("--delay", "inf")],
)
def test_a_trouble_that_cannot_be_is_a_usage_error(rig, option, value):
    process = rig.run("waymark-stub", "--listen", "127.0.0.1:0", f"{option}={value}")
    assert process.wait_exit() == 2
    assert option in process.stderr and value in process.stderr


@pytest.mark.parametrize("ack, acked", [("late", 3), ("never", 0)])
def test_answers_that_ack_nothing(rig, ack, acked):
    stub = rig.stub("--ack", ack, "--delay", "1s")
    proxy = rig.proxy(stub)
    client = proxy.client()
    client.send(b"one\ntwo\nthree\n")
    assert [client.receive_line() for _ in range(3)] == [b"one", b"two", b"three"]
    assert proxy.total("link_outstanding_frames") == 3, "answered, and none acked yet"
    if acked:
        proxy.wait_settled()
    assert proxy.total("frames_sent_total") == acked


# --- changed while it runs ---


def tell(path, line):
    """What the control socket answers to one line."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(scaled(10))
        control.connect(str(path))
        control.sendall(line + b"\n")
        return json.loads(control.makefile("rb").readline())


@pytest.fixture
def control(tmp_path):
    return tmp_path / "control"


def change(path, **values):
    answer = tell(path, json.dumps(values).encode())
    assert "error" not in answer, answer
    return answer["behaviour"]


def test_what_it_does_can_be_asked_and_changed(rig, control):
    client = rig.proxy(rig.stub("--control", control, "--delay", "1ms", "--failure", "0.5%")).client()
    change(control, failure="0%")
    assert client.ask(b"one") == b"one"
    assert tell(control, b"{}") == {
        "behaviour": {
            "reply": "echo",
            "ack": "auto",
            "delay": "1ms",
            "jitter": "0ms",
            "failure": "0%",
            "drop": "0%",
            "slow_read": "0ms",
            "crash_after": "0",
            "hang_after": "0",
        },
        "frames": 1,
    }
    changed = change(control, reply="template:{id} says {payload}", delay="0ms")
    assert changed["reply"] == "template:{id} says {payload}" and changed["delay"] == "0ms"
    assert client.ask(b"two").endswith(b"says two")


@pytest.mark.parametrize(
    "line, says",
    [
        (b'{"delay":"1s","jitter":"soon"}', 'jitter: "soon", expected a time'),
        (b'{"delay":"1s","drop":"101%"}', 'drop: "101%", expected 0% to 100%'),
        (b'{"delay":"1s","ack":"often"}', "allowed: auto, late, never, duplicate"),
        (b'{"delay":"1s","dely":"2s"}', '"dely" is unknown, allowed: reply, ack'),
        (b'{"delay":"1s","crash_after":"-1"}', "expected a number of frames"),
        (b'{"delay":1}', "delay: a text is due"),
        (b"[]", "a JSON object is due"),
        (b"{", "a JSON object is due"),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(rig, control, line, says):
    rig.stub("--control", control)
    assert says in tell(control, line)["error"]
    assert tell(control, b"{}")["behaviour"]["delay"] == "0ms"


def test_its_control_is_for_its_user_alone_and_ends_with_it(rig, control):
    stub = rig.stub("--control", control)
    assert stat.S_IMODE(control.stat().st_mode) == 0o600
    second = rig.run("waymark-stub", "--listen", "127.0.0.1:0", "--control", control)
    assert second.wait_exit() == 2 and "another process listens on it" in second.stderr
    stub.kill()
    assert control.exists(), "nobody could take it away"
    stub.restart()
    assert tell(control, b"{}")["frames"] == 0
    stub.process.terminate()
    assert not control.exists()


def test_one_who_says_nothing_does_not_keep_others_from_its_control(rig, control):
    rig.stub("--control", control)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(control))
        silent.sendall(b"{")
        assert tell(control, b"{}")["frames"] == 0


def test_it_crashes_so_many_frames_after_it_was_told(rig, control):
    stub = rig.stub("--control", control)
    client = rig.proxy(stub).client()
    assert [client.ask(b"%d" % number) for number in range(3)] == [b"0", b"1", b"2"]
    change(control, crash_after="1")
    assert client.ask(b"four") == b"four"
    client.send(b"five\n")
    assert stub.process.wait_exit() == -signal.SIGABRT


def test_what_it_counts_begins_when_that_was_set(rig, control):
    stub = rig.stub("--control", control)
    client = rig.proxy(stub).client()
    for number in (2, 2):  # the same once more: from now
        change(control, crash_after=str(number))
        assert client.ask(b"one") == b"one"
    change(control, hang_after="1000")  # another count
    assert client.ask(b"two") == b"two"
    client.send(b"three\n")
    assert stub.process.wait_exit() == -signal.SIGABRT


@pytest.mark.parametrize("keep, let_go", [({"drop": "100%"}, {"drop": "0%"}), ({"ack": "never"}, {"ack": "auto"})])
def test_frames_it_keeps_are_unfinished_until_it_keeps_none(rig, control, keep, let_go):
    proxy = rig.proxy(rig.stub("--control", control))
    client = proxy.client()
    change(control, **keep)
    client.send(b"one\ntwo\n")
    eventually(lambda: tell(control, b"{}")["frames"] == 2, "both frames")
    assert proxy.total("link_outstanding_frames") == 2
    change(control, **let_go)
    proxy.wait_settled()
    assert proxy.total("frames_sent_total") == 2


def test_a_duplicate_ack_answers_twice(rig, control):
    client = rig.proxy(rig.stub("--control", control, "--ack", "duplicate")).client()
    client.send(b"one\n")
    assert [client.receive_line() for _ in range(2)] == [b"one"] * 2
    change(control, ack="auto")
    assert [client.ask(b"two"), client.ask(b"three")] == [b"two", b"three"]




def test_it_registers_at_several_proxies_and_leaves_them_all(rig, tmp_path):
    proxies, where = [], []
    for name in ("one", "two"):
        token = tmp_path / name / "registry.token"
        token.parent.mkdir(mode=0o700)
        token.write_text("x" * 40)
        token.chmod(0o600)
        address = free_address()
        where += ["--register", f"http://{address}"]
        settings = configuration([], registry={"bind": address}, state=str(token.parent))
        proxies.append(rig.start_proxy(settings))
    stub = rig.stub(*where, "--register-token-file", token)
    for proxy in proxies:
        proxy.wait_for_upstreams(1)
    assert stub.process.terminate() == 0
    for proxy in proxies:
        eventually(lambda proxy=proxy: proxy.admin.upstreams() == [], "no upstream")


def test_a_registry_that_ends_a_tls_connection_being_written_to_does_not_end_it(rig):
    """The signal that OpenSSL's write to such a connection raises, sent by hand."""
    stub = rig.stub()
    stub.process.signal(signal.SIGPIPE)
    assert rig.proxy(stub).client().ask(b"1:1") == b"1:1"
