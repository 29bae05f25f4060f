"""Cleaning of a store: only what is ours and nobody needs goes."""

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from benchmark.engine.inflight import FOLDER
from benchmark.runs.garbage import collect_garbage
from benchmark.store.leftovers import temporary
from benchmark.store.store import MARK, Artefact, Store, existing
from benchmark.store.usage import in_use, used
from tests.benchmark.cli.test_cli import bench, inside, one_line, screen, smoke
from tests.benchmark.store.test_store import table
from weakpair.errors import ConfigError

__all__ = ["inside"]

NOBODY = 2**22 + 1  # above every process id of Linux
KEYS = [f"{n:02x}" * 32 for n in range(6)]


def filled(root: Path, keys: Iterable[str] = KEYS) -> Store:
    store = Store(root)
    store.mark()
    for key in keys:
        store.write(Artefact(key, table(4), {"kind": "fit", "inputs": {}, "params": {}}))
    return store


def aged(path: Path, seconds: float, content: str = "half") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    before = path.stat().st_mtime - seconds
    os.utime(path, (before, before))
    return path


def note(root: Path, key: str, **changes: object) -> Path:
    content = {"key": key, "host": platform.node(), "pid": NOBODY, "since": 0.0, **changes}
    return aged(root / FOLDER / key, 100, json.dumps(content))


@pytest.mark.parametrize("command", [["ls"], ["verify"], ["gc"], ["explain", "a", "b"]])
@pytest.mark.parametrize("name", ["nowhere", "mine", "mine/tmp"])
def test_a_folder_that_is_no_store_is_refused(command: list[str], name: str) -> None:
    own = [Path("mine/tmp/thesis.tex"), Path("mine/running/log"), Path("mine/objects/ab/x.parquet")]
    for path in own:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("years of work")
    assert "store" in one_line(bench("cache", *command, "--store", name, code=2))
    assert all(path.read_text() == "years of work" for path in own)


def test_a_store_from_before_the_mark_is_one(tmp_path: Path) -> None:
    store = filled(tmp_path / "store")
    (store.root / MARK).unlink()
    assert existing(store.root) == store
    with pytest.raises(ConfigError, match=MARK):
        existing(tmp_path)


def test_only_names_of_ours_go_and_only_when_nobody_will_finish_them(tmp_path: Path) -> None:
    store = filled(tmp_path)
    mine, host = temporary(tmp_path, KEYS[0][:16]).name, "00000000"
    gone = [
        aged(tmp_path / "tmp" / mine.replace(f".{os.getpid()}.", f".{NOBODY}."), 100),
        aged(tmp_path / "tmp" / f"timings.{host}.1.0123abcd", 100_000),
        aged(tmp_path / "tmp" / f"{KEYS[0][:16]}.1.0123abcd", 100_000),
        note(tmp_path, KEYS[0]),
    ]
    kept = [
        aged(tmp_path / "tmp" / mine, 1),
        aged(tmp_path / "tmp" / f"timings.{host}.1.0123abce", 100),
        aged(tmp_path / "tmp" / "thesis.tex", 10**7),
        aged(tmp_path / "tmp" / f"{KEYS[1]}.parquet", 10**7),
        aged(tmp_path / FOLDER / "thesis.tex", 10**7),
        note(tmp_path, KEYS[1], pid=os.getpid(), since=2e9),
        note(tmp_path, KEYS[2], host="another"),
    ]
    assert collect_garbage(store, None, dry_run=True).files == len(gone)
    assert collect_garbage(store, None, dry_run=False).files == len(gone)
    assert [path for path in [*gone, *kept] if path.exists()] == kept
    assert len(list(store)) == len(KEYS)


