"""What README.md, docs/admin.md and docs/waymarkctl.md show is what happens: every command of their
console blocks is run, and its output compared with the one shown.

The pages write fixed ports and /tmp/waymark; here they stand for free ports and a temporary folder.
Marks, ids and clients' addresses are others in every run, but the same ones throughout a page. Times,
ages and what NUMBERS_VARY and VARIES name are compared by their shape alone. JSON is compared by its
meaning, so a page may break its lines. `...` stands for lines, or for a piece of a line.

When what is shown changes, WAYMARK_RECORD=1 writes what is seen into the pages instead.
"""

import json
import os
import re
import select
import subprocess
import time

import pytest

from harness.client import Client
from harness.clock import PATIENCE, eventually, scaled
from harness.ports import free_address
from harness.process import PROGRAMS, REPOSITORY

RECORD = "WAYMARK_RECORD" in os.environ
SETTLED = 0.7  # seconds until what was done before can be seen; of a recording alone
PAGES = ("README.md", "docs/admin.md", "docs/waymarkctl.md")
STATE = "/tmp/waymark"
PORTS = (7001, 7002, 7003, 7004, 7999, 8000, 8001, 9464)

# What is asked again until the answer is the one shown: it changes nothing, and what was done before
# may take a moment. Everything else is run once.
LOOKS = re.compile(
    r"curl (?!.* (-X|--json) )|cat |grep |waymarkctl (status|pools|listeners|version|events|top)"
    r"|waymarkctl (upstreams|connections|deadletters) (list|show)|waymarkctl config (get|diff|check)|.* --dry-run",
    re.DOTALL,
)

# Commands whose output counts what goes on by itself, and members of JSON that do.
NUMBERS_VARY = re.compile(r"waymarkctl (status|top|upstreams show)|waymark serve")
VARIES = {
    *("pid", "max_connections", "memory_used_bytes", "memory_limit_bytes"),
    *("frames_sent", "batches_sent", "messages_received", "outstanding_frames", "outstanding_bytes"),
}

# --- the pages ---

