"""waymarkctl against a server that plays the admin API."""

import base64
import json
import os
import re
import select
import signal
import subprocess

import pytest

from harness.clock import PATIENCE, eventually, scaled
from harness.fake_admin import STARTED, FakeAdmin, Stream, connection, event, upstream
from harness.ports import free_address
from harness.process import program
from harness.terminal import Terminal

MARK = connection(7)["mark"]


def environment(folder, **variables):
    """Nothing of the machine's own state or proxies is seen: the token of `folder` goes before others."""
    own = {"HOME": str(folder), "STATE_DIRECTORY": str(folder), "TERM": "xterm"}
    return {"PATH": os.environ["PATH"], **own, **variables}


class Ctl:
    def __init__(self, admin, folder):
        self.admin = admin
        self.folder = folder
        self.token_file = folder / "admin.token"
        self.token_file.write_text("of-the-state\n")

    def __call__(self, *arguments, stdin="", **variables):
        """Runs it to its end."""
        variables = {"WAYMARK_ADMIN": self.admin.url, **variables}
        return subprocess.run(
            [program("waymarkctl"), *map(str, arguments)],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            timeout=scaled(PATIENCE),
            env=environment(self.folder, **variables),
        )

    def ok(self, *arguments, **options):
        """Its output, after checking that it did what was asked."""
        done = self(*arguments, **options)
        assert done.returncode == 0, done
        return done.stdout.decode()

    def fails(self, code, *arguments, **options):
        """Its complaint, after checking its exit code."""
        done = self(*arguments, **options)
        assert done.returncode == code, done
        assert done.stdout == b""
        return done.stderr.decode()


@pytest.fixture
def admin():
    fake = FakeAdmin()
    yield fake
    fake.stop()


@pytest.fixture
def ctl(admin, tmp_path):
    return Ctl(admin, tmp_path)


def rows(text):
    return [re.split(r"  +", line.strip()) for line in text.splitlines()]


# --- looking ---


def test_status_says_how_it_is(ctl, admin):
    admin.answers["GET /v1/upstreams"] = {"upstreams": [upstream(1), upstream(2, state="dead", problem="gone")]}
    text = ctl.ok("status")
    assert "edge-1" in text and "1,234 of 20,000 (6%)" in text
    assert "50052" in text and "gone" in text
    assert "50051" not in text, "an upstream that serves is no trouble"


def test_lists_are_tables_for_people(ctl):
    title, first, second = rows(ctl.ok("upstreams", "list"))
    assert title[:4] == ["ADDRESS", "NAME", "POOL", "STATE"]
    assert first[0] == "127.0.0.1:50051" and first[3] == "ready" and first[10] == "id-1"
    assert second[0] == "127.0.0.1:50052"
    assert "1/2" in ctl.ok("pools")
    assert "1/2" in ctl.ok("pools", "list")
    assert "127.0.0.1:50051" in ctl.ok("pools", "show", "default")


def test_listeners(ctl, admin):
    admin.answers["GET /v1/listeners"] = {"listeners": [{"name": "clients", "address": "0.0.0.0:7", "accepted": 1234}]}
    assert "1,234" in ctl.ok("listeners")


@pytest.mark.parametrize(
    "path, command",
    [
        ("/v1/info", ["status"]),
        ("/v1/pools", ["pools"]),
        ("/v1/pools/default", ["pools", "show", "default"]),
        ("/v1/listeners", ["listeners"]),
        ("/v1/upstreams", ["upstreams", "list"]),
        ("/v1/connections", ["connections", "list"]),
        (f"/v1/connections/{MARK}", ["connections", "show", MARK]),
        ("/v1/names", ["names"]),
        ("/v1/groups", ["groups"]),
        ("/v1/groups/lobby", ["groups", "lobby"]),
        ("/v1/deadletters", ["deadletters", "list"]),
        ("/v1/deadletters/17", ["deadletters", "show", "17"]),
        ("/v1/config", ["config", "get"]),
        ("/v1/config:diff", ["config", "diff"]),
    ],
)
def test_json_is_what_the_server_said(ctl, admin, path, command):
    said = b'{"b":1,  "a":[18446744073709551615, "\\u00e4"]}\n'
    admin.answers[f"GET {path}"] = said
    assert ctl(*command, "-o", "json").stdout == said
    assert ctl("-o", "json", *command).stdout == said
    assert len(admin.requests) == 2, "one call each"


def test_a_name_cannot_steer_the_terminal(ctl, admin):
    evil = upstream(1, name="\x1b]0;owned\x07\x1b[2J\u202e", problem="\x9b31m\nx", state="\x1b[5m")
    admin.answers["GET /v1/upstreams"] = {"upstreams": [evil]}
    admin.answers["GET /v1/upstreams/id-1"] = evil
    admin.answers["PATCH /v1/upstreams/id-1"] = evil
    admin.answers["GET /v1/config"] = {"yaml": "a: \x1b[2J\nb: \x9b\n"}
    admin.answers["GET /v1/connections/x"] = (404, {"message": "\x1b[2J", "details": [{"field": "\x07", "problem": "\x1b"}]})
    for command in (
        ["upstreams", "list"],
        ["upstreams", "show", "id-1"],
        ["upstreams", "drain", "id-1"],
        ["upstreams", "show", "none\x1b"],
        ["config", "get"],
        ["connections", "show", "x"],
        ["status"],
    ):
        done = ctl(*command)
        text = (done.stdout + done.stderr).decode()
        assert text and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text), (command, text)
    assert ctl.ok("config", "get") == "a: \\x1b[2J\nb: \\u{009b}\n"