def test_foreign_files_among_the_artefacts_are_left_alone(tmp_path: Path) -> None:
    store = filled(tmp_path)
    folder = store.path(KEYS[1]).parent
    foreign = [
        folder / "notes.parquet",
        folder / f"{KEYS[2]}.parquet",
        folder / f"{KEYS[1]}.parquet.bak",
        tmp_path / "objects" / "README.parquet",
        tmp_path / "objects" / "xx" / "x.parquet",
    ]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    (folder / f"{folder.name}{'0' * 62}.parquet").mkdir()
    said = bench("cache", "ls", "--store", str(tmp_path))
    assert f"{len(KEYS) + 1} artefacts" in said
    assert said.count("damaged") == 1
    assert "1 damaged" in bench("cache", "verify", "--store", str(tmp_path), code=1)
    bench("cache", "gc", "--store", str(tmp_path))
    assert all(path.read_text() == "mine" for path in foreign)
    assert store.find(KEYS[2][:8]) == KEYS[2]


def test_what_a_running_run_needs_stays(tmp_path: Path) -> None:
    store = filled(tmp_path / "store")
    smoke("--out", "run", "--learners", "pca", "--aligners", "uniform")
    for key in KEYS[:2]:
        store.path(key).write_bytes(b"torn")
    with in_use(store.root, KEYS[:4]):
        assert used(store.root) == set(KEYS[:4])
        removed = collect_garbage(store, [Path("run")], dry_run=False)
        assert (removed.files, removed.spared) == (2, 4)
        assert list(store) == KEYS[:4]
    assert used(store.root) == set()
    assert collect_garbage(store, None, dry_run=False).files == 2
    assert list(store) == KEYS[2:4]


def test_the_note_of_a_run_that_was_killed_holds_nothing_back(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with in_use(tmp_path, KEYS):
        (live,) = (path for path in (tmp_path / "using").iterdir() if path.name != ".gate")
        dead = aged(live.with_name(live.name[:-1] + "x"), 100, KEYS[0])
        far = aged(live.with_name("00000000.1.01234567"), 100, KEYS[1])
        old = aged(live.with_name("00000000.1.01234568"), 10**6, KEYS[2])
        store.path(KEYS[5]).write_bytes(b"torn")
        assert collect_garbage(store, None, dry_run=False).spared == 1
        assert not dead.exists()
        assert not old.exists()
        assert far.exists()
    assert used(tmp_path) == {KEYS[1]}


def test_what_is_made_anew_while_garbage_is_judged_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path)
    store.path(KEYS[0]).write_bytes(b"torn")
    monkeypatch.setattr(
        "benchmark.runs.garbage.forgotten", lambda root: [store.path(KEYS[1]), store.path(KEYS[2])]
    )

    def meanwhile(root: Path) -> set[str]:
        filled(root, [KEYS[0]])
        store.path(KEYS[2]).unlink()
        return set()

    monkeypatch.setattr("benchmark.store.usage.used", lambda root, clean: meanwhile(root))
    assert collect_garbage(store, None, dry_run=False).files == 1
    assert list(store) == [KEYS[0], *KEYS[3:]]


def test_what_a_kept_run_skipped_stays(tmp_path: Path) -> None:
    """The data are away for a while; what was computed from them is still the run's."""
    for name in "ab":
        screen(tmp_path / name)
        frame = pd.read_parquet(tmp_path / name / "modality1.parquet")
        (frame + len(name) * ord(name)).to_parquet(tmp_path / name / "modality1.parquet")
    Path("g.yaml").write_text(
        "datasets: [{name: a, path: a, group: perturbation}, "
        "{name: b, path: b, group: perturbation}]\n"
        "learners: [pca]\naligners: [uniform]\ntasks: [matching]\nsplits: holdout\n"
    )
    run = ["run", "--grid", "g.yaml", "--workers", "0", "--out", "run"]
    assert "2/2 points" in bench(*run)
    (tmp_path / "a").rename(tmp_path / "away")
    assert "skipped a" in bench(*run, code=1)
    smoke("--out", "other", "--learners", "pca", "--aligners", "uniform")
    bench("cache", "gc", "--keep", "run")
    (tmp_path / "away").rename(tmp_path / "a")
    assert "0 computed" in bench(*run)
    assert "0 computed" not in smoke("--out", "other")
