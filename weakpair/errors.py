"""The error hierarchy.

BenchError                    anything the harness reports in one line instead of a traceback
├── InputError                the user can mend it: exit code 2
│   ├── UnknownNameError      no method, data set, grid or key of that name ("did you mean")
│   ├── DataError             a file, column or value of a data set is wrong
│   ├── ConfigError           a grid, a spec or an option is wrong
│   └── ParameterError        a method's parameter or input array is wrong
├── StoreError                the store cannot be read or written (permissions, disk full)
├── ClusterError              a Dask cluster cannot be started or is gone
└── MethodError               a learner or an aligner broke its contract (NaN, wrong shape)
"""

from collections.abc import Iterable
from difflib import get_close_matches


class BenchError(Exception):
    """Base of all errors that end in one clear line."""


class InputError(BenchError):
    """A mistake of the user's: the line says what is wrong and what would be right."""


class UnknownNameError(InputError):
    """A name that nothing is registered under; suggests the nearest known one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class DataError(InputError):
    """A data set's file, column or value is missing or wrong."""


class ConfigError(InputError):
    """A grid, dataset spec or command-line option is wrong."""


class ParameterError(InputError):
    """A parameter or an input array of a method is wrong."""


class StoreError(BenchError):
    """The store cannot be read or written."""


class ClusterError(BenchError):
    """A Dask cluster cannot be started or is gone."""


class MethodError(BenchError):
    """A method broke its contract, e.g. returned NaN or the wrong shape."""
