"""Upstreams that come and go while the proxy runs: leases, health, state over a restart, names."""

import json

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import eventually
from harness.ports import free_address
from harness.proxy import configuration

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")


class Registry:
    """A proxy with a registry at a fixed address, so that it is found again after a restart."""

    def __init__(self, rig, **top):
        self._rig = rig
        self.address = free_address()
        self.settings = configuration(
            [], registry={"bind": self.address}, state=str(rig.folder / "state"), **top
        )
        self.proxy = rig.start_proxy(self.settings)

    def stub(self, name, *arguments, ttl="2s"):
        return self._rig.stub(
            *("--register", f"http://{self.address}", "--ttl", ttl),
            *("--register-token-file", self._rig.folder / "state" / "registry.token", *arguments),
            name=name,
        )

    def restart(self):
        assert self.proxy.terminate() == 0
        self.proxy = self._rig.start_proxy(self.settings)


def states(proxy):
    return {each["id"]: each["state"] for each in proxy.admin.upstreams()}


def served_by(proxy, stub):
    return proxy.metrics().count("upstream_connections", upstream=stub.address)


def test_the_life_of_a_fleet(rig):
    registry = Registry(rig, pool={"leave_timeout": "1s"})
    proxy = registry.proxy
    assert proxy.admin.upstreams() == []
    assert proxy.get("/readyz")[0] == 503

    red, green, blue = (registry.stub(name, "--delay", "200ms", ttl="4s") for name in ("red", "green", "blue"))
    proxy.wait_for_upstreams(3)
    assert proxy.get("/readyz")[0] == 200
    assert {each["source"] for each in proxy.admin.upstreams()} == {"lease"}

    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 300, "--payload", "64-1024", "--warmup", "500ms"),
        *("--duration", "9s", "--reply-timeout", "3s", "--allow-lost"),
    )
    load.wait_measuring()
    red.kill()
    proxy.wait_for_log("upstream_lease_ended", id="red")
    eventually(lambda: set(states(proxy)) == {"green", "blue"}, "the dead upstream to be gone", 15)

    proxy.admin.set(green.address, admin_state="drain")
    eventually(lambda: served_by(proxy, green) == 0, "the clients to move")
    code, summary = load.result()
    assert code == 0, summary
    assert summary["disconnects"] == summary["mismatched"] == summary["connect_errors"] == 0

    stub = rig.stub()
    proxy.admin.add(stub.address, weight=7)
    blue.kill()  # so that what is found again was remembered, not announced anew
    registry.restart()
    proxy = registry.proxy
    found = {each["address"]: each for each in proxy.admin.upstreams()}
    assert set(found) == {green.address, blue.address, stub.address}
    assert (found[stub.address]["source"], found[stub.address]["weight"]) == ("api", 7)
    assert (found[green.address]["source"], found[green.address]["admin_state"]) == ("lease", "drain")
    assert proxy.wait_for_upstreams(2).client().ask(b"hello") == b"hello"


def test_a_stub_that_ends_takes_its_registration_back(rig):
    registry = Registry(rig, pool={"leave_timeout": "200ms"})
    stub = registry.stub("short", ttl="1h")
    proxy = registry.proxy.wait_for_upstreams(1)
    assert stub.process.terminate() == 0
    eventually(lambda: states(proxy) == {}, "the registration to be gone")


def test_a_registration_taken_back_has_no_end_to_come(rig):
    registry = Registry(rig)
    token = (rig.folder / "state" / "registry.token").read_text().strip()
    admin = registry.proxy.admin
    admin.address = registry.address
    path, headers = "/v1/registrations/x", {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"address": "127.0.0.1:1", "ttl_seconds": 60})
    given = json.loads(admin.raw("PUT", path, body, **headers)[2])
    assert given["ttl_seconds"] == 60 and given["expires_at"] != ""
    taken = json.loads(admin.raw("DELETE", path, None, **headers)[2])
    assert taken == {**given, "expires_at": ""}