def test_version_needs_no_server(ctl, admin, tmp_path):
    assert re.fullmatch(r"waymarkctl \d+\.\d+\.\d+\nwaymark 9\.8\.7 at \S+\n", ctl.ok("version"))
    assert json.loads(ctl.ok("version", "-o", "json"))["server"] == "9.8.7"
    assert ctl.ok("version", "--admin", free_address()).startswith("waymarkctl ")


# --- names and groups ---


def test_names_and_groups_are_tables(ctl, admin):
    admin.answers["GET /v1/names"] = {"names": [{"name": "ann\x1b", "pool": "chat", "mark": MARK}]}
    admin.answers["GET /v1/groups"] = {"groups": [{"group": "lobby", "pool": "chat", "members": 1234}]}
    admin.answers["GET /v1/groups/a%20b"] = {"group": "a b", "members": [{"mark": MARK, "pool": "chat"}]}
    assert rows(ctl.ok("names", "--pool", "chat")) == [["NAME", "POOL", "MARK"], ["ann\\x1b", "chat", MARK]]
    assert admin.requests[-1].query == {"pool": "chat", "limit": "1000"}
    assert rows(ctl.ok("groups")) == [["GROUP", "POOL", "MEMBERS"], ["lobby", "chat", "1,234"]]
    assert rows(ctl.ok("groups", "a b")) == [["MARK", "POOL"], [MARK, "chat"]]


def test_names_follow_pages(ctl, admin):
    def answer(request):
        start = int(request.query.get("page_token", 0))
        names = [{"name": str(number), "pool": "p", "mark": MARK} for number in range(start, min(start + 10, 25))]
        return {"names": names, "next_page_token": str(start + 10) if start < 20 else ""}

    admin.answers["GET /v1/names"] = answer
    assert len(rows(ctl.ok("names"))) == 1 + 25
    assert b"20 shown, and there are more" in ctl("names", "--limit", "20").stderr


def test_nothing_named_is_said_so(ctl, admin):
    admin.answers["GET /v1/names"] = {"names": [], "next_page_token": ""}
    done = ctl("names")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"No connection has a name.\n")
    ctl.fails(5, "groups", "nowhere")


def test_a_connection_is_shown_with_what_upstreams_gave_it(ctl, admin):
    presence = {"names": ["ann", "anna"], "groups": ["lobby"], "attributes": {"lang": "en", "plan": "free"}}
    admin.answers[f"GET /v1/connections/{MARK}"] = {**connection(7), "presence": presence}
    text = ctl.ok("connections", "show", MARK)
    assert "ann, anna" in text and "lobby" in text and "lang=en, plan=free" in text


@pytest.mark.parametrize("presence", [None, 5, [], {"names": 5, "groups": [5, None], "attributes": [1]},
                                      {"attributes": {"a": 5}}])
def test_a_strange_presence_is_nothing(ctl, admin, presence):
    admin.answers[f"GET /v1/connections/{MARK}"] = {**connection(7), "presence": presence}
    assert "attributes        -" in ctl.ok("connections", "show", MARK)


def test_a_group_is_a_filter(ctl, admin):
    admin.answers["GET /v1/connections"] = {"connections": [], "next_page_token": ""}
    admin.answers["POST /v1/connections:close"] = {"matched": 2, "done": 2}
    admin.answers["POST /v1/broadcast"] = {"attempted": 2, "written": 2, "failed": 0, "skipped": 0}
    ctl("connections", "list", "--group", "lobby")
    assert admin.requests[-1].query["group"] == "lobby"
    ctl.ok("connections", "close", "--group", "lobby", "--yes")
    assert admin.requests[-1].json == {"filter": {"group": "lobby"}, "dry_run": False}
    ctl.ok("broadcast", "--to", "all", "--group", "lobby", "hi", "--yes")
    assert admin.requests[-1].json["group"] == "lobby"


# --- connections, page by page ---


def paged(connections, size):
    """Answers pages of at most `size`, whatever the limit."""

    def answer(request):
        start = int(request.query.get("page_token", 0))
        end = start + min(size, int(request.query["limit"]))
        token = str(end) if end < len(connections) else ""
        return {"connections": connections[start:end], "next_page_token": token}

    return answer


def test_lists_follow_pages(ctl, admin):
    everyone = [connection(number) for number in range(25)]
    admin.answers["GET /v1/connections"] = paged(everyone, 10)
    assert len(rows(ctl.ok("connections", "list"))) == 1 + 25
    assert json.loads(ctl.ok("connections", "list", "-o", "json")) == {"connections": everyone, "next_page_token": ""}


