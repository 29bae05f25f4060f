"""Every command of the README is run as it stands, in order, in one folder."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from tests.harness.test_cli import screen

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert all(line.startswith("$ bench ") for line in lines)
    return [line.removeprefix("$ ") for line in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's reader has: a screen, and the files the README shows."""
    home = tmp_path_factory.mktemp("reader")
    screen(home / "my_screen", cells=20)
    for source in [*blocks("python"), *blocks("yaml")]:
        name = source.splitlines()[0].removeprefix("# ")
        (home / name).write_text(source, encoding="utf-8")
    return home


@pytest.mark.parametrize(
    "demo",
    [
        pytest.param("", marks=pytest.mark.slow, id="verbatim"),
        pytest.param(" --learners lda --set datasets.subsample=20", id="small"),
    ],
)
def test_every_command_works_as_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, demo: str
) -> None:
    """Outside the slow tests the demo grid is narrowed, and no cluster is started."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    for command in commands():
        if command == "bench run --grid demo":
            command += demo
        if demo and command.startswith("bench run") and "--workers" not in command:
            command += " --workers 0"
        result = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
        assert result.exit_code == 0, f"{command}\n{result.output}"
    assert r"\toprule" in (folder / "table.tex").read_text()
    shutil.rmtree(folder / ".weakpair")


def test_files_that_the_readme_names_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)h][^)]*)\)", text):
        assert (README.parent / link).exists(), link
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert f"\n{target}:" in (README.parent / "Makefile").read_text()
