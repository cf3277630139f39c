"""What is said of a configuration or of ports that cannot be used."""

import os
import re
import socket

import pytest

from harness.ports import free_address
from harness.process import REPOSITORY
from harness.proxy import configuration


def serve(rig, settings):
    """(exit code, stderr) of a proxy that cannot start."""
    process = rig.run("waymark", "serve", "-c", rig.configuration_file(settings))
    return process.wait_exit(), process.stderr


def check(rig, text, *arguments, name="bad.yaml", **options):
    """(exit code, lines of stderr, stdout) of `waymark check`."""
    (rig.folder / name).write_text(text)
    process = rig.run("waymark", "check", *(arguments or ("-c", rig.folder / name)), **options)
    return process.wait_exit(), process.stderr.splitlines(), process.stdout


# --- ports ---


def test_a_port_of_another_waymark_is_named(rig):
    running = rig.proxy(rig.stub())
    address = running.addresses["clients"]
    code, errors = serve(rig, configuration([], listener={"bind": address}))
    assert code == 1
    assert address in errors and "in use" in errors and "clients" in errors
    assert running.client().ask(b"unharmed") == b"unharmed"


@pytest.mark.parametrize("place", ["listener", "telemetry"])
def test_a_port_of_another_program_is_named(rig, place):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = "127.0.0.1:{}".format(other.getsockname()[1])
        settings = configuration([])
        if place == "listener":
            settings["listeners"][0]["bind"] = address
        else:
            settings["telemetry"]["bind"] = address
        code, errors = serve(rig, settings)
    assert code == 1
    assert address in errors and "in use" in errors


def test_an_address_that_is_not_ours_is_named(rig):
    code, errors = serve(rig, configuration([], listener={"bind": "192.0.2.1:7999"}))
    assert code == 1
    assert "192.0.2.1:7999" in errors


def test_no_client_is_accepted_by_a_start_that_fails(rig):
    address = free_address()
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = configuration([], listener={"bind": address})
        settings["telemetry"]["bind"] = "127.0.0.1:{}".format(other.getsockname()[1])
        assert serve(rig, settings)[0] == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.split(":")[0], int(address.split(":")[1])))


# --- configuration ---

BAD = """\
workers: many
listeners:
  - name: devices
    bind: 0.0.0.0:7999
    pool: nowhere
    framming: line
    idle_timeout: 30
pools:
  - name: default
    upstreams: [ "127.0.0.1" ]
    on_doubt: perhaps
"""


def test_every_mistake_is_named_at_once_with_its_place(rig):
    code, lines, _ = check(rig, BAD)
    assert code == 2
    found = {}
    for line in lines:
        match = re.match(r"(.*bad\.yaml):(\d+):(\d+): ([^:]*): (.*)", line)
        assert match, line
        found[match.group(4)] = (int(match.group(2)), int(match.group(3)), match.group(5))
    places = {path: place[:2] for path, place in found.items()}
    assert places == {
        "workers": (1, 10),
        "listeners[0].pool": (5, 11),
        "listeners[0].framming": (6, 5),
        "listeners[0].idle_timeout": (7, 19),
        "pools[0].upstreams[0].address": (10, 18),
        "pools[0].on_doubt": (11, 15),
    }
    assert "allowed" in found["listeners[0].framming"][2] and "framing" in found["listeners[0].framming"][2]
    assert "resend" in found["pools[0].on_doubt"][2] and "drop" in found["pools[0].on_doubt"][2]
    assert "30s" in found["listeners[0].idle_timeout"][2]


def test_serve_opens_no_port_with_a_bad_configuration(rig):
    (rig.folder / "bad.yaml").write_text(BAD)
    process = rig.run("waymark", "serve", "-c", rig.folder / "bad.yaml")
    assert process.wait_exit() == 2
    assert "framming" in process.stderr
    assert "listening" not in process.stderr


@pytest.mark.parametrize(
    "text", ["", "\t", "[1, 2]", "listeners: [", "a: 1\na: 2\n", "\x00\xff", "${NOT_SET_AT_ALL}: x"]
)
def test_what_is_no_configuration_is_refused(rig, text):
    code, lines, _ = check(rig, text)
    assert code == 2
    assert lines and "bad.yaml" in lines[0]


def test_a_missing_file_is_named(rig):
    process = rig.run("waymark", "check", "-c", rig.folder / "absent.yaml")
    assert process.wait_exit() == 2
    assert "absent.yaml" in process.stderr


GOOD = "listeners: [{name: l, bind: '127.0.0.1:0', pool: p}]\npools: [{name: p, upstreams: []}]\n"


def test_a_good_configuration_is_said_to_be_so(rig):
    code, lines, out = check(rig, GOOD, name="good.yaml")
    assert (code, lines) == (0, [])
    assert out.strip().endswith("good.yaml: ok")


def test_where_a_configuration_is_looked_for(rig):
    here, named, given = (rig.folder / name for name in ("waymark.yaml", "named.yaml", "given.yaml"))
    environment = {key: value for key, value in os.environ.items() if key != "WAYMARK_CONFIG"}
    with_name = {**environment, "WAYMARK_CONFIG": str(named)}

    def found(*arguments, env):
        process = rig.run("waymark", "check", *arguments, cwd=rig.folder, env=env)
        code = process.wait_exit()
        return process.stdout.strip() if code == 0 else code, process.stderr

    nothing, errors = found(env=environment)
    if not os.path.exists("/etc/waymark/waymark.yaml"):
        assert nothing == 2
        assert "WAYMARK_CONFIG" in errors and "/etc/waymark/waymark.yaml" in errors
    for path in (here, named, given):
        path.write_text(GOOD)
    assert found(env=environment)[0] == "./waymark.yaml: ok"
    assert found(env=with_name)[0] == f"{named}: ok"
    assert found("-c", given, env=with_name)[0] == f"{given}: ok"


def test_a_variable_of_the_environment(rig):
    text = GOOD.replace("'127.0.0.1:0'", "'${ADDRESS:-127.0.0.1:0}'")
    assert check(rig, text)[0] == 0
    code, lines, _ = check(rig, text, env={**os.environ, "ADDRESS": "nonsense"})
    assert code == 2 and "listeners[0].bind" in lines[0]


@pytest.mark.parametrize(
    "file", ["examples/waymark.yaml", "deploy/systemd/waymark.yaml", "deploy/container/waymark.yaml"]
)
def test_the_configurations_of_the_repository_are_good(rig, file):
    process = rig.run("waymark", "check", "-c", REPOSITORY / file)
    assert process.wait_exit() == 0, process.stderr


@pytest.mark.parametrize("arguments", [[], ["serve", "--nonsense"], ["dance"]])
def test_a_wrong_command_line(rig, arguments):
    assert rig.run("waymark", *arguments).wait_exit() == 2


def test_version(rig):
    process = rig.run("waymark", "version")
    assert process.wait_exit() == 0
    assert re.fullmatch(r"waymark \d+\.\d+\.\d+\n", process.stdout)
