"""A learner that is a program: any language, any environment, files in and files out."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from learners.base import Latent, Learner, Modality
from learners.inputs import check_count, check_features, check_training, slot
from weakpair.errors import MethodError, ParameterError
from weakpair.programs import Program, read_numbers, write_cells


# The version is the program's, not the class's alone.
class CommandLearner(Program, Learner):  # type: ignore[misc]
    """The maps that a program of your own learns: an R script, a container, another environment.

    It is called twice. `RUN fit FOLDER` finds `modality1.parquet` and `modality2.parquet` (columns
    `label`, x0, x1, …; a row per training cell, in an order that says nothing about pairs) and
    `request.json` (`seed`, `device`, `labels`, `params`), and leaves whatever it needs later in
    `FOLDER/model`. `RUN transform FOLDER` finds `model` again, `cells.parquet` (x0, x1, …) and
    `request.json` (`modality`, 1 or 2), and leaves `latents.parquet`: a row per cell, numbers only,
    as many columns in both modalities where aligners are to compare them.

    A code other than 0 is a failure, told by the last line that the program said. Files that `run`
    names are part of the store's key: a script that changed is another method.

    Args:
        run: the command line.
        params: plain values that are handed to the program in `request.json`.
        timeout: seconds that a call may take.
    """

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        """Have the program learn from training rows; see `Learner.fit`.

        Raises:
            ParameterError: a wrong parameter, non-finite features, or labels that do not fit.
            MethodError: the program fails.
        """
        check_count("seed", seed, 0)
        self.check_call()
        data = check_training(x1, t1, x2, t2)
        names = [str(name) for name in data.classes]
        with TemporaryDirectory(prefix="weakpair-") as name:
            folder = Path(name)
            for modality, x, codes in ((1, data.x1, data.codes1), (2, data.x2, data.codes2)):
                labels = [names[code] for code in codes.tolist()]
                write_cells(folder / f"modality{modality}.parquet", x, labels)
            (folder / "model").mkdir()
            self.call("fit", folder, seed=seed, device=device, labels=names)
            # In memory, so that a copy of the learner is whole wherever it goes.
            self.model_ = {
                path.relative_to(folder / "model").as_posix(): path.read_bytes()
                for path in sorted((folder / "model").rglob("*"))
                if path.is_file()
            }
        self.widths_ = data.widths
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Have the program map rows of one modality; see `Learner.transform`.

        Raises:
            ParameterError: not fitted, or features that are not finite or of another width.
            MethodError: the program fails, or leaves other latents than a finite row per cell.
        """
        if not hasattr(self, "model_"):
            raise ParameterError(f"{self!r} is not fitted; call fit before transform")
        cells = check_features(x, f"x{modality}", self.widths_[slot(modality)])
        with TemporaryDirectory(prefix="weakpair-") as name:
            folder = Path(name)
            for place, content in self.model_.items():
                path = folder / "model" / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            write_cells(folder / "cells.parquet", cells)
            self.call("transform", folder, modality=modality)
            latents = read_numbers(folder / "latents.parquet")
        if len(latents) != len(cells):
            raise MethodError(f"latents.parquet has {len(latents)} rows for {len(cells)} cells")
        if not np.isfinite(latents).all():
            raise MethodError("latents.parquet holds NaN or infinity")
        return np.ascontiguousarray(latents, dtype=np.float32)
