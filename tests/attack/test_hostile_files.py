"""Files that somebody made to do harm, or that broke: one line each, no crash, no hang.

Every case runs in a forked child, which may die of it. Prints what was injected and how it ended;
"other" is a file that is whole but says something else, as a flipped bit inside a value does.
"""

import os
import signal
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from benchmark.datasets import load
from benchmark.datasets.simulated import parameters
from benchmark.grids.expand import expand_grid
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.store.store import Store
from tests.benchmark.datasets.test_archives import arrays
from tests.benchmark.datasets.test_declared import archive, member
from tests.benchmark.datasets.toys import tables, write_folder
from tests.weakpair.test_yaml_bounds import bomb
from weakpair.errors import BenchError

pytestmark = pytest.mark.slow
GROUPS = {"ctrl": 4, "drug": 3}
SECONDS = 60
VERDICTS = ("identical", "other", "one clear line", "traceback", "crash", "hang")
Make = Callable[[Path], Path]


def ends(act: Callable[[], bool]) -> str:
    """The end of something that says whether all is as it was; in a child of its own."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        code = 3
        try:
            code = 0 if act() else 1
        except BenchError as error:
            code = 2 if "\n" not in str(error) and len(str(error)) < 20_000 else 3
        except BaseException:  # noqa: BLE001 - a fault of any kind is what is looked for
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "hang" if os.WTERMSIG(status) == signal.SIGALRM else "crash"
    return VERDICTS[os.WEXITSTATUS(status)]


def judge(name: str, cases: Iterator[tuple[str, Callable[[], bool]]]) -> None:
    ended: Counter[str] = Counter()
    bad = []
    for what, act in cases:
        how = ends(act)
        ended[how] += 1
        if how not in VERDICTS[:3]:
            bad.append(f"{what}: {how}")
    said = ", ".join(f"{verdict} {ended[verdict]}" for verdict in VERDICTS)
    print(f"\n{name}: injected {ended.total()}; {said}")
    assert not bad, "\n".join(bad)


def npz(folder: Path) -> Path:
    np.savez(folder / "set.npz", **arrays())
    return folder / "set.npz"


def parquet(folder: Path) -> Path:
    write_folder(folder / "set", GROUPS)
    return folder / "set"


def h5ad(folder: Path) -> Path:
    anndata = pytest.importorskip("anndata")
    first, second, obs = tables(GROUPS)
    (folder / "set").mkdir()
    for m, table in ((1, first), (2, second)):
        made = anndata.AnnData(table.to_numpy(np.float32), obs=obs.copy())
        made.write_h5ad(folder / "set" / f"modality{m}.h5ad")
    return folder / "set"


FORMS: dict[str, tuple[Make, str]] = {
    "npz": (npz, "."),
    "parquet": (parquet, "modality1.parquet"),
    "parquet labels": (parquet, "obs.parquet"),
    "h5ad": (h5ad, "modality1.h5ad"),
}


def broken(whole: bytes, dice: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Cut, flipped, overwritten and swollen copies."""
    for share in (0, 0.1, 0.5, 0.9, 0.999):
        yield f"cut at {share}", whole[: int(share * len(whole))]
    for _ in range(150):
        place, bit = int(dice.integers(len(whole))), int(dice.integers(8))
        made = bytearray(whole)
        made[place] ^= 1 << bit
        yield f"bit {bit} of byte {place}", bytes(made)
    for _ in range(30):
        place = int(dice.integers(len(whole) - 8))
        made = bytearray(whole)
        made[place : place + 8] = b"\xff" * 8
        yield f"bytes from {place}", bytes(made)
    yield "swollen", whole + bytes(1000)
    yield "twice", whole + whole


@pytest.mark.parametrize("form", FORMS)
def test_broken_files(tmp_path: Path, form: str) -> None:
    make, inner = FORMS[form]
    path = make(tmp_path)
    file = path / inner if inner != "." else path
    whole, digest = file.read_bytes(), load(path).digest

    def cases() -> Iterator[tuple[str, Callable[[], bool]]]:
        for what, content in broken(whole, np.random.default_rng(0)):
            file.write_bytes(content)
            yield what, lambda: load(path).digest == digest

    judge(f"broken {form}", cases())


