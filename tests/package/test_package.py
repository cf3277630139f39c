"""waymark_VERSION_ARCH.deb: what is in it, and its life in a fresh Debian root, in the order of this file."""

import pathlib
import re
import signal
import subprocess
import time

import pytest

PATIENCE = 60
BINARIES = ("waymark", "waymarkctl", "waymark-stub", "waymark-lab", "waymark-load")


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come true within {PATIENCE} s"
        time.sleep(0.05)


# --- the file ---


def test_its_name_says_what_it_is(package):
    version, architecture = package.field("Version"), package.field("Architecture")
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert package.path.name == f"waymark_{version}_{architecture}.deb"
    assert architecture == subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()


def test_everything_belongs_to_root_and_nobody_else_may_write(package):
    for mode, owner, path in package.contents():
        assert owner == "root/root", path
        assert mode[5] == mode[8] == "-" and "s" not in mode, (mode, path)


def test_it_holds_the_programs_the_unit_the_configuration_and_the_documentation(package):
    paths = {path for _, _, path in package.contents()}
    for binary in BINARIES:
        assert f"/usr/bin/{binary}" in paths
    assert {
        "/usr/lib/systemd/system/waymark.service",
        "/etc/waymark/waymark.yaml",
        "/usr/share/doc/waymark/README.md",
        "/usr/share/doc/waymark/changelog.md",
        "/usr/share/doc/waymark/copyright",
        "/usr/share/doc/waymark/docs/deploy.md",
    } <= paths


def test_it_depends_on_the_libraries_it_is_linked_with(package):
    depends = package.depends()
    for library in ("libc6", "libgrpc++1.51", "libuv1", "libmicrohttpd12", "libgnutls30", "libsqlite3-0", "adduser"):
        assert library in depends
    assert not [name for name in depends if name.endswith("-dev")]


# --- its life ---


class Installed:
    """The package in the root, and what was there before."""

    def __init__(self, root, package):
        self.root = root
        self.before = root.files()
        (root.folder / "tmp/waymark.deb").write_bytes(package.path.read_bytes())
        self.output = root.run("dpkg", "--install", "/tmp/waymark.deb")


@pytest.fixture(scope="module")
def installed(root, package):
    return Installed(root, package)


class Program:
    """One that runs in the root."""

    def __init__(self, root, log, *command, **options):
        self._log = log
        with open(log, "wb") as output:
            self._child = subprocess.Popen(
                root.inside(*command, **options), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        name = pathlib.Path(command[0]).name
        self._pid = eventually(lambda: self._find(name), f"{name} to run")

    def _find(self, name):
        """Its pid: nsenter stays as the parent of what it starts in another pid namespace."""
        children = pathlib.Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()
        return next((int(pid) for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name), None)

    @property
    def output(self):
        return self._log.read_text(errors="replace")

    def status(self):
        lines = pathlib.Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def end(self):
        if self._child.poll() is None:
            subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(self._pid)], check=True)
        return self._child.wait(timeout=PATIENCE)


def test_installs_without_a_word_of_warning(installed):
    assert installed.root.run("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", "waymark") == "ii "
    assert not re.search(r"warning|error|cannot", installed.output, re.I), installed.output
    assert installed.root.run("dpkg", "--verify", "waymark") == ""


def test_its_user_can_read_the_configuration_and_nobody_else(installed):
    root = installed.root
    assert root.run("stat", "-c", "%U:%G %a", "/etc/waymark/waymark.yaml") == "root:waymark 640\n"
    assert root.run("getent", "passwd", "waymark").strip().endswith(":/var/lib/waymark:/usr/sbin/nologin")
    out = root.run("waymark", "check", "-c", "/etc/waymark/waymark.yaml", user="waymark")
    assert out == "/etc/waymark/waymark.yaml: ok\n"


def test_the_unit_is_enabled_and_sound(installed):
    link = installed.root.folder / "etc/systemd/system/multi-user.target.wants/waymark.service"
    assert str(link.readlink()).endswith("/lib/systemd/system/waymark.service")
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "--root={root}", "waymark.service"]
    done = subprocess.run(installed.root.beside(*verify), text=True, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_serves_with_the_configuration_it_comes_with(installed, tmp_path):
    root = installed.root
    root.run("install", "-d", "-o", "waymark", "-g", "waymark", "-m", "700", "/var/lib/waymark")

    def curl(path):
        asked = root.beside("curl", "-s", "-m", "5", "-w", "%{http_code}", f"http://127.0.0.1:9464{path}")
        return subprocess.run(asked, text=True, capture_output=True).stdout

    state = ["STATE_DIRECTORY=/var/lib/waymark"]
    proxy = Program(root, tmp_path / "waymark", "/usr/bin/waymark", "serve", user="waymark", environment=state)
    try:
        eventually(lambda: curl("/livez") == "live\n200", "/livez")
        assert curl("/readyz").endswith("503")
        status = proxy.status()
        assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"].strip() == "1"
        upstream = Program(root, tmp_path / "stub", "/usr/bin/waymark-stub", "--listen", "127.0.0.1:7001", user="daemon")
        try:
            eventually(lambda: curl("/readyz") == "ready\n200", "/readyz")
            load = ["waymark-load", "--target", "127.0.0.1:7999", "--connections", "2", "--frames", "50",
                    "--framing", "line", "--quiet"]
            assert root.run(*load)
            answer = root.run("waymarkctl", "status", user="waymark")
            assert re.search(r"^state +ready$", answer, re.M), answer
        finally:
            upstream.end()
    finally:
        code = proxy.end()
    assert code == 0, proxy.output


def test_an_upgrade_keeps_what_was_changed(installed):
    root = installed.root
    file = root.folder / "etc/waymark/waymark.yaml"
    file.write_text(file.read_text() + "# mine\n")
    root.run("chmod", "600", "/etc/waymark/waymark.yaml")
    root.run("dpkg", "--install", "/tmp/waymark.deb")
    assert file.read_text().endswith("# mine\n")
    assert root.run("stat", "-c", "%U:%G %a", "/etc/waymark/waymark.yaml") == "root:waymark 600\n"
    assert (root.folder / "var/lib/waymark/admin.token").exists()


def test_removing_keeps_configuration_and_state(installed):
    installed.root.run("dpkg", "--remove", "waymark")
    folder = installed.root.folder
    for binary in BINARIES:
        assert not (folder / "usr/bin" / binary).exists()
    assert (folder / "etc/waymark/waymark.yaml").exists()
    assert (folder / "var/lib/waymark/admin.token").exists()


def test_purging_leaves_nothing(installed):
    root = installed.root
    root.run("dpkg", "--purge", "waymark")
    assert sorted(root.files() - installed.before) == []
    assert sorted(installed.before - root.files()) == []
    assert subprocess.run(root.inside("dpkg-query", "--listfiles", "waymark"), capture_output=True).returncode != 0
    assert subprocess.run(root.inside("getent", "passwd", "waymark")).returncode != 0
    assert subprocess.run(root.inside("getent", "group", "waymark")).returncode != 0
