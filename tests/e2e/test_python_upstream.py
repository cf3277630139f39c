"""An upstream in Python, written from proto/README.md alone: examples/python/echo.py."""

import os
import re
import signal

from harness import wire
from harness.process import REPOSITORY, Process
from harness.tls import Certificates

EXAMPLE = REPOSITORY / "examples/python/echo.py"


def start(rig, program, **options):
    """Answers the address it listens on."""
    path = os.pathsep.join(filter(None, [wire.GENERATED, os.environ.get("PYTHONPATH")]))
    echo = rig.keep(
        Process(
            rig.folder,
            "echo",
            ["/usr/bin/python3", program, "127.0.0.1:0"],
            env={**os.environ, "PYTHONPATH": path},
            ends_with=-signal.SIGTERM,
            **options,
        )
    )
    return echo.wait_for_line(r"listening on (\S+)").group(1)


def test_the_example_echoes_over_tls_with_the_lines_of_the_docs(rig, tmp_path):
    certificates = Certificates(tmp_path)
    certificates.make("worker", names="DNS:workers.example", issuer="ca")
    certificates.make("proxies-ca")
    certificates.make("proxy", issuer="proxies-ca")
    (lines,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs/tls.md").read_text(), re.DOTALL)
    before, listening, after = EXAMPLE.read_text().partition("port = server.add_insecure_port(address)\n")
    assert listening
    program = tmp_path / "echo.py"
    program.write_text(before + lines + after)
    address = start(rig, program, cwd=certificates.folder)
    tls = {"ca": certificates.path("ca"), **certificates.pair("proxy"), "server_name": "workers.example"}
    assert rig.proxy(address, pool={"tls": tls}).client().ask(b"hello") == b"hello"


def test_the_example_echoes(rig):
    address = start(rig, EXAMPLE)
    proxy = rig.proxy(address, workers=2, pool={"ping_interval": "100ms", "progress_timeout": "5s"})
    for client in proxy.clients(5):
        stream = b"".join(b"line %d\n" % number for number in range(500))
        assert client.exchange(stream) == stream
        client.end_writing()
        assert client.receive_to_end() == b""
    assert proxy.total("downstream_connections_closed_total", reason="CLIENT_CLOSED") == 5
    assert proxy.total("link_lost_total") == 0
