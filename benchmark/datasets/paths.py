"""Paths of a data set as a person writes them: one, or two with a comma between them."""

import re
from collections.abc import Iterable
from pathlib import Path

_FILES = re.compile(r"\.(npz|h5ad|h5mu|zarr|csv|parquet)(\.gz)?$", re.IGNORECASE)
_FOLDERS = re.compile(r"\.zarr$", re.IGNORECASE)


def split_paths(text: str) -> list[str]:
    """The paths in a text, without blanks around them.

    A path that exists as it stands is one path, whatever its commas. Otherwise it is cut at the
    comma between two paths that exist; failing that, at every comma.

    >>> split_paths("rna.h5ad, atac.h5ad")
    ['rna.h5ad', 'atac.h5ad']
    """
    if "," not in text or _exists(text):
        return [text.strip() if not _exists(text) else text]
    parts = text.split(",")
    for cut in range(1, len(parts)):
        pair = [",".join(parts[:cut]).strip(), ",".join(parts[cut:]).strip()]
        if all(_exists(path) for path in pair):
            return pair
    return [part.strip() for part in parts]


def join_paths(paths: Iterable[str]) -> str:
    """The one text that stands for several paths, however two files were typed.

    >>> join_paths(["rna.h5ad,", "atac.h5ad"]), join_paths(["rna.h5ad , atac.h5ad"])
    ('rna.h5ad,atac.h5ad', 'rna.h5ad,atac.h5ad')
    """
    return ",".join(filter(None, split_paths(",".join(paths))))


def absolute(text: str) -> str:
    """The same paths, absolute; a link keeps its own name."""
    # A link is not followed: the file it leads to may be a blob without a suffix.
    return ",".join(str(Path(p).expanduser().absolute()) for p in split_paths(text))


def bare_name(path: Path) -> str:
    """A file's name without the suffix of its form; other dots, and a folder's, belong to the name.

    >>> bare_name(Path("sim/shared0.8-seed0")), bare_name(Path("x/screen.v2.H5AD"))
    ('shared0.8-seed0', 'screen.v2')
    """
    return (_FOLDERS if path.is_dir() else _FILES).sub("", path.name) or path.name


def own_name(text: str) -> str:
    """Name of a data set that has no other: its files without the suffix of their form.

    >>> own_name("sim/shared0.8-seed0"), own_name("rna.h5ad,atac.H5AD"), own_name("a/x.csv.gz")
    ('shared0.8-seed0', 'rna+atac', 'x')
    """
    return "+".join(bare_name(Path(part).expanduser().absolute()) for part in split_paths(text))


def _exists(text: str) -> bool:
    return bool(text) and Path(text).expanduser().exists()
