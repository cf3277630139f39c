"""shellcheck over every script, yamllint over every YAML file."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
YAML_RULES = "{extends: default, rules: {line-length: {max: 120}, document-start: disable, " \
             "braces: {max-spaces-inside: 1}, brackets: {max-spaces-inside: 1}, comments: disable}}"


def sources():
    """Files of the repository, without build output and what npm has installed."""
    for top in (".ci", "bench", "cmd", "deploy", "docs", "examples", "proto", "src", "tests"):
        found = sorted((ROOT / top).rglob("*"))
        yield from (path for path in found if path.is_file() and "node_modules" not in path.parts)
    yield from (path for path in sorted(ROOT.glob("*")) if path.is_file())


def is_shell(path):
    if path.suffix == ".sh":
        return True
    with path.open("rb") as file:
        return file.readline().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash"))


def named(paths):
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def complaints(*command):
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("script", named(filter(is_shell, sources())))
def test_shellcheck(script):
    assert complaints("shellcheck", script) == ""


@pytest.mark.parametrize("file", named(p for p in sources() if p.suffix in (".yaml", ".yml")))
def test_yamllint(file):
    assert complaints("yamllint", "-s", "-d", YAML_RULES, file) == ""
