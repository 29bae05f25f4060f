"""Simulations on disk: a folder of Parquet files, or one .h5mu file.

The folder holds `modality1.parquet`, `modality2.parquet` (index `cell`, one column per feature),
`obs.parquet` (index `cell`, column `group`, and `downstream` if asked for), `parameters.json`
(every constant and the seed) and the ground truth in `truth-*.parquet`. Row order is the same
everywhere; a cell that a modality did not measure is left out there.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulate import frames
from simulate.parameters import Parameters, require_count
from simulate.simulation import VERSION, Simulation, simulate
from weakpair.errors import ConfigError, ParameterError, UnknownNameError
from weakpair.files import parquet
from weakpair.files.whole import write_whole


def write_parquet(simulation: Simulation, path: Path) -> None:
    """Write a simulation as a folder of Parquet files."""
    path.mkdir()
    tables = {
        "modality1": frames.features(simulation, 1),
        "modality2": frames.features(simulation, 2),
        "obs": frames.obs(simulation),
        "truth-cells": frames.truth_cells(simulation),
        "truth-perturbations": frames.truth_perturbations(simulation),
        "truth-features1": frames.truth_features(simulation, 1),
        "truth-features2": frames.truth_features(simulation, 2),
        "truth-noise": frames.truth_noise(simulation),
    }
    for name, table in tables.items():
        parquet.write_parquet(table, path / f"{name}.parquet")
    text = json.dumps(_describe(simulation), indent=2)
    (path / "parameters.json").write_text(text + "\n", encoding="utf-8")


def write_h5mu(simulation: Simulation, path: Path) -> None:
    """Write a simulation as MuData: modalities `modality1` and `modality2`, obs as above.

    Latents and noise stand in `obsm`, loadings in `varm`, biases and scales in `var`, all under
    names that begin with truth; parameters and seed, as JSON, in `uns["simulation"]`.

    Raises:
        ConfigError: mudata or anndata is not installed.
    """
    mudata = _scverse()
    modalities = {f"modality{m}": _anndata(simulation, m) for m in (1, 2)}
    with mudata.set_options(pull_on_update=False):
        data = mudata.MuData(modalities)
        for name, labels in frames.obs(simulation).items():
            data.obs[name] = labels.astype("category")
        data.uns["simulation"] = json.dumps(_describe(simulation))
        data.uns["truth_perturbations"] = frames.truth_perturbations(simulation)
        data.write_h5mu(path)


WRITERS: dict[str, tuple[str, Callable[[Simulation, Path], None]]] = {
    "parquet": ("", write_parquet),
    "h5mu": (".h5mu", write_h5mu),
}
"""Format → the suffix of what it writes, and its writer."""


def write_replicates(
    parameters: Parameters,
    replicates: int,
    seed: int,
    out: Path | str,
    format: str = "parquet",  # noqa: A002  the command line's word
) -> list[Path]:
    """Simulate and write replicates; replicate r is `simulate(parameters, seed + r)`.

    Nothing is overwritten, and what stands under a final name is complete.

    Args:
        parameters: constants of the model.
        replicates: how many data sets, at least 1.
        seed: seed of the first.
        out: folder to write into; made if need be.
        format: one of `WRITERS`.

    Returns:
        What was written, e.g. `out/shared0.8-seed0`, one path per replicate.

    Raises:
        ParameterError: a wrong number, or a target that exists.
        UnknownNameError: no such format.
        ConfigError: a package the format needs is not installed.
    """
    paths = targets(parameters, replicates, seed, out, format)
    for path in paths:
        not_there(path)
    _, write = WRITERS[format]
    for replicate, path in enumerate(paths):
        _write_whole(simulate(parameters, seed + replicate), path, write)
    return paths


def not_there(path: Path) -> None:
    """Refuse a path that exists, before anything is written.

    Raises:
        ParameterError: the path exists.
    """
    if path.exists():
        raise ParameterError(f"{path} exists already; remove it or choose another folder")


def picture_of(path: Path) -> Path:
    """Path for the picture of a written data set: beside it, under its whole name.

    >>> picture_of(Path("sim/shared0.8-seed0")).name
    'shared0.8-seed0.png'
    """
    return path.with_name(f"{path.name}.png")


def targets(
    parameters: Parameters,
    replicates: int,
    seed: int,
    out: Path | str,
    format: str,  # noqa: A002
) -> list[Path]:
    """Paths that `write_replicates` writes, one per replicate; arguments and errors as there."""
    if format not in WRITERS:
        raise UnknownNameError("format", format, WRITERS)
    require_count("replicates", replicates, 1)
    require_count("seed", seed, 0)
    suffix = WRITERS[format][0]
    seeds = range(seed, seed + replicates)
    return [Path(out) / f"shared{parameters.shared:g}-seed{s}{suffix}" for s in seeds]


def _write_whole(
    simulation: Simulation, path: Path, write: Callable[[Simulation, Path], None]
) -> None:
    """Write under a temporary name, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path) as temporary:
        write(simulation, temporary)


def _describe(simulation: Simulation) -> dict[str, Any]:
    return {
        "parameters": asdict(simulation.parameters),
        "seed": simulation.seed,
        "version": VERSION,
    }


def _scverse() -> Any:
    try:
        import anndata  # noqa: F401
        import mudata
    except ImportError as error:
        raise ConfigError(
            f"format h5mu needs {error.name}; install it with: pip install weakpair[scverse]"
        ) from error
    return mudata


def _anndata(simulation: Simulation, modality: frames.Modality) -> Any:
    import anndata

    m, truth = modality, simulation.truth
    x = frames.features(simulation, m)
    seen = getattr(simulation, f"seen{m}")
    var = frames.truth_features(simulation, m)[["b", "s"]]
    return anndata.AnnData(
        X=x.to_numpy(),
        obs=frames.obs(simulation).loc[x.index],
        var=var.rename(columns={"b": "truth_bias", "s": "truth_scale"}),
        obsm={f"truth_{name}": getattr(truth, f"{name}{m}")[seen] for name in ("v", "noise")},
        varm={"truth_loadings": getattr(truth, f"a{m}").T},
    )
