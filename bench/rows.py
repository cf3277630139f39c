"""The rows of the table: what the load generator is asked to do."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    kind: str = "echo"  # echo | churn | memory | ledger | identity
    edge: str = ""  # tls | proxy: what clients begin with
    connections: int = 100
    payload: str = "64"
    in_flight: int = 1
    framing: str = "raw"
    workers: int = 1
    upstreams: int = 1
    goal: str = ""  # HAProxy's cost divided by ours, or what the unit column says
    quick: bool = False

    @property
    def unit(self):
        return {"echo": "us a frame", "churn": "us a connection", "memory": "bytes",
                "ledger": "bytes a frame", "identity": "us more a connection"}[self.kind]


def _echo(payload, label, counts, goals, quick=()):
    return [Row(f"{label} x {count:,}", payload=payload, connections=count, goal=goal,
                quick=count in quick)
            for count, goal in zip(counts, goals)]


ROWS = [
    *_echo("64", "64 B", (1, 8, 32), ("0.5", "", ""), quick=(1,)),
    *_echo("64", "64 B", (100, 1000, 9500), ("1.8", "2.3", "2.2"), quick=(100, 1000)),
    *_echo("512", "512 B", (100, 1000, 9500), ("1.7", "2.1", "2.2")),
    *_echo("4096", "4 KiB", (100, 1000, 9500), ("1.4", "1.8", "1.65")),
    *_echo("64KiB", "64 KiB", (100, 1000), ("1.35", "1.6"), quick=(100,)),
    Row("64 B x 100, 16 in flight", in_flight=16),
    Row("64 B lines x 100, 16 in flight", in_flight=16, framing="line", goal="1.0", quick=True),
    Row("connect + echo + close", kind="churn", connections=50, goal="1.5", quick=True),
    Row("idle memory x 9,500", kind="memory", connections=9500, goal="<= 512 B", quick=True),
    Row("ledger memory x 100,000", kind="ledger", in_flight=1000, framing="line", goal="<= 64 B",
        quick=True),
    *[Row(f"64 B x {count:,}, 2 workers x 3 upstreams", connections=count, workers=2, upstreams=3)
      for count in (100, 1000, 9500)],
    *[Row(f"{label} x 1,000, {edge.upper()}", payload=payload, connections=1000, edge=edge,
          goal="1.0", quick=payload == "64")
      for edge in ("tls", "proxy") for payload, label in (("64", "64 B"), ("4096", "4 KiB"))],
    Row("connect + handshake + echo + close, TLS", kind="churn", connections=50, edge="tls",
        goal="0.9", quick=True),
    Row("idle memory x 9,500, TLS", kind="memory", connections=9500, edge="tls", goal="<= 12 KiB",
        quick=True),
    Row("identity from the first frame", kind="identity", connections=50, goal="< 1 us",
        quick=True),
]
