"""A stand-in for waymark-lab, to try deploy/quickstart.sh without a build.

The environment variable FAKE picks how the lab behaves: "well", "same" (every client is answered by
stub-1), "unready" (it does not come up), "broken" (ends at once), "cut" (who had the killed upstream
is cut off) or "cut load" (a client of the load is). Ports are free ones; the plan it was given is kept
beside the program.
"""

import os
import pathlib
import shutil
import signal
import socket
import sys
import threading
import time

MODE = os.environ["FAKE"]
KILLED = pathlib.Path(sys.argv[0] + ".killed")
PLAN = pathlib.Path(sys.argv[0] + ".plan")
STUBS = ("stub-1", "stub-2", "stub-3")


def upstream_of(number):
    """Whose turn a client is, of those that live."""
    killed = KILLED.read_text() if KILLED.exists() else ""
    if MODE == "same":
        return "stub-1"
    name = STUBS[number % 3]
    return STUBS[(number + 1) % 3] if name == killed else name


def answer(client, number):
    first = upstream_of(number)
    for line in client.makefile("r"):
        if MODE == "cut" and upstream_of(number) != first:
            break
        client.sendall(f"{upstream_of(number)}: {line}".encode())
    client.shutdown(socket.SHUT_RDWR)


def accept(listener):
    for number in range(1000):
        client, _ = listener.accept()
        threading.Thread(target=answer, args=(client, number), daemon=True).start()


def up(arguments):
    shutil.copy(arguments[arguments.index("-c") + 1], PLAN)
    if MODE == "broken":
        sys.exit("waymark-lab: port 7999 is not free")
    if MODE == "unready":
        time.sleep(float(arguments[arguments.index("--timeout") + 1]))
        sys.exit("waymark-lab: not every proxy had every upstream")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print("NAME     KIND   PID  ADDRESS  ADMIN  TELEMETRY")
    print(f"proxy-1  proxy  1  127.0.0.1:{listener.getsockname()[1]}  127.0.0.1:1  127.0.0.1:2")
    print("Dashboards:\n  proxy-1  http://127.0.0.1:1/#token=secret\nThe lab is up.")
    print("  waymarkctl --admin 127.0.0.1:1 --token-file /the/token status", flush=True)
    signal.pause()


def load(arguments):
    if MODE == "cut load":
        sys.exit("waymark-lab: 1 connection cut off")
    if "--for" not in arguments:
        signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    command = next(word for word in sys.argv[1:] if word in ("up", "load", "kill"))
    if command == "kill":
        KILLED.write_text(sys.argv[-1])
    else:
        {"up": up, "load": load}[command](sys.argv)