def hostile_archives(folder: Path) -> Iterator[tuple[str, Path]]:
    huge = ((10**6, 10**7), (2**40, 2**40), (2**62, 2), (10**9,), (-1, 3), (7, 2**31))
    for i, shape in enumerate(huge):
        content = member(shape, content=bytes(80)) if min(shape) > 0 else b"\x93NUMPY"
        yield f"header of {shape}", archive(folder / f"huge{i}.npz", x1=content)
    for kind in ("O", "V8", "<c16", "<M8[s]", "S3", "?", "<f2"):
        path = folder / "odd.npz"
        made = arrays()
        made["x1"] = np.zeros((7, 3), dtype=kind)
        np.savez(path, **made)
        yield f"values of {kind}", path
    for name in ("x1", "t1"):
        path = folder / "compound.npz"
        compound = np.zeros((7, 3)[: 2 if name == "x1" else 1], [("a", "<f8"), ("b", "<i4")])
        np.savez(path, **{**arrays(), name: compound})
        yield f"compound {name}", path
    path = folder / "up.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../x1.npy", member((7, 3), content=bytes(168)))
    yield "names that lead upwards", path
    path = folder / "pickle.npz"
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.")
    yield "a pickle", path


def hostile_tables(folder: Path) -> Iterator[tuple[str, Path]]:
    columns: dict[str, Any] = {
        "lists": pa.array([[1.0]] * 7),
        "structs": pa.array([{"a": 1}] * 7),
        "texts": pa.array(["=cmd|' /C calc'!A0"] * 7),
        "dates": pa.array(pd.date_range("2020", periods=7)),
        "decimals": pa.array([1] * 7, pa.decimal128(38, 0)),
        "nothing": pa.nulls(7),
        "huge": pa.array([1e308] * 7),
        "infinite": pa.array([float("inf")] * 7),
    }
    for i, (what, column) in enumerate(columns.items()):
        path = folder / f"table{i}"
        write_folder(path, GROUPS)
        table = pq.read_table(path / "modality1.parquet")
        pq.write_table(table.append_column("odd", column), path / "modality1.parquet")
        yield f"a column of {what}", path
    for i, text in enumerate(("", ",", "a\n" * 3, '"', "cell,a\nx,1,2,3\n", "\x00" * 50, "ÿþ")):
        path = folder / f"csv{i}"
        write_folder(path, GROUPS, ".csv")
        (path / "modality1.csv").write_text(text, encoding="latin-1")
        yield f"a CSV file of {text[:8]!r}", path


def hostile_hdf5(folder: Path) -> Iterator[tuple[str, Path]]:
    h5py = pytest.importorskip("h5py")
    secret = folder / "secret"
    secret.write_bytes(np.ones((7, 3), np.float32).tobytes())
    kinds = ("external", "virtual", "link", "loop", "compound", "huge", "text", "missing", "group")
    for i, kind in enumerate(kinds):
        (folder / f"h{i}").mkdir()
        path = h5ad(folder / f"h{i}")
        with h5py.File(path / "modality1.h5ad", "r+") as file:
            del file["X"]
            if kind == "external":
                place = [(str(secret), 0, h5py.h5f.UNLIMITED)]
                file.create_dataset("X", (7, 3), "f4", external=place)
            elif kind == "virtual":
                layout = h5py.VirtualLayout((7, 3), "f4")
                layout[:] = h5py.VirtualSource(str(folder / "none.h5"), "x", (7, 3))
                file.create_virtual_dataset("X", layout)
            elif kind == "link":
                file["X"] = h5py.ExternalLink(str(folder / "none.h5"), "/x")
            elif kind == "loop":
                file["X"] = h5py.SoftLink("/X")
            elif kind == "compound":
                file["X"] = np.zeros((7, 3), [("a", "f4"), ("b", "i4")])
            elif kind == "huge":
                file.create_dataset("X", (7, 2**40), "f4", chunks=(1, 1024))
            elif kind == "text":
                file["X"] = "nothing but text"
            elif kind == "group":
                file.create_group("X")["data"] = np.zeros(3)
        yield f"X that is {kind}", path


