"""Code from outside: called only if it is a method, imported only to compute, and in a child."""

import json
import sys
import time
from pathlib import Path

import pytest
import yaml

import aligners
import learners
from benchmark.stages.fit import Fit
from tests.benchmark.cli.test_cli import SMALL, bench, inside, one_line, smoke
from weakpair.registry import Registry, foreign

__all__ = ["inside"]

# A module that leaves a mark where it is imported.
MARKS = "import os, pathlib\npathlib.Path({mark!r}).open('a').write(str(os.getpid()) + ' ')\n"
METHOD = """
from learners.base import Learner


class Mine(Learner):
    def __init__(self, width=2):
        self.width = width

    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        return self

    def transform(self, x, modality=1):
        return x[:, : self.width]
"""
ENDS = {
    "leaves": "import os\nos._exit(0)\n",
    "exits": "import sys\nsys.exit(0)\n",
    "interrupts": "raise KeyboardInterrupt\n",
    "panics": "class Panic(BaseException): ...\nraise Panic('no')\n",
    "hangs": "import time\ntime.sleep(60)\n",
    "kills": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "forks": "import os, time\nif not os.fork():\n    time.sleep(60)\nos._exit(0)\n",
    "broken": "import no_such_module_anywhere\n",
    "prints": 'print(\'{"version": "1", "params": {}}\')\n' + METHOD + "ENTRY = 3\n",
    "misnamed": "from weakpair.registry import Entry\nENTRY = Entry('pca', 'a:B', '')\n",
    "good": "from weakpair.registry import Entry\nENTRY = Entry('good', 'good:Mine', 'one')\n"
    + METHOD,
}


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that declares a learner of every kind, most of them broken."""
    home = tmp_path / "site"
    info = home / "their_methods-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-methods\nVersion: 1.0\n")
    lines = [f"{name} = {name}:ENTRY" for name in ENDS]
    (info / "entry_points.txt").write_text("\n".join(["[weakpair.learners]", *lines, ""]))
    for name, source in ENDS.items():
        (home / f"{name}.py").write_text(source)
    monkeypatch.setattr(sys, "path", [*sys.path, str(home)])
    monkeypatch.setattr(foreign, "TIMEOUT", 6.0)
    known = learners.REGISTRY
    fresh = Registry("learner", known.group, tuple(known._entries.values()), known.base)
    monkeypatch.setattr(learners, "REGISTRY", fresh)
    # A stage knows its catalogue from when it was imported.
    monkeypatch.setattr(Fit, "catalogue", fresh)
    return home


def test_a_broken_entry_point_costs_its_own_name_and_is_named_once(plugins: Path) -> None:
    begun = time.monotonic()
    said = bench("list", "learners")
    assert "good" in said
    broken = [line for line in said.splitlines() if line.startswith("warning: ")]
    assert len(broken) == len(ENDS) - 1
    for name in set(ENDS) - {"good"}:
        (line,) = (line for line in broken if f"'{name}'" in line)
        assert f"{name}:ENTRY" in line
    assert time.monotonic() - begun < 30
    assert not set(ENDS) & set(sys.modules)
    checked = bench("doctor", code=1)
    assert checked.count("of an installed package cannot be loaded") == len(ENDS) - 1
    said = one_line(bench("run", "--grid", "smoke", "--learners", "leaves", code=2))
    assert "importing it ended the process (exit code 0)" in said
    said = one_line(bench("run", "--grid", "smoke", "--learners", "misnamed", code=2))
    assert "its Entry is called 'pca'" in said
    assert "did you mean 'pca'" in bench("run", "--grid", "smoke", "--learners", "pcaa", code=2)
    assert "to compute" in bench("run", "--grid", "smoke", "--learners", "good", "--dry-run")


@pytest.mark.parametrize("name", ["leaves", "exits", "interrupts", "panics", "kills", "forks"])
def test_a_module_that_ends_its_process_ends_no_run(plugins: Path, name: str) -> None:
    said = one_line(bench("run", "--grid", "smoke", "--learners", f"{name}:Mine", code=2))
    assert f"{name}:Mine" in said


CALLED = ["subprocess:run", "builtins:exec", "pathlib:Path", "learners.linear.pca:PCA"]
HERE = ("--isolate", "never", "--workers", "0")


@pytest.mark.parametrize(
    ("target", "more"),
    [
        ("os:system", ("--dry-run",)),
        ("os:system", ()),
        *((target, HERE) for target in [*CALLED, "os:system", "aligners.base:Aligner"]),
    ],
)
def test_only_a_method_is_called(tmp_path: Path, target: str, more: tuple[str, ...]) -> None:
    mark = tmp_path / "mark"
    params = {"command": f"touch {mark}", "args": ["touch", str(mark)]}
    kept = {k: v for k, v in params.items() if (k == "args") == (target == "subprocess:run")}
    content = {
        "datasets": ["digits"],
        "splits": "holdout",
        "learners": ["lda"],
        "aligners": [{"name": target, "params": kept}],
        "tasks": ["matching"],
    }
    Path("evil.yaml").write_text(yaml.safe_dump(content))
    said = one_line(bench("run", "--grid", "evil.yaml", *more, code=2))
    assert target in said or "abstract" in said
    assert not mark.exists()


@pytest.mark.slow
def test_who_looks_at_a_run_imports_nothing_of_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    Path("mine.py").write_text(MARKS.format(mark=str(mark)) + METHOD)
    words = ("run", "--grid", "smoke", "--workers", "0", *SMALL, "--learners", "mine:Mine")
    bench(*words, "--set", "learners.mine:Mine.width=3")
    assert mark.exists()
    mark.unlink()
    Path("mine.py").write_text(MARKS.format(mark=str(mark)) + "raise SystemExit(0)\n")
    assert "0" in bench("status", "runs/smoke")
    bench("report", "runs/smoke")
    facts = json.loads(Path("runs/smoke/provenance.json").read_text())
    assert [note["params"] for note in facts["methods"]] == [{"width": 3}]
    del facts["ended"]
    Path("runs/smoke/provenance.json").write_text(json.dumps(facts))
    assert "8 of 8 points" in bench("report", "runs/smoke", "--partial")
    del facts["methods"]
    Path("runs/smoke/provenance.json").write_text(json.dumps(facts))
    assert "is not imported to look at a run" in one_line(bench("status", "runs/smoke", code=2))
    for looked in (
        ("cache", "ls"),
        ("list", "learners"),
        ("list", "datasets"),
        ("cache", "verify"),
    ):
        bench(*looked)
    assert not mark.exists()
    # Computing again is running: in a child, whose end is not the command's.
    assert "mine:Mine" in one_line(bench("verify", "runs/smoke", code=2))
    assert "mine" not in sys.modules


def test_a_method_is_the_same_asked_here_and_in_a_child() -> None:
    Path("mine.py").write_text(METHOD)
    said = smoke("--learners", "mine:Mine", "--isolate", "never")
    assert "0 cached" in said
    sys.modules.pop("mine")
    assert "0 computed" in smoke("--learners", "mine:Mine")
    assert aligners.REGISTRY.base == "aligners.base:Aligner"
