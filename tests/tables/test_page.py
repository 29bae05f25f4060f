"""What the page says: the numbers of the tables, every name as text, the same bytes every time."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from tables.model import Row
from tables.page import Curve, LatentMap, Material, RunRecord, build_page, render_page
from tables.page.material import STAGE_COLUMNS
from tables.page.model import Gallery, Heat, Log, Panel, Panels, Picture, Sheet, Text
from tests.tables.examples import mixed, results
from tests.tables.readers import path_points, read_html

EVIL = '<img src=x onerror="document.title=1">&"\'</script><script>alert(1)</script>'
SECTIONS = (
    "choice",
    "summary",
    "ranking",
    "differences",
    "heat",
    "perturbations",
    "folds",
    "curves",
    "latents",
    "papers",
    "failures",
    "costs",
    "provenance",
)


def stages(*rows: dict[str, Any]) -> pd.DataFrame:
    plain = {"what": "", "status": "done", "seconds": 1.0, "peak_rss_mb": 10.0}
    whole = [{**plain, "error": "", "log": "", **row} for row in rows]
    return pd.DataFrame(whole, columns=list(STAGE_COLUMNS))


def material(name: str = "groove-cosine", **changes: Any) -> Material:
    """All sections have something to say; `name` stands wherever people's names stand."""
    frame = mixed().replace({"groove-cosine": name})
    frame["dataset"] = name
    rng = np.random.default_rng(0)
    plain: dict[str, Any] = {
        "title": name,
        "results": frame,
        "gaps": frame[frame["learner"] == "ps"]
        .head(1)
        .assign(fold="1", status="failed", error=name),
        "runs": [
            RunRecord(
                name,
                stages(
                    {"kind": "fit", "what": name, "seconds": 2.0},
                    {"kind": "fit", "what": "pca", "status": "cached", "seconds": 0.0},
                    {"kind": "align", "status": "failed", "error": name, "log": f"Trace\n{name}"},
                ),
                {"python": "3.11", "git": {"sha": name, "dirty": True}, "gpu": None},
                f"name: {name}\n",
            )
        ],
        "curves": [Curve(name, name, "fold-0", {name: [3.0, 2.0, float("nan"), 1.0]})],
        "maps": [
            LatentMap(
                name,
                name,
                rng.normal(size=(8, 2)),
                np.repeat([1, 2], 4),
                np.array([name, "b", "c", "d"] * 2),
                "fold-0",
            )
        ],
    }
    return Material(**{**plain, **changes})


def test_it_has_all_sections_and_links_to_each() -> None:
    page = build_page(material())
    assert tuple(section.anchor for section in page.sections) == SECTIONS
    html = render_page(page)
    assert re.findall(r'<li><a href="#([a-z]+)"', html) == list(SECTIONS)
    assert all(f'<section id="{anchor}"' in html for anchor in SECTIONS)


def test_a_name_stays_text_wherever_it_stands() -> None:
    html = render_page(build_page(material(EVIL)))
    assert html.count("<script>") == html.count("</script>") == 1
    assert "<img" not in html
    # Title, ranked rows, heat map, drawings, legends, logs, grid: shown, not lost.
    assert html.count("&lt;img src=x onerror=") > 40
    page = read_html(html)
    assert any(row[0].startswith(EVIL) for table in page.tables for row in table)


def test_the_same_material_gives_the_same_bytes() -> None:
    assert render_page(build_page(material())) == render_page(build_page(material()))


def test_it_asks_nobody_for_anything() -> None:
    html = render_page(build_page(material()))
    assert not re.search(r"https?://|\bsrc=|@import|url\(|<link", html)
    assert "default-src 'none'" in html


def test_ranked_tables_are_those_of_build() -> None:
    known = material()
    (section,) = [s for s in build_page(known).sections if s.anchor == "ranking"]
    shown = [
        block.table for part in section.parts for block in part.blocks if isinstance(block, Sheet)
    ]
    assert shown == tables.build(known.results, "matching", failures=known.gaps, ties={})


def galleries(known: Material, anchor: str) -> list[Gallery]:
    (section,) = [s for s in build_page(known).sections if s.anchor == anchor]
    return [b for part in section.parts for b in part.blocks if isinstance(b, Gallery)]


