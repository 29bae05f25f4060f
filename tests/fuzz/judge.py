"""Runs a case in one container and judges it by its plain form."""

import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from tests.fuzz.containers import CannotWriteError, Source, parquet, written
from tests.fuzz.odd_datasets import Case
from weakpair.errors import InputError

Kind = Literal["equal", "refused", "not written", "fault"]
_CELL = ["learner", "aligner", "fold", "metric"]


@dataclass(frozen=True)
class Verdict:
    """How `bench` took a case in a container; `detail` is the refusal or what is wrong."""

    case: Case
    container: str
    kind: Kind
    detail: str = ""

    def __str__(self) -> str:
        odd = ", ".join(self.case.oddities) or "nothing odd"
        return f"{self.kind}: case {self.case.number} ({odd}) as {self.container}: {self.detail}"


@dataclass(frozen=True)
class Outcome:
    """Scores by cell and metric, or the line with which the data were refused."""

    scores: pd.DataFrame | None
    refusal: str = ""


class _Quiet:
    def start(self, needed: int, cached: int) -> None: ...

    def ended(self, outcome: Any) -> None: ...

    def stop(self) -> None: ...


def run(source: Source, group: str, root: Path) -> Outcome:
    """Scores of pca and lda with eot and labeled-eot, in a store of their own."""
    content = {
        "name": "fuzz",
        "datasets": [{"name": "odd", "group": group, "pairing": "ids", **source}],
        "splits": ["holdout"],
        "learners": ["pca", "lda"],
        "aligners": ["labeled-eot", "eot"],
        "tasks": ["matching"],
    }
    out, store = root / "run", root / "store"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run_grid(validate_grid(content), RunOptions(out=out, store=store), _Quiet())
    except InputError as error:  # whatever else is raised does not end in exit code 2
        return Outcome(None, str(error))
    return Outcome(_table(out))


def _table(out: Path) -> pd.DataFrame:
    """Scores, and the reasons of cells without any, by cell and metric."""
    results = pd.read_parquet(out / "results.parquet")
    gaps = pd.read_parquet(out / "gaps.parquet").assign(metric="-", value=np.nan)
    # The root of failures names their stages by keys, which differ as the files' digests do.
    reasons = gaps["error"].str.replace(r"[0-9a-f]{12,}", "KEY", regex=True)
    gaps = gaps.assign(note=gaps["status"] + ": " + reasons)
    columns = [*_CELL, "value", "note"]
    return pd.concat([results[columns], gaps[columns]]).set_index(_CELL).sort_index()


def judge(case: Case, container: str, reference: Outcome, root: Path) -> Verdict:
    """Compare a container's outcome with that of the plain form."""
    try:
        source = written(case, container, root / "files")
    except CannotWriteError as error:
        return Verdict(case, container, "not written", str(error))
    try:
        found = run(source, case.group, root)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return Verdict(case, container, "fault", f"{type(error).__name__} at {place}: {error}")
    return _judged(case, container, reference, found)


def _judged(case: Case, container: str, reference: Outcome, found: Outcome) -> Verdict:
    if found.scores is None:
        if "\n" in found.refusal or not found.refusal:
            return Verdict(case, container, "fault", f"not one line: {found.refusal!r}")
        if reference.scores is None or case.refusable:
            return Verdict(case, container, "refused", found.refusal)
        return Verdict(case, container, "fault", f"refused alone: {found.refusal}")
    if reference.scores is None:
        return Verdict(case, container, "fault", f"read, where plain is not: {reference.refusal}")
    difference = differing(reference.scores, found.scores)
    return Verdict(case, container, "fault" if difference else "equal", difference)


def differing(plain: pd.DataFrame, odd: pd.DataFrame) -> str:
    """What differs between two tables of scores, "" if nothing does."""
    if not plain.index.equals(odd.index):
        return f"{len(plain)} scores, {len(odd)} in this form"
    one, two = plain["value"].to_numpy(float), odd["value"].to_numpy(float)
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    if not same.all():
        row = int(np.argmin(same))
        return f"{'/'.join(map(str, plain.index[row]))} is {two[row]:.6g}, plain {one[row]:.6g}"
    notes = plain["note"].to_numpy() == odd["note"].to_numpy()
    if not notes.all():
        row = int(np.argmin(notes))
        return f"note {odd['note'].iloc[row]!r}, plain {plain['note'].iloc[row]!r}"
    return ""


def reference(case: Case, root: Path) -> Outcome:
    """The outcome of the plain form: a folder of Parquet tables."""
    plain = case.plain
    return run(parquet(plain, root / "files"), plain.group, root)
