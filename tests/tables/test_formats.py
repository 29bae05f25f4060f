"""Every format says the same: snapshots, and each parsed back by a reader of its own."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from markdown_it import MarkdownIt

import tables
from tables import Cell, Column, Group, Row, Screen, Table
from tests.tables.examples import mixed, wide
from tests.tables.readers import html_tables
from weakpair.errors import ParameterError, UnknownNameError

SNAPSHOTS = Path(__file__).parent / "snapshots"
SUFFIXES = {"text": "txt", "markdown": "md", "latex": "tex", "csv": "csv", "html": "html"}


def matching() -> list[Table]:
    return tables.build(mixed(), "matching", top=3)


def imputation() -> list[Table]:
    return tables.build(wide(), "imputation")


def check(name: str, text: str) -> None:
    """Compare with the stored text; WEAKPAIR_SNAPSHOTS=write stores it anew."""
    file = SNAPSHOTS / name
    if os.environ.get("WEAKPAIR_SNAPSHOTS") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("format_name", tables.FORMATS)
def test_snapshot(format_name: str) -> None:
    text = tables.render([*matching(), *imputation()], format_name)
    check(f"both.{SUFFIXES[format_name]}", text)


def test_snapshot_of_a_narrow_terminal() -> None:
    check("narrow.txt", tables.render(imputation(), "text", screen=Screen(80)))


def test_snapshot_of_a_styled_terminal() -> None:
    check("styled.txt", tables.render(matching(), "text", screen=Screen(100, styled=True)))


def test_unknown_format() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'latex'"):
        tables.render(matching(), "latx")


def test_one_table_is_a_list_of_one() -> None:
    (table,) = matching()
    assert tables.render(table, "csv") == tables.render([table], "csv")


def numbers(table: Table) -> set[str]:
    """Every written number of a table, as a reader looks for it."""
    shown = (cell.display for row in table.rows for cell in row.cells[1:])
    return {word for text in shown for word in text.split() if word != "±"}


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_no_screen_cuts_a_number(width: int) -> None:
    for table in [*matching(), *imputation()]:
        words = tables.render(table, "text", screen=Screen(width)).replace("*", " ").split()
        assert numbers(table) <= {word.lstrip("_") for word in words}


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_papers_tables_fit_eighty_columns(width: int) -> None:
    text = tables.render([*matching(), *imputation()], "text", screen=Screen(width))
    assert max(map(len, text.splitlines())) <= width


def test_plain_text_has_no_escape_codes_and_styled_text_no_symbols() -> None:
    plain = tables.render(matching(), "text")
    styled = tables.render(matching(), "text", screen=Screen(100, styled=True))
    assert "\x1b" not in plain
    assert "*0.550" in plain
    assert "\x1b[1m0.550 ± 0.050\x1b[0m" in styled
    assert "*0.550" not in styled


def test_the_environment_does_not_change_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables.render(matching(), "text")
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "20", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert tables.render(matching(), "text") == before


def test_a_pipe_is_a_plain_screen_of_any_width() -> None:
    assert Screen.detect() == Screen()


def test_csv_is_read_back_in_full() -> None:
    text = tables.render(matching(), "csv")
    found = pd.read_csv(StringIO(text), float_precision="round_trip")
    assert list(found.columns[:4]) == ["table", "group", "row", "column"]
    trace = found[(found["column"] == "trace") & (found["row"] == "groove-cosine + labeled-eot")]
    cell = matching()[0].groups[0].rows[0].cells[2]
    read = trace[["value", "se", "n", "done", "expected"]].iloc[0].tolist()
    assert read == [cell.value, cell.se, 2, 2, 2]
    assert trace["marks"].item() == "best"


def test_csv_of_several_tables_has_one_header() -> None:
    text = tables.render([*matching(), *imputation()], "csv")
    assert text.count("table,group,row") == 1
    assert pd.read_csv(StringIO(text))["table"].nunique() == 2


def test_markdown_is_a_table_to_its_reader() -> None:
    html = MarkdownIt("commonmark").enable("table").render(tables.render(matching(), "markdown"))
    (frame,) = html_tables(html)
    assert frame[0] == [column.heading for column in matching()[0].columns]
    assert frame[1][:2] == ["groove-cosine + labeled-eot", "1.5"]
    assert "<strong>0.550 ± 0.050</strong>" in html


def test_html_has_the_same_cells() -> None:
    (frame,) = html_tables(tables.render(matching(), "html"))
    (table,) = matching()
    assert frame[1] == [cell.display for cell in table.rows[0].cells]


def test_rows_must_fit_the_columns() -> None:
    with pytest.raises(ParameterError, match="a row has 1 cells, the table 2 columns"):
        Table("t", "c", (Column("a", "A"), Column("b", "B")), (Group("", (Row((Cell(1, "1"),)),)),))


def test_importing_tables_leaves_the_heavy_libraries_alone() -> None:
    heavy = {"jinja2", "rich", "scipy", "matplotlib", "torch", "benchmark", "learners", "aligners"}
    code = "import sys, tables; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not heavy & set(loaded)
