"""The tables of a comparison in every format."""

import pandas as pd
import pytest

import tables
from tests.tables.examples import mixed, wide


@pytest.mark.parametrize("style", tables.FORMATS)
@pytest.mark.parametrize(
    ("frame", "task"), [(mixed(), "matching"), (wide(), "imputation")], ids=["mixed", "wide"]
)
def test_every_format_holds_every_table(style: str, frame: pd.DataFrame, task: str) -> None:
    made = tables.statistics_tables(frame, task)
    assert [table.title.split(".")[0].split(":")[0] for table in made] == [
        "Differences from the best",
        "Mean ranks with intervals",
        "Learner, aligner and their interaction",
        "Critical differences",
    ]
    written = tables.render(made, style)
    assert all(table.title.split("(")[0].rstrip() in written for table in made)


def test_the_order_of_rows_does_not_matter() -> None:
    shuffled = mixed().sample(frac=1, random_state=3)
    assert tables.statistics_tables(shuffled, "matching") == tables.statistics_tables(
        mixed(), "matching"
    )


def test_one_line_per_shown_combination() -> None:
    differences, ranks, *_ = tables.statistics_tables(mixed(), "matching", top=2)
    assert len(differences.rows) == len(ranks.rows) == 2
