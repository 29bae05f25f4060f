"""The registry's entries, and the preparations of the small sets from files of their formats."""

import hashlib
import os
import pickle
from pathlib import Path
from typing import get_type_hints

import pandas as pd
import pytest

from benchmark.datasets import load
from benchmark.datasets.public.prepare import damaged_tables, preparation, prepare
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets import Source, find_source, shipped_sources
from benchmark.datasets.public.sets.readers import read_npy, read_pickled_names, read_rda
from tests.benchmark.datasets.raw_formats import WRITERS, Tables, toy_tables
from weakpair.errors import ConfigError, DataError, UnknownNameError
from weakpair.specs import Frozen

NAMES = tuple(shipped_sources())
TRUSTED = (
    "https://raw.githubusercontent.com/",
    "https://zenodo.org/records/",
    "https://ftp.ncbi.nlm.nih.gov/geo/",
    "https://ftp.ebi.ac.uk/pub/databases/gencode/",
)


def unchecked(name: str) -> Source:
    """An entry whose files may be of the test's own making."""
    source = find_source(name)
    free = [file.model_copy(update={"bytes": None, "checksum": None}) for file in source.files]
    return source.model_copy(update={"files": tuple(free)})


def written(name: str, tables: Tables, folder: Path) -> Source:
    raw = folder / "raw" / name
    raw.mkdir(parents=True)
    WRITERS[name](raw, tables)
    return unchecked(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_lies_at_its_authors_address_or_says_how_it_is_had(name: str) -> None:
    for file in find_source(name).files:
        assert file.by_hand if file.url is None else file.url.startswith(TRUSTED)
        if file.url and "githubusercontent" in file.url:
            assert len(file.url.split("/")[5]) == 40, "pinned to a commit"
            assert file.checksum
            assert file.bytes


@pytest.mark.parametrize("name", NAMES)
def test_every_preparation_exists_and_takes_its_parameters(name: str) -> None:
    function, spec = preparation(find_source(name))
    assert isinstance(spec, Frozen)
    assert get_type_hints(function)["return"] is Report


def test_an_unknown_source_or_step_is_one_line() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'scgem'"):
        find_source("scgen")
    with pytest.raises(ConfigError, match="did you mean 'cell_line'"):
        preparation(find_source("scicar_a549_dex"), {"cell_lines": "A549"})


@pytest.mark.parametrize("name", WRITERS)
def test_raw_files_become_the_tables_that_they_were_written_from(name: str, tmp_path: Path) -> None:
    tables = toy_tables(name)
    made = prepare(written(name, tables, tmp_path), tmp_path)
    for stem, expected in zip(("modality1", "modality2", "obs"), tables, strict=True):
        table = pd.read_parquet(made.path / f"{stem}.parquet")
        pd.testing.assert_frame_equal(table, expected, check_like=stem == "obs", check_dtype=False)
    assert made.report.rows[-1].cells == len(tables[2])
    assert made.digest == load(str(made.path)).digest
    assert (made.path / "README.md").read_text().startswith(f"# {find_source(name).about}")
    assert damaged_tables(made.path) == []


# The largest of them takes a quarter of a minute.
REAL = [
    pytest.param(name, marks=[pytest.mark.slow] if name == "cytof_bodenmiller" else [])
    for name in WRITERS
]


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_the_real_sets_come_out_as_the_registry_knows_them(name: str, tmp_path: Path) -> None:
    """From the set to its raw formats and back: same content, to the last bit."""
    folder = Path(os.environ.get("WEAKPAIR_DATA", "")) / name
    if not (folder / "obs.parquet").exists():
        pytest.skip(f"no set {name} in $WEAKPAIR_DATA")
    stems = ("modality1", "modality2", "obs")
    first, second, obs = (pd.read_parquet(folder / f"{stem}.parquet") for stem in stems)
    made = prepare(written(name, (first, second, obs), tmp_path), tmp_path)
    assert made.expected is not None
    assert made.digest == made.expected
    if not (obs["group"].sort_index() == load(str(made.path)).modality1.labels).all():
        assert name == "bmmc_cite_openproblems"  # where lineages went by another rule


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("scgem", "type1.txt"),
        ("scgem", "DNAmethylation.txt"),
        ("snare_cellmix_scot", "SNAREseq_atac_feat.npy"),
        ("snare_cellmix_scot", "SNAREseq_metadata.txt"),
        ("scicar_a549_dex", "shared_cells.pkl"),
        ("sachs_cytometry", "cyto_full_data.csv"),
    ],
)
def test_formats_are_the_public_files_own(name: str, file: str, tmp_path: Path) -> None:
    """What float32 keeps whole is written back byte for byte as the authors' file."""
    folder = Path(os.environ.get("WEAKPAIR_DATA", "")) / name
    if not (folder / "obs.parquet").exists():
        pytest.skip(f"no set {name} in $WEAKPAIR_DATA")
    stems = ("modality1", "modality2", "obs")
    first, second, obs = (pd.read_parquet(folder / f"{stem}.parquet") for stem in stems)
    WRITERS[name](tmp_path, (first, second, obs))
    checksum = {entry.name: entry.checksum for entry in find_source(name).files}[file]
    assert checksum == f"sha256:{hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()}"


