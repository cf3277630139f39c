"""An upstream ends its call while a write is waiting for room: that write is in doubt as well."""

import pytest

from harness.clock import eventually
from harness.pressure import push_until_blocked

LINE = 4096
STREAM = b"".join((b"%06d " % number).ljust(LINE - 1, b".") + b"\n" for number in range(8_000))


@pytest.mark.parametrize("how", ["ends its call", "cancels its calls"])
def test_a_write_that_waited_comes_again(rig, how):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.pause()
    (sent,) = push_until_blocked(proxy, [client], STREAM)
    written = int(proxy.total("link_frames_sent_total"))

    if how == "ends its call":
        upstream.link.end()
        proxy.wait_for_log("upstream_lost")
    upstream.stop()
    again = rig.upstream(address=upstream.address)
    client.send(STREAM[sent : STREAM.index(b"\n", sent) + 1])
    first = eventually(lambda: again.events("payload", mark), "frames")[0]
    assert (first.seq, first.attempt) == (written + 1, 2)
