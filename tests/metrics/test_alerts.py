"""deploy/prometheus/alerts.yaml: its rules are sound, fire when they should and speak of what there is."""

import shutil

import pytest
import yaml

from promql import METRICS, faults_of, promtool, unknown_in
from paths import ALERTS, HERE

RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def each_rule():
    return pytest.mark.parametrize("rule", [pytest.param(rule, id=rule["alert"]) for rule in RULES])


def test_promtool_accepts_the_rules():
    assert promtool("check", "rules", ALERTS) == ""


def test_they_fire_when_they_should(tmp_path):
    for path in (ALERTS, HERE / "alerts_test.yaml"):
        shutil.copy(path, tmp_path)
    assert promtool("test", "rules", tmp_path / "alerts_test.yaml") == ""


@each_rule()
def test_a_rule_tells_what_is_wrong_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert all(len(text) > 20 for name, text in rule["annotations"].items() if name != "summary")


@each_rule()
def test_a_rule_reads_metrics_that_there_are(rule):
    assert faults_of(rule["expr"]) == []
    for text in rule["annotations"].values():
        assert unknown_in(text, METRICS) == []


def test_names_are_unique():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) >= 10