def test_a_set_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    source = written("scgem", toy_tables("scgem"), tmp_path)
    (tmp_path / "raw/scgem/type1.txt").write_text("1.0\n2.0\n")
    with pytest.raises(DataError, match="the files do not belong together"):
        prepare(source, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_set_is_not_replaced_unasked(tmp_path: Path) -> None:
    source = written("scgem", toy_tables("scgem"), tmp_path)
    first = prepare(source, tmp_path)
    with pytest.raises(DataError, match=r"is there already; --force"):
        prepare(source, tmp_path)
    assert prepare(source, tmp_path, replace=True).digest == first.digest
    assert prepare(source, tmp_path, name="other").path == tmp_path / "other"


def test_a_file_whose_conditions_cannot_be_told_apart_is_refused(tmp_path: Path) -> None:
    source = written("sachs_cytometry", toy_tables("sachs_cytometry"), tmp_path)
    file = tmp_path / "raw/sachs_cytometry/cyto_full_data.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-1]))
    with pytest.raises(DataError, match="7,465 cells; the nine conditions have 7,466"):
        prepare(source, tmp_path)
    file.write_text("".join([*lines[:-1], lines[-1].replace(lines[-1].split(",")[0], "", 1)]))
    with pytest.raises(DataError, match="a value is missing or infinite"):
        prepare(source, tmp_path)
    file.write_text("".join(lines).replace("praf", "raf"))
    with pytest.raises(DataError, match=r"not a table of numbers \(.*praf"):
        prepare(source, tmp_path)


def test_missing_and_damaged_raw_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"GeneExpression.txt: missing; bench data fetch scgem"):
        prepare(unchecked("scgem"), tmp_path)
    written("scgem", toy_tables("scgem"), tmp_path)
    with pytest.raises(DataError, match=r"GeneExpression.txt: damaged; bench data fetch scgem"):
        prepare(find_source("scgem"), tmp_path)


def test_changed_tables_are_found(tmp_path: Path) -> None:
    made = prepare(written("scgem", toy_tables("scgem"), tmp_path), tmp_path)
    (made.path / "obs.parquet").write_bytes(b"")
    (made.path / "modality2.parquet").unlink()
    assert damaged_tables(made.path) == ["modality2.parquet", "obs.parquet"]


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("unpickled",)


@pytest.mark.parametrize("content", [[_Evil()], {"a": 1}, ["a", 1]])
def test_a_pickle_of_anything_but_names_is_refused_and_not_run(
    content: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "names.pkl"
    path.write_bytes(pickle.dumps(content, protocol=3))
    with pytest.raises(DataError, match="nothing is unpickled"):
        read_pickled_names(path)
    assert not (tmp_path / "unpickled").exists()


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(DataError, match=r"not a readable .npy file"):
        read_npy(path)


def test_a_torn_rda_and_a_missing_object_are_one_line(tmp_path: Path) -> None:
    WRITERS["cytof_bodenmiller"](tmp_path, toy_tables("cytof_bodenmiller"))
    path = tmp_path / "refPhenoMat.rda"
    with pytest.raises(DataError, match="no object 'x'; it holds refPhenoMat"):
        read_rda(path, "x")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="not a readable R data file") as error:
        read_rda(path, "refPhenoMat")
    assert "\n" not in str(error.value)


def test_the_page_of_data_sets_names_every_source() -> None:
    page = (Path(__file__).parents[3] / "docs/data.md").read_text("utf-8")
    rows = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert rows == {"digits", *NAMES}