def test_the_token_of_the_registry_can_do_nothing_else(rig):
    registry = Registry(rig)
    token = (rig.folder / "state" / "registry.token").read_text().strip()
    admin = registry.proxy.admin
    status, _, _ = admin.raw("GET", "/v1/upstreams", Authorization=f"Bearer {token}")
    assert status == 401, "the admin listener does not know it"
    registry.proxy.admin.address = registry.address
    with pytest.raises(Refused) as refused:
        admin.call("PUT", "/v1/registrations/x", {"address": "127.0.0.1:1"})
    assert refused.value.status == 401, "and the registry does not know the admin's"


def test_what_the_file_says_is_not_deleted(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    with pytest.raises(Refused) as refused:
        proxy.admin.remove(stub.address)
    assert refused.value.status == 409
    assert "configuration file" in refused.value.body["message"]


def test_the_same_upstream_twice_is_refused(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    with pytest.raises(Refused) as refused:
        proxy.admin.add(stub.address)
    assert (refused.value.status, refused.value.body["code"]) == (409, "ALREADY_EXISTS")
    assert len(proxy.admin.upstreams()) == 1


def test_metadata_tells_two_upstreams_of_one_server_apart(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    added = proxy.admin.add(upstream.address, metadata={"shard": "two"})
    assert added["metadata"] == {"shard": "two"}
    secret = proxy.admin.add(upstream.address, metadata={"authorization": "Bearer hunter2"})
    assert secret["metadata"]["authorization"].startswith("(redacted ")
    assert "hunter2" not in proxy.admin.raw("GET", "/v1/upstreams", Authorization=f"Bearer {proxy.admin.token}")[2]
    proxy.wait_for_upstreams(3)
    assert sorted(link.metadata.get("shard", "") for link in upstream.links) == ["", "", "two"]
    assert "Bearer hunter2" in [link.metadata.get("authorization") for link in upstream.links]


def test_overrides_of_the_file_stay_over_a_restart(rig):
    stub = rig.stub()
    settings = configuration([stub.address], state=str(rig.folder / "state"))
    proxy = rig.start_proxy(settings).wait_for_upstreams(1)
    proxy.admin.set(stub.address, weight=50, admin_state="drain")
    diff = {each["path"]: each for each in proxy.admin.get("/v1/config:diff")["differences"]}
    path = f"pools[default].upstreams[{stub.address}]"
    assert diff[f"{path}.weight"]["running"] == "50"
    assert diff[f"{path}.admin_state"]["running"] == "drain"
    assert proxy.terminate() == 0
    proxy = rig.start_proxy(settings)
    upstream = proxy.admin.upstream(stub.address)
    assert (upstream["weight"], upstream["admin_state"], upstream["source"]) == (50, "drain", "file")


def test_addresses_of_a_name_become_upstreams(rig):
    stub = rig.stub()
    port = stub.address.rpartition(":")[2]
    proxy = rig.start_proxy(configuration([{"address": f"localhost:{port}", "refresh": "200ms"}]))
    eventually(lambda: proxy.admin.upstreams(), "addresses")
    assert {each["source"] for each in proxy.admin.upstreams()} == {"dns"}
    assert stub.address in [each["address"] for each in proxy.admin.upstreams()]
    assert proxy.client().ask(b"hello") == b"hello"
    with pytest.raises(Refused) as refused:
        proxy.admin.remove(stub.address)
    assert refused.value.status == 409


def test_a_second_proxy_on_the_same_state_is_refused(rig):
    proxy = rig.proxy(state=str(rig.folder / "state"))
    second = rig.run("waymark", "serve", "-c", rig.configuration_file(
        configuration([], state=str(rig.folder / "state"), admin={"bind": "127.0.0.1:0"})))
    assert second.wait_exit() == 1
    assert str(rig.folder / "state") in second.stderr
    assert proxy.admin.upstreams() == []


def test_a_corrupt_state_is_refused_and_recovered(rig):
    settings = configuration([], state=str(rig.folder / "state"))
    proxy = rig.start_proxy(settings)
    assert proxy.terminate() == 0
    for name in ("state.db-wal", "state.db-shm"):
        (rig.folder / "state" / name).unlink(missing_ok=True)
    (rig.folder / "state" / "state.db").write_bytes(b"not a database at all" * 500)
    path = rig.configuration_file({**settings, "admin": {"bind": "127.0.0.1:0"}})
    refused = rig.run("waymark", "serve", "-c", path)
    assert refused.wait_exit() == 1
    assert "state.db" in refused.stderr and "--recover" in refused.stderr
    recovered = rig.run("waymark", "serve", "--recover", "-c", path)
    recovered.wait_for(lambda: '"started"' in recovered.stderr, "the start")
    assert recovered.terminate() == 0


def test_health_says_not_serving_and_the_clients_move(rig):
    sick, well = rig.upstream(answer=wire.echo, health="SERVING"), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(sick, well, pool={"health": {"interval": "100ms", "rise": 1}})
    clients = proxy.clients(4)
    assert [client.ask(b"one") for client in clients] == [b"one"] * 4
    sick.health = "NOT_SERVING"
    proxy.wait_for_log("upstream_state", address=sick.address, state="unhealthy")
    eventually(lambda: served_by(proxy, well) == 4, "the clients to move")
    assert [client.ask(b"two") for client in clients] == [b"two"] * 4
    sick.health = "SERVING"
    proxy.wait_for_log("upstream_state", address=sick.address, state="ready")


def test_upstreams_of_the_file_change_at_a_reload(rig):
    first, second = rig.stubs(2)
    settings = configuration([first.address], pool={"leave_timeout": "200ms"}, state=str(rig.folder / "state"))
    proxy = rig.start_proxy(settings).wait_for_upstreams(1)
    client = proxy.client()
    client.ask(b"hello")
    settings["pools"][0]["upstreams"] = [second.address]
    proxy.rewrite(settings)
    proxy.process.signal_hangup()
    eventually(lambda: served_by(proxy, second) == 1, "the client to move")
    assert client.ask(b"moved") == b"moved"
    eventually(lambda: len(proxy.admin.upstreams()) == 1, "the first upstream to be gone")


def test_a_bad_file_keeps_the_running_configuration(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    proxy.write_text("listeners: [ { nam: x } ]\n")
    with pytest.raises(Refused) as refused:
        proxy.admin.post("/v1/config:reload")
    assert refused.value.status == 409
    assert "listeners[0].nam: unknown field" in refused.value.body["message"]
    proxy.process.signal_hangup()
    proxy.wait_for_log("config_not_reloaded")
    assert proxy.client().ask(b"hello") == b"hello"


def test_a_change_that_needs_a_restart_is_refused_by_name(rig):
    stub = rig.stub()
    settings = configuration([stub.address], state=str(rig.folder / "state"))
    proxy = rig.start_proxy(settings).wait_for_upstreams(1)
    settings["workers"] = 2
    proxy.rewrite(settings)
    with pytest.raises(Refused) as refused:
        proxy.admin.post("/v1/config:reload")
    assert refused.value.status == 409 and "workers" in refused.value.body["message"]


def test_a_wrong_value_is_named_with_its_field_and_what_is_there(rig):
    proxy = rig.proxy(rig.stub())

    def details(method, path, body=None):
        with pytest.raises(Refused) as refused:
            proxy.admin.call(method, path, body)
        assert refused.value.status == 400
        (detail,) = refused.value.body["details"]
        assert refused.value.body["message"] == f"{detail['field']}: {detail['problem']}"
        return detail["field"], detail["problem"]

    no_pool = "there is no pool 'x', known: default"
    no_listener = "there is no listener 'x', known: clients"
    assert details("GET", "/v1/upstreams?pool=x") == ("pool", no_pool)
    assert details("POST", "/v1/upstreams", {"address": "127.0.0.1:1", "pool": "x"}) == ("pool", no_pool)
    assert details("POST", "/v1/upstreams", {"address": "127.0.0.1"})[0] == "address"
    assert details("GET", "/v1/connections?listener=x") == ("listener", no_listener)
    assert details("GET", "/v1/connections?upstream=x")[0] == "upstream"
    assert details("GET", "/v1/connections?page_token=x")[0] == "page_token"
    action = {"filter": {"listener": "x"}}
    assert details("POST", "/v1/connections:close", action) == ("filter.listener", no_listener)
    assert details("POST", "/v1/broadcast", {"to": "all", "pool": "x", "text": "hello"}) == ("pool", no_pool)