_PART = re.compile(
    r"^<!-- (?P<mark>file|clients|setup)(?:: (?P<value>\S+))? -->\n|^```(?P<kind>\w*)\n(?P<body>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


class Step:
    """A command, and the output shown behind it: `start` to `end` of its page."""

    def __init__(self, command, shown, start):
        self.command, self.shown = command, shown
        self.start, self.end = start, start + len(shown)


def steps_of(body, offset):
    """A command begins with "$ " and goes on while its lines end with a backslash."""
    steps, lines = [], body.splitlines(keepends=True)
    while lines:
        command = lines.pop(0)
        while command.endswith("\\\n"):
            command += lines.pop(0)
        assert command.startswith("$ "), f"a command was expected, not {command!r}"
        shown = ""
        while lines and not lines[0].startswith("$ "):
            shown += lines.pop(0)
        steps.append(Step(command[2:].rstrip("\n"), shown, offset + len(command)))
        offset = steps[-1].end
    return steps


def parts_of(text):
    """What happens on a page, in order: ("file", name, content), ("clients", count), ("setup",), ("run", steps)."""
    name = None
    for found in _PART.finditer(text):
        if found["mark"] == "file":
            name = found["value"]
        elif found["mark"] == "clients":
            yield "clients", int(found["value"])
        elif found["mark"] == "setup":
            yield ("setup",)
        elif name:
            yield "file", name, found["body"]
            name = None
        elif found["kind"] == "console":
            yield "run", steps_of(found["body"], found.start("body"))


# --- what is the same ---

_NAMED = ("uuid", "address")  # each stands for one of this run
_SHAPES = {
    "uuid": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "address": r"\b127\.0\.0\.1:\d+\b",
    "time": r"\b\d{4}-\d\d-\d\dT[\d:.]+Z",
    "date": r"\b\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT",
    "boot": r"\b[0-9a-f]{32}\b",
    "age": r"\b\d+[dhms](?: \d+[hms])?(?= |\)|$)",
    "any": r"\.\.\.",
}
_VARIABLE = re.compile("|".join(f"(?P<{kind}>{shape})" for kind, shape in _SHAPES.items()))
_UUID = re.compile(_SHAPES["uuid"])
_NUMBER = re.compile(r"\d[\d.,]*[kM%]?(?: [KMGT]?i?B\b)?")


class Names:
    """Which ids, marks and addresses of a page stand for which of this run."""

    def __init__(self, real):
        self._real = dict(real)

    def copy(self):
        return Names(self._real)

    def bind(self, shown, real):
        """Whether `shown` is this one, or can be from now on."""
        if shown in self._real or real in self._real.values():
            return self._real.get(shown) == real
        self._real[shown] = real
        return True

    def real(self, text):
        return _VARIABLE.sub(lambda found: self._real.get(found[0], found[0]), text)

    def shown(self, text):
        back = {real: shown for shown, real in self._real.items()}
        return _VARIABLE.sub(lambda found: back.get(found[0], found[0]), text)


def same_line(shown, real, names, numbers_vary=False):
    """The names as they are after this line, or None."""
    shown, real = (re.sub(r"  +", "  ", line.strip()) for line in (shown, real))

    def constant(text):
        if not numbers_vary:
            return re.escape(text)
        return _NUMBER.pattern.join(re.escape(piece) for piece in _NUMBER.split(text))

    pattern, at, wanted = "", 0, []
    for found in _VARIABLE.finditer(shown):
        kind = found.lastgroup
        pattern += constant(shown[at : found.start()]) + ("(.*)" if kind == "any" else f"({_SHAPES[kind]})")
        wanted.append((kind, found[0]))
        at = found.end()
    match = re.fullmatch(pattern + constant(shown[at:]), real)
    if not match:
        return None
    names = names.copy()
    for (kind, text), value in zip(wanted, match.groups()):
        if kind in _NAMED and not names.bind(text, value):
            return None
    return names


def same_lines(shown, real, names, numbers_vary):
    if not shown:
        return None if real else names
    if shown[0].strip() == "...":
        rests = (same_lines(shown[1:], real[skipped:], names, numbers_vary) for skipped in range(len(real) + 1))
        return next((rest for rest in rests if rest), None)
    after = same_line(shown[0], real[0], names, numbers_vary) if real else None
    return after and same_lines(shown[1:], real[1:], after, numbers_vary)


def same_value(shown, real, names, varies=False):
    if type(shown) is not type(real):
        return None
    if isinstance(shown, dict):
        if list(shown) != list(real):
            return None
        pairs = [(shown[name], real[name], name in VARIES) for name in shown]
    elif isinstance(shown, list):
        if len(shown) != len(real):
            return None
        pairs = [(one, other, False) for one, other in zip(shown, real)]
    elif isinstance(shown, str):
        return same_line(shown, real, names)
    else:
        return names if varies or shown == real else None
    for one, other, may_vary in pairs:
        names = names and same_value(one, other, names, may_vary)
    return names


def json_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def same(step, real, names):
    """The names as they are after this output, or None if it is another one than shown."""
    value = json_of(step.shown)
    if isinstance(value, (dict, list)):
        return same_value(value, json_of(real), names)
    shown = step.shown
    if shown.startswith("{"):  # JSON with a piece left out
        shown = re.sub("\n +", "", shown)
    numbers_vary = bool(NUMBERS_VARY.search(step.command))
    return same_lines(shown.splitlines(), real.splitlines(), names, numbers_vary)


# --- what is run ---


class Shell:
    """One bash for a page; what it starts in the background ends with it."""

    _END = "--- end of the output ---"

    def __init__(self, folder, environment):
        self._bash = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=folder, env=environment, start_new_session=True,
        )
        self._output = b""

    def _read(self, within, until):
        end = time.monotonic() + scaled(within)
        while not until(self._output):
            ready = select.select([self._bash.stdout], [], [], max(0, end - time.monotonic()))[0]
            piece = os.read(self._bash.stdout.fileno(), 65536) if ready else b""
            if not piece:
                return False
            self._output += piece
        return True

    def run(self, command):
        """What it writes, and with `&` at its end what it writes at first."""
        script = f"{{ {command}\n}} </dev/null\nstatus=$?\necho '{self._END}'\n(exit $status)\n"
        self._bash.stdin.write(script.encode())
        self._bash.stdin.flush()
        mark = f"{self._END}\n".encode()
        assert self._read(2 * PATIENCE, lambda text: mark in text), f"{command} goes on:\n{self._output.decode()}"
        output, _, self._output = self._output.partition(mark)
        return output.decode()

    def more(self, until):
        """What programs in the background write, once there is enough of it."""
        self._read(PATIENCE, lambda text: until(text.decode()))
        output, self._output = self._output.decode(), b""
        return output

    def stop(self):
        jobs = [int(pid) for pid in self.run("jobs -p").split()]
        self.run("kill $(jobs -pr) 2>/dev/null")
        self._bash.stdin.write(b"wait\n")
        self._bash.stdin.close()
        try:
            self._bash.wait(timeout=scaled(2 * PATIENCE))
        except subprocess.TimeoutExpired:
            for pid in jobs:
                subprocess.run(["kill", "-9", str(pid)], check=False)
            raise AssertionError(f"of {jobs} some ignored SIGTERM") from None
        finally:
            self._bash.kill()
            self._bash.wait()
            self._bash.stdout.close()


