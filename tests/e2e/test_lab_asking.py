"""waymark-lab without a command: it asks on a terminal, shows the command that does it, and runs it."""

import re
import signal
import subprocess

import pytest

from harness.clock import scaled
from harness.process import program
from harness.terminal import Terminal


@pytest.fixture
def lab(rig):
    return rig.lab(upstreams=2).wait_up()


def asking(lab):
    return Terminal([program("waymark-lab"), "--dir", str(lab.dir)])


def command_shown(terminal):
    return re.search(r"^\$ (.*?)\r?$", terminal.seen, re.MULTILINE).group(1)


def answer(terminal, *dialogue):
    """(a piece of the question, the line that answers) each."""
    for question, line in dialogue:
        terminal.wait_for(question)
        terminal.wait_for("q] " if question.endswith("?") else question)
        terminal.seen = ""
        terminal.type(line + "\n")


def number_of(terminal, word):
    return re.search(rf"^ +(\d+)  {word} ", terminal.seen, re.MULTILINE).group(1)


def test_a_process_is_killed_by_choices_alone(lab):
    with asking(lab) as terminal:
        terminal.wait_for("q] ")
        assert not re.search(r"^ +\d+  (start|resume) ", terminal.seen, re.MULTILINE), "nothing has ended or is frozen"
        answer(terminal, ("What is to be done?", number_of(terminal, "kill")))
        terminal.wait_for("q] ")
        answer(terminal, ("With which?", number_of(terminal, "stub-1")))
        assert terminal.wait() == 0
        assert command_shown(terminal) == f"waymark-lab --dir {lab.dir} kill stub-1"
    assert lab.members()["stub-1"][1] == "stopped"
    with asking(lab) as terminal:
        answer(terminal, ("What is to be done?", "start"))
        terminal.wait_for("q] ")
        assert "stub-1" in terminal.seen and "stub-2" not in terminal.seen, "only what has ended can be started"
        answer(terminal, ("With which?", "1"))
        assert terminal.wait() == 0
    assert lab.members()["stub-1"][1] == "running"


def test_what_an_upstream_does_is_asked_with_what_it_does_now(lab):
    with asking(lab) as terminal:
        answer(terminal, ("What is to be done?", "set"))
        terminal.wait_for("q] ")
        assert "proxy-1" not in terminal.seen
        answer(terminal, ("With which?", "stub-2"))
        terminal.wait_for("q] ")
        assert "Wait before each answer; now 0ms" in terminal.seen
        answer(terminal, ("What of stub-2?", "delay"), ("Which value? (none: nothing is done) ", "20ms"))
        assert terminal.wait() == 0
        assert command_shown(terminal).endswith("set stub-2 --delay 20ms")
    with asking(lab) as terminal:
        answer(
            terminal,
            ("What is to be done?", "set"),
            ("With which?", "stub-2"),
            ("What of stub-2?", "reply"),
            ("Which reply?", "template"),
            ("Which text? ({id}: {payload}) ", "it's {id}"),
        )
        assert terminal.wait() == 0
        assert command_shown(terminal).endswith(r"set stub-2 --reply 'template:it'\''s {id}'")
    shown = lab.run("set", "stub-2")
    assert re.search(r"delay +20ms", shown) and re.search(r"reply +template:it's \{id\}", shown)


def test_a_load_is_asked_for_its_shape_and_measure(lab):
    with asking(lab) as terminal:
        answer(
            terminal,
            ("What is to be done?", "load"),
            ("Which shape?", "churn"),
            ("How many clients? (10) ", "2"),
            ("How many frames a second, over all? (100) ", ""),
            ("How long? (60s, or none: until Ctrl-C) ", "1s"),
        )
        assert terminal.wait() == 0
        assert command_shown(terminal).endswith("load --shape churn --clients 2 --rate 100 --for 1s")
        assert "wrong answers" in terminal.seen


def test_an_answer_that_is_none_is_asked_again_and_q_does_nothing(lab):
    with asking(lab) as terminal:
        answer(terminal, ("What is to be done?", "destroy"))
        terminal.wait_for("There is no destroy.")
        terminal.wait_for("q] ")
        terminal.type("q\n")
        assert terminal.wait() == 1
        assert "nothing was done" in terminal.seen and "$ " not in terminal.seen


def test_without_a_lab_it_offers_one(tmp_path):
    with Terminal([program("waymark-lab"), "--dir", str(tmp_path / "run")]) as terminal:
        answer(terminal, ("What is to be done?", "up"))
        answer(terminal, ("Which lab.yaml? (none: a proxy and three upstreams) ", str(tmp_path / "my lab.yaml")))
        assert terminal.wait() == 2, "there is no such file"
        assert command_shown(terminal) == f"waymark-lab --dir {tmp_path}/run up -c '{tmp_path}/my lab.yaml'"
        assert "my lab.yaml" in terminal.seen.split("$ ")[1].split("\n", 1)[1]


def test_chaos_is_offered_where_no_lab_is(lab, tmp_path):
    with asking(lab) as terminal:
        terminal.wait_for("q] ")
        assert "chaos" not in terminal.seen
    with Terminal([program("waymark-lab"), "--dir", str(tmp_path / "run")]) as terminal:
        answer(terminal, ("What is to be done?", "chaos"), ("For how long? (60s) ", "1h"))
        assert terminal.wait() == 2, "an hour is too long"
        assert command_shown(terminal) == f"waymark-lab --dir {tmp_path}/run chaos --for 1h"


def test_ctrl_c_at_a_question_ends_it(lab):
    with asking(lab) as terminal:
        terminal.wait_for("q] ")
        terminal.child.send_signal(signal.SIGINT)
        assert terminal.wait() == -signal.SIGINT
    assert lab.members()["stub-1"][1] == "running"


def test_without_a_terminal_it_shows_its_help():
    done = subprocess.run(
        [program("waymark-lab")], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "waymark-lab kill stub-1" in done.stderr and "Exit codes:" in done.stderr
