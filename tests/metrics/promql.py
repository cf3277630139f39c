"""What an expression reads, held against the table of docs/metrics.md.

That the table shows what a proxy serves is tests/e2e/test_metrics.py's to say.
"""

import re
import subprocess

from paths import PAGE
from reference import metrics_in

METRICS = metrics_in(PAGE.read_text())

# What Prometheus itself adds to every sample, and its own metrics.
ADDED_LABELS = {"job", "instance"}
BUILT_IN = {"up", "ALERTS"}

_NAME = re.compile(r"\b((?:waymark|process)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')


def promtool(*command):
    """What it complains of; empty if all is well."""
    done = subprocess.run(["promtool", *command], text=True, capture_output=True, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _family(name, metrics):
    """The name of the table a name stands for: a histogram has three suffixes."""
    if name in metrics and metrics[name][0] != "histogram":
        return name
    base, found, _ = name.rpartition("_")
    if found and name[len(base):] in ("_bucket", "_sum", "_count"):
        return base if metrics.get(base, ("",))[0] == "histogram" else None
    return None


def unknown_in(text, metrics):
    """The names of metrics in a sentence that are not in the table; a histogram goes without suffix."""
    return [name for name, _ in _NAME.findall(text) if name not in metrics and not _family(name, metrics)]


def faults_of(expression, metrics=None):
    """What is wrong with the names and labels of a PromQL expression."""
    metrics = METRICS if metrics is None else metrics
    faults = []
    selectors = _NAME.findall(expression)
    if not selectors and not any(name in expression for name in BUILT_IN):
        faults.append("it reads nothing")
    for name, matchers in selectors:
        family = _family(name, metrics)
        if family is None:
            faults.append(f"{name} is no metric")
            continue
        labels = set(metrics[family][1]) | ADDED_LABELS
        if name.endswith("_bucket"):
            labels.add("le")
        faults += [f"{name} has no label {label}" for label in _MATCHER.findall(matchers) if label not in labels]
    return faults