def test_lists_end_at_the_limit_and_say_so(ctl, admin):
    admin.answers["GET /v1/connections"] = paged([connection(number) for number in range(25)], 10)
    done = ctl("connections", "list", "--limit", "12")
    assert len(rows(done.stdout.decode())) == 1 + 12
    assert b"12 shown, and there are more" in done.stderr
    assert [each.query["limit"] for each in admin.requests] == ["12", "2"]


def test_a_server_cannot_page_for_ever(ctl, admin):
    admin.answers["GET /v1/connections"] = lambda request: {"connections": [], "next_page_token": "again"}
    ctl("connections", "list")
    assert len(admin.requests) == 1
    admin.requests.clear()
    admin.answers["GET /v1/connections"] = lambda request: {"connections": [connection(1)], "next_page_token": "again"}
    ctl("connections", "list")
    assert len(admin.requests) == 2


def test_filters_go_to_the_server(ctl, admin):
    admin.answers["GET /v1/connections"] = {"connections": []}
    done = ctl(
        *("connections", "list", "--state", "inactive", "--upstream", "a b:1", "--listener", "l&x=1", "--pool", "ü"),
    )
    assert done.returncode == 0 and b"No connection matches" in done.stderr
    query = admin.requests[0].query
    assert query == {"state": "inactive", "upstream": "a b:1", "listener": "l&x=1", "pool": "ü", "limit": "1000"}


def test_show_one_connection(ctl, admin):
    admin.answers[f"GET /v1/connections/{MARK}"] = connection(7, upstream="", upstream_address="")
    text = ctl.ok("connections", "show", MARK)
    assert MARK in text and "the connection is held" in text and "7 frames, 70 B" in text


# --- upstreams ---


@pytest.mark.parametrize("name", ["id-2", "127.0.0.1:50052"])
@pytest.mark.parametrize(
    "command, method, body",
    [
        (["show"], "GET", None),
        (["rm"], "DELETE", None),
        (["drain"], "PATCH", {"admin_state": "drain"}),
        (["maintain"], "PATCH", {"admin_state": "maintenance"}),
        (["ready"], "PATCH", {"admin_state": "ready"}),
        (["set", "--weight", "7"], "PATCH", {"weight": 7}),
    ],
)
def test_an_upstream_is_named_by_id_or_address(ctl, admin, name, command, method, body):
    admin.answers[f"{method} /v1/upstreams/id-2"] = upstream(2, state="leaving")
    assert "leaving" in ctl.ok("upstreams", command[0], name, *command[1:])
    request = admin.requests[-1]
    assert (request.method, request.path) == (method, "/v1/upstreams/id-2")
    if body is not None:
        assert request.json == body
        assert request.headers["Content-Type"] == "application/json"


def test_an_unknown_upstream_lists_the_known_ones(ctl, admin):
    text = ctl.fails(5, "upstreams", "drain", "127.0.0.1:50059")
    assert "127.0.0.1:50059" in text and "127.0.0.1:50051  id id-1" in text and "id-2" in text
    assert not admin.changes()


def test_a_shared_address_asks_for_the_id(ctl, admin):
    shared = {"upstreams": [upstream(1), upstream(2, address="127.0.0.1:50051", id="strange/id?")]}
    admin.answers["GET /v1/upstreams"] = shared
    text = ctl.fails(2, "upstreams", "rm", "127.0.0.1:50051")
    assert "id-1" in text and "strange/id?" in text
    assert not admin.changes()
    admin.answers["DELETE /v1/upstreams/strange%2Fid%3F"] = upstream(2)
    ctl.ok("upstreams", "rm", "strange/id?")


def test_add_sends_only_what_was_given(ctl, admin):
    admin.answers["POST /v1/upstreams"] = lambda request: (201, upstream(3))
    assert ctl.ok("upstreams", "add", "h:1").startswith("added 127.0.0.1:50053: ready")
    assert admin.requests[-1].json == {"address": "h:1"}
    options = "--pool p --weight 5 --protocol legacy --insecure --metadata a=b=c --metadata d=".split()
    ctl.ok("upstreams", "add", "h:1", *options)
    assert admin.requests[-1].json == {
        **{"address": "h:1", "pool": "p", "weight": 5, "protocol": "legacy", "insecure": True},
        "metadata": {"a": "b=c", "d": ""},
    }


# --- doing something to clients ---


def test_close_one(ctl, admin):
    admin.answers[f"POST /v1/connections/{MARK}:close"] = {"mark": MARK}
    assert ctl.ok("connections", "close", MARK, "--reason", "why", "--goodbye", "bye\n") == f"closed {MARK}\n"
    assert admin.requests[-1].json == {"reason": "why", "goodbye_text": "bye\n"}
    ctl.ok("connections", "close", MARK)
    assert admin.requests[-1].json == {}


