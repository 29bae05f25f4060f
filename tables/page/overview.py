"""The first section: what was compared, what came first, and what to be careful about."""

from collections.abc import Sequence

from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.page.choice import place_in_words
from tables.page.model import Facts, Section, Sheet, Text
from tables.page.scores import Scored
from tables.ranked.boards import Board
from tables.ranked.captions import unconverged_part
from tables.ranked.cells import method_cell
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing
from weakpair.vocabulary.columns import CELL


def summary(scored: Scored) -> Section:
    """Counts, the first of every ranking, and warnings."""
    return Section(
        "summary",
        "Summary",
        [Facts(_counts(scored)), Sheet(_winners(scored.boards)), *map(Text, _warnings(scored))],
    )


def _counts(scored: Scored) -> list[tuple[str, str]]:
    results = scored.material.results
    names = ["dataset", "split", "training_cells", "learner", "aligner"]
    known = {name: [str(n) for n in results[name].unique() if n != "-"] for name in names}
    cells = [*CELL, "task"]
    done, open_ = len(results[cells].drop_duplicates()), len(scored.gaps)
    pairs = dict.fromkeys(
        f"{board.protocol.dataset}: {sentence}"
        for board in scored.boards
        if (sentence := board.protocol.about.paired())
    )
    return [
        ("Runs", ", ".join(run.name for run in scored.material.runs)),
        ("Data sets", ", ".join(known["dataset"])),
        *([("True pairs", "; ".join(pairs))] if pairs else []),
        ("Splits", ", ".join(known["split"])),
        ("Training cells", ", ".join(known["training_cells"])),
        ("Learners", _listed(known["learner"])),
        ("Aligners", _listed(known["aligner"])),
        ("Cells with scores", f"{done:,} of {done + open_:,}"),
    ]


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def _winners(boards: Sequence[Board]) -> Table:
    """A row per ranking."""
    rows = [_winner(board, standing) for board in boards for standing in board.standings]
    columns = (
        Column("ranking", "Ranking", numeric=False),
        Column("best", "Best by mean rank", numeric=False),
        Column("mean-rank", "Its mean rank"),
        Column("baseline", "Best simple baseline", numeric=False),
        Column("controls", "Beat every control"),
    )
    caption = (
        "Mean rank over the metrics that its table names. Beat every control: how many ranked "
        "combinations have a better mean than each of the controls, in the ranked metric where "
        "fewest do (in brackets)."
    )
    return Table("What came first", caption, columns, (Group("", tuple(rows)),))


def _winner(board: Board, standing: Standing) -> Row:
    where = place_in_words(board, standing)
    nothing = Cell(None, "–")
    if not standing.ranked:
        why = " (no true pairs)" if board.protocol.about.unpaired else ""
        none = Cell(None, f"nothing is ranked{why}")
        return Row((Cell(None, where), none, *[nothing] * 3))
    best = standing.ranked[0]
    rank = standing.mean_rank[best]
    return Row(
        (
            Cell(None, where),
            method_cell(best, standing),
            Cell(rank, f"{rank:.2f}"),
            _baseline(standing) or nothing,
            _beat_controls(board, standing) or nothing,
        )
    )


def _baseline(standing: Standing) -> Cell | None:
    for place, name in enumerate(standing.ranked, start=1):
        if standing.section.roles[name] == "baseline":
            shown = method_cell(name, standing)
            return Cell(None, f"{shown.display} (place {place})", marks=shown.marks)
    return None


def _beat_controls(board: Board, standing: Standing) -> Cell | None:
    """Count combinations above the controls in the metric in which fewest are."""
    counts = [
        (count, metric)
        for metric in standing.rankers
        if (count := _ahead(board, standing, metric)) is not None
    ]
    if not counts:
        return None
    count, metric = min(counts, key=lambda known: known[0])
    of = len(standing.complete_means(metric))
    return Cell(float(count), f"{count} of {of} ({in_print(metric)})")


def _ahead(board: Board, standing: Standing, metric: str) -> int | None:
    """Count the combinations that have a better mean than every control."""
    means, found = standing.complete_means(metric), standing.estimates.get(metric, {})
    sign = 1 if board.higher_is_better[metric] else -1
    controls = [
        sign * found[name].mean
        for name in standing.set_aside.get("control", ())
        if name in found and found[name].done
    ]
    if not controls or not means:
        return None
    return sum(sign * mean > max(controls) for mean in means.values())


def _warnings(scored: Scored) -> list[str]:
    found = []
    stages = [run.stages for run in scored.material.runs]
    failed = sum(int((frame["status"] == "failed").sum()) for frame in stages)
    if failed:
        found.append(f"Failed stages: {failed}; their logs stand below.")
    if len(scored.gaps):
        found.append(f"Cells without scores: {len(scored.gaps)}; incomplete combinations show n/N.")
    return [
        *found,
        *_unconverged(scored),
        *_suspects(scored),
        *dict.fromkeys(text for texts in scored.material.absent.values() for text in texts),
    ]


def _unconverged(scored: Scored) -> list[str]:
    """Count the combinations that have a †, by what it stands for in their tasks."""
    names: dict[str, set[Combination]] = {}
    for board in scored.boards:
        for standing in board.standings:
            names.setdefault(unconverged_part(board.task), set()).update(
                standing.section.unconverged
            )
    return [
        f"Combinations with {part}s that did not converge (†): {len(found)}."
        for part, found in names.items()
        if found
    ]


def _suspects(scored: Scored) -> list[str]:
    names = {
        (board.protocol.dataset, name)
        for board in scored.boards
        for standing in board.standings
        for name in standing.section.suspects
    }
    return (
        [f"Combinations with fits that are not to be trusted (‡): {len(names)}."] if names else []
    )
