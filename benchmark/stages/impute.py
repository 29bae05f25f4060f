"""Trains the imputer on a plan of the training cells and predicts the test cells."""

from benchmark.artefacts import Vectors, vectors_to_table
from benchmark.imputation import Imputer, ImputerSpec
from benchmark.stages.context import Context, Output

VERSION = "1"


def version() -> str:
    """Of the stage and of the imputer."""
    return f"{VERSION}.{Imputer.version}"


def run(context: Context) -> Output:
    """Columns modality (the predicted one), part, sample (of the source), label, x."""
    spec = ImputerSpec(**context.params["imputer"])
    source, target = spec.source, spec.target
    fold, plan = context.fold(), context.plan()
    imputer = Imputer(spec).fit(
        fold[source, "train"].values,
        fold[target, "train"].values,
        plan,
        seed=context.stage.seed,
        device=context.device,
        target_labels=fold[target, "train"].labels,
    )
    test = fold[source, "test"]
    prediction = Vectors(test.ids, test.labels, imputer.predict(test.values, test.labels))
    table = vectors_to_table({(target, "test"): prediction}, "x")
    return Output(table, {"converged": plan.converged})
