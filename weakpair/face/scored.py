"""Results of a run in a notebook: ranked tables, scores as a frame, and what to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from weakpair.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.applying import Match
    from benchmark.runs.reading import Reading
    from tables import Table


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Results of a run that has ended; printed, they are its ranked tables.

    Attributes:
        path: folder of the run.
        store: of its artefacts.
        reading: what the folder holds.
    """

    path: Path
    store: Path
    reading: Reading

    @property
    def scores(self) -> pd.DataFrame:
        """Scores, a row for each data set, fold, learner, aligner and metric."""
        return self.reading.results

    @property
    def failures(self) -> pd.DataFrame:
        """Combinations without scores and why, a row for each fold; empty where there are none."""
        import pandas as pd

        return pd.DataFrame() if self.reading.gaps is None else self.reading.gaps

    @property
    def tasks(self) -> list[str]:
        """The tasks that have scores."""
        return self.reading.tasks

    def tables(self, task: str | None = None, top: int | None = None) -> list[Table]:
        """Ranked tables of a task or of all, as `bench report` has them.

        Args:
            task: matching, imputation, surrogate or probe.
            top: only the best combinations.

        Raises:
            DataError: the run has no scores of the task.
        """
        import tables

        read = self.reading
        if task is not None and task not in read.tasks:
            raise DataError(f"{self.path} has no scores of {task}; it has {', '.join(read.tasks)}")
        ties, gaps = read.ratios, read.gaps
        return [
            table
            for one in ([task] if task else read.tasks)
            for table in tables.build(read.results, one, ties=ties, failures=gaps, top=top)
        ]

    def ranking(self, task: str | None = None, top: int | None = None) -> pd.DataFrame:
        """Means of the ranked tables, a row for each combination in the order of the tables.

        Args:
            task: matching, imputation, surrogate or probe; None: the first that has scores.
            top: only the best combinations.

        Returns:
            Index combination; columns table, group (empty for what is ranked, else controls or
            oracles), mean rank and the metrics.

        Raises:
            DataError: the run has no scores of the task.
        """
        import pandas as pd

        rows = []
        for table in self.tables(task or self.tasks[0], top):
            for group in table.groups:
                for row in group.rows:
                    name, *cells = row.cells
                    named = zip(table.columns[1:], cells, strict=True)
                    values = {column.name: cell.value for column, cell in named}
                    head = {"combination": name.display, "table": table.title, "group": group.label}
                    rows.append(head | values)
        return pd.DataFrame(rows).set_index("combination")

    def match(self, task: str = "matching", dataset: str | None = None, seed: int = 0) -> Match:
        """Match all cells by the combination that comes first in a task.

        Args:
            task: matching, imputation or surrogate.
            dataset: which one, where the run has several.
            seed: of the fit.

        Raises:
            ConfigError: an unknown task, or a data set that the run does not have.
            DataError: the run ranks nothing there.
        """
        from benchmark.applying import match_dataset
        from benchmark.applying.recommended import recommended
        from benchmark.datasets import load
        from benchmark.runs.folder import RunFolder

        first = recommended(RunFolder(self.path), task, dataset)
        return match_dataset(load(first.spec), first.methods, first.pipelines, seed=seed)

    def page(self, path: str | Path, *, public: bool = False) -> Path:
        """Write the whole report as one HTML file.

        Args:
            path: of the file.
            public: leave out cells and names of perturbations.
        """
        from benchmark.runs.material.page import page_of
        from benchmark.store.store import Store

        file = Path(path)
        file.write_text(page_of(self.reading, Store(self.store), public=public), encoding="utf-8")
        return file

    def __repr__(self) -> str:
        """The ranked tables."""
        import tables

        return tables.render(self.tables(), "text").rstrip("\n")

    def _repr_html_(self) -> str:
        """The ranked tables in a notebook."""
        import tables

        return tables.render(self.tables(), "html")


def results(path: str | Path, store: str | Path | None = None) -> Results:
    """Results of a run that `bench run` or `benchmark` has computed.

    Args:
        path: folder of the run, e.g. "runs/demo".
        store: of its artefacts; None: `WEAKPAIR_STORE`, else `.weakpair` here.

    Raises:
        DataError: no such run, or one that has not finished.
    """
    from benchmark.runs.reading import read_runs
    from benchmark.store.place import default_store

    root = Path(store) if store is not None else default_store()
    return Results(Path(path), root, read_runs([str(path)], root))
