"""Selection of the cells that take part: groups, small groups, sub-samples."""

import numpy as np

from benchmark.datasets.base import Rows, Samples, Strings
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import DataError, UnknownNameError

Both = tuple[Samples, Samples]


def select(both: Both, spec: DatasetSpec) -> Both:
    """Keep the cells that the spec asks for, in their order.

    Raises:
        UnknownNameError: a group that no cell has.
        DataError: no group is left.
    """
    if spec.groups is not None:
        both = _only(both, _chosen_groups(both, spec))
    if spec.min_cells > 0:
        both = _only(both, _large_groups(both, spec))
    return both if spec.subsample is None else _subsampled(both, spec, spec.subsample)


def _only(both: Both, labels: Strings) -> Both:
    first, second = (s.take(np.flatnonzero(np.isin(s.labels, labels))) for s in both)
    return first, second


def _chosen_groups(both: Both, spec: DatasetSpec) -> Strings:
    known = np.union1d(both[0].labels, both[1].labels)
    for group in spec.groups or ():
        if group not in known:
            raise UnknownNameError(f"group of {spec.name}", group, known.tolist())
    return np.array(spec.groups, dtype=str)


def _large_groups(both: Both, spec: DatasetSpec) -> Strings:
    first, second = (np.unique(samples.labels, return_counts=True) for samples in both)
    chosen = set(first[0][first[1] >= spec.min_cells]) & set(second[0][second[1] >= spec.min_cells])
    if not chosen:
        raise DataError(f"{spec.name}: no group has min_cells = {spec.min_cells} cells; lower it")
    return np.array(sorted(chosen), dtype=str)


def _subsampled(both: Both, spec: DatasetSpec, most: int) -> Both:
    """At most `most` cells per label; a cell measured twice is kept or dropped in both."""
    shared = np.intersect1d(both[0].ids, both[1].ids) if spec.pairing != "none" else both[0].ids[:0]
    ids = np.union1d(both[0].ids, both[1].ids)
    lot = np.random.default_rng(spec.subsample_seed).permutation(len(ids))
    # True pairs draw the lower lots, the same one in both modalities.
    lot = lot + len(ids) * ~np.isin(ids, shared)
    first, second = (s.take(_lowest(s, lot[np.searchsorted(ids, s.ids)], most)) for s in both)
    return first, second


def _lowest(samples: Samples, lot: Rows, most: int) -> Rows:
    chosen = []
    for label in np.unique(samples.labels):
        members = np.flatnonzero(samples.labels == label)
        chosen.append(members[np.argsort(lot[members])[:most]])
    return np.sort(np.concatenate(chosen))
