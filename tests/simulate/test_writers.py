"""Laws of the writers: files hold the simulation, replicates are seeds, nothing is overwritten."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from simulate import WRITERS, Parameters, Simulation, simulate, write_replicates, writers
from weakpair.errors import ConfigError, ParameterError, UnknownNameError

P = Parameters(shared=0.8, cells_per_condition=3, features1=12, features2=5)


def test_a_folder_holds_the_data_its_labels_and_its_truth(tmp_path: Path) -> None:
    (path,) = write_replicates(P, 1, 4, tmp_path)
    data = simulate(P, seed=4)
    read = {f.stem: pd.read_parquet(f) for f in path.glob("*.parquet")}
    for m, x in ((1, data.x1), (2, data.x2)):
        np.testing.assert_array_equal(read[f"modality{m}"].to_numpy(), x)
        assert set(read[f"modality{m}"].dtypes) == {np.dtype("f4")}
        assert read[f"modality{m}"].index.equals(read["obs"].index)
    assert read["obs"].index.name == "cell"
    assert read["obs"]["group"].tolist() == data.labels.tolist()
    assert not set(read["modality1"].columns) & set(read["modality2"].columns)
    cells = read["truth-cells"]
    np.testing.assert_array_equal(cells.filter(regex=r"^v1-").to_numpy(), data.truth.v1)
    np.testing.assert_array_equal(cells["shared_penetrance"], data.truth.shared_penetrance)
    loadings = read["truth-features2"].filter(regex="^a-").to_numpy().T
    np.testing.assert_array_equal(loadings, data.truth.a2)
    assert read["truth-perturbations"].index.tolist() == list(P.groups[1:])
    assert len(read["truth-noise"]) == 10


@pytest.mark.parametrize("shared", [1.0, 0.0])
def test_truth_is_written_without_the_kinds_that_do_not_exist(
    tmp_path: Path, shared: float
) -> None:
    p = Parameters(shared=shared, cells_per_condition=2, features1=3, features2=3)
    (path,) = write_replicates(p, 1, 0, tmp_path)
    columns = set(pd.read_parquet(path / "truth-perturbations.parquet").columns)
    assert ("shared_effect" in columns) == (shared == 1)
    assert ("specific_effect1" in columns) == (shared == 0)


def test_the_parameters_file_regenerates_the_data(tmp_path: Path) -> None:
    (path,) = write_replicates(P, 1, 9, tmp_path)
    facts = json.loads((path / "parameters.json").read_text())
    again = simulate(Parameters(**facts["parameters"]), seed=facts["seed"])
    written = pd.read_parquet(path / "modality1.parquet").to_numpy()
    np.testing.assert_array_equal(again.x1, written)


def test_replicates_are_consecutive_seeds(tmp_path: Path) -> None:
    paths = write_replicates(P, 3, 5, tmp_path / "new" / "folder")
    assert [p.name for p in paths] == ["shared0.8-seed5", "shared0.8-seed6", "shared0.8-seed7"]
    last = pd.read_parquet(paths[2] / "modality2.parquet").to_numpy()
    np.testing.assert_array_equal(last, simulate(P, seed=7).x2)


@pytest.mark.parametrize("style", ["parquet", "h5mu"])
def test_every_data_set_has_a_picture_of_its_own(tmp_path: Path, style: str) -> None:
    if style == "h5mu":
        pytest.importorskip("mudata", reason="needs weakpair[scverse]")
    small = ["simulate", "--cells", "2", "--conditions", "3", "--out", str(tmp_path)]
    for shared in ("0.8", "0.5"):
        words = [*small, "--shared", shared, "--format", style]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    names = {path.name for path in tmp_path.iterdir()}
    suffix = "" if style == "parquet" else ".h5mu"
    made = {f"shared{shared}-seed0{suffix}" for shared in ("0.8", "0.5")}
    assert names == made | {f"{name}.png" for name in made}


def test_a_picture_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    picture = tmp_path / "shared0.8-seed0.png"
    picture.write_text("mine")
    words = ["simulate", "--cells", "2", "--shared", "0.8", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert str(picture) in " ".join(done.output.split("\n"))
    assert [path.name for path in tmp_path.iterdir()] == [picture.name]
    assert picture.read_text() == "mine"


def test_mudata_holds_the_same(tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata", reason="needs weakpair[scverse]")
    (path,) = write_replicates(P, 1, 2, tmp_path, "h5mu")
    data = simulate(P, seed=2)
    with mudata.set_options(pull_on_update=False):
        read = mudata.read_h5mu(path)
    np.testing.assert_array_equal(read["modality1"].X, data.x1)
    np.testing.assert_array_equal(read["modality2"].X, data.x2)
    assert read.obs["group"].tolist() == data.labels.tolist()
    assert read["modality2"].obs_names.tolist() == data.ids.tolist()
    np.testing.assert_array_equal(read["modality1"].obsm["truth_v"], data.truth.v1)
    np.testing.assert_array_equal(read["modality2"].varm["truth_loadings"], data.truth.a2.T)
    assert json.loads(read.uns["simulation"])["seed"] == 2


def test_a_missing_package_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mudata", None)
    with pytest.raises(ConfigError, match=r"pip install weakpair\[scverse\]"):
        write_replicates(P, 1, 0, tmp_path, "h5mu")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (path,) = write_replicates(P, 1, 1, tmp_path)
    before = (path / "obs.parquet").stat().st_mtime_ns
    with pytest.raises(ParameterError, match="exists already"):
        write_replicates(P, 2, 0, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert (path / "obs.parquet").stat().st_mtime_ns == before


def test_a_failing_writer_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(simulation: Simulation, path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setitem(writers.WRITERS, "parquet", ("", fail))
    with pytest.raises(OSError, match="disk full"):
        write_replicates(P, 1, 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'parquet'"):
        write_replicates(P, 1, 0, tmp_path, "parqet")
    with pytest.raises(ParameterError, match="replicates=0"):
        write_replicates(P, 0, 0, tmp_path)
    with pytest.raises(ParameterError, match="seed=-1"):
        write_replicates(P, 1, -1, tmp_path)
    assert set(WRITERS) == {"parquet", "h5mu"}
