"""LaTeX compiles, with every name a person may give, where there is a LaTeX to try."""

import shutil
import subprocess
from pathlib import Path

import pytest

import tables
from tables.model import Cell, Column, Group, Row, Table
from tests.tables.examples import mixed, wide
from tests.tables.test_escape import MARKUP, named

COMMANDS = {
    "tectonic": ["--outdir", "."],
    "latexmk": ["-pdf", "-interaction=nonstopmode", "-halt-on-error"],
    "pdflatex": ["-interaction=nonstopmode", "-halt-on-error"],
}
PAGE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[margin=1cm]{geometry}
\usepackage{booktabs,textcomp,graphicx}
\begin{document}
%s
\end{document}
"""
FOUND = next((name for name in COMMANDS if shutil.which(name)), None)


def spread(columns: int) -> Table:
    """A table with so many columns of numbers under long names."""
    named_columns = [Column("method", "Method", numeric=False)]
    named_columns += [Column(f"set{n}", f"a_data_set_with_a_name_{n}") for n in range(columns)]
    cells = [Cell(None, "groove-cosine + labeled-eot"), *(Cell(0.5, "50 %"),) * columns]
    return Table("Wide", "Many sets.", tuple(named_columns), (Group("", (Row(tuple(cells)),)),))


@pytest.mark.skipif(FOUND is None, reason="none of tectonic, latexmk and pdflatex is installed")
def test_every_table_compiles(tmp_path: Path) -> None:
    assert FOUND is not None
    made = [
        *tables.build(mixed(), "matching"),
        *tables.build(wide(), "imputation", ties={}),
        *tables.statistics_tables(mixed(), "matching"),
        named(MARKUP),
        named("IFN-β, TNF-α, 5 µg"),
        spread(12),
    ]
    (tmp_path / "page.tex").write_text(PAGE % tables.render(made, "latex"), encoding="utf-8")
    command = [FOUND, *COMMANDS[FOUND], "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "page.pdf").stat().st_size > 0
    log = (tmp_path / "page.log").read_text(encoding="utf-8", errors="replace")
    assert "Overfull \\hbox" not in log, "a table runs off the page"


@pytest.mark.parametrize("frame", ["matching", "imputation"])
def test_environments_and_columns_match(frame: str) -> None:
    (table,) = tables.build(mixed() if frame == "matching" else wide(), frame)
    text = tables.render(table, "latex")
    for environment in ("table", "tabular"):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}") == 1
    rows = [
        line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line
    ]
    assert {row.count(" & ") + 1 for row in rows} == {len(table.columns)}
    assert text.count(r"\textbf{") == sum("best" in c.marks for r in table.rows for c in r.cells)


def test_what_is_wider_than_the_page_is_made_to_fit() -> None:
    narrow, broad = (tables.render(spread(columns), "latex") for columns in (2, 12))
    assert "resizebox" not in narrow
    assert broad.count(r"\resizebox{\linewidth}{!}{%") == broad.count(r"\end{tabular}}") == 1
