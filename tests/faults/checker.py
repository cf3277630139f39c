"""Whether what upstreams were given and clients were answered is what was promised (wire.md, "Guarantee").

Pure functions of two histories: `clients`, number -> Connection, and `served`, a Served. Each answers
the breaches it finds as text, so that none found is an empty list.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass


def by_frame(served):
    """(connection, frame) -> its deliveries, oldest first."""
    found = defaultdict(list)
    for delivery in sorted(served.deliveries, key=lambda each: each.time):
        found[delivery.connection, delivery.frame].append(delivery)
    return found


def reported(served):
    """The (connection, frame) whose loss the proxy has reported."""
    connections = {each.mark: each.connection for each in served.deliveries}
    return {(connections.get(gap.mark, 0), gap.seq) for gap in served.gaps}


def lost(clients, served):
    """Frames that were sent and that no upstream was given, or that were never answered. Without such
    frames, what upstreams hold of a connection is what its client sent: the prefix rule."""
    given, excused = by_frame(served), reported(served)
    for number, connection in sorted(clients.items()):
        answered = {frame for _, frame in connection.answers}
        for frame in sorted(connection.sent):
            if (number, frame) in excused:
                continue
            if (number, frame) not in given:
                yield f"{number}:{frame} was given to no upstream"
            elif frame not in answered:
                yield f"{number}:{frame} was never answered"


def given_up(clients, served):
    """Frames whose loss was reported: allowed, but no run does what it takes (`max_attempts`)."""
    for number, frame in sorted(reported(served)):
        yield f"{number}:{frame} was given up"


def flagged(clients, served):
    """Deliveries of a frame that had been delivered before, and that said so. These are allowed."""
    for (number, frame), deliveries in by_frame(served).items():
        again = len(deliveries) - 1
        for _ in range(again - len(_unflagged(deliveries))):
            yield f"{number}:{frame} came again"


def _unflagged(deliveries):
    return [each for each in deliveries if each.attempt <= 1][1:]


def unflagged(clients, served):
    """Frames that came as new more than once."""
    for (number, frame), deliveries in by_frame(served).items():
        for each in _unflagged(deliveries):
            yield f"{number}:{frame} came again as new, to {each.process}"


def doubled(clients, served):
    """Answers to what had been answered."""
    for number, connection in sorted(clients.items()):
        counts = Counter(frame for _, frame in connection.answers)
        for frame, count in counts.items():
            for _ in range(count - 1):
                yield f"{number}:{frame} was answered again"


def order(clients, served):
    """Frames that came before an older one of their connection: on one link, or to all upstreams
    together; frames of a connection that was not opened; an epoch with two owners, where connections
    are pinned."""
    latest = {}  # connection -> the newest frame given so far
    for (number, frame), deliveries in sorted(by_frame(served).items(), key=lambda each: each[1][0].time):
        if frame < latest.get(number, 0):
            yield f"{number}:{frame} was first given after {number}:{latest[number]}"
        latest[number] = max(frame, latest.get(number, 0))

    on_link, owners = {}, {}
    for each in sorted(served.deliveries, key=lambda delivery: delivery.time):
        name = f"{each.connection}:{each.frame}"
        if each.epoch == 0:
            yield f"{name} came to {each.process} before its Opened"
        link = (each.process, each.mark, each.epoch)
        if each.frame <= on_link.get(link, 0):
            yield f"{name} came to {each.process} after {each.connection}:{on_link[link]} on the same link"
        on_link[link] = each.frame
        owner = owners.setdefault((each.mark, each.epoch), each.process)
        if served.pinned and each.epoch > 0 and owner != each.process:
            yield f"{name} came to {each.process}, but its epoch {each.epoch} is that of {owner}"


def crossed(clients, served):
    """What came to the wrong place: answers that are no frame of their client; frames under another
    number, under the mark of another connection, or that nobody sent."""
    for number, connection in sorted(clients.items()):
        for what in connection.foreign:
            yield f"{number} was answered {what}"
        for _, frame in connection.answers:
            if frame not in connection.sent:
                yield f"{number}:{frame} was answered and not sent"
    marks, connections = {}, {}
    for each in served.deliveries:
        name = f"{each.connection}:{each.frame}"
        if each.seq != each.frame:
            yield f"{name} came as seq {each.seq}"
        if connections.setdefault(each.mark, each.connection) != each.connection:
            yield f"{name} came under the mark of {connections[each.mark]}"
        if marks.setdefault(each.connection, each.mark) != each.mark:
            yield f"{name} came under a second mark"
        sender = clients.get(each.connection)
        if sender is None or each.frame not in sender.sent:
            yield f"{name} was given and not sent"


def dropped(clients, served):
    """Connections that ended before their clients did."""
    for number, connection in sorted(clients.items()):
        for why in connection.dropped:
            yield f"{number} was dropped: {why}"


def stalls(clients):
    """For every client the longest time between two answers, in milliseconds, shortest first."""
    longest = []
    for connection in clients.values():
        times = sorted(time for time, _ in connection.answers)
        if len(times) > 1:
            longest.append(max(later - earlier for earlier, later in zip(times, times[1:])) / 1e6)
    return sorted(longest)


def percentile(values, share):
    """The nearest rank of sorted values; nothing has no rank."""
    if not values:
        return float("nan")
    return values[max(0, math.ceil(len(values) * share) - 1)]


FORBIDDEN = {
    "lost": lost,
    "given up": given_up,
    "unflagged": unflagged,
    "doubled": doubled,
    "order": order,
    "crossed": crossed,
    "dropped": dropped,
}


@dataclass
class Verdict:
    frames: int
    flagged: int
    breaches: dict  # column -> texts
    stalls: list
    lag: float  # seconds for which the clients themselves were kept from their work

    def count(self, column):
        return len(self.breaches[column])

    def report(self, most=5):
        """The first few of every kind; empty if all is well."""
        lines = []
        for column, texts in self.breaches.items():
            lines += [f"{column}: {text}" for text in texts[:most]]
            if len(texts) > most:
                lines.append(f"{column}: and {len(texts) - most} more")
        return "\n".join(lines)


def check(clients, served, lag=0.0):
    return Verdict(
        frames=sum(len(connection.sent) for connection in clients.values()),
        flagged=sum(1 for _ in flagged(clients, served)),
        breaches={name: list(find(clients, served)) for name, find in FORBIDDEN.items()},
        stalls=stalls(clients),
        lag=lag,
    )