@pytest.mark.parametrize(
    "arguments, stdin, body",
    [
        (["grüße"], "", {"text": "grüße"}),
        (["--base64", "AP8="], "", {"payload": "AP8="}),
        (["--base64", base64.b64encode(b"abc").decode()], "", {"text": "abc"}),
        (["--file", "-"], b"\xff\x00", {"payload": "/wA="}),
    ],
)
def test_send_takes_text_or_bytes(ctl, admin, arguments, stdin, body):
    admin.answers[f"POST /v1/connections/{MARK}:send"] = {"mark": MARK}
    ctl.ok("connections", "send", MARK, *arguments, stdin=stdin)
    assert admin.requests[-1].json == body


def many(request):
    return {"matched": 3, "done": 0 if request.json["dry_run"] else 3}


@pytest.mark.parametrize("verb, word", [("close", "closed"), ("rebalance", "rebalanced")])
def test_many_are_counted_first_and_need_a_yes(ctl, admin, verb, word):
    path = f"/v1/connections:{verb}"
    admin.answers[f"POST {path}"] = many
    command = ["connections", verb, "--state", "inactive", "--pool", "p"]
    assert ctl.ok(*command, "--dry-run") == f"3 connections would be {word}\n"
    text = ctl.fails(2, *command)
    assert "3 connections?" in text and "--yes" in text
    assert ctl.ok(*command, "--dry-run", "--yes").startswith("3 connections would")
    assert all(each.json["dry_run"] for each in admin.requests)
    assert ctl.ok(*command, "--yes") == f"{word} 3 of 3 connections\n"
    assert admin.requests[-1].json == {"filter": {"state": "inactive", "pool": "p"}, "dry_run": False}


def test_a_rotation_is_counted_first_and_says_its_spread(ctl, admin):
    admin.answers["POST /v1/connections:rotate"] = many
    command = ["connections", "rotate", "--listener", "devices", "--spread", "300"]
    assert ctl.ok(*command, "--dry-run") == "3 connections would be rotated\n"
    text = ctl.fails(2, *command)
    assert "Rotate 3 connections?" in text and "--yes" in text
    assert ctl.ok(*command, "--yes") == "rotating 3 of 3 connections\n"
    body = {"filter": {"listener": "devices"}, "dry_run": False, "spread_seconds": 300}
    assert admin.requests[-1].json == body


def test_nobody_is_asked_about_nothing(ctl, admin):
    admin.answers["POST /v1/connections:close"] = {"matched": 0, "done": 0}
    assert ctl.ok("connections", "close", "--upstream", "x") == "0 connections would be closed\n"


def test_broadcast(ctl, admin):
    admin.answers["POST /v1/broadcast"] = {"attempted": 1234, "written": 1230, "failed": 3, "skipped": 1}
    text = ctl.fails(2, "broadcast", "--to", "all", "hello")
    assert "Send 5 B to 1,234 clients?" in text and "--yes" in text
    assert ctl.ok("broadcast", "--to", "all", "hello", "--dry-run") == "1,234 clients would be sent 5 B\n"
    assert all(each.json == {"to": "all", "text": "hello", "dry_run": True} for each in admin.requests)
    assert ctl.ok("broadcast", "--to", "active", "--pool", "p", "-y", "hello") == (
        "1,234 clients: 1,230 written, 3 failed, 1 skipped\n"
    )
    assert admin.requests[-1].json == {"to": "active", "pool": "p", "text": "hello"}


def test_dashboard_prints_its_address_with_the_token(ctl, admin, tmp_path):
    token = tmp_path / "some.token"
    token.write_text("a+b/" + "x" * 40 + "\n")
    token.chmod(0o600)
    url = ctl.ok("dashboard", "--token-file", str(token)).strip()
    assert url == f"{admin.url}/#token=a%2Bb%2F{'x' * 40}"
    assert admin.requests[-1].path == "/v1/info"  # the server takes it
    admin.answers["GET /v1/info"] = (401, {"code": "UNAUTHENTICATED", "message": "unknown", "details": []})
    ctl.fails(4, "dashboard", "--token-file", str(token))


# --- dead letters ---


def dead_letter(number, **fields):
    letter = {"id": str(number), "mark": MARK, "seq": number, "pool": "default", "reason": "given_up"}
    return {**letter, "attempts": 5, "dead_at": STARTED, "payload_bytes": 5, **fields}


def test_dead_letters_are_listed_page_by_page(ctl, admin):
    letters = [dead_letter(number) for number in range(1, 26)]

    def answer(request):
        after = int(request.query.get("page_token", 0))
        page = letters[after : after + 10]
        return {"dead_letters": page, "next_page_token": page[-1]["id"] if page[-1] is not letters[-1] else ""}

    admin.answers["GET /v1/deadletters"] = answer
    table = rows(ctl.ok("deadletters", "list", "--pool", "p", "--mark", "m", "--reason", "given_up"))
    assert [row[0] for row in table] == ["ID", *(each["id"] for each in letters)]
    query = admin.requests[1].query
    assert query == {"pool": "p", "mark": "m", "reason": "given_up", "limit": "1000", "page_token": "10"}
    assert json.loads(ctl.ok("deadletters", "list", "-o", "json"))["dead_letters"] == letters


