"""Sending until the proxy takes no more."""

import time

from harness.clock import eventually, scaled

_STILL = 0.4  # seconds without any movement


def push_until_blocked(proxy, clients, stream):
    """Each client sends from the start of `stream` until a link is full and none of them is read any
    more. Answers the bytes each has sent."""
    sent = [0] * len(clients)
    last_seen = None
    since = time.monotonic()

    def blocked():
        nonlocal last_seen, since
        for index, client in enumerate(clients):
            while taken := client.push(stream[sent[index] : sent[index] + 65536]):
                sent[index] += taken
        metrics = proxy.metrics()
        seen = (sum(sent), metrics.total("link_frames_sent_total"))
        if seen != last_seen:
            last_seen, since = seen, time.monotonic()
        return metrics.total("link_outstanding_frames") > 0 and time.monotonic() - since > scaled(_STILL)

    eventually(blocked, "a link that takes no more")
    assert max(sent) < len(stream), "the link took everything"
    return sent
