"""Fetching: whole and right, or refused in one line; interrupted downloads go on."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmark.datasets.public.fetch import Fetched, check, fetch
from benchmark.datasets.public.lock import read_lock
from benchmark.datasets.public.sets import Source
from tests.benchmark.datasets.web import Site, serving
from weakpair.errors import ConfigError, DataError

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        served.files["/big.bin"] = CONTENT
        yield served


def source(*files: dict[str, Any]) -> Source:
    return Source.model_validate(
        {
            "name": "toy",
            "about": "A toy",
            "page": "http://localhost/",
            "licence": "CC0",
            "citation": "nobody",
            "steps": ["nothing"],
            "numbers": "none",
            "prepare": "tests.benchmark.datasets.test_fetch:prepare",
            "files": [{"format": "bytes", **file} for file in files],
        }
    )


def big(site: Site, **more: Any) -> Source:
    checksum = {"checksum": SHA256, "checksum_from": "the test"}
    return source({"name": "big.bin", "url": f"{site.url}/big.bin", **checksum, **more})


def unpinned(site: Site, **more: Any) -> Source:
    return big(site, checksum=None, **more)


def fetched(which: Source, folder: Path, origin: Path | None = None) -> list[Fetched]:
    seen: list[Fetched] = []
    fetch(which, folder, origin, observe=seen.append)
    return seen


@pytest.mark.parametrize("checksum", [SHA256, MD5])
def test_a_file_arrives_whole_and_its_hash_is_recorded(
    site: Site, tmp_path: Path, checksum: str
) -> None:
    seen = fetched(big(site, checksum=checksum), tmp_path)
    raw = tmp_path / "raw/toy"
    assert (raw / "big.bin").read_bytes() == CONTENT
    assert (seen[0].how, seen[0].pinned) == ("fetched", False)
    assert sorted(path.name for path in raw.iterdir()) == ["big.bin", "lock.json"]
    assert read_lock(raw)["big.bin"].sha256 == SHA256.removeprefix("sha256:")


def test_what_is_there_and_good_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    fetched(big(site), tmp_path)
    assert [one.how for one in fetched(big(site), tmp_path)] == ["there"]
    assert len(site.asked) == 1


def test_redirects_are_followed(site: Site, tmp_path: Path) -> None:
    site.redirects["/moved"] = "/big.bin"
    fetched(big(site, url=f"{site.url}/moved"), tmp_path)
    assert (tmp_path / "raw/toy/big.bin").read_bytes() == CONTENT


def test_a_download_that_broke_off_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.cut["/big.bin"] = 2**21
    with pytest.raises(DataError, match=r"broke off after 2,097,152 bytes.*again to go on"):
        fetched(big(site), tmp_path)
    assert not (tmp_path / "raw/toy/big.bin").exists()
    fetched(big(site), tmp_path)
    assert (tmp_path / "raw/toy/big.bin").read_bytes() == CONTENT
    assert site.asked[-1] == ("/big.bin", "bytes=2097152-")


def test_a_redirected_download_goes_on_too(site: Site, tmp_path: Path) -> None:
    site.redirects["/moved"] = "/big.bin"
    site.cut["/big.bin"] = 24 * 2**16
    moved = big(site, url=f"{site.url}/moved")
    with pytest.raises(DataError, match="broke off"):
        fetched(moved, tmp_path)
    fetched(moved, tmp_path)
    assert (tmp_path / "raw/toy/big.bin").read_bytes() == CONTENT
    assert site.asked[-1] == ("/big.bin", "bytes=1572864-")


def test_a_server_without_ranges_sends_everything_again(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    site.cut["/big.bin"] = 2**21
    with pytest.raises(DataError, match="broke off"):
        fetched(big(site), tmp_path)
    fetched(big(site), tmp_path)
    assert (tmp_path / "raw/toy/big.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("etags", [True, False])
def test_two_versions_of_a_file_are_never_joined(site: Site, tmp_path: Path, etags: bool) -> None:
    """The half of yesterday's file is thrown away where no checksum could tell."""
    site.etags = etags
    site.cut["/big.bin"] = 2**21
    with pytest.raises(DataError, match="broke off"):
        fetched(unpinned(site), tmp_path)
    site.files["/big.bin"] = CONTENT[::-1]
    fetched(unpinned(site), tmp_path)
    assert (tmp_path / "raw/toy/big.bin").read_bytes() == CONTENT[::-1]


