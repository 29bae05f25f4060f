"""Embeddings of other people's encoders: two arrays and a table of labels, row by row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from benchmark import datasets
from weakpair.errors import ConfigError, DataError, InputError

Floats = NDArray[np.float32]
SPEC = {"group": "treatment", "downstream": "label", "batch": "plate"}


def arrays(n: int = 12) -> tuple[Floats, Floats, pd.DataFrame]:
    rng = np.random.default_rng(0)
    x1, x2 = (rng.normal(size=(n, k)).astype(np.float32) for k in (4, 3))
    labels = {"treatment": ["a", "b"] * (n // 2), "label": ["0", "1", "2"] * (n // 3)}
    return x1, x2, pd.DataFrame({**labels, "plate": ["p"] * n})


def write(path: Path, x: Floats) -> None:
    if path.suffix == ".parquet":
        pd.DataFrame(x, columns=[f"c{j}" for j in range(x.shape[1])]).to_parquet(path)
    elif path.suffix == ".npz":
        np.savez(path, x=x)
    else:
        np.save(path, x)


def folder(tmp_path: Path, suffix: str = ".npy", labels: str = ".csv", n: int = 12) -> Path:
    x1, x2, obs = arrays(n)
    write(tmp_path / f"modality1{suffix}", x1)
    write(tmp_path / f"modality2{suffix}", x2)
    if labels == ".csv":
        obs.to_csv(tmp_path / "obs.csv", index=False)
    else:
        obs.to_parquet(tmp_path / "obs.parquet")
    return tmp_path


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
@pytest.mark.parametrize("labels", [".csv", ".parquet"])
def test_rows_are_pairs_with_their_labels(tmp_path: Path, suffix: str, labels: str) -> None:
    path = folder(tmp_path, suffix, labels)
    loaded = datasets.load({"path": str(path), "kind": "embeddings", **SPEC})
    x1, x2, obs = arrays()
    for samples, x in ((loaded.modality1, x1), (loaded.modality2, x2)):
        np.testing.assert_array_equal(samples.x, x)
        assert samples.labels.tolist() == obs["treatment"].tolist()
        assert samples.obs["label"].tolist() == obs["label"].tolist()
        assert samples.obs["plate"].tolist() == obs["plate"].tolist()
    i, j = loaded.pairs()
    np.testing.assert_array_equal(i, j)
    assert len(i) == len(x1)


def test_a_folder_of_arrays_is_known_by_its_files(tmp_path: Path) -> None:
    assert datasets.resolve({"path": str(folder(tmp_path)), **SPEC}).kind == "embeddings"


def test_data_without_true_pairs_may_have_modalities_of_differing_rows(tmp_path: Path) -> None:
    path = folder(tmp_path)
    x1, _, obs = arrays()
    (path / "obs.csv").rename(path / "obs2.csv")
    np.save(path / "modality1.npy", x1[:8])
    obs[:8].to_csv(path / "obs1.csv", index=False)
    loaded = datasets.load({"path": str(path), "pairing": "none", **SPEC})
    assert not loaded.paired
    assert (len(loaded.modality1), len(loaded.modality2)) == (8, 12)
    with pytest.raises(
        DataError, match=r"8 rows in modality 1 and 12 in modality 2.*pairing: none"
    ):
        datasets.load({"path": str(path), **SPEC})


def test_an_array_of_another_name_and_of_an_archive_of_several(tmp_path: Path) -> None:
    path = folder(tmp_path)
    x1, _, _ = arrays()
    np.savez(path / "phenom.npz", crops=x1, other=x1 + 1)
    (path / "modality1.npy").unlink()
    spec = {"path": str(path), "modality1": {"file": "phenom.npz", "key": "crops"}, **SPEC}
    np.testing.assert_array_equal(datasets.load(spec).modality1.x, x1)
    for key, hint in ((None, "2 arrays"), ("crop", "did you mean 'crops'")):
        wrong = {**spec, "modality1": {"file": "phenom.npz", "key": key}}
        with pytest.raises(DataError, match=hint):
            datasets.load(wrong)


def test_content_and_columns_determine_the_digest(tmp_path: Path) -> None:
    path = folder(tmp_path)
    spec = {"path": str(path), **SPEC}
    before = datasets.source_digest(spec)
    assert datasets.source_digest({**spec, "name": "another"}) == before
    assert datasets.source_digest({**spec, "downstream": "plate"}) != before
    np.save(path / "modality2.npy", arrays()[1] + 1)
    assert datasets.source_digest(spec) != before


@pytest.mark.parametrize(
    ("spoil", "hint"),
    [
        (lambda p: (p / "obs.csv").unlink(), r"none of obs\.parquet, obs\.csv"),
        (lambda p: (p / "modality2.npy").unlink(), r"none of modality2\.npy"),
        (lambda p: np.save(p / "modality1.npy", np.ones((7, 2))), r"12 rows for 7 of modality1"),
        (lambda p: np.save(p / "modality1.npy", np.ones(12)), r"shape \(12,\)"),
        (lambda p: np.save(p / "modality1.npy", np.full((12, 2), np.nan)), "NaN"),
        (lambda p: (p / "modality1.npy").write_bytes(b"torn"), r"modality1\.npy: not a readable"),
        (lambda p: np.save(p / "modality1.npy", np.array([object()] * 12)), "not a readable"),
        (lambda p: np.savez(p / "modality1.npz", x=np.ones((12, 2))), "keep one of them"),
        (lambda p: arrays()[2].rename(columns={"treatment": "treatmnt"})
            .to_csv(p / "obs.csv", index=False), "did you mean 'treatmnt'"),
        (lambda p: arrays()[2].assign(label=["0"] * 11 + [""])
            .to_csv(p / "obs.csv", index=False), "column 'label' of modality 1: 1 missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path: Path, spoil: object, hint: str) -> None:
    path = folder(tmp_path)
    spoil(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=hint) as caught:
        datasets.load({"path": str(path), "kind": "embeddings", **SPEC})
    assert "\n" not in str(caught.value)


def test_a_set_that_nobody_brought_says_what_to_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path))
    with pytest.raises((DataError, ConfigError), match="modality1 and modality2") as caught:
        datasets.load({"name": "birfl", "kind": "embeddings", **SPEC})
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
