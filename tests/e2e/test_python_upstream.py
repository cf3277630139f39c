"""An upstream in Python, written from proto/README.md alone: examples/python/echo.py."""

import os
import signal

from harness import wire
from harness.process import REPOSITORY, Process


def test_the_example_echoes(rig):
    path = os.pathsep.join(filter(None, [wire.GENERATED, os.environ.get("PYTHONPATH")]))
    echo = rig.keep(
        Process(
            rig.folder,
            "echo",
            ["/usr/bin/python3", REPOSITORY / "examples/python/echo.py", "127.0.0.1:0"],
            env={**os.environ, "PYTHONPATH": path},
            ends_with=-signal.SIGTERM,
        )
    )
    address = echo.wait_for_line(r"listening on (\S+)").group(1)
    proxy = rig.proxy(address, workers=2, pool={"ping_interval": "100ms", "progress_timeout": "5s"})
    for client in proxy.clients(5):
        stream = b"".join(b"line %d\n" % number for number in range(500))
        assert client.exchange(stream) == stream
        client.end_writing()
        assert client.receive_to_end() == b""
    assert proxy.total("downstream_connections_closed_total", reason="CLIENT_CLOSED") == 5
    assert proxy.total("link_lost_total") == 0
