"""HDF5 files that keep a part of their content in other files are refused.

The digest of a file does not tell when another one changes, and where that is missing HDF5 reads
zeros.
"""

from pathlib import Path
from typing import Any

from benchmark.datasets.loaders.packages import optional
from weakpair.errors import DataError


def must_be_whole(file: Any, path: Path) -> None:
    """Look at all links and data sets of an opened file.

    Raises:
        DataError: a link or a data set leads out of the file.
    """
    seen: set[Any] = set()
    groups = [file]
    while groups:
        group = groups.pop()
        if group.id in seen:  # groups may contain each other
            continue
        seen.add(group.id)
        for name in group:
            place = f"{path}: {group.name.rstrip('/')}/{name}"
            groups += _inside(group, name, place)


def _inside(group: Any, name: str, place: str) -> list[Any]:
    """The group of that name, if it is one."""
    h5py = optional("h5py")
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        raise DataError(f"{place} is a link into {link.filename}; {_REMEDY}")
    if isinstance(link, h5py.SoftLink):  # where it leads to is looked at by itself
        return []
    found = group[name]
    if isinstance(found, h5py.Group):
        return [found]
    if isinstance(found, h5py.Dataset):
        if found.is_virtual:
            sources = sorted({str(source.file_name) for source in found.virtual_sources()})
            raise DataError(f"{place} is put together from {', '.join(sources)}; {_REMEDY}")
        if found.external:
            raise DataError(f"{place} keeps its values in {found.external[0][0]}; {_REMEDY}")
    return []


_REMEDY = "write its content into the file, e.g. by h5repack or anndata's write_h5ad"