@pytest.mark.parametrize(("metric", "best"), [("trace", "0.55"), ("mse", "0.10")])
def test_the_best_cell_is_the_darkest_in_either_direction(metric: str, best: str) -> None:
    scores = {
        ("ps", "eot"): [0.2],
        ("ps", "snn"): [0.55],
        ("pca", "eot"): [0.1],
        ("pca", "snn"): [0.4],
    }
    frame = results({name: {metric: values} for name, values in scores.items()})
    (gallery,) = galleries(Material("t", frame), "heat")
    (heat,) = gallery.items
    assert isinstance(heat, Heat)
    cells = [cell for _, row in heat.rows for cell in row if cell]
    shades = {cell.display: cell.shade for cell in cells}
    assert sorted(shades.values())[0] == 0
    assert [float(d) for d, shade in shades.items() if shade == 1] == [float(best)]
    assert all(sum(cell.best for cell in row if cell) == 1 for _, row in heat.rows)


def test_a_combination_that_is_not_in_the_grid_is_a_hole_and_a_partial_one_says_so() -> None:
    (gallery,) = galleries(Material("t", mixed()), "heat")
    heat = gallery.items[0]
    assert isinstance(heat, Heat)
    rows = {name: dict(zip(heat.columns, cells, strict=True)) for name, cells in heat.rows}
    assert rows["pca"]["labeled-eot"] is None
    partial = rows["ps"]["eot"]
    assert partial is not None
    assert "(1/2)" in partial.display


def test_every_fold_is_a_dot() -> None:
    (gallery,) = galleries(Material("t", mixed()), "folds")
    trace = gallery.items[0]
    assert isinstance(trace, Picture)
    # Three ranked combinations and the control with two folds each.
    dots = re.findall(r'd="([^"]*h0)"', trace.svg)
    assert sum(len(path_points(d)) for d in dots) == 8
    assert "groove-cosine + labeled-eot: 0.55 ± 0.05, n = 2; 0: 0.5, 1: 0.6<" in trace.svg


def picked(known: Material) -> list[Panel]:
    """Panels of the first section."""
    (panels,) = build_page(known).sections[0].blocks
    assert isinstance(panels, Panels)
    return list(panels.items)


def test_the_first_screen_has_a_panel_for_each_ranking_with_its_first_five() -> None:
    known = Material("t", mixed())
    panels = picked(known)
    summary_rows = build_page(known).sections[1].blocks[1]
    assert isinstance(summary_rows, Sheet)
    assert [panel.label for panel in panels] == [
        r.cells[0].display for r in summary_rows.table.rows
    ]
    for panel, row in zip(panels, summary_rows.table.rows, strict=True):
        sheet = panel.blocks[0]
        assert isinstance(sheet, Sheet)
        assert 0 < len(sheet.table.rows) <= 5
        assert sheet.table.rows[0].cells[0].display == row.cells[1].display
        assert sheet.table.rows[0].cells[3].display == ""


def test_seconds_are_those_of_the_stages_behind_a_score_from_whichever_run() -> None:
    frame = mixed()
    frame["fit_key"] = "fit-" + frame["learner"]
    frame["align_key"] = "align-" + frame["learner"] + frame["aligner"] + frame["fold"]
    keys = [*frame["fit_key"].unique(), *frame["align_key"].unique()]
    timed = stages(*({"kind": "fit", "seconds": 2.0 if k[0] == "f" else 0.5} for k in keys))
    record = RunRecord("r", timed.assign(key=keys), {}, "")
    (sheet, *_) = picked(Material("t", frame, runs=[record]))[0].blocks
    assert isinstance(sheet, Sheet)
    assert {row.cells[-1].display for row in sheet.table.rows} == {"2.5"}
    shared = frame.assign(score_key="of-" + frame["fold"])
    (sheet, *_) = picked(Material("t", shared, runs=[record]))[0].blocks
    assert isinstance(sheet, Sheet)
    assert {row.cells[-1].display for row in sheet.table.rows} == {"2.5"}
    unknown = RunRecord("r", timed.assign(key=keys).iloc[:-1], {}, "")
    (sheet, *_) = picked(Material("t", frame, runs=[unknown]))[0].blocks
    assert isinstance(sheet, Sheet)
    assert {row.cells[-1].display for row in sheet.table.rows} <= {"2.5", "–"}


def test_what_a_reader_must_know_of_a_ranking_stands_beside_it() -> None:
    frame = mixed()
    frame["converged"] = False
    texts = [b.text for b in picked(Material("t", frame))[0].blocks if isinstance(b, Text)]
    assert any(text.startswith("†: plan") for text in texts)
    assert any("No share of the gap" in text for text in texts)


def test_failures_show_their_logs_as_they_were_written() -> None:
    (section,) = [s for s in build_page(material()).sections if s.anchor == "failures"]
    (log,) = [block for block in section.blocks if isinstance(block, Log)]
    assert log.text == "Trace\ngroove-cosine"
    (sheet,) = [block for block in section.blocks if isinstance(block, Sheet)]
    assert sheet.table.title == "Cells without scores: 1"
    assert "<pre" in render_page(build_page(material()))