def test_one_dead_letter(ctl, admin):
    admin.answers["GET /v1/deadletters/17"] = {"dead_letter": dead_letter(17, upstream="\x1b[2J"), "payload": "AGH/"}
    text = ctl.ok("deadletters", "show", "17")
    assert "00 61 ff" in text and "|.a.|" in text and MARK in text and "\x1b" not in text
    admin.answers["POST /v1/deadletters/17:replay"] = {"id": "17", "upstream": "h:1"}
    admin.answers["DELETE /v1/deadletters/17"] = dead_letter(17)
    assert ctl.ok("deadletters", "replay", "17") == "replayed 17 to h:1\n"
    assert ctl.ok("deadletters", "drop", "17") == "dropped 17\n"
    admin.answers["POST /v1/deadletters/17:replay"] = (503, {"code": "x", "message": "no upstream: it stays"})
    assert "it stays" in ctl.fails(1, "deadletters", "replay", "17")


@pytest.mark.parametrize("verb, word", [("replay", "replayed"), ("drop", "dropped")])
def test_many_dead_letters_are_counted_first_and_need_a_yes(ctl, admin, verb, word):
    admin.answers[f"POST /v1/deadletters:{verb}"] = many
    command = ["deadletters", verb, "--reason", "all"]
    assert ctl.ok(*command, "--dry-run") == f"3 dead letters would be {word}\n"
    text = ctl.fails(2, *command)
    assert "3 dead letters?" in text and "--yes" in text
    assert all(each.json["dry_run"] for each in admin.requests)
    assert ctl.ok(*command, "--yes") == f"{word} 3 of 3 dead letters\n"
    assert admin.requests[-1].json == {"filter": {"reason": "all"}, "dry_run": False}


def test_a_call_that_ends_early_is_made_again_but_not_for_ever(ctl, admin):
    """The fourth dead letter is given up again as soon as it is replayed."""
    done = iter([3, 2, 1, 1, 1, 1, 1, 1])
    admin.answers["POST /v1/deadletters:replay"] = lambda request: {
        "matched": 7,
        "done": next(done),
        "problem": "not all",
    }
    command = ["deadletters", "replay", "--pool", "p", "--yes"]
    assert b"replayed 7 of 7" in ctl(*command).stdout
    assert len(admin.requests) == 4
    done = iter([3, 0])
    stuck = ctl(*command, "-o", "json")
    assert json.loads(stuck.stdout) == {"matched": 7, "done": 3, "problem": "not all"}
    assert stuck.returncode == 1 and b"not all" in stuck.stderr


# --- configuration ---


def test_config(ctl, admin):
    difference = {"path": "log.level", "file": "info", "running": "debug", "persisted": True}
    admin.answers["PATCH /v1/config"] = admin.answers["GET /v1/config:diff"] = {"differences": [difference]}
    admin.answers["POST /v1/config:reload"] = {"changed": ["pool p: added"]}
    assert rows(ctl.ok("config", "set", "log.level", "debug", "--persist"))[1] == ["log.level", "info", "debug", "stays"]
    assert admin.requests[-1].json == {"set": {"log.level": "debug"}, "persist": True}
    assert rows(ctl.ok("config", "diff"))[1][0] == "log.level"
    assert ctl.ok("config", "reload") == "pool p: added\n"
    admin.answers["GET /v1/config:diff"] = {"differences": []}
    assert ctl.ok("config", "diff") == "What runs is what the file says.\n"


def test_config_check_runs_waymark(ctl, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("nonsense: 1\n")
    # Beside this program there may be none: PATH is where it is found then.
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "waymark").write_text('#!/bin/sh\necho "ran $@" nonsense; exit 2\n')
    (folder / "waymark").chmod(0o755)
    done = ctl("config", "check", bad, PATH=f"{folder}:{os.environ['PATH']}", WAYMARK_TOKEN_FILE="/none")
    assert done.returncode == 2 and b"nonsense" in done.stdout + done.stderr
    assert not ctl.admin.requests


# --- what goes wrong ---


def test_nobody_listens(ctl):
    address = free_address()
    text = ctl.fails(3, "status", "--admin", f"http://{address}")
    assert f"http://{address}" in text and "Connection refused" in text
    assert "admin.bind" in text and "--admin" in text and "WAYMARK_ADMIN" in text


def test_no_answer_in_time(ctl, admin):
    admin.answers["POST /v1/config:reload"] = lambda request: admin.ended(PATIENCE) or {}
    text = ctl.fails(3, "config", "reload", "--timeout", "0.2")
    assert "--timeout" in text and "may still do" in text


@pytest.mark.parametrize("status, code", [(400, 1), (401, 4), (403, 4), (404, 5), (409, 1), (500, 1), (503, 1), (507, 1)])
def test_errors_of_the_api_are_printed_whole(ctl, admin, status, code):
    details = [{"field": "weight", "problem": "1 to 100"}, {"field": "pool", "problem": "no such pool"}]
    admin.answers["POST /v1/upstreams"] = (status, {"code": "x", "message": "two are wrong", "details": details})
    text = ctl.fails(code, "upstreams", "add", "h:1")
    assert text.startswith("waymarkctl: two are wrong\n  weight: 1 to 100\n  pool: no such pool\n")


