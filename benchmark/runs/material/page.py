"""Gathers what the HTML report says: files of the runs, curves and latents of the store."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.runs.folder import RunFolder
from benchmark.runs.material.sampling import evenly
from benchmark.runs.reading import Reading
from benchmark.store.codecs import Vectors, table_to_vectors
from benchmark.store.store import Store
from tables.about import MODALITIES
from tables.figures.projection import project
from tables.page import Curve, LatentMap, Material, RunRecord, build_page, render_page
from tables.page.material import STAGE_COLUMNS
from tables.ranked.boards import boards
from weakpair.errors import StoreError
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.tasks import TASKS

MOST_MAPS = 6
"""Latent maps of a report: the learners of the best combinations, data sets in turn."""

MOST_CELLS = 400
"""Test cells of each modality in a latent map."""

_SPENT = ["seconds", "peak_rss_mb"]
_PLACE = ["dataset", "variant", "split", "training_cells"]
_NAMES = ["modality1", "modality2"]
_FIT = [*_PLACE, "learner", "replicate", "fold", "fit_key"]


LEFT_OUT = "Cells and names of perturbations are left out of this page (--public)."


def page_of(found: Reading, store: Store, *, public: bool = False, **options: Any) -> str:
    """The whole report as one HTML file.

    Args:
        found: results of runs.
        store: where their artefacts lie.
        public: leave out what the data hold: cells, and names of perturbations.
        options: fields of `Material`.
    """
    if public:
        options["numbers"] = found.numbers
        found = found.public()
    known: dict[str, Any] = {"gaps": found.gaps, "by_label": found.by_label, "ratios": found.ratios}
    made = gather(
        found.results,
        found.folders,
        store,
        stages=found.stages,
        **known,
        **options,
    )
    return render_page(build_page(made))


def _quiet(record: RunRecord, numbers: Mapping[str, str]) -> RunRecord:
    """A run of whose stages nothing is told that data or methods have said."""
    stages = record.stages.copy()
    if "what" in stages:
        words = stages["what"].astype(str).str.split(" ")
        stages["what"] = [" ".join(numbers.get(word, word) for word in one) for one in words]
    for name in {"error", "log"} & {*stages}:
        stages[name] = stages[name].where(stages[name] == "", "left out (--public)")
    return replace(record, stages=stages)


def gather(
    results: pd.DataFrame,
    runs: Sequence[Path],
    store: Store,
    *,
    stages: Mapping[Path, pd.DataFrame] | None = None,
    numbers: Mapping[str, str] | None = None,
    **options: Any,
) -> Material:
    """Material of a page.

    What the store no longer has is left out, and the material says so.

    Args:
        results: the merged results of the runs.
        runs: their folders.
        store: where their artefacts lie.
        stages: how stages of runs ended that have not written it down yet, by the run's folder.
        numbers: what stands in the place of names of perturbations; cells are not drawn then, and
            messages of methods left out. None: all is shown.
        options: further fields of `Material`.
    """
    records = tuple(run_record(run, store, (stages or {}).get(run)) for run in runs)
    if numbers is not None:
        records = tuple(_quiet(record, numbers) for record in records)
    fits = _fits(results)
    curves, lost = _curves(fits, store)
    maps, undrawn = (
        ([], [LEFT_OUT]) if numbers is not None else _maps(results, fits, store, options)
    )
    note = (
        f"The store has no readable artefact of {lost} of {len(fits)} fits: their learning curves "
        "are left out. Name the store of the runs by --store."
    )
    return Material(
        title=f"Report: {', '.join(record.name for record in records)}",
        results=results,
        runs=records,
        curves=curves,
        maps=maps,
        absent={
            "curves": [note] if lost else [],
            "latents": undrawn,
            **({"perturbations": [LEFT_OUT]} if numbers is not None else {}),
        },
        **options,
    )


def run_record(run: Path, store: Store, ran: pd.DataFrame | None = None) -> RunRecord:
    """Stages, provenance and grid of a run.

    Args:
        run: its folder.
        store: where its artefacts lie.
        ran: how its stages ended, where they are not in the folder yet.
    """
    folder = RunFolder(run)
    if ran is None:
        stages = folder.stages()
        ran = pd.DataFrame() if stages is None else stages.to_pandas()
    return RunRecord(
        name=run.resolve().name,
        stages=_timed(ran, store) if len(ran) else pd.DataFrame(columns=list(STAGE_COLUMNS)),
        provenance=folder.provenance,
        grid=folder.grid_text,
    )


def _timed(stages: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Stages with what those from the store took when they were computed; NaN if nobody knows."""
    cached = stages["status"] == "cached"
    spent = [_spent(store, key) for key in stages.loc[cached, "key"]]
    known = pd.DataFrame(spent, index=stages.index[cached], columns=_SPENT, dtype=float)
    timed = stages.astype(dict.fromkeys(_SPENT, "float64"))
    timed.loc[cached, _SPENT] = known
    return timed


def _spent(store: Store, key: str) -> list[float]:
    """Seconds and peak memory as the artefact has them."""
    try:
        known = store.provenance(key)
        return [float(known[name]) for name in _SPENT]
    except (StoreError, KeyError, TypeError, ValueError):
        return [float("nan")] * len(_SPENT)


