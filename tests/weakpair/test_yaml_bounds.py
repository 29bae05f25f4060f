"""A grid's YAML asks for no more than a grid can hold, and is one line where it is none."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmark.grids.expand import expand_grid
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.store.store import Store
from tests.benchmark.cli.test_cli import bench, inside, one_line
from weakpair.errors import ConfigError, InputError
from weakpair.plain_yaml.bounds import DEPTH
from weakpair.plain_yaml.loader import plain

__all__ = ["inside"]


VARIED = {f"p{i}": [*range(10)] for i in range(9)}


def bomb(deep: int = 9) -> str:
    """Nine values of nine values, and so on, by aliases."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for level in range(deep):
        one, other = chr(98 + level), chr(97 + level)
        lines.append(f"{one}: &{one} [{', '.join([f'*{other}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (bomb(), "at most 100,000"),
        ("a: &a [*a]", "part of"),
        ("x: " + "[" * 100_000, f"deeper than {DEPTH}"),
        ("x: " + "y" * 2_000_000, "characters"),
        ("1: x", "'1' is no text"),
        ("datasets: {on: x}", "'on' is no text"),
        ("? [a]\n: x", "no text"),
        ("x: 2020-99-99", "cannot be read"),
        ("x: " + "9" * 5000, "cannot be read"),
        ("x: !!timestamp y", "cannot be read"),
        ("x: !!python/object/apply:os.system [id]", "constructor"),
    ],
)
def test_a_text_that_asks_for_too_much_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    begun = time.monotonic()
    with pytest.raises(ConfigError, match=why):
        read_grid(str(path))
    assert time.monotonic() - begun < 10
    with pytest.raises(yaml.YAMLError):
        plain(text)


def test_aliases_as_people_use_them_are_read() -> None:
    assert plain(bomb(2))["c"][8][8] == ["x"] * 9
    text = "base: &b {dim: 5}\nmore: {<<: *b, seed: 1}\n"
    assert plain(text)["more"] == {"dim": 5, "seed": 1}


@pytest.mark.parametrize("key", ["datasets", "splits", "learners", "aligners", "tasks", "include"])
@pytest.mark.parametrize("odd", [5, None, 2.5, True, "nope", [5], [None], [[]], [{"name": 5}]])
def test_a_grid_of_another_form_is_one_line(key: str, odd: Any, tmp_path: Path) -> None:
    content = {"datasets": ["digits"], "learners": ["pca"], "aligners": ["eot"], "name": "g"}
    with pytest.raises(InputError) as refused:
        expand_grid(validate_grid({**content, key: odd}), Store(tmp_path))
    assert "\n" not in " ".join(str(refused.value).split())


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({"datasets": [{"simulation": {}, "replicates": 3_000_000}]}, "10,000 data sets"),
        ({"datasets": [{"simulation": {"shared": [0.5] * 200, "snr": [1] * 200}}]}, "10,000"),
        ({"datasets": [{"simulation": {"cells_per_condition": 10**9}}]}, "at most"),
        ({"datasets": [{"simulation": {"scale": 10**400}}]}, "scale"),
        (
            {"aligners": [{"name": "eot", "vary": {f"p{i}": [*range(10)] for i in range(9)}}]},
            "vary",
        ),
        ({"splits": {"kind": "kfold", "repeats": 10**9}}, "repeats"),
    ],
)
def test_what_multiplies_is_bounded(changes: dict[str, Any], most: str, tmp_path: Path) -> None:
    content = {"datasets": ["digits"], "learners": ["pca"], "aligners": ["eot"], "name": "g"}
    with pytest.raises(InputError, match=most):
        expand_grid(validate_grid({**content, **changes}), Store(tmp_path))


def test_a_single_name_is_a_list_of_one() -> None:
    made = validate_grid({"datasets": "digits", "learners": "pca", "aligners": "eot", "name": "g"})
    assert [one.name for one in made.learners] == ["pca"]
    assert [entry.data.name for entry in made.datasets] == ["digits"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("run --grid smoke --learners=", "--learners is empty"),
        ("run --grid smoke --out=", "--out is empty"),
        ("cache verify --store=", "--store is empty"),
        ("run --grid smoke --tasks ,", "--tasks ',' names nothing"),
        ("run --grid smoke --timeout nan", "--timeout"),
        ("run --grid smoke --threads 100000", "--threads"),
        ("run --grid smoke --dry-run --isolate perhaps", "auto, always, never"),
        ("rnu", "Did you mean 'run'"),
    ],
)
def test_options_that_mean_nothing_are_one_line(words: str, why: str) -> None:
    assert why in one_line(bench(*words.split(" "), code=2))
