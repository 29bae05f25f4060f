"""Every command of the README is run as it stands, in order, in one folder."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from tests.benchmark.cli.test_cli import screen

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


def narrowed(command: str) -> str:
    """The same command on little: in this process, one learner, one aligner, no networks."""
    if command.startswith("bench choose --data"):
        less = "--set surrogate.merges=1 --aligners labeled-eot,label-uniform"
        return f"{command} --learners lda-bounded --workers 0 {less}"
    if not command.startswith("bench run"):
        return command
    words = ["--set imputer.kind=mean"]
    words += [] if "--workers" in command else ["--workers 0"]
    if "--grid my_" not in command:
        words += [] if "--learners" in command else ["--learners lda"]
        words += [] if "--aligners" in command else ["--aligners labeled-eot,uniform"]
    if command == "bench run --grid demo":
        words += ["--set datasets.subsample=20"]
    return " ".join([command, *words])


@pytest.mark.parametrize("small", [pytest.param(False, marks=pytest.mark.slow), True])
def test_every_command_works_as_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    for command in commands():
        said = narrowed(command) if small else command
        result = CliRunner().invoke(app, shlex.split(said)[1:], catch_exceptions=False)
        assert result.exit_code == 0, f"{said}\n{result.output}"
    assert r"\toprule" in (folder / "table.tex").read_text()
    shutil.rmtree(folder / ".weakpair")


def test_files_that_the_readme_names_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)h#][^)]*)\)", text):
        assert (README.parent / link).exists(), link
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert f"\n{target}:" in (README.parent / "Makefile").read_text()
