"""Common ground of the harness: errors, registries and label coding.

Everything here is free of domain code; `learners`, `aligners`, `simulate`, `tables` and
`benchmark` may all import it, and it imports none of them. Its face for notebooks stands on top of
all of them and is imported when it is first asked for:

    import weakpair

    weakpair.match(rna, protein, group="perturbation").write("matched.h5mu")
"""

import os
from typing import Any

# Large tensors on huge pages, as NumPy allocates its arrays by default: touching fresh memory page
# by page takes torch longer than many a product with it. Read by torch at its first allocation.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__part_of__ = "weakpair"
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the face when it is asked for; it needs the whole harness."""
    if name != "match":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from weakpair.face import match

    return match
