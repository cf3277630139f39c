"""What /metrics tells: names that Prometheus accepts, numbers that are true."""

import shutil
import signal
import subprocess
import time

import pytest

from harness import wire
from harness.admin import Refused
from harness.books import assert_balanced
from harness.clock import eventually, scaled
from harness.process import REPOSITORY
from harness.proxy import configuration

PAGE = REPOSITORY / "docs/metrics.md"
REFERENCE = REPOSITORY / "tests/metrics/reference.py"


@pytest.fixture
def scrape(rig):
    """One of a proxy that has served."""
    proxy = rig.proxy(*rig.stubs(2), workers=2)
    for client in proxy.clients(4):
        assert client.ask(b"hello") == b"hello"
    status, text = proxy.get("/metrics")
    assert status == 200
    return text


def test_promtool_finds_no_fault_with_a_scrape(scrape):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=scrape, text=True, capture_output=True, timeout=scaled(30)
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_page_shows_every_metric_as_it_is(scrape, tmp_path):
    page = tmp_path / "metrics.md"
    shutil.copy(PAGE, page)
    subprocess.run([REFERENCE, page], input=scrape, text=True, check=True, timeout=scaled(30))
    assert page.read_text() == PAGE.read_text(), "docs/metrics.md ends with how to renew its table"


# --- the books ---


def load_of(rig, proxy, *more):
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 200, "--in-flight", 4, "--payload", "64-4096"),
        *("--warmup", "100ms", "--reply-timeout", "20s", *more),
    )
    load.wait_measuring()
    return load


def scrape_balanced(proxy, load, times):
    for _ in range(times):
        assert_balanced(proxy.metrics())
    assert load.running(), "all scrapes were under load"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_books_balance_in_every_scrape_under_load(rig, workers):
    proxy = rig.proxy(*rig.stubs(3), workers=workers)
    load = load_of(rig, proxy, "--duration", f"{scaled(4):g}s")
    scrape_balanced(proxy, load, 40)
    code, summary = load.result()
    assert code == 0 and summary["sent"] == summary["received"] > 0
    proxy.wait_settled()
    metrics = proxy.metrics()
    assert_balanced(metrics)
    assert metrics.total("frames_sent_total") == summary["sent"]
    assert metrics.total("downstream_frames_total", direction="down") == summary["received"]


def test_the_books_balance_while_upstreams_come_rest_and_go(rig):
    first, second, third = rig.stubs(3)
    proxy = rig.proxy(first, second, workers=2, pool={"leave_timeout": "1s"})
    load = load_of(rig, proxy, "--duration", f"{scaled(9):g}s")
    proxy.admin.add(third.address)
    proxy.wait_for_upstreams(3)
    scrape_balanced(proxy, load, 5)
    for _ in range(2):
        proxy.admin.set(third.address, admin_state="maintenance")
        proxy.wait_for_upstreams(2)
        scrape_balanced(proxy, load, 5)
        proxy.admin.set(third.address, admin_state="ready")
        proxy.wait_for_upstreams(3)
    proxy.admin.remove(third.address)
    eventually(
        lambda: third.address not in proxy.metrics().labels("upstream_ready", "upstream"), "the upstream to be gone"
    )
    scrape_balanced(proxy, load, 5)
    proxy.admin.add(third.address)
    proxy.wait_for_upstreams(3)
    scrape_balanced(proxy, load, 5)
    code, summary = load.result()
    assert code == 0 and summary["sent"] == summary["received"] > 0
    proxy.wait_settled()
    metrics = proxy.metrics()
    assert_balanced(metrics)
    assert metrics.total("frames_sent_total") == summary["sent"]
    assert metrics.total("frames_discarded_total") == 0


def test_one_address_leaving_and_coming_is_one_series(rig):
    upstream = rig.stub("--delay", "500ms")
    proxy = rig.proxy(pool={"leave_timeout": "5s"})
    proxy.admin.add(upstream.address)
    proxy.wait_for_upstreams(1)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    proxy.admin.remove(upstream.address)
    proxy.admin.add(upstream.address)
    metrics = proxy.metrics()  # which refuses a sample that is there twice
    assert metrics.total("upstream_state", state="leaving") == 1
    assert metrics.total("upstream_info") == 2
    assert client.ask(b"well") == b"well"


