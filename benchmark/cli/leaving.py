"""The end of the process: what a library's threads do as it is torn down changes no exit code.

A process that has read Parquet may abort after all of its work is done («terminate called without
an active exception», exit code 134), where a thread of a C++ library outlives what it belongs to.
"""

import atexit
import os
import sys
import threading
from typing import NoReturn

from benchmark.cli.streams import flush


def leave(code: object) -> NoReturn:
    """End the process with the code that `SystemExit` holds.

    Python's own part of the end takes place: threads are waited for, functions of `atexit` run and
    what is printed is written. Destructors of libraries do not.
    """
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    flush()
    os._exit(code or 0)
