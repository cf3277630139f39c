"""One line for each fault run."""

from checker import FORBIDDEN, percentile

HEAD = ("run", "frames", "flagged", *FORBIDDEN, "stall ms p50", "p99", "max", "own lag ms")


class Table:
    def __init__(self):
        self.rows = []

    def add(self, name, verdict):
        stalls = [f"{percentile(verdict.stalls, share):.0f}" for share in (0.5, 0.99, 1)]
        counts = [str(verdict.count(column)) for column in FORBIDDEN]
        self.rows.append((name, str(verdict.frames), str(verdict.flagged), *counts, *stalls, f"{1000 * verdict.lag:.0f}"))

    def text(self):
        """As Markdown, so that it can go into docs/faults.md as it is."""
        widths = [max(len(cell) for cell in column) for column in zip(HEAD, *self.rows)]
        rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
        return "\n".join(self._line(row, widths) for row in (HEAD, rule, *self.rows))

    @staticmethod
    def _line(cells, widths):
        numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))
        return "| " + " | ".join([cells[0].ljust(widths[0]), *numbers]) + " |"
