"""The folder that is published: a page of all runs, and for each its report, scores and card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.publishing.croissant import card
from benchmark.runs.folder import ENDED, RESULTS, RunFolder
from benchmark.runs.material.page import page_of
from benchmark.runs.reading import Reading, Tell, read_runs
from benchmark.store.store import Store
from tables.model import Mark, Table
from weakpair.errors import ConfigError, ParameterError
from weakpair.files.whole import write_whole
from weakpair.visible import visible

REPORT, TABLES, GRID, CARD = "index.html", "tables.csv", "grid.yaml", "croissant.json"


@dataclass(frozen=True)
class Published:
    """A run as the page of all runs shows it.

    Attributes:
        name: of its folder.
        date: on which it ended.
        datasets: their names.
        first: task → the combination that comes first on the first data set, and what is tied.
    """

    name: str
    date: str
    datasets: Sequence[str]
    first: Sequence[tuple[str, str]]


def publish(
    runs: Sequence[str],
    store: Path,
    out: Path,
    *,
    public: bool = False,
    tell: Tell | None = None,
) -> Path:
    """Write a folder that any web server can show.

    Args:
        runs: folders of runs that have ended.
        store: of their artefacts.
        out: a folder that is not there yet.
        public: leave cells and names of perturbations out, and scores by fold of those.
        tell: is told what is odd about a run.

    Raises:
        ParameterError: `out` is there.
        ConfigError: two runs have one name.
        DataError: no such run, or one that has not finished.
    """
    if out.exists():
        raise ParameterError(f"{out} exists already; remove it or choose another name")
    names = [Path(run).resolve().name for run in runs]
    if len(set(names)) < len(names):
        raise ConfigError(f"two runs are called {max(names, key=names.count)}; publish them apart")
    out.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(out) as folder:
        folder.mkdir()
        shown = []
        for name, run in zip(names, runs, strict=True):
            found = read_runs([run], store, tell=tell)
            shown.append(_run(found, name, store, folder / name, public=public))
        (folder / "index.html").write_text(_index(shown), encoding="utf-8")
    return out


def _run(found: Reading, name: str, store: Path, folder: Path, *, public: bool) -> Published:
    """Write a run's folder."""
    import tables

    folder.mkdir()
    run = RunFolder(found.folders[0])
    told = found.public() if public else found
    results = told.results
    results.to_parquet(folder / RESULTS, index=False)
    ranked = {
        task: tables.build(results, task, ties=told.ratios, failures=told.gaps)
        for task in told.tasks
    }
    every = [table for made in ranked.values() for table in made]
    (folder / TABLES).write_text(tables.render(every, "csv"), encoding="utf-8")
    (folder / GRID).write_text(run.grid_text, encoding="utf-8")
    report = page_of(found, Store(store), public=public)
    (folder / REPORT).write_text(report, encoding="utf-8")
    datasets = list(dict.fromkeys(results["dataset"].astype(str)))
    date = str(run.provenance.get(ENDED, ""))[:10]
    files = [folder / file for file in (RESULTS, TABLES, GRID, REPORT)]
    about = f"Scores of learners and aligners on {', '.join(datasets)}, by weakpair."
    content = card(name, about, date, files, folder / RESULTS)
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return Published(name, date, datasets, [(task, _first(made)) for task, made in ranked.items()])


def _first(made: Sequence[Table]) -> str:
    """First row of the first table, and how many cannot be told from the best in some column."""
    rows = [row for group in made[0].groups[:1] for row in group.rows]
    if not rows:
        return "nothing is ranked"
    tied = [
        row.cells[0].display for row in rows[1:] if any(Mark.TIED in c.marks for c in row.cells)
    ]
    more = f" (≈ {len(tied)} more)" if tied else ""
    return f"{rows[0].cells[0].display}{more}"


def _index(runs: Sequence[Published]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("benchmark.publishing"), autoescape=True, undefined=StrictUndefined
    )
    return visible(environment.get_template("index.html.j2").render(runs=runs), keep="\n")
