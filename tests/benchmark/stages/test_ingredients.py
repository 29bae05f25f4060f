"""Whatever determines a result stands in its key: each ingredient of each stage, one by one.

Not in any key, and why: the data set's name, paths, workers, cluster and limits change no number;
versions of torch, NumPy and other packages would throw every store away with each security fix
(they stand in the provenance of every artefact); so would the processor.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.datasets.preprocessing.rowwise import Log1p
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.imputation import Imputer
from benchmark.stages.surrogates.forms import FORMS
from benchmark.stages.table import KINDS, STAGES
from benchmark.store.store import Store
from learners.linear.pca import PCA
from tests.benchmark.datasets.toys import write_folder
from weakpair.registry import Entry
from weakpair.vocabulary.metrics import METRICS, Metric

GROUPS = {"ctrl": 6, "drug": 6, "heat": 6, "light": 6}
PLUGIN = """
import numpy as np
from parts_of_a_plugin import first
from learners.base import Learner


class Own(first.Base, Learner):
    def __init__(self, power: float = 1.0):
        self.power = power

    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        from parts_of_a_plugin.lazy import power
        self.scale = power
        return self

    def transform(self, x, modality=1):
        return np.asarray(x)[:, :2]
"""
PARTS = {
    "parts_of_a_plugin/__init__.py": "",
    "parts_of_a_plugin/first.py": "from . import second\n\nclass Base:\n    one = second.ONE\n",
    "parts_of_a_plugin/second.py": "ONE = 1\n",
    "parts_of_a_plugin/lazy.py": "power = 2\n",
    "plugin_of_a_test.py": PLUGIN,
}
Grid = dict[str, Any]


def grid(folder: Path) -> Grid:
    spec = {"name": "toy", "path": str(folder), "modality1": {"preprocess": ["log1p", "hvg(n=2)"]}}
    return {
        "name": "g",
        "datasets": [spec],
        "splits": ["holdout"],
        "learners": ["pca"],
        "aligners": ["eot"],
        "tasks": ["matching", "imputation", "surrogate", "probe"],
        "surrogate": {"merges": 1},
        "ensembles": [{"label": "mix", "of": ["pca + eot"]}],
    }


def learned_by(learner: str) -> Grid:
    """The keys of a grid that name its learner."""
    return {"learners": [learner], "ensembles": [{"label": "mix", "of": [f"{learner} + eot"]}]}


def keys(content: Grid, where: Path, **resources: Any) -> dict[str, set[str]]:
    made = expand_grid(validate_grid(content), Store(where / "store"), **resources)
    found: dict[str, set[str]] = defaultdict(set)
    for key, stage in made.graph.nodes.items():
        found[stage.kind].add(key)
    assert set(found) == set(KINDS)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "toy", GROUPS)
    table = pd.read_parquet(tmp_path / "toy" / "modality1.parquet")
    table.abs().to_parquet(tmp_path / "toy" / "modality1.parquet")
    obs = pd.read_parquet(tmp_path / "toy" / "obs.parquet")
    obs.assign(dose=[f"d{row % 4}" for row in range(len(obs))]).to_parquet(
        tmp_path / "toy" / "obs.parquet"
    )
    return tmp_path / "toy"


def bytes_of_a_file(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    table = pd.read_parquet(folder / "modality2.parquet")
    (table + 1).to_parquet(folder / "modality2.parquet")


def group(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["datasets"][0]["group"] = "dose"


def subsample(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["datasets"][0]["subsample"] = 5


def share_of_the_split(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["splits"] = ["holdout:0.5"]


def seed(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["seed"] = 1


def step(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["datasets"][0]["modality1"] = {"preprocess": ["log1p", "hvg(n=1)"]}


def code_of_a_step(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Log1p, "version", Log1p.version + 1)


def learner_parameter(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["learners"] = [{"name": "pca", "params": {"dim": 1}}]


def learner_version(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PCA, "version", "another")


def aligner_parameter(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["aligners"] = [{"name": "eot", "params": {"epsilon": 0.1}}]


def imputer_epochs(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["imputer"] = {"epochs": 3}


def imputer_version(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Imputer, "version", "another")


def neighbours_of_scores(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["knn"] = 3


def neighbours_of_the_probe(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    content["probe"] = {"neighbours": 3}


def new_metric(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    with_metric(replace(METRICS.entry("trace"), name="new"), patch)


def version_of_a_metric(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    with_metric(replace(METRICS.entry("wd"), version=2), patch)


def version_of_a_probe_metric(content: Grid, folder: Path, patch: pytest.MonkeyPatch) -> None:
    with_metric(replace(METRICS.entry("treatment-accuracy"), version=2), patch)


def with_metric(metric: Metric, patch: pytest.MonkeyPatch) -> None:
    """Register a metric for the time of the test."""
    patch.setattr(METRICS, "_entries", {**METRICS._entries, metric.name: metric})


ALL = set(KINDS)
AFTER_PREPARE = ALL - {"data", "split"}
AFTER_FIT = AFTER_PREPARE - {"prepare", *(form.kind for form in FORMS.values())}


@pytest.mark.parametrize(
    ("ingredient", "changed"),
    [
        (bytes_of_a_file, ALL),
        (group, ALL),
        (subsample, ALL),
        (share_of_the_split, ALL - {"data"}),
        (seed, ALL - {"data"}),
        (step, AFTER_PREPARE),
        (code_of_a_step, AFTER_PREPARE),
        (learner_parameter, AFTER_FIT),
        (learner_version, AFTER_FIT),
        (aligner_parameter, {"align", "blend", "impute", "score", "surrogate"}),
        (imputer_epochs, {"impute", "score"}),
        (imputer_version, {"impute", "score"}),
        (neighbours_of_scores, {"score"}),
        (neighbours_of_the_probe, {"probe"}),
        (new_metric, {"score"}),
        (version_of_a_metric, {"score"}),
        (version_of_a_probe_metric, {"probe"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_ingredient_has_its_place_in_the_keys(
    ingredient: Callable[[Grid, Path, pytest.MonkeyPatch], None],
    changed: set[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = grid(folder)
    before = keys(content, folder)
    ingredient(content, folder, monkeypatch)
    after = keys(content, folder)
    assert {kind for kind in KINDS if before[kind] != after[kind]} == changed


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_of_a_stage_is_in_its_key(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys(grid(folder), folder)
    monkeypatch.setattr(STAGES[kind], "version", "another")
    assert keys(grid(folder), folder)[kind].isdisjoint(before[kind])


def test_threads_and_device_are_in_the_keys_of_what_is_computed(folder: Path) -> None:
    before = keys(grid(folder), folder)
    for resources in ({"threads": 2}, {"device": "cuda"}):
        after = keys(grid(folder), folder, **resources)
        assert {kind for kind in KINDS if before[kind] != after[kind]} == AFTER_PREPARE


@pytest.mark.parametrize("file", sorted(PARTS))
@pytest.mark.parametrize("how", ["by its class", "by an entry point"])
def test_every_file_of_a_plugin_counts(
    file: str, how: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import learners

    for name, source in PARTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    for name in [one for one in sys.modules if "of_a_" in one]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    content = {**grid(folder), **learned_by("plugin_of_a_test:Own")}
    if how == "by an entry point":
        known = dict(learners.REGISTRY._entries)
        monkeypatch.setattr(learners.REGISTRY, "_entries", known)
        learners.REGISTRY.add(Entry("own-of-a-test", "plugin_of_a_test:Own", "a plugin"))
        content |= learned_by("own-of-a-test")
    before = keys(content, folder)
    assert keys(content, folder) == before
    with (tmp_path / file).open("a") as opened:
        opened.write("\nCHANGED = True\n")
    after = keys(content, folder)
    assert {kind for kind in KINDS if before[kind] != after[kind]} == AFTER_FIT


def test_names_and_paths_are_in_no_key(folder: Path, tmp_path: Path) -> None:
    before = keys(grid(folder), folder)
    folder.rename(tmp_path / "moved")
    content = grid(tmp_path / "moved")
    content["datasets"][0]["name"] = "another"
    assert keys(content, tmp_path) == before
