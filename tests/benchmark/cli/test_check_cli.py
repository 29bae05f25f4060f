"""`bench check`: a line for each promise of a learner or an aligner, and the exit code."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aligners.conformance.checks import PROMISES as OF_ALIGNERS
from benchmark.cli import app
from learners.conformance.checks import PROMISES as OF_LEARNERS

GOOD = '''
from learners.linear.projection import RandomProjection

class Own(RandomProjection):
    """A learner of somebody's."""
'''
BAD = '''
from aligners.linear import EOT

class Own(EOT):
    """Overwrites an argument, and divides by zero."""

    def align(self, z1, t1, z2, t2, *, device="cpu"):
        if len(z1) == 1:
            1 / 0
        self.epsilon = 0.1
        return super().align(z1, t1, z2, t2, device=device)
'''


def bench(*words: str) -> Result:
    return CliRunner().invoke(app, ["check", *words])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_good.py").write_text(GOOD)
    (tmp_path / "own_bad.py").write_text(BAD)
    (tmp_path / "own_other.py").write_text("class Own:\n    pass\n")


def test_a_class_that_keeps_its_promises_ends_well() -> None:
    said = bench("own_good:Own", "--set", "dim=3")
    assert said.exit_code == 0, said.output
    assert said.output.count("ok      ") == len(OF_LEARNERS)
    assert said.output.endswith("learner own_good:Own keeps them all\n")


def test_names_are_checked_too() -> None:
    said = bench("LabeledEOT")
    assert said.exit_code == 0, said.output
    assert said.output.count("ok      ") == len(OF_ALIGNERS)
    assert "aligner labeled-eot keeps them all" in said.output


def test_each_broken_promise_has_its_reason() -> None:
    said = bench("own_bad:Own")
    assert said.exit_code == 1
    assert "broken  keeps its parameters: align changed a constructor argument" in said.output
    assert "broken  copes with scarce cells: ZeroDivisionError: division by zero" in said.output
    assert "ok      repeats itself" in said.output
    assert "aligner own_bad:Own: 2 promises broken" in said.output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["own_nowhere:Own"], "no module 'own_nowhere'"),
        (["own_good:Owm"], "did you mean 'Own'"),
        (["own_other:Own"], "own_other:Own is neither a learner nor an aligner"),
        (["labelled-eot"], "did you mean 'labeled-eot'"),
        (["own_good:Own", "--set", "dims=3"], "did you mean 'dim'"),
        (["own_good:Own", "--set", "dim"], "use KEY=VALUE"),
    ],
)
def test_a_mistake_ends_in_one_line(words: list[str], hint: str) -> None:
    said = bench(*words)
    assert said.exit_code == 2, said.output
    assert hint in said.output
    assert len(said.output.strip().splitlines()) == 1
