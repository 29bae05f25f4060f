"""Results of several runs as one: a name stands for one data set, one protocol, one setting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd

from tables.results import checked, clashes
from weakpair.errors import DataError
from weakpair.files.parquet import read_parquet
from weakpair.vocabulary.columns import KEY, ONE_MEANING

FILE = "results.parquet"

_RUN = "_run"
_WHAT = {
    "data": "other cells or values",
    "protocol": "another split, seed, imputer or probe",
    "settings": "other parameters, versions, preprocessing or seeds",
}


@dataclass(frozen=True)
class Source:
    """A run's folder (or its file of results), and what to call its data set; "" = as it is."""

    path: Path
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """A run as the command line has it: FOLDER, or NAME=FOLDER to call its data set NAME.

        >>> Source.parse("A=runs/expA").name, Source.parse("runs/shared=0.8").name
        ('A', '')

        Raises:
            DataError: no folder after the sign.
        """
        name, sign, path = text.partition("=")
        if not sign or not name or "/" in name or Path(text).exists():
            return cls(Path(text).expanduser())
        if not path:
            raise DataError(f"{text!r} names no folder; write NAME=FOLDER, e.g. A=runs/expA")
        return cls(Path(path).expanduser(), name)

    def renamed(self, frame: pd.DataFrame, among: Iterable[str]) -> pd.DataFrame:
        """The frame with its data sets called as this run is named.

        Args:
            frame: has a column `dataset`.
            among: the data sets of the run: a single one is called by the name alone, of several
                each is called NAME:DATASET.
        """
        if not self.name:
            return frame
        own = [str(name) for name in dict.fromkeys(among)]
        called = {own[0]: self.name} if len(own) == 1 else {}
        names = [called.get(str(name), f"{self.name}:{name}") for name in frame["dataset"]]
        return frame.assign(dataset=names)


def load_results(runs: Iterable[Path | str | Source]) -> pd.DataFrame:
    """Read and merge the results of several runs; a later run wins on a cell both have.

    Args:
        runs: run folders (with a results.parquet) or Parquet files, oldest first; NAME=FOLDER
            calls the run's data set NAME.

    Returns:
        One row per cell, task and metric.

    Raises:
        DataError: a file that is missing, is not Parquet, or lacks a column; two data sets,
            protocols or settings under one name.
    """
    sources = [run if isinstance(run, Source) else Source.parse(str(run)) for run in runs]
    frames = [(source, read_results(source.path)) for source in sources]
    return merged([(str(s.path), s.renamed(frame, frame["dataset"])) for s, frame in frames])


def read_results(path: Path) -> pd.DataFrame:
    """The checked results of one run, of its folder or its file.

    Raises:
        DataError: a file that is missing, is not Parquet, or lacks a column.
    """
    file = path / FILE if path.is_dir() else path
    if not file.exists():
        raise DataError(f"{file} does not exist; name a run folder that holds {FILE}")
    try:
        frame = read_parquet(file).to_pandas()
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{file} is not a readable Parquet file: {reason}") from error
    return checked(frame, str(file))


def merged(runs: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Merge checked results; each cell's rows are those of the last run that has the cell.

    Args:
        runs: name of each run, for people, and its results; oldest first.

    Raises:
        DataError: no run at all, or two data sets, protocols or settings under one name.
    """
    if not runs:
        raise DataError("no run was named: give at least one run folder")
    numbered = _numbered(runs)
    last = numbered.groupby(list(KEY))[_RUN].transform("max")
    latest = numbered[numbered[_RUN] == last]
    return checked(latest.drop(columns=_RUN).reset_index(drop=True), "the merged runs")


def check_alike(runs: Sequence[tuple[str, pd.DataFrame]]) -> None:
    """Make sure that one name stands for one data set, protocol and setting in all runs.

    Args:
        runs: as for `merged`, but that the columns of `ONE_MEANING` are enough.

    Raises:
        DataError: a name has two meanings.
    """
    _numbered(runs)


def _numbered(runs: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The rows of all runs with the number of theirs."""
    frames = [frame.assign(**{_RUN: number}) for number, (_, frame) in enumerate(runs)]
    numbered = pd.concat(frames, ignore_index=True)
    for column in ONE_MEANING:
        _refuse(numbered, column, [name for name, _ in runs])
    return numbered


def _refuse(numbered: pd.DataFrame, column: str, runs: Sequence[str]) -> None:
    """End where a name has two meanings, naming both runs and the remedy."""
    clash = next(clashes(numbered, column), None)
    if clash is None:
        return
    names = list(ONE_MEANING[column])
    same = numbered[(numbered[names] == clash[names]).all(axis=1) & (numbered[column] != "")]
    first, second = (runs[int(number)] for number in (same[_RUN].iloc[0], clash[_RUN]))
    what = ", ".join(str(clash[name]) for name in names if clash[name] not in ("", "-", 0))
    raise DataError(
        f"{first} and {second} have {_WHAT[column]} under one name ({what}); tell their data sets "
        f"apart by NAME=FOLDER, e.g. A={first} B={second}, or run one again under another --name"
    )
