"""The checker finds what it is there to find: each breach in a history that is otherwise sound."""

import dataclasses

import pytest

import checker
from history import Connection, Delivery, Gap, Served, read_clients, read_upstream
from table import HEAD, Table

MS = 1_000_000


def delivery(connection, frame, time, process="red/1", attempt=1, epoch=1, **more):
    fields = {"mark": f"mark-{connection}", "seq": frame, "connection": connection, "frame": frame, **more}
    return Delivery(time=time, process=process, attempt=attempt, epoch=epoch, **fields)


def sound():
    """Two clients of three frames each. The first one's upstream dies with frame 2 answered by nobody,
    so that 2 comes again elsewhere, flagged."""
    clients, served = {}, Served()
    for number in (1, 2):
        frames = (1, 2, 3)
        clients[number] = Connection(
            sent={frame: 10 * frame * MS for frame in frames},
            answers=[((10 * frame + 5) * MS, frame) for frame in frames],
        )
        served.deliveries += [delivery(number, frame, (10 * frame + 1) * MS) for frame in frames]
    served.deliveries.remove(delivery(1, 3, 31 * MS))
    served.deliveries += [
        delivery(1, 2, 31 * MS, "green/2", attempt=2, epoch=2),
        delivery(1, 3, 32 * MS, "green/2", epoch=2),
    ]
    return clients, served


def change(served, connection, frame, by="red/1", **fields):
    """The delivery to this process becomes one with these fields."""
    (index,) = [
        at
        for at, each in enumerate(served.deliveries)
        if (each.connection, each.frame, each.process) == (connection, frame, by)
    ]
    served.deliveries[index] = dataclasses.replace(served.deliveries[index], **fields)


def breaches(clients, served):
    found = checker.check(clients, served).breaches
    return {column: texts for column, texts in found.items() if texts}


def test_a_sound_history_has_no_breach():
    clients, served = sound()
    verdict = checker.check(clients, served)
    assert verdict.report() == ""
    assert (verdict.frames, verdict.flagged) == (6, 1)
    assert verdict.stalls == [10, 10]


def given_to_nobody(clients, served):
    served.deliveries = [each for each in served.deliveries if (each.connection, each.frame) != (2, 3)]


def a_hole_in_the_middle(clients, served):
    served.deliveries = [each for each in served.deliveries if (each.connection, each.frame) != (2, 2)]


def never_answered(clients, served):
    clients[2].answers.pop()


def again_as_new(clients, served):
    served.deliveries.append(delivery(2, 3, 40 * MS, "green/2", epoch=2))


def the_flag_forgotten(clients, served):
    change(served, 1, 2, by="green/2", attempt=1)


def answered_twice(clients, served):
    clients[1].answers.append((50 * MS, 2))


def swapped_on_one_link(clients, served):
    change(served, 2, 1, time=22 * MS)


def overtaken_by_the_next_upstream(clients, served):
    change(served, 1, 3, by="green/2", time=20 * MS)
    change(served, 1, 2, time=25 * MS)


def a_rewind_on_one_link(clients, served):
    served.deliveries.append(delivery(2, 2, 40 * MS, attempt=2))


def before_its_opened(clients, served):
    change(served, 2, 1, epoch=0)


def two_owners_of_an_epoch(clients, served):
    change(served, 2, 3, process="green/2")


def answered_with_a_stranger_s_frame(clients, served):
    clients[1].foreign.append("2:2")


def under_another_mark(clients, served):
    change(served, 2, 3, mark="mark-1", epoch=3)


def under_another_number(clients, served):
    change(served, 2, 3, seq=4)


def given_and_not_sent(clients, served):
    served.deliveries.append(delivery(2, 4, 41 * MS))


def answered_and_not_sent(clients, served):
    clients[2].answers.append((45 * MS, 4))


def ended_by_the_proxy(clients, served):
    clients[2].dropped.append("FIN")


@pytest.mark.parametrize(
    "spoil, column",
    [
        (given_to_nobody, "lost"),
        (a_hole_in_the_middle, "lost"),
        (never_answered, "lost"),
        (again_as_new, "unflagged"),
        (the_flag_forgotten, "unflagged"),
        (answered_twice, "doubled"),
        (swapped_on_one_link, "order"),
        (overtaken_by_the_next_upstream, "order"),
        (a_rewind_on_one_link, "order"),
        (before_its_opened, "order"),
        (two_owners_of_an_epoch, "order"),
        (answered_with_a_stranger_s_frame, "crossed"),
        (under_another_mark, "crossed"),
        (under_another_number, "crossed"),
        (given_and_not_sent, "crossed"),
        (answered_and_not_sent, "crossed"),
        (ended_by_the_proxy, "dropped"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_one_breach_is_found_and_no_other(spoil, column):
    clients, served = sound()
    spoil(clients, served)
    assert list(breaches(clients, served)) == [column]


def test_a_frame_whose_loss_was_reported_is_not_lost():
    clients, served = sound()
    given_to_nobody(clients, served)
    served.gaps.add(Gap("mark-2", 3))
    assert list(breaches(clients, served)) == ["given up"]


def test_a_zombie_that_handles_old_frames_late_breaks_no_order():
    clients, served = sound()
    change(served, 1, 2, time=60 * MS)
    change(served, 1, 3, by="green/2", attempt=2)
    served.deliveries.append(delivery(1, 3, 61 * MS))
    assert breaches(clients, served) == {}


def test_a_report_names_the_first_of_many():
    clients, served = sound()
    clients[1].answers += [(50 * MS, 2)] * 7
    report = checker.check(clients, served).report(most=2).splitlines()
    assert report == ["doubled: 1:2 was answered again"] * 2 + ["doubled: and 5 more"]


@pytest.mark.parametrize("share, rank", [(0.5, 50), (0.99, 99), (1, 100)])
def test_percentiles_are_values_that_were_there(share, rank):
    assert checker.percentile(list(range(1, 101)), share) == rank
    assert checker.percentile([7], share) == 7


def test_journals_are_read_as_they_are_written():
    clients = read_clients("connected 5 1\nsent 6 1 1\nanswer 9 1 1\nforeign 10 1 2:1\ndropped 11 1 FIN\n")
    assert clients == {1: Connection({1: 6}, [(9, 1)], ["2:1"], ["FIN"])}
    served = Served()
    read_upstream(
        "start 1 77 red\nopened 2 m 3\nframe 7 m 1 2 3 1:1\nanswer 8 m 1 2 1\nhalf_closed 8 m\n"
        "closed 9 m CLIENT_CLOSED 1\nstart 10 78 red\ngap 11 m 2\n",
        served,
    )
    assert served.deliveries == [Delivery(7, "red/77", "m", 1, 2, 3, 1, 1)]
    assert served.gaps == {Gap("m", 2)}


@pytest.mark.parametrize("line", ["sent 6 1", "sent 6 one 1", "finished 6 1"])
def test_a_torn_line_is_no_history(line):
    with pytest.raises((AssertionError, IndexError, ValueError)):
        read_clients(line)


def test_the_table_has_a_column_for_every_breach():
    table = Table()
    clients, served = sound()
    answered_twice(clients, served)
    table.add("a run", checker.check(clients, served, lag=0.25))
    head, rule, row = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.text().splitlines())
    assert tuple(head) == HEAD
    assert rule[0].startswith(":-") and all(cell.endswith("-:") for cell in rule[1:])
    assert dict(zip(head, row))["doubled"] == "1" and dict(zip(head, row))["lost"] == "0"
    assert dict(zip(head, row))["max"] == "15" and dict(zip(head, row))["own lag ms"] == "250"
