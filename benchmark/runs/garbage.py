"""Cleaning of a store: what nobody will finish, what is damaged, and what no kept run has part in.

Only files that a store has named are ever removed, and none that a run needs which goes on.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmark.engine.inflight import forgotten
from benchmark.runs.folder import SKIPPED, RunFolder
from benchmark.runs.maintenance import Origins
from benchmark.stages.table import COLUMNS
from benchmark.store.leftovers import abandoned
from benchmark.store.store import Store, TornArtefactError
from benchmark.store.usage import nobody_starts, used
from weakpair.errors import StoreError
from weakpair.files.parquet import read_parquet

_KEYS = ("key", *COLUMNS)


@dataclass(frozen=True)
class Removed:
    """Files that a clean-up took away, or would; `spared` files were left to runs that go on."""

    files: int
    bytes: int
    spared: int = 0


@dataclass(frozen=True)
class _Doomed:
    """A file as it was when it was judged; what has been replaced since is not it any more."""

    path: Path
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path) -> "_Doomed | None":
        """The file at a path, None without one."""
        try:
            found = path.lstat()
        except OSError:
            return None
        return cls(path, (found.st_ino, found.st_mtime_ns, found.st_size))


def collect_garbage(store: Store, keep: Sequence[Path] | None, *, dry_run: bool) -> Removed:
    """Remove leftovers and damaged artefacts and, given runs to keep, whatever else they lack.

    Raises:
        ConfigError: one of the runs is none.
        StoreError: the folder cannot be written.
    """
    left = [*abandoned(store.root), *forgotten(store.root)]
    judged = [*map(_Doomed.of, left), *_damaged(store), *_unkept(store, keep or ())]
    doomed = {one.path: one for one in judged if one is not None and not one.path.is_dir()}
    try:
        with nullcontext(used(store.root)) if dry_run else nobody_starts(store.root) as needed:
            going = [one for path, one in sorted(doomed.items()) if path.stem not in needed]
            removed = going if dry_run else [one for one in going if _removed(one)]
    except OSError as error:
        raise StoreError(f"cannot clean the store {store.root}: {error.strerror}") from error
    return Removed(len(removed), sum(one.state[2] for one in removed), len(doomed) - len(going))


def _removed(doomed: _Doomed) -> bool:
    if _Doomed.of(doomed.path) != doomed:
        return False
    doomed.path.unlink(missing_ok=True)
    return True


def _damaged(store: Store) -> Iterator[_Doomed | None]:
    for key in store:
        before = _Doomed.of(store.path(key))
        try:
            store.read(key)
        except TornArtefactError:
            yield before
        except StoreError:  # not readable for us, which says nothing about it
            continue


def _unkept(store: Store, keep: Sequence[Path]) -> Iterator[_Doomed | None]:
    """Artefacts that no kept run has part in."""
    if not keep:
        return
    needed, skipped = _upstream(store, set().union(*map(_keys_of, keep))), _skipped(keep)
    origins = Origins(store)
    for key in store:
        # What comes from a data set that the run could not read, or from nobody knows where, stays.
        if key not in needed and not (skipped and origins.data(key) in {"", *skipped}):
            yield _Doomed.of(store.path(key))


def _upstream(store: Store, keys: set[str]) -> set[str]:
    """Keys, and those of all artefacts that these were made from."""
    found: set[str] = set()
    frontier = list(keys)
    while frontier:
        key = frontier.pop()
        if key in found:
            continue
        found.add(key)
        with suppress(StoreError):
            frontier += store.recipe(key)["inputs"].values()
    return found


def _keys_of(run: Path) -> set[str]:
    """Keys that stand in a run's tables: of its stages, of its scores, of what it lacks."""
    keys: set[str] = set()
    for table in RunFolder(run).tables:
        columns = read_parquet(table, _KEYS).columns
        keys.update(key for column in columns for key in column.to_pylist() if key)
    return keys


def _skipped(keep: Sequence[Path]) -> set[str]:
    """Names of the data sets that a kept run could not read: it knows none of their keys."""
    return {str(name) for run in keep for name in RunFolder(run).provenance.get(SKIPPED, ())}
