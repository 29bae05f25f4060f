"""From two AnnData to scores of learners and aligners: the grid of `bench run --data`."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weakpair.errors import ConfigError, DataError
from weakpair.face.given import NAMES, file_of
from weakpair.face.scored import Results, results


def benchmark(
    first: Any,
    second: Any,
    *,
    group: str,
    learners: Sequence[str] | None = None,
    aligners: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
    paired: str | None = None,
    split: str | None = None,
    preprocess1: str = "",
    preprocess2: str = "",
    predict: str | None = None,
    settings: Sequence[str] = (),
    names: tuple[str, str] = NAMES,
    name: str = "screen",
    folder: str | Path = "runs",
    store: str | Path | None = None,
    seed: int | None = None,
    device: str = "auto",
    workers: int = 0,
    replace: bool = False,
    quiet: bool = False,
) -> Results:
    """Score learners and aligners on two AnnData of one perturbation screen.

    It is `bench run --data`: the same folds, store and files, so that `bench report` reads what
    came of it, and what is stored already is not computed again. Without true pairs surrogates
    stand in the place of scores that need them.

    Args:
        first: AnnData of modality 1, cells in rows; `X` is read.
        second: AnnData of modality 2.
        group: column of both `obs` with the perturbation of each cell.
        learners: as `bench list learners` names them; None: those of `bench run --data`.
        aligners: as `bench list aligners` names them; None: likewise.
        tasks: of matching, imputation, surrogate and probe; None: what the data allow.
        paired: how true pairs are known: "ids" (equal `obs_names`), "rows" or "none"; None: by
            ids, unless they are mere row numbers.
        split: "holdout", "kfold:5" or "lopo"; None: five folds.
        preprocess1: steps or a preset, e.g. "rna" or "normalize-total,log1p,hvg(n=500)".
        preprocess2: likewise.
        predict: which modality is imputed from the other: "1", "2" or "both"; None: "1".
        settings: further keys of the grid, each "KEY=VALUE", as `--set` takes them.
        names: of the modalities.
        name: of the data set and of the run's folder.
        folder: that of runs; the data are written beside the run, as `NAME-data`.
        store: folder of the store; None: `WEAKPAIR_STORE`, else `.weakpair` here.
        seed: of splits and methods.
        device: auto, cpu or cuda.
        workers: local processes; 0 computes in this one. A script that asks for some needs
            `if __name__ == "__main__":`.
        replace: replace what a run of another grid left under that name.
        quiet: say nothing of the progress.

    Returns:
        Results: `.ranking("matching")`, `.scores`, `.match()`, `.page("report.html")`.

    Raises:
        InputError: data, names or parameters that cannot be used, in one line.
        DataError: no combination has scores.
    """
    from rich.console import Console

    from benchmark.engine.progress import Lines, observer
    from benchmark.grids.own_data import OwnData, folder_name
    from benchmark.grids.request import Changes, Request, settled
    from benchmark.runs.run import RunOptions, resolve_device, run_grid
    from benchmark.store.place import default_store
    from benchmark.store.store import Store

    stems = [folder_name(one) for one in names]
    if len(set(stems)) < 2:
        raise ConfigError(f"names {names}: two modalities need two names")
    place = Path(folder) / f"{name}-data"
    files = [
        file_of(data, group, place / f"{stem}.h5ad")
        for data, stem in zip((first, second), stems, strict=True)
    ]
    pipelines = preprocess1 or None, preprocess2 or None
    own = OwnData(",".join(map(str, files)), group, name, pipelines, paired)
    changes = Changes(
        learners=_listed(learners),
        aligners=_listed(aligners),
        tasks=_listed(tasks),
        split=split,
        seed=seed,
        overrides=tuple(settings),
        predict=predict,
    )
    root = Path(store) if store is not None else default_store()
    chosen = settled(Request(own, changes), Store(root))
    out = Path(folder) / name
    options = RunOptions(out, root, resolve_device(device), workers=workers, replace=replace)
    watcher = Lines(io.StringIO()) if quiet else observer(Console(stderr=True))
    for line in chosen.lines:
        watcher.say(line)
    summary = run_grid(chosen.grid, options, watcher, loaded=chosen.loaded)
    if summary.interrupted:
        raise KeyboardInterrupt
    if not summary.finished:
        raise DataError(f"no combination has scores; {out} says why")
    return results(out, root)


def _listed(names: Sequence[str] | None) -> list[str] | None:
    """Names as a list; a single one may stand alone."""
    if names is None:
        return None
    return [names] if isinstance(names, str) else list(names)
