"""Grids: what is validated, what an override does, what a wrong key is answered with."""

from pathlib import Path

import pytest

from benchmark.grids.overrides import apply_overrides
from benchmark.grids.reading.files import read_grid
from benchmark.grids.reading.shipped import about, shipped_grids
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.files import start_run
from weakpair.errors import ConfigError, InputError, UnknownNameError

GRID = {"name": "g", "datasets": ["digits"], "learners": ["pca"], "aligners": ["eot"]}


def test_every_shipped_grid_is_valid() -> None:
    assert {"demo", "smoke", "own"} <= set(shipped_grids())
    for name in shipped_grids():
        content = read_grid(name)
        if name in ("own", "choose"):
            content["datasets"] = ["digits"]
        assert isinstance(validate_grid(content), GridSpec)
        assert content["about"]
        assert about(shipped_grids()[name]) == content["about"]


def test_short_forms_mean_the_long_ones() -> None:
    long = validate_grid(
        {
            **GRID,
            "datasets": [{"data": {"name": "digits"}, "variant": "", "replicate": 0}],
            "learners": [{"name": "pca", "params": {}}],
        }
    )
    assert validate_grid(GRID) == long


@pytest.mark.parametrize("steps", [[], ["log1p", "hvg(n=7)"], [{"name": "pca", "n": 3}]])
def test_a_grid_survives_being_written_and_read(tmp_path: Path, steps: list[object]) -> None:
    own = {"name": "own", "path": str(tmp_path / "own"), "modality1": {"preprocess": steps}}
    overrides = ["learners.pca.dim=5", "splits.kind=lopo", "imputer.epochs=3"]
    grid = validate_grid(apply_overrides({**GRID, "datasets": ["digits", own]}, overrides))
    path = tmp_path / "grid.yaml"
    start_run(tmp_path, grid, {})
    assert validate_grid(read_grid(str(path))) == grid


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learner": ["pca"]}, "did you mean 'learners'"),
        ({"datasets": [{"name": "digits", "gruop": "x"}]}, "did you mean 'group'"),
        ({"datasets": [{"name": "digits", "task": "phase"}]}, "write downstream: phase"),
        ({"datasets": [{"simulation": {}, "task": "x"}]}, "write downstream: x"),
        ({"splits": [{"kind": "kfold", "fold": 3}]}, "did you mean 'folds'"),
        ({"splits": [{"kind": "kfolds"}]}, "kfold"),
        ({"imputer": {"epoch": 3}}, "epochs"),
        ({"aligners": []}, "aligners"),
        ({"tasks": ["match"]}, "matching"),
        ({"learners": ["pca", "pca"]}, "twice"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"datasets": [{"name": "digits", "replicate": 2**63}]}, "replicate"),
        ({"aligners": [{"name": "eot", "parms": {}}]}, "did you mean 'params'"),
    ],
)
def test_a_wrong_key_or_value_is_one_line_that_helps(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        validate_grid({**GRID, **change})
    assert "\n" not in str(caught.value)


def test_an_unknown_grid_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'demo'"):
        read_grid("dem")


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "a: [",
        "\x00",
        "seed: 1\nknn: 2\n'seed': 3",
        "learners: [{name: pca, params: {dim: 2, dim: 3}}]",
        'about: "\\ud800"',
    ],
)
def test_a_file_that_is_no_grid_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.yaml") as caught:
        read_grid(str(path))
    assert "\n" not in str(caught.value)


def test_overrides_reach_methods_lists_and_nested_keys() -> None:
    grid = {**GRID, "splits": [{"kind": "kfold"}, {"kind": "lopo"}]}
    changed = apply_overrides(
        grid,
        ["seed=7", "learners.pca.dim=5", "splits.training_cells=disjoint", "imputer.hidden=8"],
    )
    assert changed["seed"] == 7
    assert changed["learners"] == [{"name": "pca", "params": {"dim": 5}}]
    assert [s["training_cells"] for s in changed["splits"]] == ["disjoint", "disjoint"]
    assert changed["imputer"] == {"hidden": 8}
    assert grid["learners"] == ["pca"], "the original is left alone"


@pytest.mark.parametrize("override", ["seed", "=3", "learners.lda.dim=3", "learners.pca=3"])
def test_an_override_that_fits_nothing_is_refused(override: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        apply_overrides(GRID, [override])
