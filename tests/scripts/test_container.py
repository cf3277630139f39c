"""deploy/Containerfile and deploy/compose.yaml: what can be said of them without building the image."""

import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
CONFIGURATION = yaml.safe_load((ROOT / "deploy/container/waymark.yaml").read_text())
PROXIES = ("proxy-1", "proxy-2")
UPSTREAMS = ("red", "green", "blue")


def instructions():
    """(instruction, words) of the Containerfile, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "deploy/Containerfile").read_text(), flags=re.M)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def words_of(instruction):
    return [words for name, words in instructions() if name == instruction]


def copied():
    """(sources, target) of every COPY from the repository."""
    for words in words_of("COPY"):
        *sources, target = shlex.split(words)
        if not sources[0].startswith("--from"):
            yield sources, target


def seconds(text):
    return float(re.fullmatch(r"(\d+)s", text).group(1))


# --- the image ---


def test_two_stages_from_debian_and_the_last_one_is_not_root():
    stages = words_of("FROM")
    assert [stage.split()[0] for stage in stages] == ["docker.io/library/debian:12-slim"] * 2
    user = instructions()[[name for name, _ in instructions()].index("USER")][1]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that Kubernetes can see that it is not root"


def test_everything_copied_is_there_and_not_ignored():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    assert "*" in ignore
    for sources, _ in copied():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert pathlib.PurePath(source).parts[0] in allowed, source


def test_what_is_copied_is_enough_to_configure_the_build(tmp_path):
    for sources, target in copied():
        if target.startswith("/"):
            continue
        for source in sources:
            into = tmp_path / "source" / (target if target != "./" else source)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, into)
            else:
                into.parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / source, into)
    configure = ["cmake", "--preset", "release", "-DWAYMARK_TESTS=OFF"]
    done = subprocess.run(configure, cwd=tmp_path / "source", text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    # CPack finds out only when it packs.
    for script in (tmp_path / "source/build/release").rglob("cmake_install.cmake"):
        for path in re.findall(rf'"({tmp_path}/source/[^"]+)"', script.read_text()):
            if "/build/release/" not in path:
                assert pathlib.Path(path).exists(), path


def test_the_ports_are_those_of_its_configuration():
    ports = {CONFIGURATION["listeners"][0]["bind"], CONFIGURATION["telemetry"]["bind"]}
    assert {f"0.0.0.0:{port}" for port in words_of("EXPOSE")[0].split()} == ports


# --- two proxies and three upstreams ---


def test_the_services():
    assert set(COMPOSE["services"]) == {*PROXIES, *UPSTREAMS}
    for service in COMPOSE["services"].values():
        assert (ROOT / "deploy" / service["build"]["context"]).resolve() == ROOT
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert service["read_only"] and service["cap_drop"] == ["ALL"]


def test_each_proxy_has_ports_and_a_state_of_its_own():
    published, volumes = [], []
    inside = {CONFIGURATION["listeners"][0]["bind"], CONFIGURATION["telemetry"]["bind"]}
    for name in PROXIES:
        proxy = COMPOSE["services"][name]
        ports = [port.rsplit(":", 1) for port in proxy["ports"]]
        assert {f"0.0.0.0:{port}" for _, port in ports} == inside
        published += [address for address, _ in ports]
        volumes += [volume.partition(":") for volume in proxy["volumes"]]
    assert len(set(published)) == len(published)
    assert len({name for name, _, _ in volumes}) == 2
    assert {name for name, _, _ in volumes} == set(COMPOSE["volumes"])
    assert {target for _, _, target in volumes} == set(words_of("VOLUME"))


@pytest.mark.parametrize("name", UPSTREAMS)
def test_the_upstreams_are_where_the_proxies_look(name):
    service = COMPOSE["services"][name]
    address = CONFIGURATION["pools"][0]["upstreams"][0]["address"]
    host, _, port = re.fullmatch(r"\$\{UPSTREAMS:-(.*)\}", address).group(1).rpartition(":")
    assert host in service["networks"]["default"]["aliases"]
    assert service["entrypoint"][2].endswith(f":{port}")
    assert service["entrypoint"][-1] == name


@pytest.mark.parametrize("name", PROXIES)
def test_compose_waits_longer_than_a_proxy_drains(name):
    drain = CONFIGURATION["drain"]
    assert seconds(COMPOSE["services"][name]["stop_grace_period"]) > seconds(drain["timeout"]) + 5
