"""Commands, options, grids, targets and links that the documentation names are there."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from benchmark.cli import app
from benchmark.grids.reading.shipped import shipped_grids

HOME = Path(__file__).parents[2]
SKILLS = HOME / "benchmark" / "skills"
PAGES = sorted([*HOME.glob("*.md"), *HOME.glob("docs/**/*.md"), *SKILLS.glob("*/*.md")])
# The history speaks of commands as they were.
PRESENT = [page for page in PAGES if page.name != "CHANGELOG.md"]
ROOT: Any = typer.main.get_command(app)


def all_commands(group: Any = ROOT, name: str = "bench") -> Iterator[tuple[str, Any]]:
    yield name, group
    for word, command in getattr(group, "commands", {}).items():
        yield from all_commands(command, f"{name} {word}")


COMMANDS = dict(all_commands())
OPTIONS = {
    name: {"--help", *(word for one in command.params for word in (*one.opts, *one.secondary_opts))}
    for name, command in COMMANDS.items()
}


def spans(text: str) -> Iterator[str]:
    """Code of a page: lines of its blocks, continued ones joined, and what stands in backticks."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    for block in blocks:
        yield from re.sub(r"\\\n", " ", block).splitlines()
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", bare))


def said(text: str) -> Iterator[list[str]]:
    """The words of every `bench ...` of a page."""
    for span in spans(text):
        found = re.match(r"(?:\$ )?(bench .*)", span)
        if found:
            yield shlex.split(found.group(1).replace("…", ""), comments=True)


def complaints(text: str) -> list[str]:
    """Complaints about commands that a page has and the program has not."""
    found = []
    for words in said(text):
        name, rest = "bench", words[1:]
        while rest and f"{name} {rest[0]}" in COMMANDS:
            name, rest = f"{name} {rest[0]}", rest[1:]
        if name == "bench" and not (rest and rest[0].startswith("-")):
            found.append(f"no command: {' '.join(words)}")
            continue
        options = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
        found += [f"{name} has no {word}" for word in options if word not in OPTIONS[name]]
        grids = [after for word, after in itertools.pairwise(rest) if word == "--grid"]
        found += [f"no grid: {grid}" for grid in grids if not known_grid(grid)]
    known = set().union(*OPTIONS.values())
    alone = [span.split()[0] for span in spans(text) if re.match(r"--[a-z]", span)]
    return found + [f"no option: {word}" for word in alone if word.partition("=")[0] not in known]


def known_grid(name: str) -> bool:
    """A shipped grid, a file, or a word in capitals that stands for either."""
    return name in shipped_grids() or name.endswith(".yaml") or name.isupper()


def anchors(path: Path) -> set[str]:
    """Headings of a page as links name them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("`bench rum demo`", "no command: bench rum demo"),
        ("```console\n$ bench run --gird demo\n```", "bench run has no --gird"),
        ("`bench run --grid dmeo`", "no grid: dmeo"),
        ("use `--claim`", "no option: --claim"),
    ],
)
def test_what_is_not_there_is_found(text: str, complaint: str) -> None:
    assert complaints(text) == [complaint]


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: page.name)
def test_commands_options_and_grids_are_there(page: Path) -> None:
    assert complaints(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_are_there(page: Path) -> None:
    makefile = (HOME / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
        assert f"\n{target}:" in makefile, target


def test_the_readme_speaks_of_commands() -> None:
    assert len(list(said((HOME / "README.md").read_text(encoding="utf-8")))) > 20
