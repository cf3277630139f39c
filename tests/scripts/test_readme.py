"""What README.md shows as a file of the repository is that file, and what it links to is there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n(.*?)<!-- end of example -->", re.DOTALL)


@pytest.mark.parametrize("path, shown", EXAMPLE.findall(README))
def test_shows_the_example_as_it_is(path, shown):
    fence = re.fullmatch(r"```\w+\n(.*)```\n", shown, re.DOTALL)
    assert fence, f"no code block between the marks of {path}"
    assert fence.group(1) == (ROOT / path).read_text()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/deploy.md"])
def test_links_to_files_that_exist(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []
