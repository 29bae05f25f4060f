"""The points of a grid: what a row of the results is about."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from benchmark.datasets import DatasetSpec
from benchmark.datasets.facts import Facts
from weakpair.registry import Role
from weakpair.vocabulary.tasks import Task

NO_LEARNER = "-"
NO_ALIGNER = "-"


@dataclass(frozen=True)
class About:
    """The data set of a point, as tables speak of it.

    Attributes:
        data: digest of its content; what has another one is another data set.
        pairs: number of true pairs among all cells.
        cells1: number of cells of modality 1.
        cells2: number of cells of modality 2.
        pairing: how pairs are known: "ids", "rows", "none" or "simulated".
        modality1: name of modality 1.
        modality2: name of modality 2.
        preprocess: the steps of either modality, e.g. "RNA: log1p, zscore; ADT: none".
    """

    data: str
    pairs: int
    cells1: int
    cells2: int
    pairing: str
    modality1: str
    modality2: str
    preprocess: str

    @classmethod
    def of(cls, facts: Facts, spec: DatasetSpec) -> Self:
        """Put together what is known of a data set and what is done with it."""
        specs = (spec.modality1, spec.modality2)
        return cls(
            facts.origin,
            facts.pairs,
            *facts.cells,
            facts.pairing,
            *facts.names,
            "; ".join(
                f"{name}: {', '.join(step.shown for step in one.preprocess) or 'none'}"
                for name, one in zip(facts.names, specs, strict=True)
            ),
        )


@dataclass(frozen=True)
class Point:
    """Point of the grid and the keys of the artefacts it comes from.

    `learner` is "-" for aligners that use no latents, `aligner` is "-" where the latents themselves
    are scored (probe). `keys` are those of its artefacts by column of the results. `target` is the
    modality that is imputed, 0 where none is; `settings` is a digest of what must be one along a
    row of a table, `protocol` of what must be one in all of its rows; `test_to_train` is test rows
    / training rows of modality 1 of its fold.
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
    seed: int
    keys: tuple[tuple[str, str], ...]
    target: int
    settings: str
    protocol: str
    test_to_train: float
    about: About

    @property
    def fit_key(self) -> str:
        """Key of its latents, empty without a learner."""
        return dict(self.keys)["fit_key"]

    @property
    def score_key(self) -> str:
        """Key of its scores."""
        return dict(self.keys)["score_key"]

    def row(self) -> dict[str, Any]:
        """Its columns in the results."""
        own = asdict(self)
        return {**own, **own.pop("about"), **dict(own.pop("keys"))}