def _fits(results: pd.DataFrame) -> pd.DataFrame:
    """Rows of fits, one per fit of methods and baselines, in the results' order."""
    if "fit_key" not in results:
        return pd.DataFrame(columns=_FIT)
    fitted = results[results["fit_key"].fillna("") != ""]
    return fitted[fitted["role"].isin(RANKED_ROLES)][
        [*_FIT, *(name for name in _NAMES if name in fitted)]
    ].drop_duplicates()


def _curves(fits: pd.DataFrame, store: Store) -> tuple[list[Curve], int]:
    """The learning curves, and how many fits the store cannot tell about."""
    found, lost = [], 0
    several = fits["replicate"].nunique() > 1
    for fit in fits.to_dict("records"):
        try:
            stored = store.facts(fit["fit_key"])["curve"]
        except StoreError:
            lost += 1
            continue
        series = {
            name: [math.nan if value is None else value for value in values]
            for name, values in stored.items()
        }
        if series:
            found.append(Curve(_place(fit), fit["learner"], _unit(fit, several), series))
    return found, lost


def _place(fit: dict[Any, Any]) -> str:
    parts = (
        fit["dataset"],
        fit["variant"],
        fit["split"],
        f"{fit['training_cells']} training cells",
    )
    return ", ".join(part for part in parts if part)


def _unit(fit: dict[Any, Any], several: bool) -> str:
    return f"replicate {fit['replicate']}, {fit['fold']}" if several else str(fit["fold"])


def _maps(
    results: pd.DataFrame, fits: pd.DataFrame, store: Store, options: dict[str, Any]
) -> tuple[list[LatentMap], list[str]]:
    """Maps of the first folds of the best learners, and why there are fewer than could be."""
    several = fits["replicate"].nunique() > 1
    maps, reasons = [], dict[str, None]()
    for fit in _chosen(results, fits, options):
        try:
            slots = table_to_vectors(store.read(fit["fit_key"]).table, "z")
        except StoreError:
            reasons["The store has no readable latents of some learners: no map of them."] = None
            continue
        sides = [slots.get((modality, "test")) for modality in (1, 2)]
        drawn = _map(fit, sides, _unit(fit, several))
        if drawn is None:
            reasons[f"{fit['learner']}: latents without a common plane: no map of them."] = None
        else:
            maps.append(drawn)
    # In the results' order of places, so that the maps of a place stand together.
    order = list(dict.fromkeys(_place(fit) for fit in fits.to_dict("records")))
    return sorted(maps, key=lambda found: order.index(found.place)), list(reasons)


def _chosen(
    results: pd.DataFrame, fits: pd.DataFrame, options: dict[str, Any]
) -> Iterator[dict[Any, Any]]:
    """The first fit of each learner, best rank first, places in turn, `MOST_MAPS` at most."""
    by_place = [
        [first for learner in learners if (first := _first(fits, {**place, "learner": learner}))]
        for place, learners in _ranked_learners(results, options)
    ]
    taken = chain.from_iterable(zip_longest(*by_place))
    fits_in_turn = [fit for fit in taken if fit is not None]
    yield from fits_in_turn[:MOST_MAPS]


def _ranked_learners(
    results: pd.DataFrame, options: dict[str, Any]
) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Per data set, variant, split and training cells: the learners, best combination first."""
    there = set(results["task"])
    wanted = options.get("tasks") or [task for task in TASKS if task in there]
    ranking = {
        "failures": options.get("gaps"),
        "missing": options.get("missing", "strict"),
        "include": options.get("include", ()),
    }
    seen = set()
    for task in wanted:
        for board in boards(results, task, **ranking):
            for standing in board.standings:
                protocol, variant = board.protocol, standing.section.variant
                place = (protocol.dataset, variant, protocol.split, protocol.training_cells)
                if place in seen:
                    continue
                seen.add(place)
                names = [*standing.ranked, *standing.incomplete]
                yield (
                    dict(zip(_PLACE, place, strict=True)),
                    list(dict.fromkeys(learner for learner, _ in names)),
                )


def _first(fits: pd.DataFrame, where: dict[str, str]) -> dict[Any, Any] | None:
    """The first fit of a learner there, by replicate and fold."""
    for column, name in where.items():
        fits = fits[fits[column] == name]
    ordered: list[dict[Any, Any]] = fits.sort_values(["replicate", "fold"]).to_dict("records")
    return ordered[0] if ordered else None


def _map(fit: dict[Any, Any], sides: Sequence[Vectors | None], unit: str) -> LatentMap | None:
    """Map of both modalities by one t-SNE; None where they have no space in common."""
    from threadpoolctl import threadpool_limits

    there = [side for side in sides if side is not None]
    if len(there) < 2 or there[0].values.shape[1] != there[1].values.shape[1]:
        return None
    rows = [evenly(side.ids, MOST_CELLS) for side in there]
    values = np.concatenate([side.values[r] for side, r in zip(there, rows, strict=True)])
    if len(values) < 3:
        return None
    # Sums depend on the number of threads, and t-SNE blows up the last bits.
    with threadpool_limits(1):
        points = project(values, seed=0)
    return LatentMap(
        place=_place(fit),
        learner=fit["learner"],
        points=points,
        modality=np.repeat([1, 2], [len(r) for r in rows]),
        labels=np.concatenate([side.labels[r] for side, r in zip(there, rows, strict=True)]),
        unit=unit,
        of=sum(len(side.ids) for side in there),
        names=(fit.get("modality1") or MODALITIES[0], fit.get("modality2") or MODALITIES[1]),
    )
