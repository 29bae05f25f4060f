"""`bench data` removes nothing but what it made: no name leads elsewhere, no one's folder goes."""

from pathlib import Path
from typing import Any

import pytest

from benchmark.datasets.public.fetch import fetch
from benchmark.datasets.public.owned import RECORD, set_name
from benchmark.datasets.public.prepare import prepare
from benchmark.datasets.public.sets import Source, find_source
from tests.benchmark.datasets.raw_formats import WRITERS, toy_tables
from weakpair.errors import BenchError, ConfigError, DataError

NAMES = [
    *("", ".", "..", "raw", "RAW", "../x", "a/../..", "/tmp/x", "~", "-x", ".hidden", "a b", "a\n"),
    *("a/b", "a\\b", "ä", "x\0", "\x1b[31m", "raw/scgem"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with raw files of a toy, inside a folder with somebody's files."""
    origin = tmp_path / "origin"
    origin.mkdir()
    WRITERS["scgem"](origin, toy_tables("scgem"))
    (tmp_path / "thesis.txt").write_text("years of work")
    folder = tmp_path / "data"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "notes.txt").write_text("my own")
    fetch(toy(), folder, origin)
    return folder


def toy(**more: Any) -> Source:
    content = find_source("scgem").model_dump(mode="json", exclude={"digest"})
    for file in content["files"]:
        file |= {"bytes": None, "checksum": None}
    return Source.model_validate(content | {"name": "toy"} | more)


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_data_folder(data: Path, name: str) -> None:
    before = everything(data.parent)
    with pytest.raises(ConfigError, match="use letters, digits") as refused:
        prepare(toy(), data, None, name, replace=True)
    assert "\n" not in str(refused.value)
    if name:  # an entry without a folder has its own name
        with pytest.raises(ConfigError, match="use letters, digits"):
            toy(folder=name)
    assert everything(data.parent) == before


def test_a_set_is_made_again_only_where_it_was_made(data: Path) -> None:
    path = prepare(toy(), data).path
    first = everything(path)
    with pytest.raises(DataError, match="--force"):
        prepare(toy(), data)
    prepare(toy(), data, replace=True)
    assert everything(path) == first
    assert sorted(p.name for p in data.iterdir()) == sorted(["mine", "raw", toy().data_set])


@pytest.mark.parametrize("kind", ["folder", "record", "more", "file", "link", "dangling"])
def test_what_somebody_put_there_stays(data: Path, kind: str) -> None:
    target = data / "mine"
    if kind == "record":
        (target / RECORD).write_text('{"tables": []}')
    elif kind == "more":
        prepare(toy(), data, None, "made")
        (data / "made" / "notes.txt").write_text("kept beside")
        target = data / "made"
    elif kind in ("link", "dangling"):
        made = prepare(toy(), data, None, "made").path
        target = data / "link"
        target.symlink_to(made if kind == "link" else data / "nowhere")
    elif kind == "file":
        target = data / "letter"
        target.write_text("dear")
    before = everything(data.parent)
    with pytest.raises(DataError):
        prepare(toy(), data, None, target.name, replace=True)
    assert everything(data.parent) == before


@pytest.mark.parametrize(
    "function", ["os:system", "shutil:rmtree", "builtins:exec", "weakpair.specs:parse", "os:nope"]
)
def test_a_description_calls_preparations_alone(data: Path, function: str) -> None:
    with pytest.raises(BenchError, match="prepare"):
        prepare(toy(prepare=function), data)
    assert set_name("toy", "name") == "toy"
