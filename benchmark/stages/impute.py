"""Trains the imputer on a plan of the training cells and predicts the test cells."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmark.imputation import Imputer, ImputerSpec
from benchmark.imputation.training import Training
from benchmark.stages.context import Context, Output
from benchmark.store.codecs import Vectors, vectors_to_table

VERSION = "2"


def version() -> str:
    """Of the stage and of the imputer."""
    return f"{VERSION}.{Imputer.version}"


def run(context: Context) -> Output:
    """Columns modality (the predicted one), part, sample (of the source), label, x."""
    imputer, fold, plan = Imputer(_spec(context)), context.fold(), context.plan()
    target = fold[imputer.spec.target, "train"]
    imputer.fit(
        fold[imputer.spec.source, "train"].values,
        target.values,
        plan,
        seed=context.stage.seed,
        device=context.device,
        target_labels=target.labels,
    )
    return _predicted(context, imputer, converged=plan.converged)


def stacks(params: Mapping[str, Any]) -> bool:
    """Whether stages with these parameters can be trained together, if they are of one fold."""
    return bool(params["imputer"]["kind"] == "mlp")


def prepare(context: Context) -> Training:
    """What the stage trains on: the first part of `run`, for stages that train together."""
    imputer, fold = Imputer(_spec(context)), context.fold()
    source, target = fold[imputer.spec.source, "train"], fold[imputer.spec.target, "train"]
    return imputer.couple(source.values, target.values, context.plan())


def shape(training: Training) -> Hashable:
    """Equal for stages that can be trained together: the source cells that their plans couple."""
    return training.sources.tobytes()


def train(
    contexts: Sequence[Context], trainings: Sequence[Training]
) -> list[Callable[[Context], Output]]:
    """The second part: one batched network; what is left to do for each stage."""
    from benchmark.imputation.network import fit_networks

    spec = _spec(contexts[0])
    seeds = [context.stage.seed for context in contexts]
    networks = fit_networks(spec, trainings, seeds=seeds, device=contexts[0].device)
    return [
        partial(
            _predicted,
            imputer=Imputer(spec).adopt(network, training),
            converged=training.coupling.converged,
        )
        for network, training in zip(networks, trainings, strict=True)
    ]


def _predicted(context: Context, imputer: Imputer, *, converged: bool) -> Output:
    source, target = imputer.spec.source, imputer.spec.target
    test = context.fold()[source, "test"]
    prediction = Vectors(test.ids, test.labels, imputer.predict(test.values, test.labels))
    table = vectors_to_table({(target, "test"): prediction}, "x")
    return Output(table, {"converged": converged})


def _spec(context: Context) -> ImputerSpec:
    return ImputerSpec(**context.params["imputer"])
