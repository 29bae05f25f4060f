"""Boards of perturbations: each label ranked by itself, beside the ranking over all cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tables.ranked.boards import Board, boards
from tables.ranked.standings import Standing
from tables.results import checked
from weakpair.errors import DataError
from weakpair.vocabulary.columns import KEY


@dataclass(frozen=True)
class ByLabel:
    """One variant of a table: its standing over all cells, and that of every label.

    Attributes:
        board: where the variant stands.
        whole: its standing over all cells.
        parts: the labels' standings by label.
        cells: scored cells of each label, over all folds of a replicate.
    """

    board: Board
    whole: Standing
    parts: Mapping[str, Standing]
    cells: Mapping[str, int]


def by_label(
    results: pd.DataFrame, scores: pd.DataFrame, task: str, **options: Any
) -> Iterator[ByLabel]:
    """Rank the combinations over all cells and among those of each label.

    Args:
        results: tidy results, as for `tables.build`.
        scores: by label, as `weakpair.vocabulary.columns.BY_LABEL` has them.
        task: "matching" or "imputation".
        options: `missing`, `include`, `ratios`, `unit`, `all_metrics` of `tables.ranked.boards`.

    Raises:
        DataError: no result of the task has scores by label.
    """
    rows = checked(results)
    rows = rows[rows["task"] == task]
    known = rows[rows["score_key"].isin(set(scores["score_key"]))]
    if known.empty:
        raise DataError(
            f"no result of task {task!r} has scores by perturbation; `bench run` files them beside "
            "the results of matching and imputation: run the grid again, its plans are in the store"
        )
    for variant, of_variant in known.groupby("variant", sort=False):
        labelled = _labelled(of_variant, scores)
        parts = {board.protocol: board for board in boards(labelled, task, **options)}
        for board in boards(of_variant, task, **options):
            own = _place(labelled, board)
            if board.protocol not in parts:
                continue
            standings = parts[board.protocol].standings
            yield ByLabel(
                board,
                next(s for s in board.standings if s.section.variant == str(variant)),
                {standing.section.variant: standing for standing in standings},
                _cells(own),
            )


def _labelled(results: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Results by label: the label stands for the variant."""
    points = results.drop(columns=["metric", "value", "higher_is_better", "note"], errors="ignore")
    joined = points.drop_duplicates([*KEY]).merge(scores, on="score_key")
    return joined.assign(variant=joined["label"])


def _place(labelled: pd.DataFrame, board: Board) -> pd.DataFrame:
    """The rows by label of a board."""
    protocol = board.protocol
    same = (
        (labelled["dataset"] == protocol.dataset)
        & (labelled["split"] == protocol.split)
        & (labelled["training_cells"] == protocol.training_cells)
    )
    return (
        labelled[same & (labelled["target"] == protocol.target)]
        if "target" in labelled
        else labelled[same]
    )


def _cells(labelled: pd.DataFrame) -> dict[str, int]:
    folds = labelled.drop_duplicates(["label", "replicate", "fold"])
    sums = folds.groupby(["label", "replicate"])["cells"].sum().groupby("label").mean()
    return {str(label): round(count) for label, count in sums.items()}
