"""One scrape of /metrics."""

import re

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    def __init__(self, text):
        self._samples = []
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            match = _SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            name, labels, value = match.groups()
            self._samples.append((name, dict(_LABEL.findall(labels or "")), float(value)))
        keys = [(name, *sorted(labels.items())) for name, labels, _ in self._samples]
        assert len(set(keys)) == len(keys), "a sample is there twice, Prometheus would refuse the scrape"

    def count(self, name, **labels):
        """The sum over the samples there are, perhaps none."""
        return sum(value for _, value in self._find(name, labels))

    def total(self, name, **labels):
        """The sum over all samples of this name that carry these labels."""
        found = self._find(name, labels)
        assert found, f"no metric {name} {labels}"
        return sum(value for _, value in found)

    def labels(self, name, label):
        """The values a label takes."""
        return {labels[label] for labels, _ in self._find(name, {})}

    def _find(self, name, wanted):
        return [
            (labels, value)
            for sample, labels, value in self._samples
            if sample in (f"waymark_{name}", name) and wanted.items() <= labels.items()
        ]
