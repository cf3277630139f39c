"""Deadlines. Nothing here sleeps to let things happen: a condition is polled until it holds."""

import os
import time

# Above 1 where other tests run beside, above 2 for builds that are slow by design, as those under
# sanitizers.
SCALE = float(os.environ.get("WAYMARK_TIME_SCALE", "1"))
PATIENCE = 15.0  # seconds for what should be at once; only a failing test takes them
POLL = 0.01


def scaled(seconds):
    return seconds * SCALE


def eventually(condition, what="the condition", within=PATIENCE):
    """Answers the first true value of `condition()`."""
    end = time.monotonic() + scaled(within)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {scaled(within):g} s")
        time.sleep(POLL)
