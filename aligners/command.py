"""An aligner that is a program: any language, any environment, files in and files out."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike

from aligners.base import Aligner
from aligners.inputs import check_latents
from aligners.plan.plan import Block, Plan, Status
from weakpair.errors import MethodError
from weakpair.programs import Program, read_numbers, write_cells


# The version is the program's, not the class's alone.
class CommandAligner(Program, Aligner):  # type: ignore[misc]
    """The plan of a program of your own: an R script, a container, another environment.

    `RUN align FOLDER` finds `latents1.parquet` and `latents2.parquet` (columns `label`, x0, x1, …;
    a row per cell) and `request.json` (`device`, `params`), and leaves `plan.parquet`: the columns
    `row`, `column` (from 0) and `weight` of every entry that is not 0. Weights are scaled to a
    total of 1. Labels are shown and not enforced.

    A code other than 0 is a failure, told by the last line that the program said. Files that `run`
    names are part of the store's key: a script that changed is another method.

    Args:
        run: the command line.
        params: plain values that are handed to the program in `request.json`.
        timeout: seconds that a call may take.
    """

    needs_labels: ClassVar[bool] = False

    def align(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        """Have the program couple the rows; see `Aligner.align`.

        Raises:
            ParameterError: a wrong parameter or input.
            MethodError: the program fails, or leaves other weights than of a plan.
        """
        self.check_call()
        x, y = check_latents(z1, t1, z2, t2, same_width=False)
        with TemporaryDirectory(prefix="weakpair-") as name:
            folder = Path(name)
            for number, cells, labels in ((1, x, t1), (2, y, t2)):
                shown = [str(label) for label in np.asarray(labels).tolist()]
                write_cells(folder / f"latents{number}.parquet", cells, shown)
            self.call("align", folder, device=device)
            entries = read_numbers(folder / "plan.parquet", ("row", "column", "weight"))
        weights = torch.from_numpy(_dense(entries, (len(x), len(y))))
        rows, columns = (torch.arange(n) for n in weights.shape)
        # What the program did to get there it alone knows.
        status = Status(
            iterations=0,
            marginal_error=float((weights.sum(1) - 1 / len(x)).abs().sum()),
            converged=True,
            epsilon=None,
            dtype="float64",
            notes=("by a program",),
        )
        return Plan((len(x), len(y)), (Block(rows, columns, weights),), status)


def _dense(entries: np.ndarray[Any, np.dtype[np.float64]], shape: tuple[int, int]) -> Any:
    """The weights as a matrix of total mass 1; entries that stand twice are added.

    Raises:
        MethodError: indices that are none, weights that are negative or not finite, no mass.
    """
    places = entries[:, :2]
    if not (np.isfinite(entries).all() and (entries[:, 2] >= 0).all()):
        raise MethodError("plan.parquet holds a weight that is negative, NaN or infinite")
    if (places != np.floor(places)).any() or (places < 0).any() or (places >= shape).any():
        raise MethodError(
            f"plan.parquet has an entry outside of {shape[0]} rows × {shape[1]} columns"
        )
    weights = np.zeros(shape)
    np.add.at(weights, tuple(places.astype(np.int64).T), entries[:, 2])
    mass = weights.sum()
    if mass <= 0:
        raise MethodError("plan.parquet has no mass")
    return weights / mass
