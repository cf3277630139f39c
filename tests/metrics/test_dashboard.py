"""deploy/grafana/waymark.json: Grafana can load it, and its panels read metrics that there are."""

import itertools
import json

import pytest
import yaml

from promql import faults_of, promtool
from paths import DASHBOARD

BOARD = json.loads(DASHBOARD.read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in BOARD["templating"]["list"]}
TARGETS = [
    pytest.param(target, id=f"{panel['title']} {target['refId']}") for panel in PANELS for target in panel["targets"]
]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def without_variables(expression):
    return expression.replace("$__rate_interval", "5m").replace("$__range", "1h")


def test_rows():
    rows = [panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Clients", "Upstreams", "Links and batches", "Pressure", "Process"]


def test_every_panel_has_a_place_of_its_own():
    taken = {}
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        columns = range(place["x"], place["x"] + place["w"])
        lines = range(place["y"], place["y"] + place["h"])
        for square in itertools.product(columns, lines):
            assert taken.setdefault(square, panel["title"]) == panel["title"]
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_the_data_source_is_a_variable():
    assert VARIABLES["datasource"]["type"] == "datasource"
    for panel in PANELS:
        assert panel["datasource"] == SOURCE
        assert all(target["datasource"] == SOURCE for target in panel["targets"])
    queries = [variable for variable in VARIABLES.values() if variable["type"] == "query"]
    assert all(variable["datasource"] == SOURCE for variable in queries)
    assert all(faults_of(variable["definition"]) == [] for variable in queries)


@pytest.mark.parametrize("target", TARGETS)
def test_a_panel_reads_metrics_that_there_are(target):
    assert faults_of(target["expr"]) == []
    # Grafana puts the chosen proxies in.
    assert '{job="$job", instance=~"$instance"' in target["expr"]


def test_promtool_can_parse_every_expression(tmp_path):
    expressions = [parameter.values[0]["expr"] for parameter in TARGETS]
    expressions += [annotation["expr"] for annotation in BOARD["annotations"]["list"]]
    rules = [
        {"record": f"panel:{number}", "expr": without_variables(expression)}
        for number, expression in enumerate(expressions)
    ]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert promtool("check", "rules", path) == ""
