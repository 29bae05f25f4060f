"""Files that are there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Give a path beside the target to write a file or a folder to, and rename it at the end.

    What is there already stands until then, and if the block fails. The temporary name ends in the
    target's suffix, which some writers look at, and belongs to this process.

    Args:
        path: the target; its folder must exist. A folder replaces none that has content.

    Raises:
        OSError: it cannot be written there.
    """
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    remove(temporary)  # left by a process that was killed, or a link to elsewhere
    try:
        yield temporary
        temporary.replace(path)
    finally:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with its content, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
