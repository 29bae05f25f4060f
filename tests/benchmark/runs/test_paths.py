"""Names that look like addresses, options or patterns are paths all the same, for every option."""

from pathlib import Path

import numpy as np
import pytest

from tests.benchmark.cli.test_cli import bench, inside, screen
from weakpair.files.parquet import read_parquet

__all__ = ["inside"]

NAMES = ["run:1", "s3:x", "2026-01-01T10:00:00", "a,b", "50%41", "c#d", "e?f", "*", "g h", "üß 漢"]
NAMES += ["-x", "file:x", "[1]", "{a}", "a=b", "a&b;c", "$HOME", "'q\"", "\\"]
SMALL = ["--learners", "pca", "--aligners", "labeled-eot", "--tasks", "matching", "--workers", "0"]
OWN = [*SMALL, "--split", "holdout", "--group", "perturbation"]


@pytest.mark.parametrize(
    "name",
    ["file:a,b 5%41#d?e*ü[1]=$", "-x", *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES)],
)
def test_every_path_option_takes_every_name(name: str) -> None:
    store, out = f"--store={name}.store", f"--out={name}.run"
    screen(Path("in")).rename(name)
    run = ["run", f"--data={name}", *OWN, store, out]
    assert "1/1 points have scores" in bench(*run)
    assert "0 computed" in bench(*run)
    folder = ["--", f"{name}.run"]
    for form in ("md", "html"):
        bench("report", store, f"--out={name}.{form}", *folder)
    assert "labeled-eot" in bench("report", store, *folder)
    bench("status", store, *folder)
    bench("figure", "heatmap", f"--out={name}.svg", store, *folder)
    assert "0 damaged" in bench("cache", "verify", store)
    assert "removed 0 files" in bench("cache", "gc", f"--keep={name}.run", store)
    bench("verify", "--sample", "1", store, *folder)
    bench("simulate", "--shared", "0.8", "--seed", "0", f"--out={name}.sim")
    assert Path(f"{name}.sim", "shared0.8-seed0", "modality1.parquet").exists()


@pytest.mark.parametrize("name", ["file:a,b 5%#ü", "-x"])
def test_files_of_every_name_are_data(name: str) -> None:
    anndata = pytest.importorskip("anndata")
    folder = screen(Path("in").absolute())
    first, second, obs = (
        read_parquet(folder / f"{stem}.parquet").to_pandas()
        for stem in ("modality1", "modality2", "obs")
    )
    obs.index = obs.index.astype(str)
    np.savez(f"./{name}.npz", x1=first, x2=second, perturbation=obs["perturbation"].to_numpy(str))
    bench("run", f"--data={name}.npz", *OWN, "--out=npz")
    for m, table in ((1, first), (2, second)):
        anndata.AnnData(table.to_numpy(np.float32), obs).write_h5ad(f"./{name}{m}.h5ad")
    bench("run", f"--data={name}1.h5ad,{name}2.h5ad", *OWN, "--out=h5ad")
    Path(f"{name}.yaml").write_text(
        f"datasets: [{{name: x, path: '{folder}', group: perturbation}}]\n"
        "learners: [pca]\naligners: [uniform]\ntasks: [matching]\nsplits: holdout\n"
    )
    bench("run", f"--grid={name}.yaml", "--workers", "0", "--out=grid")
