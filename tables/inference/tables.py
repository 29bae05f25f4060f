"""The tables of `bench report --compare`: which differences, ranks and effects are real."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tables.inference.bootstrap import rank_table
from tables.inference.comparisons import comparison_table
from tables.inference.critical import critical_table
from tables.inference.interaction import interaction_table
from tables.model import Table
from tables.ranked.boards import boards


def statistics_tables(
    results: pd.DataFrame,
    task: str,
    *,
    ratios: Mapping[str, float] | None = None,
    top: int | None = None,
    seed: int = 0,
    **options: Any,
) -> list[Table]:
    """Differences from the best, intervals of mean ranks, interaction, critical differences.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        ratios: kind of split → test / training rows of its folds, for results that do not say it
            (see `tables.inference.comparisons`).
        top: how many combinations to show in the tables that list them; None = all.
        seed: of the bootstrap.
        options: `failures`, `missing`, `include`, `metrics`, `expected`, `unit` of `tables.build`.
    """
    ranked = boards(results, task, ratios=ratios, **options)
    listed = [
        table
        for board in ranked
        for table in (
            comparison_table(board, ratios or {}, top=top),
            rank_table(board, top=top, seed=seed),
            interaction_table(board),
        )
    ]
    return [*listed, critical_table(ranked)]
