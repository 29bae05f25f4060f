"""The recipes of CONTRIBUTING.md, followed to the letter: its own snippets are what is run."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from learners.conformance.checks import check
from weakpair.imports import HOME
from weakpair.registry import Entry

CONTRIBUTING = HOME / "CONTRIBUTING.md"


def blocks(language: str) -> list[str]:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder with every file of the recipes; the package is as good as installed."""
    home = tmp_path_factory.mktemp("reader")
    site = home / "site"
    info = site / "toy_methods-1.0.dist-info"
    info.mkdir(parents=True)
    for language, folder in (("python", site), ("yaml", home), ("toml", site)):
        for source in blocks(language):
            name = source.splitlines()[0].removeprefix("# ")
            (folder / name).write_text(source, encoding="utf-8")
    project = tomllib.loads((site / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    points = [
        "\n".join([f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())])
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join([*points, ""]), encoding="utf-8")
    command(home, sys.executable, str(site / "make_screen.py"))
    return home


def command(home: Path, *words: str) -> str:
    """Output of a command that is run in the reader's folder."""
    paths = os.pathsep.join([str(HOME), str(home / "site")])
    ended = subprocess.run(
        words,
        cwd=home,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_learner_aligner_and_data_set_come_as_the_recipes_say(reader: Path) -> None:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    said = [
        command(reader, sys.executable, "-P", "-m", "weakpair", *shlex.split(line)[2:])
        for line in lines
    ]
    assert "label-distances" in said[0]
    assert "first-coordinate" in said[1]
    results = pd.read_parquet(reader / "runs/toy_grid/results.parquet")
    ranked = results[results["role"] == "method"]
    named = set(zip(ranked["learner"], ranked["aligner"], strict=True))
    assert ("label-distances", "first-coordinate") in named
    assert ("again", "first-coordinate") in named
    assert set(results["dataset"]) == {"toy"}
    assert results["value"].notna().all()
    # A method is the same by whichever name it is called.
    means = ranked.groupby(["learner", "metric"])["value"].mean().unstack("learner")
    assert means["label-distances"].tolist() == means["again"].tolist()
    assert "label-distances + first-coordinate" in said[-1]


def test_the_learner_of_the_recipe_keeps_every_promise(
    reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(reader / "site"))
    assert check(Entry("mine", "toy_methods:LabelDistances", ""))


def test_the_files_that_recipes_name_are_there() -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:weakpair|benchmark|learners|aligners|tables|tests|docs)/[\w./]*)`", text
    )
    missing = {name for name in named if "KIND" not in name and not (HOME / name).exists()}
    assert missing == set()
