"""MuData, in HDF5 (`.h5mu`) or zarr: one file, two of its modalities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.scverse import part
from benchmark.datasets.loaders.stores import (
    Annotated,
    Frame,
    content,
    describe,
    opened,
    read_frame,
)
from benchmark.datasets.reading.modalities import assemble
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.reading.text import as_text
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")


class H5muLoader:
    """A `.h5mu` file; cells of equal `obs_names` are true pairs.

    Which modalities, `modality1.key` and `modality2.key` say; a file with two needs no keys. The
    group column stands in a modality's own `obs` or in the common one, there also as
    `rna:perturbation`; where it stands in one modality alone, equal cells of the other have it too.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The file."""
        return (Path(spec.path or ""),)

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities."""
        path = self.sources(spec)[0]
        with opened(path) as root:
            if content(root) == "anndata":
                raise DataError(
                    f"{path}: an AnnData file, not MuData; leave `kind` out, or give two files"
                )
            if content(root) == "other":
                raise DataError(describe(path, root))
            keys = _keys(spec, _modalities(root), path)
            common = read_frame(root, "obs") if "obs" in root else Frame(pd.DataFrame())
            first, second = (_part(path, root, key, common, spec, m) for m, key in enumerate(keys))
        return assemble(first, second, spec)


def _modalities(root: Any) -> list[str]:
    """The modalities, in the order that the file gives them."""
    names = [str(name) for name in root["mod"]]
    order = [str(name) for name in root["mod"].attrs.get("mod-order", names)]
    return order if sorted(order) == sorted(names) else names


def _keys(spec: DatasetSpec, known: list[str], path: Path) -> tuple[str, str]:
    first, second = spec.modality1.key, spec.modality2.key
    if first is None and second is None and len(known) == 2:
        return known[0], known[1]
    if first is None or second is None or first == second:
        names = ", ".join(known)
        raise DataError(f"{path}: set modality1.key and modality2.key to two of: {names}")
    for key in (first, second):
        if key not in known:
            raise DataError(f"{path}: {UnknownNameError('modality', key, known)}")
    return first, second


def _part(path: Path, root: Any, key: str, common: Frame, spec: DatasetSpec, m: int) -> Part:
    where = f"{path} modality {key!r}"
    group = root["mod"][key]
    if content(group) != "anndata":
        raise DataError(f"{where}: not an AnnData; take another modality, or write it flat")
    data = Annotated.of(group, where)
    wanted = {name for name in (spec.group, spec.downstream, spec.batch) if name}
    for name in wanted:
        common.check(name, f"{path} obs")
    modality = (spec.modality1, spec.modality2)[m]
    return part(data, modality, spec, _obs(data, key, common.table, wanted, str(path)), key)


def _obs(
    data: Annotated, key: str, common: pd.DataFrame, wanted: set[str], path: str
) -> pd.DataFrame:
    """A modality's own metadata, then the common columns that it lacks.

    Raises:
        DataError: a wanted column says one thing in the modality and another in the common table.
    """
    own = data.obs.table
    if own.index.has_duplicates or common.index.has_duplicates or common.empty:
        return own
    shared = common.reindex(own.index)
    columns = {str(name): own[name] for name in own.columns}
    for prefix in (f"{key}:", ""):
        for full in map(str, shared.columns):
            name = full.removeprefix(prefix)
            if prefix and not full.startswith(prefix):
                continue
            if name not in columns:
                columns[name] = shared[full]
            elif name in wanted:
                _agree(columns[name], shared[full], (name, full), (data.where, path))
    # A common column without a value for any cell of this modality says nothing about it.
    telling = {n: c for n, c in columns.items() if n in own.columns or not c.isna().all()}
    return pd.DataFrame(telling, index=own.index)


def _agree(
    own: pd.Series[Any],
    common: pd.Series[Any],
    names: tuple[str, str],
    files: tuple[str, str],
) -> None:
    mine = as_text(own, f"{files[0]} obs: column {names[0]!r}")
    theirs = as_text(common, f"{files[1]} obs: column {names[1]!r}")
    for cell, one, other in zip(own.index, mine, theirs, strict=True):
        if one is not None and other is not None and one != other:
            raise DataError(
                f"{files[0]} obs: column {names[0]!r} says {one!r} of cell {str(cell)!r}, and "
                f"column {names[1]!r} of the common obs says {other!r}; keep one of them"
            )
