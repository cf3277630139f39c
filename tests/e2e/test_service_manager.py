"""What systemd is told: when clients may come, that the process lives, that it reloads and ends."""

import signal
import time

import pytest

from harness.clock import eventually, scaled
from harness.ports import free_address
from harness.proxy import configuration
from harness.service_manager import ServiceManager
from harness.thread import hanging

WATCHDOG = 1.0
MISSED = 2.0  # four pings


@pytest.fixture
def manager(rig):
    return rig.keep(ServiceManager(str(rig.folder / "notify"), watchdog=WATCHDOG))


def wait_ready_and_fed(manager):
    manager.wait("READY")
    manager.wait("WATCHDOG", count=2)


def test_ready_once_every_listener_is_open(rig, manager):
    addresses = {"listener": {"bind": free_address()}, "telemetry": {"bind": free_address()}}
    proxy = rig.start_proxy(configuration([], **addresses), manager.prefix)
    ready = manager.wait("READY")
    assert manager.order("READY", "WATCHDOG")[0] == "READY"
    assert ready["READY"] == "1"
    assert proxy.addresses["clients"] == addresses["listener"]["bind"]
    proxy.client()  # is let in, though no upstream is ready
    assert proxy.get("/readyz")[0] == 503
    manager.wait_status("not ready: pool 'default'")


def test_the_status_follows_readyz(rig, manager):
    upstream = rig.upstream(opening=[])
    proxy = rig.start_proxy(configuration([upstream.address]), manager.prefix)
    manager.wait("READY")
    assert manager.status.startswith("not ready: pool 'default'")
    stub = rig.stub()
    proxy.admin.post("/v1/upstreams", {"pool": "default", "address": stub.address})
    eventually(lambda: manager.status == "ready", "the status of one that is ready")


def test_an_abstract_socket(rig):
    manager = rig.keep(ServiceManager(f"@waymark-test-{rig.folder}"[:100]))
    rig.start_proxy(configuration([]), manager.prefix)
    assert manager.wait("READY")
    assert manager.order("WATCHDOG") == []


def test_a_start_that_fails_is_never_ready(rig, manager):
    file = rig.configuration_file(configuration([], listener={"bind": "192.0.2.1:7999"}))
    process = rig.run("waymark", "serve", "-c", file, prefix=manager.prefix)
    assert process.wait_exit() == 1
    assert manager.told == []


def test_an_address_nobody_can_be_told_at_is_logged_and_does_no_harm(rig):
    proxy = rig.start_proxy(configuration([]), ["env", "NOTIFY_SOCKET=nonsense"])
    warning = proxy.wait_for_log("service_manager_not_told", level="warn")
    assert "NOTIFY_SOCKET 'nonsense'" in warning["why"]
    gone = rig.start_proxy(configuration([]), ["env", f"NOTIFY_SOCKET={rig.folder}/nobody"])
    assert "No such file" in gone.wait_for_log("service_manager_not_told")["why"]


@pytest.mark.parametrize("by", ["signal", "call"])
def test_a_reload_begins_and_ends(rig, manager, by):
    settings = configuration([])
    proxy = rig.start_proxy(settings, manager.prefix)
    manager.wait("READY")
    manager.forget()
    before = time.monotonic_ns() // 1000
    if by == "signal":
        proxy.process.signal_hangup()
    else:
        proxy.admin.post("/v1/config:reload")
    ready = manager.wait("READY")
    assert manager.order("RELOADING", "READY") == ["RELOADING", "READY"]
    reloading = manager.wait("RELOADING")
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert "reload" not in ready["STATUS"]


def test_a_reload_that_fails_is_ready_again_and_says_so_until_one_works(rig, manager):
    settings = configuration([])
    proxy = rig.start_proxy(settings, manager.prefix)
    manager.wait("READY")
    manager.forget()
    proxy.write_text("listeners: [\n")
    proxy.process.signal_hangup()
    assert "the last reload changed nothing" in manager.wait("READY")["STATUS"]
    manager.forget()
    proxy.rewrite(settings)
    proxy.process.signal_hangup()
    assert "reload" not in manager.wait("READY")["STATUS"]


def test_stopping_comes_first_at_sigterm_and_ready_never_after_it(rig, manager):
    proxy = rig.start_proxy(configuration([], drain={"timeout": f"{int(scaled(6))}s", "delay": f"{int(scaled(1500))}ms"}), manager.prefix)
    wait_ready_and_fed(manager)
    manager.forget()
    proxy.process.signal(signal.SIGTERM)
    manager.wait("STOPPING")
    manager.wait_status("draining")
    proxy.process.signal_hangup()
    proxy.wait_for_log("config_reloaded")
    manager.wait("WATCHDOG")  # it is not killed while it drains
    assert proxy.process.wait_exit() == 0
    assert manager.order("STOPPING", "READY", "RELOADING") == ["STOPPING"]


def test_a_stopped_process_is_not_said_to_live(rig, manager):
    proxy = rig.start_proxy(configuration([]), manager.prefix)
    wait_ready_and_fed(manager)
    proxy.process.signal(signal.SIGSTOP)
    manager.wait_silence("WATCHDOG", MISSED)
    manager.forget()
    proxy.process.signal(signal.SIGCONT)
    manager.wait("WATCHDOG")


def test_a_worker_that_hangs_ends_the_pings_and_the_rest_goes_on(rig, manager):
    proxy = rig.proxy(rig.stub(), workers=2, prefix=manager.prefix)
    wait_ready_and_fed(manager)
    with hanging(proxy.process, "wm-worker-1"):
        manager.wait_silence("WATCHDOG", MISSED)
        assert proxy.get("/livez")[0] == 200
        manager.forget()
    manager.wait("WATCHDOG", count=2)


def test_a_control_thread_that_hangs_ends_the_pings(rig, manager):
    proxy = rig.proxy(rig.stub(), prefix=manager.prefix)
    wait_ready_and_fed(manager)
    client = proxy.client()
    assert client.ask(b"before") == b"before"
    with hanging(proxy.process, "waymark"):
        manager.wait_silence("WATCHDOG", MISSED)
        assert client.ask(b"meanwhile") == b"meanwhile"
        manager.forget()
    manager.wait("WATCHDOG", count=2)
