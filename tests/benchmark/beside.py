"""Runs of misbehaving methods beside well-behaved ones, and what must hold of them."""

import io
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.engine.progress import Lines
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, RunSummary, run_grid
from tests.benchmark.culprits import path

GOOD_LEARNERS = ["pca", "lda", {"name": "groove-cosine", "params": {"epochs": 2, "dim": 8}}]
GOOD_ALIGNERS = ["eot", "labeled-eot"]


def grid(learners: list[Any], aligners: list[Any]) -> GridSpec:
    return validate_grid(
        {
            "name": "culprits",
            "datasets": [{"name": "digits", "subsample": 6}],
            "splits": [{"kind": "holdout"}],
            "learners": learners,
            "aligners": aligners,
            "tasks": ["matching"],
        }
    )


def run(spec: GridSpec, options: RunOptions) -> tuple[RunSummary, pd.DataFrame]:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    return summary, pd.read_parquet(options.out / "stages.parquet")


def scores(options: RunOptions) -> pd.DataFrame:
    """Scores of the well-behaved methods."""
    found = pd.read_parquet(options.out / "results.parquet")
    foreign = found["learner"].str.contains(":") | found["aligner"].str.contains(":")
    return found[~foreign].reset_index(drop=True)


def undisturbed_scores(folder: Path) -> pd.DataFrame:
    """Scores of the well-behaved methods among themselves."""
    options = fresh(folder, 0)
    summary, _ = run(grid(GOOD_LEARNERS, GOOD_ALIGNERS), options)
    assert summary.exit_code == 0
    return scores(options)


def judge(stages: pd.DataFrame, kind: str, expected: dict[str, str | None]) -> list[str]:
    """List what went otherwise than expected, a line each."""
    own = stages[stages["kind"] == kind].set_index("what")
    wrong = []
    for name, why in expected.items():
        (row,) = (own.loc[what] for what in own.index if f"{path(name)} " in f"{what} ")
        status = "done" if why is None else "failed"
        if row["status"] != status or (why or "") not in row["error"]:
            wrong.append(f"{name}: {row['status']} {row['error']!r}, expected {why!r}")
        if len(row["error"]) > 3_000 or len(row["log"]) > 2**17:
            wrong.append(f"{name}: too much is told")
    return wrong


def hold(options: RunOptions, expected: dict[str, str | None], undisturbed: pd.DataFrame) -> None:
    """Learners beside the good ones: each ends as expected, and the others' scores are the same."""
    spec = grid([*GOOD_LEARNERS, *map(path, expected)], GOOD_ALIGNERS)
    summary, stages = run(spec, options)
    assert judge(stages, "fit", expected) == []
    assert summary.exit_code == 1
    pd.testing.assert_frame_equal(scores(options), undisturbed, check_exact=True)
    told("learners", expected, options)


def hold_aligners(
    options: RunOptions, expected: dict[str, str | None], undisturbed: pd.DataFrame
) -> None:
    spec = grid(GOOD_LEARNERS, [*GOOD_ALIGNERS, *map(path, expected)])
    # On the latents of one learner each: the others' plans are made all the same.
    summary, stages = run(only(spec, expected), options)
    assert judge(stages, "align", expected) == []
    assert summary.exit_code == 1
    pd.testing.assert_frame_equal(scores(options), undisturbed, check_exact=True)
    told("aligners", expected, options)


def only(spec: GridSpec, expected: dict[str, str | None]) -> GridSpec:
    """The culprits among the aligners go with the first learner alone."""
    content = spec.model_dump(mode="json", exclude_unset=True)
    first, *others = GOOD_LEARNERS
    content["learners"] = [
        first,
        *(
            {**(one if isinstance(one, dict) else {"name": one}), "aligners": GOOD_ALIGNERS}
            for one in others
        ),
    ]
    return validate_grid(content)


def told(what: str, expected: dict[str, str | None], options: RunOptions) -> None:
    failed = sum(why is not None for why in expected.values())
    print(
        f"\n{len(expected)} {what} tried with {options.workers} workers: {failed} are failure "
        f"rows, {len(expected) - failed} have scores; all others' scores are bit-identical"
    )


def fresh(tmp_path: Path, workers: int) -> RunOptions:
    return RunOptions(tmp_path / "run", tmp_path / "store", workers=workers)
