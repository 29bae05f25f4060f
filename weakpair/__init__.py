"""Common ground of the harness: errors, registries and label coding.

Everything here is free of domain code; `learners`, `aligners`, `simulate`, `tables` and
`benchmark` may all import it, and it imports none of them.
"""

import os

# Large tensors on huge pages, as NumPy allocates its arrays by default: touching fresh memory page
# by page takes torch longer than many a product with it. Read by torch at its first allocation.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__part_of__ = "weakpair"
__version__ = "0.1.0"
