"""Results of runs, read from their folders and merged: what reports and figures are made of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weakpair.errors import DataError
from weakpair.vocabulary.columns import BY_LABEL
from weakpair.vocabulary.splits import kind_of

if TYPE_CHECKING:
    import pandas as pd

    from tables.merging import Source

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Reading:
    """Merged results of runs, cells without scores (None: no run says), and where they stand.

    `by_label` are the scores by label of all of them, under the keys that the results name.
    """

    results: "pd.DataFrame"
    gaps: "pd.DataFrame | None"
    folders: Sequence[Path]
    stages: Mapping[Path, "pd.DataFrame"]
    by_label: "pd.DataFrame"

    @cached_property
    def ratios(self) -> dict[str, float]:
        """Kind of split → test / training rows of its folds, as `test_to_train`."""
        return test_to_train(self.folders)

    @property
    def numbers(self) -> dict[str, str]:
        """Names of folds that are those of perturbations, and what may stand in their place."""
        named = self.results.loc[_left_out(self.results), "fold"].astype(str).unique()
        return {name: f"perturbation {number}" for number, name in enumerate(named, 1)}

    def public(self) -> "Reading":
        """The same without what data hold: names of perturbations."""
        numbers = self.numbers
        return replace(
            self,
            results=_renamed(self.results, numbers),
            gaps=None if self.gaps is None else _renamed(self.gaps, numbers),
            by_label=self.by_label.iloc[:0],
        )

    @property
    def tasks(self) -> list[str]:
        """The tasks of the results, in the order of reports."""
        import tables

        there = set(self.results["task"])
        return [name for name in tables.TASKS if name in there]


def _left_out(rows: "pd.DataFrame") -> "pd.Series[bool]":
    """Tell of each row whether its fold is named by the perturbation that is left out."""
    return rows["split"].astype(str).map(kind_of) == "lopo"


def _renamed(rows: "pd.DataFrame", numbers: Mapping[str, str]) -> "pd.DataFrame":
    """Rows whose folds have numbers where they had the names of perturbations."""
    named = _left_out(rows)
    folds = rows["fold"].astype(str)
    return rows.assign(fold=folds.where(~named, folds.map(numbers).fillna("perturbation")))


def read_runs(
    words: Sequence[str], store: Path, *, partial: bool = False, tell: Tell | None = None
) -> Reading:
    """Read and merge runs as the command line names them.

    Args:
        words: folders or files of results, or NAME=FOLDER.
        store: where unfinished runs have their scores.
        partial: take what unfinished runs have by now.
        tell: is told in a line each what is odd about a run, and how far one has come.

    Raises:
        DataError: no such run, one that has not finished, or runs that do not go together.
    """
    import pandas as pd

    from tables.merging import Source, merged

    sources = [Source.parse(word) for word in words]
    told = tell or (lambda _: None)
    read = [(source, _read(source, store, partial, told)) for source in sources]
    gaps = [one.gaps for _, one in read if one.gaps is not None]
    by_label = [one.by_label for _, one in read if one.by_label is not None]
    return Reading(
        merged([(str(source.path), one.results) for source, one in read]),
        pd.concat(gaps, ignore_index=True) if gaps else None,
        [source.path for source in sources],
        {source.path: one.stages for source, one in read if one.stages is not None},
        pd.concat(by_label, ignore_index=True) if by_label else pd.DataFrame(columns=[*BY_LABEL]),
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    """Tables of one run; stages only where they are not in its folder."""

    results: "pd.DataFrame"
    gaps: "pd.DataFrame | None"
    by_label: "pd.DataFrame | None"
    stages: "pd.DataFrame | None" = None


def _read(source: "Source", store: Path, partial: bool, tell: Tell) -> _Parts:
    """The tables of one run."""
    from benchmark.runs.folder import RunFolder

    if not source.path.exists():
        raise DataError(f"{source.path} does not exist{_hint(source.path)}")
    open_ = source.path.is_dir() and RunFolder(source.path).unfinished
    if open_ and partial:
        return _so_far(source, store, tell)
    if open_:
        raise _unfinished(source, store)
    if source.path.is_dir():
        for line in _notes(source.path):
            tell(f"note: {line}")
    return _finished(source)


def _notes(run: Path) -> Iterator[str]:
    """Notes on what is odd about a run's folder: files of another run, stages of several makers."""
    from benchmark.runs.folder import COMPUTED, RunFolder
    from benchmark.store.makers import differences

    folder = RunFolder(run)
    if others := folder.strangers():
        yield (
            f"{', '.join(others)} in {run} are not those that its run has written; run it again to "
            "be sure"
        )
    several = differences(folder.provenance.get(COMPUTED, ()))
    if several:
        yield f"the results of {run} were not computed alike: {'; '.join(several)}"


