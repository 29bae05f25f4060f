"""The cells of a grid: what a row of the results is about."""

from dataclasses import dataclass

from benchmark.grid import Task
from weakpair.registry import Role

NO_LEARNER = "-"
NO_ALIGNER = "-"


@dataclass(frozen=True)
class Cell:
    """One cell of the grid and the keys of the artefacts it comes from.

    `learner` is "-" for aligners that use no latents, `aligner` is "-" where the latents themselves
    are scored (probe). `target` is the modality that is imputed, 0 where none is. `score_key` is
    the artefact of its scores.
    """

    dataset: str
    variant: str
    replicate: int
    split: str
    training_cells: str
    fold: str
    learner: str
    aligner: str
    role: Role
    task: Task
    target: int
    seed: int
    fit_key: str
    align_key: str
    impute_key: str
    score_key: str
