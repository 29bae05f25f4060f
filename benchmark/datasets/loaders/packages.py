"""Packages that only some forms of files need; they are an optional extra."""

from importlib import import_module
from typing import Any

from weakpair.errors import DataError

EXTRA = {"anndata": "scverse", "mudata": "scverse", "h5py": "scverse"}


def optional(package: str) -> Any:
    """Import a module such as `anndata` or `anndata.io`.

    Raises:
        DataError: it is not installed, with the command that installs it; or it is installed and
            cannot be imported, with the reason.
    """
    top = package.partition(".")[0]
    try:
        import_module(top)
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name in (top, package):
            wanted = f"weakpair[{EXTRA[top]}]" if top in EXTRA else top
            raise DataError(
                f"{top} is needed to read this file; install it with: pip install {wanted}"
            ) from error
        raise _broken(top, error) from error
    except Exception as error:  # a package may fail in any way when it is imported
        raise _broken(top, error) from error


def _broken(package: str, error: Exception) -> DataError:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return DataError(
        f"{package} is installed but cannot be imported ({type(error).__name__}: {reason}); "
        f"mend the environment, e.g. pip install --force-reinstall {package}"
    )