def test_something_else_than_the_api(ctl, admin):
    for answer in (b"<html>", (404, b"404 page not found"), (302, b""), b"[]"):
        admin.answers["GET /v1/info"] = answer
        assert "is it the admin API?" in ctl.fails(1, "status")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        [],
        ["status", "-o", "xml"],
        ["status", "--admin", "ftp://x"],
        ["status", "--timeout", "nan"],
        ["status", "--timeout", "0"],
        ["upstreams", "set", "id-1"],
        ["upstreams", "set", "id-1", "--weight", "0"],
        ["upstreams", "set", "id-1", "--weight", "101"],
        ["upstreams", "add", "h:1", "--metadata", "novalue"],
        ["connections", "close"],
        ["connections", "close", "--yes"],
        ["connections", "rebalance", "--yes"],
        ["connections", "rotate", "--yes"],
        ["connections", "rotate", "--state", "all", "--spread", "86401"],
        ["connections", "close", MARK, "--state", "all"],
        ["connections", "close", MARK, "--dry-run"],
        ["connections", "close", "--state", "all", "--reason", "x"],
        ["connections", "list", "--state", "odd"],
        ["connections", "list", "--limit", "0"],
        ["connections", "tap"],
        ["connections", "tap", MARK, "--max-bytes", "0"],
        ["connections", "tap", MARK, "--max-bytes", "65537"],
        ["connections", "tap", MARK, "--count", "0"],
        ["deadletters"],
        ["deadletters", "list", "--reason", "odd"],
        ["deadletters", "list", "--limit", "0"],
        ["deadletters", "show"],
        ["deadletters", "replay"],
        ["deadletters", "drop", "--yes"],
        ["deadletters", "drop", "17", "--pool", "p"],
        ["deadletters", "replay", "17", "--dry-run"],
        ["connections", "send", MARK],
        ["connections", "send", MARK, "text", "--base64", "AA=="],
        ["connections", "send", MARK, "--base64", "A"],
        ["connections", "send", MARK, "--file", "/nowhere"],
        ["broadcast", "hello"],
        ["broadcast", "--to", "some", "hello"],
        ["events", "--after", "1\r\nX: y"],
        ["top"],
        ["top", "--once", "-o", "json"],
    ],
)
def test_a_wrong_command_line_asks_nothing(ctl, admin, arguments):
    assert ctl.fails(2, *arguments)
    assert not admin.requests


def commands(ctl, *path):
    """Every command and every group of them."""
    text = ctl.ok(*path, "--help")
    yield path, text
    for line in text.partition("Subcommands:\n")[2].partition("\n\n")[0].splitlines():
        yield from commands(ctl, *path, line.split()[0])


def test_every_help_has_an_example(ctl):
    seen = 0
    for path, text in commands(ctl):
        assert " ".join(["waymarkctl", *path]) in text.partition("Example")[2], path
        seen += 1
    assert seen > 25
    assert "Exit codes:" in ctl.ok("--help")


# --- the token, and where it goes ---


def sent_token(admin):
    return admin.requests[-1].headers["Authorization"]


def test_the_token_is_found(ctl, admin, tmp_path):
    ctl.ok("pools")
    assert sent_token(admin) == "Bearer of-the-state"
    for name in ("variable", "flag"):
        (tmp_path / name).write_text(f"of-the-{name}")
    variables = {"WAYMARK_TOKEN_FILE": str(tmp_path / "variable")}
    ctl.ok("pools", **variables)
    assert sent_token(admin) == "Bearer of-the-variable"
    ctl.ok("pools", "--token-file", tmp_path / "flag", **variables)
    assert sent_token(admin) == "Bearer of-the-flag"


def test_a_refusal_says_which_token_was_sent(ctl, admin):
    admin.answers["GET /v1/pools"] = (401, {"code": "unauthenticated", "message": "no", "details": []})
    text = ctl.fails(4, "pools")
    assert f"the token of {ctl.token_file} was sent" in text and "of-the-state" not in text


def test_a_token_file_that_cannot_be_used(ctl, admin, tmp_path):
    assert "/none" in ctl.fails(2, "pools", WAYMARK_TOKEN_FILE="/none")
    (tmp_path / "t").write_text("two\nlines")
    assert str(tmp_path / "t") in ctl.fails(2, "pools", "--token-file", tmp_path / "t")
    assert not admin.requests


def test_the_token_goes_nowhere_else(ctl, admin, tmp_path):
    """No proxy of the environment is used and no redirect followed."""
    other = FakeAdmin()
    try:
        ctl.ok("pools", http_proxy=other.url, ALL_PROXY=other.url)
        admin.answers["GET /v1/pools"] = (307, b"", {"Location": other.url})
        ctl.fails(1, "pools")
        assert not other.requests
    finally:
        other.stop()


# --- streams ---


