"""What clients and upstreams wrote down, read back."""

from dataclasses import dataclass, field


@dataclass
class Connection:
    """One connection, as its client saw it. Times are nanoseconds of one clock for all."""

    sent: dict = field(default_factory=dict)  # frame -> when
    answers: list = field(default_factory=list)  # (when, frame), in the order they came
    foreign: list = field(default_factory=list)  # what came that was no answer to it
    dropped: list = field(default_factory=list)  # why


@dataclass(frozen=True)
class Delivery:
    """A frame, as an upstream was given it."""

    time: int
    process: str
    mark: str
    seq: int
    attempt: int
    epoch: int  # 0: its link had not opened this mark
    connection: int  # what the payload says of itself
    frame: int


@dataclass(frozen=True)
class Gap:
    """A frame that the proxy gave up, and said so."""

    mark: str
    seq: int


@dataclass
class Served:
    """What all upstreams together were given."""

    deliveries: list = field(default_factory=list)
    gaps: set = field(default_factory=set)
    pinned: bool = True  # each connection had one upstream at a time


def read_clients(text):
    """The journal of traffic.py, as number -> Connection."""
    connections = {}
    for line in text.splitlines():
        kind, time, number, *rest = line.split(" ")
        connection = connections.setdefault(int(number), Connection())
        if kind == "sent":
            connection.sent[int(rest[0])] = int(time)
        elif kind == "answer":
            connection.answers.append((int(time), int(rest[0])))
        elif kind == "foreign":
            connection.foreign.append(rest[0])
        elif kind == "dropped":
            connection.dropped.append(rest[0])
        else:
            assert kind == "connected", f"not a line of a client's journal: {line!r}"
    return connections


def read_upstream(text, served):
    """Adds the journal of one waymark-stub, which may hold several processes one after the other."""
    process = None
    for line in text.splitlines():
        kind, time, *rest = line.split(" ")
        if kind == "start":
            process = "{1}/{0}".format(*rest)
        elif kind == "frame":
            mark, seq, attempt, epoch, key = rest
            connection, _, frame = key.partition(":")
            served.deliveries.append(
                Delivery(int(time), process, mark, int(seq), int(attempt), int(epoch), int(connection), int(frame))
            )
        elif kind == "gap":
            served.gaps.add(Gap(rest[0], int(rest[1])))
        else:
            known = ("opened", "answer", "half_closed", "closed", "undeliverable")
            assert kind in known, f"not a line of an upstream's journal: {line!r}"
