#!/usr/bin/python3
"""Breaks the proxy's code in one place after the other, and wants the model to notice.

    tests/model/faults.py BUILD_FOLDER

BUILD_FOLDER holds waymark-model as it was built (build/release). Each fault replaces one piece of one
source file; the file is compiled once more and linked with the rest. A rule has to break that says
so, within a given number of schedules. The last line is "N noticed, N not".
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEDULES = 300_000

# (file, what stands there, what stands there instead, the rule that breaks)
FAULTS = [
    ("proxy/repetition.cc", "  if (event.kind != wire::EventKind::payload) return send(repeated);", "  return;", "conservation|lost|gap"),
    ("proxy/repetition.cc", "event.kind == wire::EventKind::gap || state_.upstream_of(client).link->has_room();", "true;", "window"),
    ("proxy/repetition.cc", "event.header.attempts() + 1", "attempt", "unflagged duplicate|out of order"),
    ("proxy/repetition.cc", "  bury(frame, why);", "", "conservation"),
    ("proxy/repetition.cc", "if (!std::exchange(home.open, false)) continue;", "continue;", "Opened without Closed"),
    ("proxy/repetition.cc", "if (opened.epoch != 0) ++opened.epoch;", "", "epoch"),
    ("proxy/redelivery.cc", "  repetition.write(batches, any_returned ? Whose::all_but_formers : Whose::all);\n", "",
     "conservation|lost|gap"),
    ("proxy/redelivery.cc", "  client->rewound = true;\n", "", "out of order|gap|conservation"),
    ("proxy/redelivery.cc", "link.withdraw(entry.mark, nack.delivery)",
     "link.withdraw_one(nack.delivery)", "left behind"),
    ("proxy/redelivery.cc", "    if (client->session.up_ended() && !client->rewound) up_.send_half_closed(*client);\n", "",
     "left over|never done|dropped"),
    ("proxy/mover.cc", "redelivery_.take_back(client)", "std::vector<link::LostBatch>()", "out of order|gap|never|left|conservation"),
    ("proxy/up_path.cc", "  if (!upstream.waiting.empty()) upstream.link->want_room();\n", "", "never done"),
    ("proxy/up_path.cc", "  state_.send(client, WorkerState::header_of(client), wire::EventKind::opened,",
     "  if (session.epoch() > 1) state_.send(client, WorkerState::header_of(client), wire::EventKind::opened,",
     "outside of Opened|Closed without Opened"),
    ("proxy/up_path.cc", "used < share) return std::min(kScratch, share - used);", "true) return kScratch;", "share was exceeded"),
    ("proxy/down_path.cc", "    if (!completes(origin, command)) return;\n", "    (void)completes(origin, command);\n",
     "answered twice|cross-talk"),
    ("proxy/down_path.cc", "    case link::Answered::Kind::other_mark:\n      answers_.refuse(origin, command, wire::Refusal::not_reachable);\n      return false;",
     "    case link::Answered::Kind::other_mark:\n      return true;", "cross-talk"),
    ("proxy/dispatcher.cc", "  work.queue.finished(mark);\n  if (work.dispatch", "  if (work.dispatch", "never done|left over"),
    ("proxy/seating.cc", "  if (pool.work->seats.has(mark, upstream)) return;\n", "", "opened twice"),
    ("proxy/dispatcher.cc", "  work.seats.forget(upstream);\n", "", "outside of Opened"),
    ("proxy/dispatcher.cc", "    ++state_.counters.frames_copies_dropped;\n", "", "conservation"),
    ("proxy/dispatcher.cc", "if (work.dispatch == Dispatch::all) again.attempt =", "if (false) again.attempt =",
     "unflagged duplicate"),
    ("proxy/dispatcher.cc", "if (!queue.may_pass(mark) || queue.turn()", "if (queue.turn()", "two frames of one|gap|out"),
    ("proxy/dispatcher.cc", "if (!pool.work->waits(mark)) return seating_.close(pool, mark, closed);",
     "return seating_.close(pool, mark, closed);", "Opened without Closed|left over"),
    ("proxy/dispatcher.cc", "return link.ready() && link.has_room() &&\n         (most == 0 ||",
     "return link.ready() && link.has_room() &&\n         (true ||", "max_in_flight"),
    ("proxy/steering.cc", "    if (pool.work) dispatcher_.lost(index);\n", "", "outside of Opened|seats"),
    ("link/inbound.cc", "if (!entry) return {.kind = Answered::Kind::repeated};",
     "if (!entry) return {.kind = Answered::Kind::accepted};", "answered twice"),
    ("link/inbound.cc", "  (void)sent_.complete(delivery);\n", "", "answered twice|never done|conservation"),
    ("link/batch_queue.cc", "(delivery <= begun_through_ ? begun : not_begun)", "not_begun", "unflagged duplicate|out of order"),
    ("link/batch_queue.cc", "  if (entry->frame) ++settled_.frames;\n", "", "conservation"),
    ("link/batch_queue.cc", "  window_.remove(entry->size, 1);\n  if (entry->frame)", "  if (entry->frame)", "left over|never done"),
]


def commands_of(build):
    """(the compile command of each source, the link command), as the build runs them."""
    lines = subprocess.run(
        ["ninja", "-C", build, "-t", "commands", "tests/waymark-model"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    compiles = {}
    for line in lines:
        found = re.search(r" -c (\S+/src/(\S+\.cc))$", line)
        if found and "waymark-model.dir" in line:
            compiles[found.group(2)] = line
    (link,) = [line for line in lines if "-o tests/waymark-model" in line]
    return compiles, link


def broken_rule(build, folder, commands, fault):
    """What the model says of the code with this fault; "" if nothing."""
    file, before, after, _ = fault
    compiles, link = commands
    text = (ROOT / "src" / file).read_text()
    if text.count(before) != 1:
        raise SystemExit(f"{file}: {before!r} stands there {text.count(before)} times, not once")
    source = folder / pathlib.Path(file).name
    source.write_text(text.replace(before, after))
    compile_line = compiles[file]
    found = re.search(r"-o (\S+\.o)", compile_line).group(1)
    mutant = str(folder / "mutant.o")
    words = shlex.split(compile_line.split(" -c ")[0].split(" -MD ")[0])
    subprocess.run([*words, "-w", "-o", mutant, "-c", str(source)], cwd=build, check=True)
    program = str(folder / "model")
    link = link.replace(found, mutant).replace("-o tests/waymark-model", f"-o {program}")
    subprocess.run(link, cwd=build, shell=True, check=True)
    done = subprocess.run([program, "--schedules", str(SCHEDULES), "--seed", "1"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    first = done.stdout.splitlines()[0] if done.stdout else f"it crashes: {done.returncode}"
    return first


def is_noticed(fault, rule):
    return bool(re.search(fault[3], rule))


def main(build):
    commands = commands_of(build)
    noticed = 0
    with tempfile.TemporaryDirectory(prefix="waymark-faults-") as folder:
        for number, fault in enumerate(FAULTS, 1):
            rule = broken_rule(build, pathlib.Path(folder), commands, fault)
            good = is_noticed(fault, rule)
            noticed += good
            print(f"{number:2} {'noticed' if good else 'NOT NOTICED'}  {fault[0]}: {rule or 'no rule broken'}", flush=True)
    print(f"{noticed} noticed, {len(FAULTS) - noticed} not")
    return 0 if noticed == len(FAULTS) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
