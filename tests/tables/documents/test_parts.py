"""Kinds of tables on a page."""

import pandas as pd

from tables.documents import DocumentRun, find_document, write_page
from tables.documents.parts import Against, OverDatasets, Ranked, Work
from tables.page.material import STAGE_COLUMNS, RunRecord
from tables.results import checked
from tests.tables.examples import row


def run(name: str, **place: object) -> DocumentRun:
    plain = {"dataset": "simulation", "variant": "shared=1.0", "split": "holdout", "data": "d"}
    rows = [
        row(learner, "labeled-eot", metric, value + replicate / 100, replicate=replicate, **at)
        for learner, value in (("groove-cosine", 0.46), ("lda", 0.7))
        for metric in ("trace", "foscttm")
        for replicate in (0, 1)
        for at in ({**plain, **place},)
    ]
    stages = pd.DataFrame(
        [("fit", "lda", "done", 90.0, 100.0, "", ""), ("fit", "ps", "cached", 30.0, 50.0, "", "")],
        columns=list(STAGE_COLUMNS),
    )
    record = RunRecord(name, stages, {"ended": "2026-01-01", "processor": "EPYC"}, "")
    return DocumentRun(checked(pd.DataFrame(rows)), record, lambda key: {})


def test_work_says_what_stages_took_and_where() -> None:
    (table,) = Work(("simulation",)).tables({"simulation": run("simulation")})
    (only,) = table.groups[0].rows
    assert [cell.display for cell in only.cells[:5]] == ["fit", "1", "1", "0", "2 min"]
    assert "processor: EPYC" in table.caption


def test_against_sets_ours_beside_the_paper() -> None:
    summary, table = Against(("simulation",), "groove").tables({"simulation": run("simulation")})
    assert summary.title == "GROOVE: ours and theirs"
    assert table.title == "GROOVE, Table 1"


def test_ranked_has_a_table_per_task_and_protocol_of_the_merged_runs() -> None:
    runs = {"same": run("same"), "disjoint": run("disjoint", training_cells="disjoint")}
    titles = [table.title for table in Ranked(("same", "disjoint"), top=1).tables(runs)]
    assert titles == [
        "Matching: simulation (holdout, same training cells)",
        "Matching: simulation (holdout, disjoint training cells)",
    ]


def test_over_datasets_has_a_table_per_kind_of_training_cells() -> None:
    runs = {
        f"{dataset}-{cells}": run(dataset, dataset=dataset, data=dataset, training_cells=cells)
        for dataset in ("one", "two")
        for cells in ("same", "disjoint")
    }
    made = OverDatasets(tuple(runs), "matching").tables(runs)
    assert [table.title for table in made] == [
        "Matching over data sets: holdout, same training cells",
        "Matching over data sets: holdout, disjoint training cells",
    ]


def test_a_page_has_the_sections_of_its_document_in_order() -> None:
    document = find_document("reproduction-groove")
    runs = {name: run(name) for name in document.runs}
    page = write_page(document, "# Notes\n", runs)
    assert page.startswith("# Notes\n\n## Machine and time\n\n")
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [section.heading for section in document.sections]
