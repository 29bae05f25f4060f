"""Grids that build on others, and methods that stand in a grid with several settings."""

from pathlib import Path

import pytest
import yaml

from benchmark.grids.reading.files import read_grid
from benchmark.grids.reading.shipped import shipped_grids
from benchmark.grids.spec import validate_grid
from benchmark.grids.variation import varied
from learners.calibrated import calibrated
from weakpair.errors import ConfigError


def write(path: Path, **content: object) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_grid_takes_from_its_base_what_it_does_not_say_itself(tmp_path: Path) -> None:
    write(tmp_path / "mine.yaml", base="smoke", splits=["kfold:2/disjoint"], about="other cells")
    grid = validate_grid(read_grid(str(tmp_path / "mine.yaml")))
    smoke = validate_grid(read_grid("smoke"))
    assert grid.name == "mine"
    assert grid.about == "other cells"
    assert [split.training_cells for split in grid.splits] == ["disjoint"]
    assert (grid.learners, grid.aligners, grid.datasets) == (
        smoke.learners,
        smoke.aligners,
        smoke.datasets,
    )


def test_a_base_may_be_a_file_beside_the_grid_and_have_a_base_itself(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", base="smoke", learners=["lda"])
    write(tmp_path / "two.yaml", base="one.yaml", aligners=["eot"])
    grid = validate_grid(read_grid(str(tmp_path / "two.yaml")))
    assert [method.name for method in grid.learners] == ["lda"]
    assert [method.name for method in grid.aligners] == ["eot"]


@pytest.mark.parametrize("base", ["round.yaml", 3])
def test_a_base_that_is_no_other_grid_is_refused(tmp_path: Path, base: object) -> None:
    path = write(tmp_path / "round.yaml", base=base)
    with pytest.raises(ConfigError, match="base must name another grid"):
        read_grid(str(path))


def test_bases_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", base="two.yaml")
    write(tmp_path / "two.yaml", base="one.yaml")
    with pytest.raises(ConfigError, match="base"):
        read_grid(str(tmp_path / "one.yaml"))


def test_vary_makes_one_method_per_setting() -> None:
    item = {"name": "labeled-eot", "params": {"tol": 1e-3}, "vary": {"epsilon": [0.1, 0.01]}}
    assert varied(item) == [
        {
            "name": "labeled-eot",
            "params": {"tol": 1e-3, "epsilon": epsilon},
            "label": f"labeled-eot(epsilon={epsilon})",
        }
        for epsilon in (0.1, 0.01)
    ]
    assert varied("lda") == [{"name": "lda"}]


@pytest.mark.parametrize("vary", [{"epsilon": 0.1}, {}, ["epsilon"], {"epsilon": []}])
def test_a_wrong_vary_is_named(vary: object) -> None:
    with pytest.raises(ConfigError, match="vary of labeled-eot: a list of values"):
        varied({"name": "labeled-eot", "vary": vary})


@pytest.mark.parametrize("name", [n for n in shipped_grids() if n.endswith("-disjoint")])
def test_a_disjoint_grid_differs_from_its_twin_in_training_cells_and_settings_for_them(
    name: str,
) -> None:
    one = validate_grid(read_grid(name.removesuffix("-disjoint")))
    other = validate_grid(read_grid(name))
    assert {split.training_cells for split in other.splits} == {"disjoint"}
    assert [split.draw() for split in other.splits] == [split.draw() for split in one.splits]
    tuned = [calibrated(method.name, other.tuning) for method in other.learners]
    for method, found in zip(other.learners, tuned, strict=True):
        assert method.params == ({} if other.tuning == "same" else found)
    bare = tuple(method.model_copy(update={"params": {}}) for method in other.learners)
    same = {"name": one.name, "about": one.about, "splits": one.splits}
    assert other.model_copy(update={**same, "learners": bare, "tuning": "same"}) == one


def test_the_sensitivity_grid_crosses_epsilon_with_the_scale() -> None:
    grid = validate_grid(read_grid("sensitivity"))
    settings = {(m.params["epsilon"], m.params["scale"]) for m in grid.aligners}
    assert len(settings) == len(grid.aligners) == 15
    assert {scale for _, scale in settings} == {"max", "mean", "q99"}


def test_learners_have_one_setting_in_all_grids_of_the_simulation() -> None:
    simulation = {m.name: m.params for m in validate_grid(read_grid("simulation")).learners}
    for name in ("overlap", "sensitivity"):
        for method in validate_grid(read_grid(name)).learners:
            assert method.params == simulation[method.name]