def test_events_prints_what_is_kept_and_ends(ctl, admin):
    kept = [event("upstream", {"at": STARTED, "state": "dead"}, 1), event("config", {"n": 5}, 2)]
    for last in (": caught up\n\n", ":\n\n", ""):
        admin.answers["GET /v1/events"] = Stream(*kept, last, stays_open=True)
        assert ctl.ok("events") == f"{STARTED}  upstream  state=dead\nconfig  n=5\n"
        assert admin.requests[-1].headers["Last-Event-ID"] == "0"
    lines = ctl.ok("events", "-o", "json", "--after", "17").splitlines()
    assert json.loads(lines[0]) == {"id": "1", "event": "upstream", "data": {"at": STARTED, "state": "dead"}}
    assert admin.requests[-1].headers["Last-Event-ID"] == "17"


class Running:
    """A waymarkctl whose output is watched; ended by the test."""

    def __init__(self, ctl, *arguments):
        self._child = subprocess.Popen(
            [program("waymarkctl"), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(ctl.folder, WAYMARK_ADMIN=ctl.admin.url),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()

    def read_line(self):
        assert select.select([self._child.stdout], [], [], scaled(PATIENCE))[0], "no line came"
        return self._child.stdout.readline().decode()

    def end(self, number):
        self._child.send_signal(number)
        return self.wait()

    def close_output(self):
        self._child.stdout.close()

    def wait(self):
        return self._child.wait(timeout=scaled(PATIENCE))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_events_follows_until_a_signal(ctl, admin, number):
    admin.answers["GET /v1/events"] = Stream(": hello\n\n", event("a", {}, 1), stays_open=True)
    with Running(ctl, "events", "-f") as running:
        assert running.read_line() == "a\n"
        assert running.end(number) == 0
    assert admin.requests[-1].headers["Last-Event-ID"] is None


def test_events_follow_says_when_the_server_goes(ctl, admin):
    admin.answers["GET /v1/events"] = Stream(event("a", {}, 41))
    done = ctl("events", "-f")
    assert done.returncode == 3 and b"--after 41" in done.stderr


def tap_frame(direction, seq, payload, size=None):
    shown = base64.b64encode(payload).decode()
    size = len(payload) if size is None else size
    data = {"direction": direction, "seq": seq, "time": STARTED, "size": size, "payload": shown}
    return event("frame", {**data, "truncated": size > len(payload)})


BEGIN = event("begin", {"mark": MARK, "max_bytes": 4096})
TAP = f"GET /v1/connections/{MARK}:tap"
ONE_FRAME = f"-> 1  {STARTED}  2 B\n00000000  68 69{45 * ' '}|hi|\n"


def test_tap_shows_frames_gaps_and_the_end(ctl, admin):
    admin.answers[TAP] = Stream(
        BEGIN,
        ": a heartbeat\n\n",
        tap_frame("up", 1, b"hi"),
        tap_frame("down", 7, bytes(range(0x5B, 0x6C)), size=12345),
        event("dropped", {"count": 3}),
        event("end", {"reason": "CLIENT_\x1b[2J"}),
    )
    done = ctl("connections", "tap", MARK, "--max-bytes", "17")
    assert done.returncode == 0
    assert done.stdout.decode() == (
        ONE_FRAME + f"<- 7  {STARTED}  12,345 B, the first 17 are shown\n"
        "00000000  5b 5c 5d 5e 5f 60 61 62  63 64 65 66 67 68 69 6a  |[\\]^_`abcdefghij|\n"
        f"00000010  6b{48 * ' '}|k|\n"
        "... 3 frames left out: more came than was asked for or read\n"
        "the connection has ended: CLIENT_\\x1b[2J\n"
    )
    assert done.stderr.decode() == f"tapping {MARK}, Ctrl-C ends it\n"
    assert admin.requests[-1].query == {"max_bytes": "17"}


def test_tap_in_json_is_an_object_a_line(ctl, admin):
    admin.answers[TAP] = Stream(BEGIN, tap_frame("up", 1, b"hi"), event("end", {"reason": "ADMIN"}))
    frame, end = map(json.loads, ctl.ok("connections", "tap", MARK, "-o", "json").splitlines())
    assert frame["event"] == "frame" and frame["data"]["payload"] == "aGk="
    assert end["event"] == "end" and end["data"] == {"reason": "ADMIN"}
    assert admin.requests[-1].query == {}


def test_tap_ends_at_the_count_whatever_else_has_come(ctl, admin):
    pieces = [BEGIN, tap_frame("up", 1, b"hi"), event("dropped", {"count": 1}), tap_frame("up", 3, b"no")]
    admin.answers[TAP] = Stream("".join(pieces), stays_open=True)
    assert ctl.ok("connections", "tap", MARK, "--count", "1") == ONE_FRAME


def test_tap_ends_by_a_signal_and_says_when_the_server_goes(ctl, admin):
    admin.answers[TAP] = Stream(BEGIN, tap_frame("up", 1, b"hi"), stays_open=True)
    with Running(ctl, "connections", "tap", MARK) as running:
        assert running.read_line().startswith("-> 1")
        assert running.end(signal.SIGINT) == 0
    admin.answers[TAP] = Stream(BEGIN, tap_frame("up", 1, b"hi"))
    done = ctl("connections", "tap", MARK)
    assert done.returncode == 3 and b"has ended the tap" in done.stderr


def test_a_reader_that_leaves_ends_it(ctl, admin):
    admin.answers["GET /v1/events"] = Stream(event("a", {}), ticks=True)
    with Running(ctl, "events", "-f") as running:
        running.read_line()
        running.close_output()
        assert running.wait() == 0


# --- top, and what a terminal changes ---


def counting(admin):
    """Upstreams whose counters grow with each reading."""
    readings = 0

    def answer(_):
        nonlocal readings
        readings += 1
        link = {"worker": 0, "state": "ready", "frames_sent": 1_000_000 * readings, "messages_received": 0}
        return {"upstreams": [upstream(1, links=[link])]}

    admin.answers["GET /v1/upstreams"] = answer


def test_top_once_is_one_plain_table_with_rates(ctl, admin):
    counting(admin)
    text = ctl.ok("top", "--once", "--interval", "0.2")
    assert "\x1b" not in text
    (row,) = [row for row in rows(text) if row[0] == "127.0.0.1:50051"]
    assert re.fullmatch(r"\d+(\.\d)?[kM]", row[6]) and row[7] == "0", "a million frames in a little more than 0.2 s"
    assert len(admin.asked("GET", "/v1/upstreams")) == 2


def on_terminal(ctl, *arguments, **variables):
    return Terminal(
        [program("waymarkctl"), *map(str, arguments)], environment(ctl.folder, WAYMARK_ADMIN=ctl.admin.url, **variables)
    )


@pytest.mark.parametrize("how", ["q", signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_top_gives_the_terminal_back(ctl, admin, how):
    counting(admin)
    with on_terminal(ctl, "top", "--interval", "0.1") as terminal:
        terminal.wait_for("127.0.0.1:50051")
        admin.wait_asked("GET", "/v1/upstreams", times=4)
        assert terminal.settings() != terminal.before
        if how == "q":
            terminal.type("q")
        else:
            terminal.child.send_signal(how)
        assert terminal.wait() == 0
        assert terminal.seen.endswith("\x1b[?25h\x1b[?1049l")
        assert terminal.seen.count("\x1b[?1049h") == 1
        assert terminal.settings() == terminal.before


def test_top_waits_for_a_server_that_is_gone(ctl, admin):
    with on_terminal(ctl, "top", "--interval", "0.1") as terminal:
        terminal.wait_for("127.0.0.1:50051")
        good = admin.answers.pop("GET /v1/upstreams")
        terminal.wait_for("old data")
        terminal.seen = ""
        admin.answers["GET /v1/upstreams"] = good
        admin.wait_asked("GET", "/v1/upstreams", times=len(admin.asked("GET", "/v1/upstreams")) + 3)
        terminal.type("q")
        assert terminal.wait() == 0
        assert "old data" not in terminal.seen.split("\x1b[H")[-1]


def test_top_stops_and_goes_on(ctl, admin):
    with on_terminal(ctl, "top", "--interval", "0.1") as terminal:
        terminal.wait_for("127.0.0.1:50051")
        terminal.child.send_signal(signal.SIGTSTP)
        terminal.wait_for("\x1b[?1049l")
        eventually(lambda: terminal.settings() == terminal.before, "the terminal as it was")
        terminal.seen = ""
        time_stopped = os.waitpid(terminal.child.pid, os.WUNTRACED)[1]
        assert os.WIFSTOPPED(time_stopped)
        terminal.child.send_signal(signal.SIGCONT)
        terminal.wait_for("\x1b[?1049h")
        terminal.type("q")
        assert terminal.wait() == 0


def test_top_of_nobody(ctl):
    with on_terminal(ctl, "top", "--admin", free_address()) as terminal:
        assert terminal.wait() == 3
        assert "\x1b" not in terminal.seen and "Connection refused" in terminal.seen


@pytest.mark.parametrize("variables, coloured", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_are_for_terminals_that_want_them(ctl, variables, coloured):
    with on_terminal(ctl, "upstreams", "list", **variables) as terminal:
        assert terminal.wait() == 0
        assert ("\x1b[32mready" in terminal.seen) == coloured


@pytest.mark.parametrize("answer, code, done", [("y\n", 0, True), ("n\n", 1, False), ("\n", 1, False)])
def test_asks_on_a_terminal(ctl, admin, answer, code, done):
    admin.answers["POST /v1/connections:close"] = many
    with on_terminal(ctl, "connections", "close", "--state", "all") as terminal:
        terminal.wait_for("Close 3 connections? [y/N] ")
        assert len(admin.changes()) == 1
        terminal.type(answer)
        assert terminal.wait() == code
        assert ("closed 3 of 3" if done else "nothing was done") in terminal.seen
    assert [each.json["dry_run"] for each in admin.changes()] == [True] + [False] * done
