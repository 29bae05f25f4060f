"""Searches a learner's settings: every trial is a run of the grid it is meant for."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmark.engine.worker import Outcome
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.folder import RESULTS
from benchmark.runs.run import RunOptions, run_grid
from benchmark.sweep.objective import DESCRIPTION, loss, scores_of
from benchmark.sweep.record import Sweep, SweepSpec, Trial
from weakpair import __version__
from weakpair.errors import ConfigError, MethodError
from weakpair.files.parquet import read_parquet

Report = Callable[[Trial], None]
_STARTUP = 8


class _Silent:
    """Says nothing: a trial is one line of the sweep."""

    def start(self, needed: int, cached: int) -> None:
        """The run begins."""

    def ended(self, outcome: Outcome) -> None:
        """A stage has ended."""

    def stop(self) -> None:
        """The run is over."""


def search(
    spec: SweepSpec, store: Path, *, workers: int = 0, device: str = "cpu", report: Report
) -> Sweep:
    """Try `spec.trials` settings that TPE suggests.

    What a trial computes is stored, so that a sweep that was stopped goes on where it was. Nothing
    but the spec decides: a learner's defaults come from such a search, and must not start the next.

    Args:
        spec: what is searched, on which simulations.
        store: folder of the store.
        workers: as for a run; results do not depend on it.
        device: "cpu" or "cuda".
        report: is told every finished trial.

    Raises:
        ConfigError: Optuna is not installed, or an axis is no parameter of the learner.
        MethodError: every setting failed.
    """
    optuna = _optuna()
    _check(spec)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=spec.seed, n_startup_trials=_STARTUP)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    trials: list[Trial] = []

    def objective(suggested: Any) -> float:
        params = {axis.name: axis.suggest(suggested) for axis in spec.axes}
        trials.append(_tried(spec, suggested.number, params, store, workers, device))
        report(trials[-1])
        if trials[-1].loss is None:
            raise optuna.TrialPruned
        return trials[-1].loss

    started = time.perf_counter()
    study.optimize(objective, n_trials=spec.trials)
    return Sweep(
        spec=spec,
        objective=DESCRIPTION[spec.task],
        best=_best(trials),
        seconds=round(time.perf_counter() - started, 1),
        versions={"weakpair": __version__, "optuna": optuna.__version__},
        trials=tuple(trials),
    )


def trial_grid(spec: SweepSpec, params: dict[str, Any]) -> GridSpec:
    """The grid that a setting is judged on."""
    entry = {
        "simulation": spec.simulation,
        "replicates": spec.replicates,
        "seed": spec.first_seed,
        **({"downstream": "downstream"} if "downstream" in spec.simulation else {}),
    }
    return validate_grid(
        {
            "name": "sweep",
            "datasets": [entry],
            "splits": [f"holdout/{spec.training_cells}"],
            "learners": [{"name": spec.learner, "params": {**spec.fixed, **params}}],
            "aligners": list(spec.aligners) if spec.task == "matching" else [],
            "tasks": [spec.task],
        }
    )


def _tried(
    spec: SweepSpec, number: int, params: dict[str, Any], store: Path, workers: int, device: str
) -> Trial:
    with TemporaryDirectory(prefix="sweep-") as folder:
        options = RunOptions(out=Path(folder), store=store, workers=workers, device=device)
        summary = run_grid(trial_grid(spec, params), options, _Silent())
        if summary.interrupted:
            raise KeyboardInterrupt
        if summary.exit_code:
            errors = [o.error for o in summary.outcomes.values() if o.status == "failed"]
            return Trial(number=number, params=params, error=errors[0] if errors else "no scores")
        results = read_parquet(Path(folder) / RESULTS).to_pandas()
    return Trial(number=number, params=params, loss=loss(results), scores=scores_of(results))


def _best(trials: list[Trial]) -> Trial:
    """The least loss; the earlier trial on a tie."""
    finished = [trial for trial in trials if trial.loss is not None]
    if not finished:
        raise MethodError(f"none of {len(trials)} settings could be fitted: {trials[0].error}")
    return min(finished, key=lambda trial: (trial.loss, trial.number))


def _check(spec: SweepSpec) -> None:
    import learners

    known = learners.get(spec.learner, **spec.fixed).get_params()
    for axis in spec.axes:
        if axis.name not in known:
            raise ConfigError(f"{spec.learner} has no parameter {axis.name!r} to search")
        if axis.name in spec.fixed:
            raise ConfigError(f"{axis.name!r} cannot be both fixed and searched")


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(
            f"bench sweep needs {error.name}; install it with: pip install weakpair[sweep]"
        ) from error
    return optuna
