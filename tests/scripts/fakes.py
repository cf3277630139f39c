"""Stand-ins for waymark and waymark-stub, to try deploy/quickstart.sh without a build.

The environment variable FAKE picks how the proxy behaves: "well", "same" (every client is answered
by stub-1), "unready" (/readyz stays 503) or "broken" (ends at once).
"""

import os
import re
import signal
import socket
import sys
import threading


def serve(listener, answer):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def stub():
    host, _, port = sys.argv[sys.argv.index("--listen") + 1].partition(":")
    listener = socket.create_server((host, int(port)))
    print(f"listening on {host}:{listener.getsockname()[1]}", flush=True)
    signal.pause()


def proxy():
    mode = os.environ["FAKE"]
    if mode == "broken":
        sys.exit("waymark.yaml:1:1: no such thing")
    with open(sys.argv[sys.argv.index("-c") + 1]) as config:
        ports = [int(port) for port in re.findall(r"bind:.*?:(\d+)", config.read())]
    clients, telemetry, _admin = [socket.create_server(("127.0.0.1", port)) for port in ports]
    lock = threading.Lock()
    served = 0

    def answer_client(connection):
        nonlocal served
        with lock:
            name = f"stub-{1 if mode == 'same' else served % 3 + 1}"
            served += 1
        for line in connection.makefile("r"):
            connection.sendall(f"{name}: {line}".encode())

    def answer_probe(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 503 no\r\n\r\n" if mode == "unready" else b"HTTP/1.0 200 OK\r\n\r\n")
        connection.close()

    threading.Thread(target=serve, args=(telemetry, answer_probe), daemon=True).start()
    serve(clients, answer_client)


if __name__ == "__main__":
    proxy() if os.path.basename(sys.argv[0]) == "waymark" else stub()