# --- what a number means ---


def test_listeners_are_counted_apart(rig):
    listeners = [
        {"name": name, "bind": "127.0.0.1:0", "pool": "default", "framing": "line"} for name in ("one", "two")
    ]
    proxy = rig.start_proxy(configuration([rig.stub().address], listeners=listeners, workers=2)).wait_for_upstreams(1)
    clients = {name: [proxy.client(name) for _ in range(count)] for name, count in (("one", 3), ("two", 4))}
    for name, line in (("one", b"12345"), ("two", b"1234567")):
        for client in clients[name]:
            assert client.ask(line) == line
    metrics = proxy.metrics()
    for name, count, size in (("one", 3, 5), ("two", 4, 7)):
        assert metrics.total("downstream_connections", listener=name) == count
        assert metrics.total("downstream_connections_opened_total", listener=name) == count
        assert metrics.total("listener_accepted_total", listener=name) == count
        for direction in ("up", "down"):
            assert metrics.total("downstream_frames_total", listener=name, direction=direction) == count
            assert metrics.total("downstream_bytes_total", listener=name, direction=direction) == count * size
    clients["two"][0].close()
    eventually(lambda: proxy.total("downstream_connections", listener="two") == 3, "the end of a connection")
    assert proxy.total("downstream_connections", listener="one") == 3


def test_a_solitary_frame_is_a_batch_and_takes_no_tick_of_the_loop(rig):
    proxy = rig.proxy(rig.upstream(answer=wire.echo))
    client = proxy.client()
    for _ in range(20):
        assert client.ask(b"hello") == b"hello"
    eventually(lambda: proxy.total("proxy_seconds_count", direction="up") == 20, "the end of every write")
    metrics = proxy.metrics()
    # Half of them below 10 ms, whatever else this machine does: a tick comes every 100 ms.
    assert metrics.total("proxy_seconds_bucket", direction="up", le="0.01") >= 10
    assert metrics.total("proxy_seconds_bucket", direction="down", le="0.01") >= 10
    assert metrics.total("proxy_seconds_count", direction="down") == 20
    proxy.wait_settled()
    assert proxy.total("link_batch_frames_bucket", le="1") - proxy.total("link_batch_frames_bucket", le="0") == 20


def test_how_long_an_upstream_takes_to_answer(rig):
    slow, quick = rig.stub("--delay", "50ms"), rig.stub()
    proxy = rig.proxy(slow, quick)
    for client in proxy.clients(2):
        for _ in range(4):
            assert client.ask(b"hello") == b"hello"
    metrics = proxy.metrics()
    assert metrics.total("upstream_answer_seconds_count", upstream=slow.address) == 4
    assert metrics.total("upstream_answer_seconds_sum", upstream=slow.address) >= 4 * 0.05
    assert metrics.total("upstream_answer_seconds_bucket", upstream=slow.address, le="0.025") == 0
    assert metrics.total("upstream_answer_seconds_count", upstream=quick.address) == 4
    assert metrics.total("upstream_answer_seconds_sum", upstream=quick.address) > 0


def test_only_answers_that_name_the_watched_frame_are_timed(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"one\n")
    upstream.expect("payload")
    mark = upstream.mark_of(client)

    def timed_after(reply_to, payload):
        upstream.send(wire.send(mark, payload, reply_to=reply_to))
        assert client.receive_line() == payload
        return proxy.total("upstream_answer_seconds_count")

    assert timed_after(0, b"names none") == 0
    assert timed_after(2, b"not read yet") == 0
    assert timed_after(1, b"the answer") == 1
    assert timed_after(1, b"again") == 1