def test_a_part_that_is_whole_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    """Killed between the last byte and the rename."""
    raw = tmp_path / "raw/toy"
    raw.mkdir(parents=True)
    (raw / "big.bin.part").write_bytes(CONTENT)
    fetched(big(site, bytes=len(CONTENT)), tmp_path)
    assert not site.asked
    (raw / "big.bin").unlink()
    (raw / "big.bin.part").write_bytes(CONTENT)
    fetched(big(site), tmp_path)  # the size is not known: the server says that nothing is missing
    assert (raw / "big.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_nothing_stays(site: Site, tmp_path: Path) -> None:
    wrong = f"sha256:{'0' * 64}"
    with pytest.raises(DataError, match=r"/big.bin: not the file that is meant") as refused:
        fetched(big(site, checksum=wrong), tmp_path)
    assert "\n" not in str(refused.value)
    assert [path.name for path in (tmp_path / "raw/toy").iterdir()] == []


def test_a_file_of_another_size_is_refused_before_it_is_read(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="offers 3,000,000 bytes, but the file has 7"):
        fetched(unpinned(site, bytes=7), tmp_path)


def test_an_unknown_checksum_is_pinned_at_first_fetch(site: Site, tmp_path: Path) -> None:
    assert fetched(unpinned(site), tmp_path)[0].pinned
    lock = json.loads((tmp_path / "raw/toy/lock.json").read_text())
    assert lock["big.bin"]["sha256"] == SHA256.removeprefix("sha256:")
    assert lock["big.bin"]["checked"] is None
    (tmp_path / "raw/toy/big.bin").unlink()
    site.files["/big.bin"] = CONTENT[::-1]
    with pytest.raises(DataError, match="not the file that was pinned at first fetch"):
        fetched(unpinned(site), tmp_path)


def test_a_damaged_file_is_fetched_again(site: Site, tmp_path: Path) -> None:
    fetched(big(site), tmp_path)
    (tmp_path / "raw/toy/big.bin").write_bytes(CONTENT[:-1])
    assert check(big(site), tmp_path) == {"big.bin": "damaged"}
    assert fetched(big(site), tmp_path)[0].how == "fetched"
    assert check(big(site), tmp_path) == {"big.bin": "good"}


def test_an_address_that_is_gone_is_one_line_with_a_way_out(site: Site, tmp_path: Path) -> None:
    gone = big(site, url=f"{site.url}/gone")
    with pytest.raises(DataError, match=r"/gone: the server refuses \(404.*--from FOLDER") as error:
        fetched(gone, tmp_path)
    assert "\n" not in str(error.value)


def test_no_network_is_one_line_with_a_way_out(tmp_path: Path) -> None:
    alone = source({"name": "a", "url": "http://127.0.0.1:9/a"})
    with pytest.raises(DataError, match=r"no connection.*bench data fetch toy --from FOLDER"):
        fetched(alone, tmp_path)


def test_a_folder_serves_without_network(site: Site, tmp_path: Path) -> None:
    origin = tmp_path / "stick/deep"
    origin.mkdir(parents=True)
    (origin / "big.bin").write_bytes(CONTENT)
    assert fetched(big(site), tmp_path, tmp_path / "stick")[0].how == "copied"
    assert not site.asked
    assert check(big(site), tmp_path) == {"big.bin": "good"}


@pytest.mark.parametrize(
    ("content", "more", "complaint"),
    [
        (CONTENT[:-5], {"bytes": len(CONTENT)}, "2,999,995 bytes, but the file has 3,000,000"),
        (CONTENT[::-1], {}, "not the file that is meant"),
    ],
)
def test_a_half_or_wrong_file_of_a_folder_is_refused(
    site: Site, tmp_path: Path, content: bytes, more: dict[str, Any], complaint: str
) -> None:
    (tmp_path / "big.bin").write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        fetched(big(site, **more), tmp_path / "data", tmp_path)
    assert list((tmp_path / "data/raw/toy").iterdir()) == []


def test_a_folder_without_the_file_is_one_line(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--from .*: no file 'big.bin', which toy needs"):
        fetched(big(site), tmp_path / "data", tmp_path)


def test_a_file_without_address_says_how_it_is_had(tmp_path: Path) -> None:
    portal = source(
        {"name": "a.csv", "by_hand": "log in and download it"},
        {"name": "b.csv", "by_hand": "log in and download it", "optional": True},
    )
    with pytest.raises(DataError, match=r"a.csv has no open address: log in.*--from FOLDER"):
        fetched(portal, tmp_path / "data")
    (tmp_path / "a.csv").write_text("1")
    assert [one.file.name for one in fetched(portal, tmp_path / "data", tmp_path)] == ["a.csv"]
    assert check(portal, tmp_path / "data") == {"a.csv": "good"}


def test_an_entry_says_who_gives_a_checksum_and_how_a_file_is_had() -> None:
    with pytest.raises(ValueError, match="checksum_from"):
        source({"name": "a", "url": "http://x/a", "checksum": SHA256})
    with pytest.raises(ValueError, match="by_hand"):
        source({"name": "a"})
    with pytest.raises(ConfigError, match="did you mean 'checksum'"):
        source({"name": "a", "url": "http://x/a", "checksums": SHA256})


def test_another_host_needs_a_checksum(site: Site, tmp_path: Path) -> None:
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    site.redirects["/moved"] = f"{elsewhere}/big.bin"
    with pytest.raises(DataError, match="leads to http://localhost, and no checksum"):
        fetched(unpinned(site, url=f"{site.url}/moved"), tmp_path)
    assert not list((tmp_path / "raw" / "toy").glob("big.bin*"))
    fetched(big(site, url=f"{site.url}/moved"), tmp_path)


@pytest.mark.parametrize("size", [None, 1000])
def test_no_more_is_written_than_was_announced(
    site: Site, tmp_path: Path, size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.endless.add("/big.bin")
    room = SimpleNamespace(free=2**28 + 100_000)
    monkeypatch.setattr("benchmark.datasets.public.download.shutil.disk_usage", lambda _: room)
    with pytest.raises(DataError, match=r"sends more than|the file has 1,000|has room"):
        fetched(unpinned(site, bytes=size), tmp_path)
    left = sum(path.stat().st_size for path in (tmp_path / "raw" / "toy").glob("big.bin*"))
    assert left <= 100_000


def test_what_does_not_fit_on_the_disk_is_not_begun(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = SimpleNamespace(free=2**28 + 100_000)
    monkeypatch.setattr("benchmark.datasets.public.download.shutil.disk_usage", lambda _: room)
    with pytest.raises(DataError, match=r"3,000,000 bytes, and the disk of .* room for 100,000"):
        fetched(big(site), tmp_path)


@pytest.mark.parametrize("name", ["big.bin.part", "big.bin.part.validator", "big.bin"])
def test_a_link_in_the_place_of_a_file_is_not_written_through(
    site: Site, tmp_path: Path, name: str
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("my own")
    raw = tmp_path / "raw" / "toy"
    raw.mkdir(parents=True)
    (raw / name).symlink_to(mine)
    with suppress(DataError):  # the name of the file itself is taken anew
        fetched(big(site), tmp_path)
    assert mine.read_text() == "my own"
