"""Options that nobody means: each is one line and exit code 2, within seconds, and leaves nothing.

Prints how many were tried and how they ended.
"""

import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from tests.benchmark.cli.test_cli import inside

__all__ = ["inside"]
pytestmark = pytest.mark.slow

RUN = "run --grid smoke --dry-run"
OPTIONS = [
    *(f"{RUN} --{name}=" for name in ("learners", "aligners", "datasets", "tasks", "out", "store")),
    *(f"{RUN} --{name} ,," for name in ("learners", "aligners", "datasets", "tasks")),
    *(f"{RUN} --threads {n}" for n in ("100000", "0", "-1", "1e3", "x", "9" * 50)),
    *(f"{RUN} --workers {n}" for n in ("100000", "-1", "x", "9" * 50)),
    *(f"{RUN} --timeout {n}" for n in ("inf", "nan", "-1", "0", "1e400", "x")),
    *(f"{RUN} --memory {n}" for n in ("inf", "nan", "-1", "0", "1e400")),
    *(f"{RUN} --set {x}" for x in ("x=[1", "=1", "x", "[a]=1", "x={1:2}", "x={a:1,a:2", "seed=x")),
    *(f"{RUN} --set {x}" for x in ("seed=.nan", "seed=-1", "knn=0", "splits=5", "splits=[5]")),
    *(f"{RUN} --set {x}" for x in ("learners=5", "learners.pca=5", "learners.nope.dim=3")),
    *(f"{RUN} --set {x}" for x in ("datasets=5", "datasets.digits=5", "tasks=5", "tasks.x=5")),
    *(f"{RUN} --set {x}" for x in ("splits.repeats=1000000000", "learners=[{a:1}]", "a.b.c=1")),
    f"{RUN} --set x=" + "9" * 5000,
    f"{RUN} --set x=" + "[" * 5000,
    f"{RUN} --set x=!!python/object:os.system",
    f"{RUN} --learners " + "x" * 100_000,
    f"{RUN} --device gpu",
    f"{RUN} --isolate perhaps",
    f"{RUN} --split kfold:99999999999",
    f"{RUN} --split kfold:1e9",
    f"{RUN} --training-cells overlap=nan",
    f"{RUN} --predict 3",
    f"{RUN} --nope",
    f"{RUN} word",
    "run",
    "run --grid",
    "run --grid=",
    "run --grid nope.yaml",
    "run --grid .",
    "run --grid / --dry-run",
    "run --grid /dev/null --dry-run",
    "run --grid smoke --data digits",
    "run --data=",
    "run --data /dev/null",
    "run --data nowhere",
    "run --data .",
    "run --cluster nope.yaml --grid smoke",
    "run --cluster tls.yaml --grid smoke",
    "report",
    "report nowhere",
    "report /dev/null",
    "report .",
    "report =x",
    "report smoke --format nope",
    "status nowhere",
    "status .",
    "verify nowhere",
    "verify .",
    "cache explain * *",
    "cache explain ** x",
    "cache explain ../x [a",
    "cache ls --kind nope",
    "cache gc --keep nowhere",
    "data list nope",
    "data list nope.yaml",
    "data fetch nope",
    "data fetch scgem --from nowhere",
    "data prepare scgem --as ../x --force",
    "data prepare scgem --as . --force",
    "data prepare scgem --as raw --force",
    "data prepare scgem --set x=[1",
    "data prepare scgem --set a=1 --set a.b=1",
    "simulate --shared nan",
    "simulate --shared 2",
    "simulate --cells 1000000000000",
    "simulate --conditions 1000000000",
    "simulate --replicates 1000000000",
    "simulate --scale inf",
    "simulate --seed -1",
    "sweep nope --out x.json",
    "sweep ps --out x.json --set lr=[1",
    "sweep ps --out x.json --vary ,",
    "figure heatmap nowhere --out x.png",
    "figure nope",
    "list nope",
    "rnu",
]


@pytest.fixture(autouse=True)
def certificates(inside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sets").mkdir()
    monkeypatch.setenv("WEAKPAIR_DATA", str(Path("sets").absolute()))
    for name in ("ca", "cert", "key"):
        Path(f"{name}.pem").write_text("-----BEGIN NONSENSE-----\nx\n")
    Path("tls.yaml").write_text(
        "kind: dask\naddress: tls://127.0.0.1:9\nca: ca.pem\ncert: cert.pem\nkey: key.pem\n"
    )


def test_each_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    ended: Counter[str] = Counter()
    odd = []
    for words in OPTIONS:
        begun = time.monotonic()
        result = CliRunner().invoke(app, words.split(" "), env={"COLUMNS": "300"})
        lines = [line for line in result.output.splitlines() if line.strip()]
        left = {path.name for path in tmp_path.iterdir()} - before
        left |= {f"sets/{path.name}" for path in Path("sets").iterdir()}
        how = "one line"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            how = f"traceback ({result.exception!r})"
        elif result.exit_code != 2:
            how = f"silent (exit code {result.exit_code})"
        elif len(lines) != 1 or not lines[0].startswith("error: ") or len(lines[0]) > 1100:
            how = f"many lines ({len(lines)})"
        elif left and "--cluster tls" not in words:  # the run's folder is there by then
            how = f"left {sorted(left)}"
        elif time.monotonic() - begun > 60:
            how = "slow"
        for name in left:
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        ended[how.partition(" (")[0]] += 1
        if how != "one line":
            odd.append((words[:80], how[:200]))
    print(f"\nhostile options: {len(OPTIONS)} tried, {dict(ended)}")
    assert not odd, "\n".join(" -> ".join(each) for each in odd)
