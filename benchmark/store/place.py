"""Place of the store where nobody names one."""

import os
from pathlib import Path


def default_store() -> Path:
    """`WEAKPAIR_STORE`, else `.weakpair` in the current folder."""
    return Path(os.environ.get("WEAKPAIR_STORE") or ".weakpair")
