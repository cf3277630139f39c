"""Why an upstream is not ready is told in the log, for someone who wonders where it is."""

from harness.ports import free_address


def test_an_upstream_that_is_not_there_is_told(rig):
    address = free_address()
    proxy = rig.proxy(address, ready=0, pool={"connect_timeout": "300ms"})
    assert proxy.wait_for_log("upstream_failed", address=address, within=5)["why"]
