"""Common ground of the harness: errors, registries and label coding.

Everything here is free of domain code; `learners`, `aligners`, `simulate`, `tables` and
`benchmark` may all import it, and it imports none of them. Its face for notebooks stands on top of
all of them and is imported when it is first asked for:

    import weakpair

    weakpair.benchmark(rna, protein, group="perturbation")
    weakpair.match(rna, protein, group="perturbation").write("matched.h5mu")
    weakpair.read("matched.h5mu").more(new_rna, group="perturbation", modality=1)

`weakpair.learners`, `weakpair.aligners`, `weakpair.simulate` and `weakpair.tables` are the packages
of these names, also where a file of one's own has such a name.
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aligners as aligners
    import learners as learners
    import simulate as simulate
    import tables as tables
    from weakpair.face import Results as Results
    from weakpair.face import benchmark as benchmark
    from weakpair.face import match as match
    from weakpair.face import read as read
    from weakpair.face import results as results

# Large tensors on huge pages, as NumPy allocates its arrays by default: touching fresh memory page
# by page takes torch longer than many a product with it. Read by torch at its first allocation.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__part_of__ = "weakpair"
__version__ = "0.1.0"


_FACE = ("Results", "benchmark", "match", "read", "results")
_PACKAGES = ("aligners", "learners", "simulate", "tables")


def __dir__() -> list[str]:
    """Names, those included that are imported when they are asked for."""
    return sorted({*globals(), *_FACE, *_PACKAGES})


def __getattr__(name: str) -> Any:
    """Import what stands on top of this package when it is asked for: the face, and the wings."""
    from importlib import import_module

    if name in _FACE:
        return getattr(import_module("weakpair.face"), name)
    if name in _PACKAGES:
        from weakpair.imports import claim

        claim()
        return import_module(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