class Page:
    """A page being followed from its first command to its last."""

    def __init__(self, folder, shell, addresses):
        self.folder, self.shell = folder, shell
        self.names = Names(addresses)
        self.clients = []

    def real(self, text):
        text = self.names.real(text).replace(STATE, str(self.folder / "state"))
        return re.sub(r'"port": (\d+)', lambda port: f'"port": {self.real_port(port[1])}', text)

    def real_port(self, shown):
        return self.names.real(f"127.0.0.1:{shown}").rpartition(":")[2]

    def shown(self, text):
        return self.names.shown(text).replace(str(self.folder / "state"), STATE)

    def connect(self, count):
        for _ in range(count):
            client = Client(self.real("127.0.0.1:7999"))
            self.clients.append(client)
            assert client.ask(b"hello") == b"hello"

    def output_of(self, step):
        output = self.shell.run(self.real(step.command))
        if step.command.endswith("&") and step.shown:
            output += self.shell.more(lambda text: len((output + text).splitlines()) >= len(step.shown.splitlines()))
        return output.replace(str(self.folder / "state"), STATE)

    def check(self, step):
        output, after = "", None

        def is_shown():
            nonlocal output, after
            output = self.output_of(step)
            after = same(step, output, self.names)
            return after

        try:
            eventually(is_shown, within=PATIENCE if LOOKS.match(step.command) else 0)
        except AssertionError:
            pytest.fail(f"$ {step.command}\n-- shown:\n{step.shown}-- seen:\n{self.shown(output)}", pytrace=False)
        self.names = after

    def record(self, step):
        """The output to be shown: what is shown already, if that is still right."""
        time.sleep(SETTLED)
        output = self.output_of(step)
        if after := same(step, output, self.names):
            self.names = after
            return step.shown
        # Commands further on name these.
        for shown, real in zip(_UUID.findall(step.shown), _UUID.findall(output)):
            self.names.bind(shown, real)
        seen = self.shown(output)
        if isinstance(json_of(seen), (dict, list)):
            seen = broken(seen)
        self.names = same(Step(step.command, seen, 0), output, self.names) or self.names
        return seen

    def follow(self, text, setup):
        """Answers the page as recorded."""
        recorded, at = "", 0
        for what, *rest in parts_of(text):
            if what == "setup" and setup:
                self.follow(*setup)
            elif what == "file":
                (self.folder / rest[0]).write_text(self.real(rest[1]))
            elif what == "clients":
                self.connect(rest[0])
            elif what == "run":
                for step in rest[0]:
                    if not RECORD:
                        self.check(step)
                        continue
                    recorded += text[at : step.start] + self.record(step)
                    at = step.end
        return recorded + text[at:]


def broken(text, width=100):
    """One line of JSON as several."""
    pieces = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^",])+,?', text.strip())
    lines = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > width and lines[-1]:
            lines.append(" ")
        lines[-1] += piece
    return "\n".join(lines) + "\n"


def chapter(text):
    """What README.md says about operating; the rest shows commands of other kinds."""
    return re.search(r"^## Operate it\n.*?(?=^## )", text, re.MULTILINE | re.DOTALL)


def setup_of(text):
    return re.search(r"<!-- setup -->\n(.*?)<!-- end of setup -->", text, re.DOTALL)[1]


@pytest.fixture
def page(tmp_path):
    addresses = {}
    while len(set(addresses.values())) < len(PORTS):
        # Ids that follow from an address are recorded as everybody gets them.
        addresses = {shown: shown if RECORD else free_address() for shown in (f"127.0.0.1:{port}" for port in PORTS)}
    own = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    own |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    own["WAYMARK_ADMIN"] = "http://" + addresses["127.0.0.1:8000"]
    shell = Shell(tmp_path, own)
    followed = Page(tmp_path, shell, addresses)
    yield followed
    for client in followed.clients:
        client.close()
    shell.stop()


@pytest.mark.parametrize("name", PAGES)
def test_shows_what_happens(page, name):
    path = REPOSITORY / name
    text = path.read_text()
    setup = setup_of((REPOSITORY / "README.md").read_text())
    if name != "README.md":
        recorded = page.follow(text, (setup, None))
    else:
        found = chapter(text)
        recorded = text[: found.start()] + page.follow(found[0], None) + text[found.end() :]
    if RECORD:
        path.write_text(recorded)
