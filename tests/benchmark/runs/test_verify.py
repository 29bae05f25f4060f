"""`bench verify` finds nothing where nothing is wrong, and names what is."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.engine.progress import Lines
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.runs.verify import verification
from benchmark.store.store import Artefact, Store
from weakpair.errors import ConfigError, StoreError

GRID = {**read_grid("smoke"), "learners": ["lda"], "aligners": ["labeled-eot"]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    options = RunOptions(out=folder / "run", store=folder / "store")
    run_grid(validate_grid(GRID), options, Lines(io.StringIO()))
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def stored(folder: Path) -> int:
    return sum(1 for _ in Store(folder / "store"))


def verify(folder: Path, *words: str) -> tuple[int, list[str]]:
    where = [str(folder / "run"), "--store", str(folder / "store")]
    result = CliRunner().invoke(app, ["verify", *where, *words])
    return result.exit_code, result.output.splitlines()


def alter(folder: Path, kind: str, change: Callable[[Artefact], Artefact]) -> str:
    """File another content under a key, sealed as if it were right; returns the key."""
    store = Store(folder / "store")
    key = next(key for key in store if store.recipe(key)["kind"] == kind)
    store.write(change(store.read(key)))
    return key


def test_an_untouched_run_computes_to_the_same(finished: Path) -> None:
    assert verify(finished, "--sample", "100%") == (
        0,
        [f"{stored(finished)} stages computed again, 0 differ"],
    )


def test_a_sample_is_drawn_by_its_seed(finished: Path) -> None:
    def drawn(sample: str, seed: int) -> list[str]:
        made = verification(finished / "run", Store(finished / "store"), sample, seed)
        return [stage.key for stage in made.stages]

    assert len(drawn("25%", 0)) == stored(finished) // 4
    assert len(drawn("7", 0)) == 7
    assert len(drawn("0.1%", 0)) == 1
    assert len(drawn("1000", 0)) == stored(finished)
    assert drawn("25%", 0) == drawn("25%", 0) != drawn("25%", 1)


def test_one_changed_number_is_one_line(copy: Path) -> None:
    def nudge(artefact: Artefact) -> Artefact:
        values = artefact.table.column("value")
        nudged = pc.add(values, pa.scalar(1e-9))
        table = artefact.table.set_column(1, "value", nudged)
        return Artefact(artefact.key, table, artefact.recipe, artefact.facts, artefact.provenance)

    key = alter(copy, "score", nudge)
    code, lines = verify(copy, "--sample", "100%")
    assert code == 1
    assert len(lines) == 2
    assert lines[0].startswith(f"differs {key[:12]} (score ")
    assert lines[0].endswith("column 'value', by up to 1e-09")
    assert lines[1] == f"{stored(copy)} stages computed again, 1 differ"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.slice(1), "rows, stored"),
        (lambda t: t.rename_columns(["metric", "worth", *t.column_names[2:]]), "columns ["),
        (lambda t: t.set_column(3, "note", pa.array(["x"] * len(t))), "column 'note'"),
    ],
)
def test_any_other_difference_is_named(
    copy: Path, change: Callable[[pa.Table], pa.Table], message: str
) -> None:
    alter(copy, "score", lambda a: Artefact(a.key, change(a.table), a.recipe, a.facts))
    code, lines = verify(copy, "--sample", "100%")
    assert code == 1
    assert message in lines[0]


def test_a_changed_fact_is_named(copy: Path) -> None:
    alter(
        copy, "fit", lambda a: Artefact(a.key, a.table, a.recipe, {**a.facts, "curve": {"a": [1]}})
    )
    code, lines = verify(copy, "--sample", "100%")
    assert code == 1
    assert lines[0].endswith("fact 'curve'")


def test_a_damaged_artefact_is_a_difference(copy: Path) -> None:
    store = Store(copy / "store")
    key = next(key for key in store if store.recipe(key)["kind"] == "align")
    content = store.path(key).read_bytes()
    store.path(key).write_bytes(bytes(len(content) - 8) + content[-8:])
    code, lines = verify(copy, "--sample", "100%")
    assert code == 1
    assert any(line.startswith(f"differs {key[:12]} (align") for line in lines)


def test_what_was_cleaned_away_is_not_drawn(copy: Path) -> None:
    store, before = Store(copy / "store"), stored(copy)
    for key in list(store):
        if store.recipe(key)["kind"] == "fit":
            store.discard(key)
    code, lines = verify(copy, "--sample", "100%")
    assert code == 0
    assert int(lines[-1].split()[0]) < before - 4


def test_a_users_mistake_is_one_line(finished: Path, tmp_path: Path) -> None:
    store = Store(finished / "store")
    for sample in ("0", "-1", "much", "0%", "5.5"):
        with pytest.raises(ConfigError, match="give a share like 5%"):
            verification(finished / "run", store, sample, 0)
    with pytest.raises(ConfigError, match=r"is not the folder of a run: it has no grid\.yaml"):
        verification(tmp_path, store, "5%", 0)
    with pytest.raises(StoreError, match="has no stage"):
        verification(finished / "run", Store(tmp_path / "empty"), "5%", 0)


def test_a_run_says_where_and_how_it_was_computed(finished: Path) -> None:
    facts = json.loads((finished / "run" / "provenance.json").read_text())
    assert {"git", "packages", "processor", "gpu", "gpu_driver", "blas"} <= set(facts)
    assert (facts["device"], facts["threads"], facts["seed"]) == ("cpu", 1, 0)
    assert facts["precision"]["matmul"] == "highest"
    store = Store(finished / "store")
    for key in store:
        made = store.read(key).provenance
        assert {"weakpair", "host", "seed", "precision", "peak_gpu_mb"} <= set(made)
        assert made["seconds"] > 0
        assert made["cpu_seconds"] > 0
        assert made["peak_rss_mb"] > 10


@pytest.mark.slow
def test_a_method_from_outside_is_run_apart(tmp_path: Path) -> None:
    """It patches a library as it is fitted: what is computed after it must not see that."""
    grid = {
        "name": "patched",
        "datasets": [{"name": "digits", "subsample": 6}],
        "splits": ["holdout"],
        "learners": ["tests.benchmark.culprits:PatchesNumpy", "lda"],
        "aligners": ["eot"],
        "tasks": ["matching"],
    }
    options = RunOptions(out=tmp_path / "run", store=tmp_path / "store")
    run_grid(validate_grid(grid), options, Lines(io.StringIO()))
    made = verification(tmp_path / "run", Store(tmp_path / "store"), "100%", 0)
    before = np.linalg.svd
    assert [str(difference) for difference in made] == []
    assert made.checked == len(made.stages) > 8
    assert np.linalg.svd is before
