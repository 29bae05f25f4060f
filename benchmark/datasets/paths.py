"""What a person writes as the path of a data set: one path, or two with a comma between them."""

from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".h5ad", ".h5mu", ".zarr", ".npz")


def split_paths(text: str) -> list[str]:
    """The paths in a text, without blanks around them.

    A path that exists as it stands is one path, whatever its commas. Otherwise it is cut at the
    comma between two paths that exist; failing that, at every comma.

    >>> split_paths("rna.h5ad, atac.h5ad")
    ['rna.h5ad', 'atac.h5ad']
    """
    if "," not in text or _there(text):
        return [text.strip() if not _there(text) else text]
    parts = text.split(",")
    for cut in range(1, len(parts)):
        pair = [",".join(parts[:cut]).strip(), ",".join(parts[cut:]).strip()]
        if all(_there(path) for path in pair):
            return pair
    return [part.strip() for part in parts]


def join_paths(paths: Sequence[str]) -> str:
    """The one text that stands for several paths, as `--data a.h5ad b.h5ad` gives them."""
    return ",".join(paths)


def absolute(text: str) -> str:
    """The same paths, absolute; a link keeps its own name."""
    # A link is not followed: the file it leads to may be a blob without a suffix.
    return ",".join(str(Path(p).expanduser().absolute()) for p in split_paths(text))


def bare_name(path: Path) -> str:
    """A file's name without the suffix of its form; other dots belong to the name.

    >>> bare_name(Path("sim/shared0.8-seed0")), bare_name(Path("x/screen.v2.H5AD"))
    ('shared0.8-seed0', 'screen.v2')
    """
    return path.stem if path.suffix.casefold() in SUFFIXES else path.name


def own_name(text: str) -> str:
    """What a data set is called that has no other name: "rna+atac" of two files."""
    return "+".join(bare_name(Path(part).expanduser().absolute()) for part in split_paths(text))


def _there(text: str) -> bool:
    return bool(text) and Path(text).expanduser().exists()
