"""Trains the imputer on a plan of the training cells and predicts the test cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from benchmark.imputation import Imputer, ImputerSpec
from benchmark.imputation.training import Training
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Finish, Stage, Together
from benchmark.store.codecs import Vectors, vectors_to_table


@dataclass(frozen=True)
class Impute(Stage):
    """Predicted features of the test cells; reads `fold` and `plan`.

    Attributes:
        imputer: the spec of the imputer.
    """

    kind: ClassVar = "impute"
    version: ClassVar = "2"
    column: ClassVar = "impute_key"
    typical_seconds: ClassVar = 0.4

    imputer: Mapping[str, Any]

    @property
    def spec(self) -> ImputerSpec:
        """The imputer's spec."""
        return ImputerSpec(**self.imputer)

    @property
    def code(self) -> str:
        """Versions of the stage and of the imputer."""
        return f"{self.version}.{Imputer.version}"

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """The fold and the direction: every plan of a fold meets the same draws.

        Differences between methods are then free of what the imputer draws, as paired tests need.
        """
        return {"fold": inputs["fold"].identity, "direction": self.spec.direction}

    def run(self, context: Context) -> Output:
        """Columns modality (the predicted one), part, sample (of the source), label, x."""
        imputer, fold, plan = Imputer(self.spec), context.fold(), context.plan()
        target = fold[imputer.spec.target, "train"]
        imputer.fit(
            fold[imputer.spec.source, "train"].values,
            target.values,
            plan,
            seed=context.seed,
            device=context.device,
            target_labels=target.labels,
        )
        return _predicted(context, imputer, converged=plan.converged)

    def together(self) -> Together[Training] | None:
        """Networks of one fold differ in nothing but the plan that they learn from.

        Those are of one shape whose plans couple the same cells.
        """
        if (spec := self.spec).kind != "mlp":
            return None
        return Together(self._prepare, lambda one: one.shown(spec.targets), self._train, ("fold",))

    def _prepare(self, context: Context) -> Training:
        imputer, fold = Imputer(self.spec), context.fold()
        source, target = fold[imputer.spec.source, "train"], fold[imputer.spec.target, "train"]
        return imputer.couple(source.values, target.values, context.plan())

    def _train(self, contexts: Sequence[Context], trainings: Sequence[Training]) -> list[Finish]:
        from benchmark.imputation.network import fit_networks

        seeds = [context.seed for context in contexts]
        device = contexts[0].device
        networks = fit_networks(self.spec, trainings, seeds=seeds, device=device)
        return [
            partial(
                _predicted,
                imputer=Imputer(self.spec).adopt(network, training),
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
