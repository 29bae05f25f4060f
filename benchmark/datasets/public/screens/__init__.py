"""Preparations: from the files that others publish to data sets, every step a parameter.

Each is a module with a `Spec` of its parameters and a function `prepare(raw, out, spec)`.

>>> pipeline("perturb-multiome").Spec().cells
128
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from benchmark.datasets.public.screens.report import Report, Row
from weakpair.errors import UnknownNameError
from weakpair.specs import Frozen

__all__ = ["PIPELINES", "Pipeline", "Report", "Row", "pipeline"]

PIPELINES: Mapping[str, str] = {
    "perturb-cite-seq": "benchmark.datasets.public.screens.perturb_cite_seq",
    "perturb-multiome": "benchmark.datasets.public.screens.perturb_multiome",
    "bmmc-cite": "benchmark.datasets.public.screens.bmmc_cite",
    "papalexi-eccite": "benchmark.datasets.public.screens.papalexi_eccite",
    "h5mu": "benchmark.datasets.public.screens.h5mu",
}


class Pipeline(Protocol):
    """What every module of a preparation holds."""

    Spec: type[Frozen]

    def prepare(self, raw: Path, out: Path, spec: Frozen) -> Report:
        """Prepare the files in `raw` into the data set's folder `out`."""
        ...


def pipeline(name: str) -> Pipeline:
    """The preparation of that name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in PIPELINES:
        raise UnknownNameError("preparation", name, PIPELINES)
    return cast("Pipeline", import_module(PIPELINES[name]))
