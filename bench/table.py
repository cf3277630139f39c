"""The measured samples as the markdown table of bench/README.md."""

import statistics

BEGIN = "<!-- table: bench/compare.sh writes it -->"
END = "<!-- end of table -->"


def render(rows, samples, facts):
    """`samples`: {row name: {peer name: [sample, one a round; None: it failed]}}."""
    lines = [*facts, "",
             "| row | HAProxy | nginx | Waymark | HAProxy / Waymark | goal | acks off / on "
             "| frames a batch | errors |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        of_row = samples.get(row.name)
        if of_row:
            lines.append("| " + " | ".join(_cells(row, of_row)) + " |")
    light = next((samples[row.name] for row in rows
                  if row.kind == "echo" and row.connections == 1 and row.name in samples), None)
    if light:
        lines += ["", _latency_line(light)]
    return "\n".join(lines) + "\n"


def replace_in(readme, table):
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _cells(row, of_row):
    name = row.name if row.kind == "echo" else f"{row.name} ({row.unit})"
    costs = [_median_of(row, of_row.get(peer)) for peer in ("haproxy", "nginx", "waymark")]
    to_haproxy = _ratio(of_row, "haproxy")
    return [name, *costs, f"**{to_haproxy[0]}** {to_haproxy[1]}" if to_haproxy else "", row.goal,
            " ".join(_ratio(of_row, "no-acks")), _batch(of_row), _errors(of_row)]


def _good(samples):
    return [sample for sample in samples or () if sample]


def _median_of(row, samples):
    costs = [sample["cost"] for sample in _good(samples)]
    if not costs:
        return "failed" if samples else ""
    cost = statistics.median(costs)
    text = f"{cost:.0f}" if row.kind in ("memory", "ledger") else f"{cost:.2f}"
    if row.kind == "churn":
        per_second = statistics.median(s["per_second"] for s in _good(samples))
        text += f" ({per_second / 1000:.1f}k/s)" if per_second >= 1000 else f" ({per_second:.0f}/s)"
    if row.kind == "identity":
        pairs = [added for sample in _good(samples) for added in sample["pairs"]]
        text += f" ({min(pairs):.2f}..{max(pairs):.2f})"
    return text


def _ratio(of_row, other):
    """(median, (min..max)) of the other's cost divided by ours, round by round, since only
    neighbours in time can be compared; nothing without a round of both."""
    ratios = [theirs["cost"] / ours["cost"]
              for theirs, ours in zip(of_row.get(other, ()), of_row.get("waymark", ()))
              if theirs and ours and ours["cost"] > 0]
    if not ratios:
        return ()
    return f"{statistics.median(ratios):.2f}", f"({min(ratios):.2f}..{max(ratios):.2f})"


def _batch(of_row):
    batches = [sample["frames_per_batch"] for sample in _good(of_row.get("waymark"))
               if sample.get("frames_per_batch")]
    return f"{statistics.median(batches):.1f}" if batches else ""


def _errors(of_row):
    errors = {peer: sum(sample["errors"] if sample else 1 for sample in samples)
              for peer, samples in of_row.items()}
    return ", ".join(f"{peer} {count}" for peer, count in errors.items() if count) or "0"


def _latency_line(light):
    direct = [sample["p50_us"] for sample in _good(light.get("direct"))]
    if not direct:
        return ""
    base = statistics.median(direct)
    added = []
    for peer in ("haproxy", "nginx", "waymark"):
        p50s = [sample["p50_us"] for sample in _good(light.get(peer))]
        if p50s:
            added.append(f"{peer} {statistics.median(p50s) - base:+.0f} us")
    return (f"Light load (one connection, one frame in flight): p50 without a proxy {base:.0f} us; "
            f"added by {', '.join(added)}.")
