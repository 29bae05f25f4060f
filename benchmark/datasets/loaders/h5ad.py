"""AnnData, in HDF5 (`.h5ad`) or zarr: two files of a modality each, or one of both."""

import warnings
from pathlib import Path
from typing import Any

from benchmark.datasets.loaders.packages import optional
from benchmark.datasets.loaders.scverse import feature_types, part
from benchmark.datasets.loaders.stores import (
    Annotated,
    content,
    describe,
    is_zarr,
    opened,
)
from benchmark.datasets.paths import bare_name, split_paths
from benchmark.datasets.reading.modalities import assemble
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError

SUFFIXES = (".h5ad", ".zarr")


class H5adLoader:
    """`rna.h5ad,protein.h5ad`, a folder with `modality1.h5ad` and `modality2.h5ad`, or one file.

    Cells of equal `obs_names` are true pairs; the group column stands in `obs`, of one file at
    least. One file holds both modalities either as two types of features (`var["feature_types"]`)
    or with one of them in `obsm`; its rows are cells, so both are paired.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The file of modality 1, then that of modality 2; or the one file."""
        path = spec.path or ""
        folder = Path(path)
        if folder.is_dir() and not is_zarr(folder):
            return tuple(
                _member(folder, modality.file, f"modality{m}")
                for m, modality in ((1, spec.modality1), (2, spec.modality2))
            )
        parts = split_paths(path)
        if len(parts) > 2:
            raise DataError(f"{path}: two files are needed, as in rna.h5ad,protein.h5ad")
        return tuple(Path(part) for part in parts)

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities."""
        files = self.sources(spec)
        if len(files) == 1:
            return _one(files[0], spec)
        first, second = (
            _read(path, modality, spec)
            for path, modality in zip(files, (spec.modality1, spec.modality2), strict=True)
        )
        return assemble(first, second, spec)


def _member(folder: Path, file: str | None, stem: str) -> Path:
    """A file in a folder, whatever the case of its suffix."""
    if file is not None:
        return folder / file
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.stem == stem and path.suffix.casefold() in SUFFIXES
    ]
    if len(found) > 1:
        raise DataError(f"{folder}: {found[0].name} and {found[1].name}; keep one of them")
    if not found:
        there = ", ".join(
            p.name for p in sorted(folder.iterdir()) if p.suffix.casefold() in SUFFIXES
        )
        raise DataError(
            f"{folder}: no {stem}.h5ad (there: {there}); give two files, as in "
            "rna.h5ad,protein.h5ad, or name them as modality1.file and modality2.file"
        )
    return found[0]


def _read(path: Path, modality: ModalitySpec, spec: DatasetSpec) -> Part:
    with opened(path) as root:
        data = annotated(path, root)
        return part(data, modality, spec, data.obs.table, bare_name(path))


def _one(path: Path, spec: DatasetSpec) -> Read:
    """Both modalities of one AnnData."""
    with opened(path) as root:
        data = annotated(path, root)
        modalities = _divided(data, spec)
        first, second = (
            part(data, modality, spec, data.obs.table, modality.obsm or modality.feature_type or "")
            for modality in modalities
        )
    return assemble(first, second, spec, shared=True)


def _divided(data: Annotated, spec: DatasetSpec) -> tuple[ModalitySpec, ModalitySpec]:
    """The specs of both modalities, completed where the file leaves no choice."""
    chosen = [spec.modality1, spec.modality2]
    types = feature_types(data)
    known = [] if types is None else list(dict.fromkeys(types))
    open_ = [m for m, it in enumerate(chosen) if it.obsm is None and it.feature_type is None]
    if len(known) == 2 and all(it.obsm is None for it in chosen):
        for m in open_:
            other = chosen[1 - m].feature_type
            mine = known[m] if other is None else next(t for t in known if t != other)
            chosen[m] = chosen[m].model_copy(update={"feature_type": mine})
    elif open_ and any(it.feature_type is not None for it in chosen):
        raise DataError(_no_choice(data, known))
    first, second = chosen
    if (first.obsm, first.feature_type, first.layer) == (
        second.obsm,
        second.feature_type,
        second.layer,
    ):
        raise DataError(_no_choice(data, known))
    return first, second


def _no_choice(data: Annotated, types: list[str]) -> str:
    if len(types) > 2:
        return (
            f"{data.where}: {len(types)} types of features; set modality1.feature_type and "
            f"modality2.feature_type to two of: {', '.join(types)}"
        )
    arrays = ", ".join(data.names("obsm")) or "none"
    return (
        f"{data.where}: one modality; two files are needed, as in rna.h5ad,protein.h5ad, or set "
        f"modality2.obsm to the array that holds the other modality (obsm: {arrays})"
    )


def annotated(path: Path, root: Any) -> Annotated:
    """The AnnData of an opened file.

    Raises:
        DataError: it holds something else; says what.
    """
    found = content(root)
    if found == "mudata":
        keys = ", ".join(root["mod"]) if "mod" in root else ""
        raise DataError(f"{path}: a MuData file of the modalities {keys}; give it alone")
    if found == "other":
        raise DataError(describe(path, root))
    if not hasattr(root["obs"], "keys"):
        # Before 0.7 tables were compound arrays, and categories lay in `uns`.
        return Annotated.held(open_file("anndata", "read_h5ad", path), str(path))
    return Annotated.of(root, str(path))


def open_file(package: str, reader: str, path: Path) -> Any:
    """Read a whole file by a function of an optional package.

    Raises:
        DataError: the package or the file is missing, or the file is torn.
    """
    module = optional(package)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            # What a later version of the package will do is nothing that a user can mend.
            warnings.simplefilter("ignore", FutureWarning)
            return getattr(module, reader)(path)
    except Exception as error:  # readers of foreign files raise what they like
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable {path.suffix} file ({reason})") from error
