"""Writes a case in the containers that `bench` reads."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.odd_datasets import Case

Source = dict[str, Any]
"""What a data set's spec says about where the files are."""


class CannotWriteError(Exception):
    """The container's own library refuses the data set."""


def _frames(case: Case, *, text: bool = False) -> list[pd.DataFrame]:
    """Feature tables with ids as index."""
    frames = []
    for x, ids, names in zip(case.x, case.ids, case.features, strict=True):
        values = x.astype(np.float32) if text and x.dtype == np.float16 else x
        frames.append(pd.DataFrame(values, index=pd.Index(ids, name="id"), columns=names))
    return frames


def _obs(case: Case) -> pd.DataFrame:
    return pd.DataFrame({case.group: case.labels}, index=pd.Index(case.labels.index, name="id"))


def parquet(case: Case, root: Path) -> Source:
    """A folder of Parquet tables."""
    folder = root / case.folder
    folder.mkdir(parents=True)
    for m, frame in enumerate(_frames(case), start=1):
        frame.to_parquet(folder / f"modality{m}.parquet")
    _obs(case).to_parquet(folder / "obs.parquet")
    return {"path": str(folder)}


def csv(case: Case, root: Path) -> Source:
    """A folder of CSV tables."""
    folder = root / case.folder
    folder.mkdir(parents=True)
    for m, frame in enumerate(_frames(case, text=True), start=1):
        frame.to_csv(folder / f"modality{m}.csv")
    _obs(case).to_csv(folder / "obs.csv")
    return {"path": str(folder)}


def npz(case: Case, root: Path) -> Source:
    """An archive of arrays."""
    folder = root / case.folder
    folder.mkdir(parents=True)
    arrays: dict[str, Any] = {}
    for m in (1, 2):
        ids = case.ids[m - 1]
        labels = case.labels.loc[ids]
        # Tables' own types have no array; who saves an archive writes text then.
        plain = isinstance(labels.dtype, np.dtype) and labels.dtype != object
        arrays |= {
            f"x{m}": case.x[m - 1],
            f"ids{m}": ids,
            f"features{m}": np.array(case.features[m - 1]),
            f"{case.group}{m}" if case.group != "group" else f"t{m}": (
                labels.to_numpy() if plain else np.array([str(label) for label in labels])
            ),
        }
    np.savez(folder / "screen.npz", **arrays)
    return {"path": str(folder / "screen.npz")}


def _annotated(case: Case) -> list[Any]:
    import anndata

    made = []
    for frame in _frames(case):
        labels = case.labels.loc[frame.index]
        obs = pd.DataFrame({case.group: labels.to_numpy() if labels.dtype == object else labels})
        obs.index = pd.Index(frame.index.astype(str).to_numpy())
        var = pd.DataFrame(index=pd.Index([str(name) for name in frame.columns]))
        made.append(anndata.AnnData(X=frame.to_numpy(), obs=obs, var=var))
    return made


def _two_files(case: Case, root: Path, suffix: str) -> Source:
    folder = root / case.folder
    folder.mkdir(parents=True)
    paths = [folder / f"{name}.{suffix}" for name in ("rna", "protein")]
    for path, adata in zip(paths, _annotated(case), strict=True):
        getattr(adata, f"write_{suffix}")(path)
    return {"path": ",".join(map(str, paths))}


def h5ad(case: Case, root: Path) -> Source:
    """Two AnnData files, as on the command line."""
    return _two_files(case, root, "h5ad")


def h5mu(case: Case, root: Path) -> Source:
    """One MuData file."""
    import mudata

    folder = root / case.folder
    folder.mkdir(parents=True)
    first, second = _annotated(case)
    data = mudata.MuData({"rna": first, "protein": second})
    data.write_h5mu(folder / "screen.h5mu")
    return {"path": str(folder / "screen.h5mu")}


def zarr(case: Case, root: Path) -> Source:
    """Two AnnData stores, as on the command line."""
    return _two_files(case, root, "zarr")


CONTAINERS: Mapping[str, Callable[[Case, Path], Source]] = {
    "parquet": parquet,
    "csv": csv,
    "npz": npz,
    "h5ad": h5ad,
    "h5mu": h5mu,
    "zarr": zarr,
}


def written(case: Case, container: str, root: Path) -> Source:
    """Write the case and say where it is.

    Raises:
        CannotWriteError: the library behind the container does not write such data.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return CONTAINERS[container](case, root)
        except Exception as error:
            line = (str(error).splitlines() or [""])[0]
            raise CannotWriteError(f"{type(error).__name__}: {line}") from error