def test_requests_are_counted_by_call_and_code(rig):
    proxy = rig.proxy(rig.stub())
    before = proxy.total("admin_requests_total", listener="telemetry", route="/metrics", code="200")
    proxy.admin.upstreams()
    with pytest.raises(Refused):
        proxy.admin.get("/v1/upstreams/none")
    proxy.admin.raw("GET", "/v1/pools")
    proxy.admin.raw("GET", "/secret-of-a-stranger")
    metrics = proxy.metrics()
    for method, route, code in (
        ("GET", "/v1/upstreams", "200"),
        ("GET", "/v1/upstreams/{id}", "404"),
        ("GET", "/v1/pools", "401"),
        ("other", "other", "404"),
    ):
        assert metrics.total("admin_requests_total", listener="admin", method=method, route=route, code=code) >= 1
    assert proxy.total("admin_requests_total", listener="telemetry", route="/metrics", code="200") == before + 2


def test_failed_health_probes_are_counted(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub, pool={"health": {"interval": "50ms"}})
    assert proxy.total("upstream_probe_failures_total", upstream=stub.address) == 0
    stub.kill()
    proxy.wait_for_total("upstream_probe_failures_total", at_least=2, upstream=stub.address)


def test_output_that_a_client_does_not_take(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener={"down": {"soft": "8MiB", "soft_timeout": "1m", "hard": "16MiB"}})
    client = proxy.client(receive_buffer=4096)
    mark = upstream.mark_of(client)
    for _ in range(64):
        upstream.send(wire.send(mark, b"f" * 32768))
    proxy.wait_for_total("downstream_queued_bytes", at_least=1024 * 1024)
    assert proxy.total("downstream_queued_connections") == 1
    client.receive(64 * 32769)
    eventually(lambda: proxy.total("downstream_queued_bytes") == 0, "an empty queue")
    assert proxy.total("downstream_queued_connections") == 0


def test_a_worker_that_was_kept_waiting_shows_it(rig):
    proxy = rig.proxy(rig.stub())

    def late():
        metrics = proxy.metrics()
        return metrics.total("loop_lag_seconds_count") - metrics.total("loop_lag_seconds_bucket", le="0.25")

    proxy.wait_for_total("loop_lag_seconds_count", at_least=3)
    before = late()
    proxy.process.signal(signal.SIGSTOP)
    time.sleep(0.6)  # what is measured
    proxy.process.signal(signal.SIGCONT)
    eventually(lambda: late() > before, "a late tick")
    assert proxy.total("loop_lag_seconds_sum") >= 0.4


def test_the_state_of_upstreams_and_pools(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub, pool={"window_bytes": "1MiB", "window_events": 512})
    metrics = proxy.metrics()
    assert metrics.total("upstream_state", upstream=stub.address, state="ready") == 1
    assert metrics.total("upstream_state") == 1
    assert metrics.total("upstream_info", source="file", admin_state="ready") == 1
    assert metrics.total("pool_ready_upstreams", pool="default") == 1
    assert metrics.total("link_window_bytes") == 1024 * 1024
    assert metrics.total("link_window_events") == 512
    assert metrics.total("ready") == 1
    stub.kill()
    eventually(lambda: proxy.total("pool_ready_upstreams") == 0, "no ready upstream")
    eventually(lambda: proxy.total("upstream_state", state="ready") == 0, "the new state")
    proxy.wait_for_total("upstream_consecutive_failures")
    assert proxy.total("link_lost_total") == 1


def test_the_process_is_told_as_the_kernel_sees_it(rig):
    proxy = rig.proxy(rig.stub())
    before = proxy.total("process_open_fds")
    proxy.clients(20)
    eventually(lambda: proxy.total("process_open_fds") == before + 20, "20 descriptors more")
    metrics = proxy.metrics()
    assert metrics.total("process_open_fds") <= metrics.total("process_max_fds")
    assert abs(metrics.total("process_cpu_seconds_total") - proxy.process.cpu_seconds()) < 1
    assert abs(metrics.total("process_resident_memory_bytes") - proxy.process.resident_bytes()) < 16 * 1024 * 1024
    assert 0 <= time.time() - metrics.total("process_start_time_seconds") < scaled(60)
