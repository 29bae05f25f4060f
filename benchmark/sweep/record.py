"""Record of a sweep: what is searched, what was found, and the file that says so."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from benchmark.sweep.space import Axis
from weakpair.errors import ConfigError, StoreError
from weakpair.files.whole import write_whole
from weakpair.specs import Frozen, parse

FIRST_SEED = 100
"""Simulations with smaller seeds are those of the tables: nothing may be chosen on them."""

SIMULATION: dict[str, dict[str, Any]] = {
    "matching": {"shared": [1.0, 0.8, 0.5]},
    "probe": {"shared": 0.8, "downstream": 3},
}
"""Simulations that a task's settings are judged on."""


class SweepSpec(Frozen):
    """A search, and all that its result depends on.

    Attributes:
        learner: whose settings are searched.
        axes: the settings, with their bounds.
        fixed: settings that differ from the defaults and are not searched.
        simulation: parameters of the simulations; a list makes variants (see the grids).
        replicates: simulations of every variant.
        first_seed: seed of the first replicate, at least 100.
        task: what a setting is judged by, see `benchmark.sweep.objective`.
        aligners: what latents are judged with in matching.
        training_cells: as for a split.
        trials: settings tried.
        seed: of the sampler.
    """

    kind_of_spec: ClassVar[str] = "sweep"
    learner: str
    axes: tuple[Axis, ...] = Field(min_length=1)
    fixed: dict[str, Any] = Field(default_factory=dict)
    simulation: dict[str, Any] = Field(default_factory=lambda: dict(SIMULATION["matching"]))
    replicates: int = Field(default=2, ge=1)
    first_seed: int = Field(default=FIRST_SEED, ge=FIRST_SEED)
    task: Literal["matching", "probe"] = "matching"
    aligners: tuple[str, ...] = ("labeled-eot", "labeled-coot")
    training_cells: str = "same"
    trials: int = Field(default=20, ge=1)
    seed: int = Field(default=0, ge=0)


class Score(Frozen):
    """Means over the replicates of one variant under one aligner, by metric."""

    variant: str
    aligner: str
    means: dict[str, float]


class Trial(Frozen):
    """Setting with its loss; a setting that failed has no loss, and its error."""

    number: int
    params: dict[str, Any]
    loss: float | None = None
    scores: tuple[Score, ...] = ()
    error: str = ""


class Sweep(Frozen):
    """A finished search."""

    kind_of_spec: ClassVar[str] = "sweep result"
    spec: SweepSpec
    objective: str
    best: Trial
    seconds: float
    versions: dict[str, str]
    trials: tuple[Trial, ...]

    @property
    def setting(self) -> dict[str, Any]:
        """Fixed and best parameters."""
        return {**self.spec.fixed, **self.best.params}

    @property
    def edges(self) -> list[str]:
        """The settings whose best value lies at a bound, beyond which there may be a better one."""
        return [axis.name for axis in self.spec.axes if axis.at_edge(self.best.params[axis.name])]


def read_sweep(path: Path) -> Sweep:
    """Read the file of a sweep.

    Raises:
        ConfigError: it is not there, or not the file of a sweep.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not the file of a sweep: {error}") from error
    return parse(Sweep, content, str(path))


def write_sweep(sweep: Sweep, path: Path) -> None:
    """Write the file of a sweep, whole or not at all.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(path) as temporary:
            temporary.write_text(sweep.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write the sweep to {path}: {error.strerror or error}") from error