@pytest.mark.parametrize("kind", ["archives", "tables", "hdf5"])
def test_hostile_content(tmp_path: Path, kind: str) -> None:
    makers = {"archives": hostile_archives, "tables": hostile_tables, "hdf5": hostile_hdf5}
    makers_of = makers[kind]

    def cases() -> Iterator[tuple[str, Callable[[], bool]]]:
        for what, path in makers_of(tmp_path):
            yield what, lambda path=path: bool(load(path).digest) and False  # type: ignore[misc]

    judge(f"hostile {kind}", cases())
    assert not list(tmp_path.rglob("pwned"))


def _of(*odd: Any) -> tuple[Any, ...]:
    return odd


ODD: list[Any] = [
    *(5, -1, 2.5, None, [], {}, "", "x", [5], [None], [[]], [{}], {"a": 1}, True, 10**30),
    *(float("nan"), float("inf"), ["pca", "pca"], {"name": 5}, [{"name": 5}], [{"data": 5}]),
    *([{"name": "pca", "params": odd}] for odd in _of(5, [5], {"dim": "x"}, {"dim": [1]}, None)),
    *([{"name": "pca", "vary": odd}] for odd in _of(5, {"dim": 5}, {"dim": []}, None)),
    *([{"name": "pca", key: odd}] for key in ("label", "aligners") for odd in _of(5, [5], {})),
    *([{"simulation": odd}] for odd in _of(5, None, {"shared": "x"}, {"shared": [None]}, {"x": 1})),
    *([{"simulation": {key: 10**9}}] for key in ("n_conditions", "cells_per_condition", "seed")),
    [{"simulation": {}, "replicates": 3_000_000}],
    [{"simulation": {"shared": [0.1] * 200, "snr": [0.1] * 200}}],
    *([{"name": "digits", key: 5}] for key in ("group", "modality1", "groups", "pairing", "kind")),
    *([{"name": "digits", "subsample": odd}] for odd in _of(-1, 1e99, "x", [1])),
    *(
        [{"name": "digits", "modality1": {"preprocess": odd}}]
        for odd in _of(5, [5], "pca(n=", [[]])
    ),
    *(
        [{"path": odd}]
        for odd in _of(5, "", "/dev/null", "/dev/zero", "\x00", "~nobody", "x" * 5000)
    ),
    *("kfold:99999999", "kfold:x", "kfold:5/overlap=x", "holdout:2", "lopo:3"),
    *([{"kind": "kfold", key: 10**9}] for key in ("repeats", "folds")),
    [{"name": "os:system", "params": {"command": "touch pwned"}}],
    [{"name": "builtins:exec", "params": {"source": "open('pwned', 'w')"}}],
]
_PLAIN = 16
TEXTS = [
    bomb(),
    "a: &a [*a]",
    "[" * 100_000,
    "- " * 5000 + "x",
    "1: 2",
    "? [a]\n: b",
    "x: 2020-99-99",
    "x: " + "9" * 5000,
    "x: !!python/object/apply:os.system ['touch pwned']",
    "x: !!binary /",
    "---\na: 1\n---\nb: 2",
    "base: hostile.yaml",
    "include: [hostile.yaml]",
    "include: [" + "smoke, " * 3000 + "]",
    "\x00",
    "",
    "null",
    "a: b: c",
]


def test_hostile_grids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.yaml"
    smoke = read_grid("smoke")
    expand_grid(validate_grid(smoke), Store(tmp_path / "store"))  # imports, once for all children
    parameters({})
    lists = ("datasets", "splits", "learners", "aligners")
    others = ("base", "include", "about", "seed", "knn", "imputer", "probe", "tasks", "name")

    def expanded() -> bool:
        made = expand_grid(validate_grid(read_grid(str(path))), Store(tmp_path / "store"))
        return not made.points

    def cases() -> Iterator[tuple[str, Callable[[], bool]]]:
        for key in (*lists, *others):
            for odd in ODD if key in lists else ODD[:_PLAIN]:
                path.write_text(yaml.safe_dump({**smoke, key: odd}))
                yield f"{key}: {str(odd)[:60]}", expanded
        for text in TEXTS:
            path.write_text(text)
            yield repr(text[:40]), expanded

    judge("hostile grids", cases())
    assert not (tmp_path / "pwned").exists()