def test_a_gap_that_another_run_filled_is_none() -> None:
    frame = mixed()
    filled = frame[frame["learner"] == "pca"].assign(status="failed", error="once")
    html = render_page(build_page(Material("t", frame, gaps=filled)))
    assert "No stage failed." in html
    assert "Cells without scores" not in html


def cached(*spent: float) -> Material:
    """One fit was computed in 2 s, the others came from the store."""
    rows = [{"kind": "fit", "what": "a", "seconds": 2.0}]
    rows += [{"kind": "fit", "what": "b", "status": "cached", "seconds": s} for s in spent]
    return material(runs=[RunRecord("run", stages(*rows), {}, "")])


def test_what_came_from_the_store_counts_as_it_took_or_as_not_known() -> None:
    for spent, total, longest in (((4.0, 1.0), 7.0, 4.0), ((4.0, 0.0), 6.0, 4.0)):
        (section,) = [s for s in build_page(cached(*spent)).sections if s.anchor == "costs"]
        sheets = [b.table for part in section.parts for b in part.blocks if isinstance(b, Sheet)]
        (fit,) = sheets[0].rows
        assert [cell.value for cell in fit.cells[1:5]] == [1, 2, 0, total]
        assert fit.cells[6].value == longest
        by_method = {row.cells[0].display: row.cells[4].display for row in sheets[1].rows}
        assert by_method["fit b"] == f"{total - 2:g} s"
    lost = [b for p in section.parts for b in p.blocks if isinstance(b, Gallery)]
    assert "What 1 of them took is not known" in lost[0].caption


def test_no_stage_of_unknown_cost_is_said_to_take_no_time() -> None:
    rows = [{"kind": "fit", "what": "b", "status": "cached", "seconds": 0.0}]
    known = material(runs=[RunRecord("run", stages(*rows), {}, "")])
    (section,) = [s for s in build_page(known).sections if s.anchor == "costs"]
    sheets = [b.table for part in section.parts for b in part.blocks if isinstance(b, Sheet)]
    assert [cell.display for cell in sheets[0].rows[0].cells[4:]] == ["–"] * 4
    assert "0 ms" not in render_page(build_page(known))


def test_seconds_add_up() -> None:
    (section,) = [s for s in build_page(material()).sections if s.anchor == "costs"]
    sheets = [b.table for part in section.parts for b in part.blocks if isinstance(b, Sheet)]
    by_stage = {row.cells[0].display: row.cells for row in sheets[0].rows}
    fit = by_stage["fit"]
    assert [cell.value for cell in fit[1:5]] == [1, 1, 0, 2.0]
    assert by_stage["align"][3].value == 1
    assert by_stage["align"][4].display == "–"


def test_what_is_absent_is_said_in_the_summary_and_in_its_place() -> None:
    known = material(curves=[], absent={"curves": ["The store is gone."]})
    assert render_page(build_page(known)).count("The store is gone.") == 2


def winners(known: Material) -> Row:
    (section,) = [s for s in build_page(known).sections if s.anchor == "summary"]
    (sheet,) = [block for block in section.blocks if isinstance(block, Sheet)]
    return sheet.table.rows[0]


def test_the_summary_counts_who_beats_the_controls() -> None:
    row = winners(material(gaps=None))
    # 'uniform' has a trace of 0.01 and a FOSCTTM of 0.50, which all three ranked combinations beat.
    assert row.cells[-1].display == "3 of 3 (Trace)"
    assert row.cells[1].display == "groove-cosine + labeled-eot"
    assert row.cells[3].display.startswith("pca + eot (place ")


def test_the_summary_counts_where_fewest_beat_the_controls() -> None:
    frame = mixed()
    frame.loc[(frame["aligner"] == "uniform") & (frame["metric"] == "foscttm"), "value"] = 0.15
    # groove-cosine + eot has 0.19.
    assert winners(Material("t", frame)).cells[-1].display == "2 of 3 (Bary. FOSCTTM)"


def test_papers_stand_beside_results_about_the_same_data() -> None:
    published = results(
        {("groove-cosine", "labeled-coot"): {"trace": [0.8]}},
        dataset="simulation",
        variant="shared=1.0",
        split="holdout",
    )
    html = render_page(build_page(Material("t", published)))
    assert "GROOVE, Table 1" in html
    assert "0.856 ± 0.027" in html
    assert "no printed number" in render_page(build_page(material()))