def _hint(path: Path) -> str:
    """The run that was meant, by a grid's name."""
    there = Path("runs") / path
    if not path.is_absolute() and there.is_dir():
        return f"; did you mean {there}?"
    return "; name the folder of a run, e.g. runs/demo"


def _unfinished(source: "Source", store: Path) -> DataError:
    """The complaint about a run that has not finished."""
    from benchmark.runs.partial import progress

    return DataError(
        f"{source.path}: the run has not finished{progress(source.path, store)}: wait, run it "
        f"again to go on where it stopped, or see what there is: bench report {source.path} "
        "--partial"
    )


def _finished(source: "Source") -> _Parts:
    from benchmark.runs.folder import RunFolder
    from tables.merging import read_results

    folder = RunFolder(source.path)
    results = read_results(source.path)
    gaps, by_label = (
        None if table is None else table.to_pandas() for table in (folder.gaps(), folder.by_label())
    )
    return _called(source, _Parts(results, gaps, by_label))


def _called(source: "Source", read: _Parts) -> _Parts:
    """The tables with their data sets called as the source has it."""
    among = list(read.results["dataset"].unique())
    gaps = None if read.gaps is None else source.renamed(read.gaps, among)
    return replace(read, results=source.renamed(read.results, among), gaps=gaps)


def _so_far(source: "Source", store: Path, tell: Tell) -> _Parts:
    from benchmark.runs.partial import so_far
    from tables.results import checked

    found = so_far(source.path, store)
    line = f"{source.path}: {found.scored:,} of {found.points:,} points have scores by now"
    if found.results.empty:
        raise DataError(f"{line}; there is nothing to report yet")
    tell(f"partial: {line}")
    results = checked(found.results, str(source.path))
    return _called(source, _Parts(results, found.gaps, found.by_label, found.stages))


def test_to_train(runs: Sequence[Path]) -> dict[str, float]:
    """Kind of split → test / training rows of its folds, as the grids of the runs have it.

    This is for results from before they had a column of it; ratios are those of `same` training
    cells. Where they differ, the largest: tests then claim less. Leave-one-perturbation-out is not
    in it, since its folds are as many as there are perturbations.
    """
    from benchmark.datasets.splits import SplitSpec
    from benchmark.runs.folder import RunFolder
    from weakpair.specs import parse
    from weakpair.vocabulary.splits import ratio_of

    found: dict[str, float] = {}
    for folder in filter(lambda one: one.has_grid, map(RunFolder, runs)):
        for content in _splits(folder.content):
            split = parse(SplitSpec, content, str(folder.path))
            ratio = ratio_of(split.kind, split.folds, split.test_size)
            if ratio is not None:
                found[split.kind] = max(ratio, found.get(split.kind, 0.0))
    return found


def _splits(grid: Mapping[str, Any]) -> Iterator[Any]:
    """The splits of a grid, and of those that it includes."""
    from benchmark.grids.elaborate import split_mappings

    included = [part for part in grid.get("include", ()) if isinstance(part, Mapping)]
    for part in included:
        yield from _splits(part)
    if not included:
        yield from split_mappings(grid.get("splits", [{}]))
