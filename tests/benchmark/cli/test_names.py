"""Names are met whatever their case, hyphens and underscores; what is stored has one spelling."""

from pathlib import Path
from typing import Any

import pytest

import aligners
from benchmark.datasets.preprocessing.pipeline import parse_step
from benchmark.grids.overrides import apply_overrides
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.store.store import Store
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.registry import canonical_name
from weakpair.vocabulary.metrics import METRICS


@pytest.mark.parametrize("name", ["LabeledEOT", "labeled_eot", "LABELED-EOT", "labeled-eot"])
def test_a_method_has_one_key_however_it_is_spelt(name: str, tmp_path: Path) -> None:
    from benchmark.grids.expand import expand_grid

    def keys(spelt: str) -> set[str]:
        content = {**read_grid("Smoke"), "learners": ["PCA"], "aligners": [spelt]}
        made = expand_grid(validate_grid(content), Store(tmp_path))
        assert {cell.aligner for cell in made.points} == {"labeled-eot"}
        assert {cell.learner for cell in made.points} == {"pca"}
        return set(made.graph.nodes)

    assert keys(name) == keys("labeled-eot")
    assert aligners.get(name).get_params() == aligners.get("labeled-eot").get_params()


def test_settings_and_partners_know_one_spelling_too() -> None:
    varied = {"name": "LabeledEOT", "vary": {"epsilon": [0.1, 0.2]}}
    learner = {"name": "PCA", "aligners": ["Labeled_EOT"]}
    grid = validate_grid(
        {"name": "g", "datasets": ["digits"], "learners": [learner], "aligners": [varied]}
    )
    assert grid.aligners[0].shown == "labeled-eot(epsilon=0.1)"
    assert grid.learners[0].aligners == ("labeled-eot",)


def test_metrics_steps_and_grids_are_met_as_well() -> None:
    assert METRICS.entry("FOSCTTM").name == "foscttm"
    assert parse_step("normalize_total") == parse_step("normalize-total")
    assert read_grid("Simulation_Disjoint") == read_grid("simulation-disjoint")
    with pytest.raises(UnknownNameError, match="did you mean 'demo'"):
        read_grid("dmo")


def test_two_names_of_one_spelling_are_told_apart_exactly() -> None:
    assert canonical_name("a_b", ["a-b", "a_b"]) == "a_b"
    assert canonical_name("AB", ["a-b", "a_b"]) == "AB"


GRID: dict[str, Any] = {
    "datasets": ["digits", {"name": "shared0.8-seed0", "path": "x"}, {"data": {"name": "other"}}]
}


@pytest.mark.parametrize(
    ("name", "place"), [("digits", 0), ("Digits", 0), ("shared0.8-seed0", 1), ("other", 2)]
)
def test_a_key_of_one_data_set_can_be_set(name: str, place: int) -> None:
    changed = apply_overrides(GRID, [f"datasets.{name}.modality1.preprocess=[zscore]"])
    entries = [entry.get("data", entry) for entry in changed["datasets"]]
    assert [n for n, entry in enumerate(entries) if "modality1" in entry] == [place]
    assert entries[place]["modality1"] == {"preprocess": ["zscore"]}


def test_a_key_without_a_name_goes_to_all_and_a_wrong_name_is_told() -> None:
    changed = apply_overrides(GRID, ["datasets.group=label"])
    assert [entry.get("data", entry)["group"] for entry in changed["datasets"]] == ["label"] * 3
    with pytest.raises(ConfigError, match=r"no data set 'digit'; it has digits, shared0\.8-seed0"):
        apply_overrides(GRID, ["datasets.digit.group=label"])


def test_a_method_is_set_by_any_spelling() -> None:
    grid = {"aligners": ["labeled-eot", "eot"]}
    changed = apply_overrides(grid, ["aligners.LabeledEOT.epsilon=0.5"])
    assert changed["aligners"][0]["params"] == {"epsilon": 0.5}
    assert "params" not in changed["aligners"][1]


@pytest.mark.parametrize("value", ["[1", "{a", "'"])
def test_a_value_that_is_no_yaml_is_one_line(value: str) -> None:
    with pytest.raises(ConfigError, match="the value is not YAML"):
        apply_overrides(GRID, [f"seed={value}"])
