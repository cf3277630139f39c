"""Ports that are free now, and still free when their owner comes back from the dead."""

import os
import random
import socket

FIRST, LAST = 10_000, 32_000  # below those the kernel gives to whoever asks for any


def _slice():
    """Tests that run beside each other choose from ports of their own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (LAST - FIRST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = list(range(FIRST + worker * size, FIRST + (worker + 1) * size))
    random.shuffle(ports)
    return ports


_ports = _slice()


def free_address(host="127.0.0.1"):
    """Where nobody listens now, and which was not chosen for the longest time."""
    for _ in range(len(_ports)):
        _ports.append(port := _ports.pop(0))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError:
                continue
        return f"{host}:{port}"
    raise AssertionError(f"no port from {FIRST} to {LAST} is free")
