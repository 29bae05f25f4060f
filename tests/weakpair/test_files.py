"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from weakpair.files.whole import write_whole


def half(target: Path, *, folder: bool) -> None:
    with write_whole(target) as temporary:
        if folder:
            temporary.mkdir()
        (temporary / "x" if folder else temporary).write_text("ne")
        raise OSError("the disk is full")


def test_the_target_appears_when_all_is_written(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    with write_whole(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
        assert temporary.suffix == ".json"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_was_there_stands_if_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    with pytest.raises(OSError, match="full"):
        half(target, folder=False)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_appears_whole_and_leaves_nothing_behind_if_it_fails(tmp_path: Path) -> None:
    with write_whole(tmp_path / "made") as temporary:
        temporary.mkdir()
        (temporary / "x").write_text("1")
    with pytest.raises(OSError, match="full"):
        half(tmp_path / "failed", folder=True)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_link_under_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    target = tmp_path / "made"
    with write_whole(target) as temporary:
        name = temporary
        temporary.write_text("first")
    name.symlink_to(elsewhere)
    with write_whole(target) as temporary:
        temporary.write_text("ours")
    assert elsewhere.read_text() == "theirs"
