"""reference.py: a scrape becomes the table of docs/metrics.md, and comes back from it."""

import pytest

from promql import METRICS, faults_of, unknown_in
from reference import BEGIN, END, metrics_in, metrics_of, table_of

SCRAPE = """\
# HELP frames_total Frames.
# TYPE frames_total counter
frames_total{worker="0",reason="a \\"b\\", {c}"} 1
frames_total{worker="1",reason=""} 2
# HELP lag_seconds How late.
# TYPE lag_seconds histogram
lag_seconds_bucket{worker="0",le="+Inf"} 1
lag_seconds_sum{worker="0"} 0.5
lag_seconds_count{worker="0"} 1
# HELP ready 1 while ready.
# TYPE ready gauge
ready 1
"""
EXPECTED = {
    "frames_total": ("counter", ("worker", "reason"), "Frames."),
    "lag_seconds": ("histogram", ("worker",), "How late."),
    "ready": ("gauge", (), "1 while ready."),
}


def test_reads_a_scrape():
    assert metrics_of(SCRAPE) == EXPECTED


def test_reads_its_own_table():
    page = f"before\n{BEGIN}{''.join(table_of(EXPECTED))}{END}after\n"
    assert metrics_in(page) == EXPECTED


def test_refuses_labels_that_differ_within_a_metric():
    with pytest.raises(AssertionError, match="not always the same labels"):
        metrics_of(SCRAPE + "ready 1\n".replace("ready", 'ready{a="b"}'))


def test_the_page_has_a_row_for_what_it_explains():
    assert "waymark_frames_sent_total" in METRICS and "process_open_fds" in METRICS


@pytest.mark.parametrize(
    "expression, fault",
    [
        ("sum(rate(waymark_frame_sent_total[5m]))", "waymark_frame_sent_total is no metric"),
        ('waymark_ready{pool="p"}', "waymark_ready has no label pool"),
        ("waymark_ready_count", "waymark_ready_count is no metric"),
        ("waymark_loop_lag_seconds", "waymark_loop_lag_seconds is no metric"),
        ("1 == 1", "it reads nothing"),
    ],
)
def test_finds_what_is_wrong_with_an_expression(expression, fault):
    assert faults_of(expression) == [fault]


def test_a_sentence_may_name_a_histogram():
    assert unknown_in("look at waymark_proxy_seconds, not at waymark_proxi_seconds", METRICS) == [
        "waymark_proxi_seconds"
    ]
