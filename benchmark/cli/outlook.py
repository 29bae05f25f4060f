"""Tables of what is stored and what is to come, for `bench run --dry-run` and `bench status`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from benchmark.cli.streams import shown
from weakpair.quantities import duration, size

if TYPE_CHECKING:
    from rich.table import Table

    from benchmark.engine.scheduling import Outlook, Share


def share_table(
    outlook: "Outlook", title: str, spent: Mapping[str, float] | None = None
) -> "Table":
    """Stages by kind: in the grid, stored, missing, predicted; with `spent` the last run's time."""
    from rich.table import Table
    from rich.text import Text

    words = ("cached", "to compute") if spent is None else ("stored", "missing")
    table = Table("stage", "in the grid", *words, "predicted", title=Text(shown(title)))
    if spent is not None:
        table.add_column("seconds, last run")
    for kind, share in outlook.shares.items():
        cells = [kind, str(share.total), str(share.total - share.todo), str(share.todo)]
        cells.append(_predicted(share))
        if spent is not None:
            cells.append(f"{spent[kind]:,.0f}" if kind in spent else "-")
        table.add_row(*cells)
    return table


def _predicted(share: "Share") -> str:
    """Time and disk; a typical time is no more than a guess, and has no size."""
    if share.todo == share.unknown:
        return "-"
    if share.todo == share.untimed:
        return f"~ {duration(share.seconds)}"
    return f"{duration(share.seconds)}, {size(share.bytes)}"


def expected(outlook: "Outlook", workers: int, store: str) -> Iterator[str]:
    """Time and disk of what is missing, from earlier runs on this store, else typical ones."""
    total = outlook.total()
    known = total.todo - total.unknown
    if known:
        disk = f", {size(total.bytes)} more in {store}" if total.todo > total.untimed else ""
        yield (
            f"expected: {duration(total.seconds)} of computing, about "
            f"{duration(outlook.elapsed(workers))} on {workers} worker{'s' * (workers > 1)}{disk}"
        )
    if total.untimed:
        kinds = [f"{s.untimed} {kind}" for kind, s in outlook.shares.items() if s.untimed]
        yield f"never timed on this store: {', '.join(kinds)}{_stand_in(total)}"


def _stand_in(total: "Share") -> str:
    """Say what stands in the expectation for stages that were never timed."""
    guessed = total.untimed - total.unknown
    said = "; typical times of 2,000 cells stand for them" if guessed else ""
    if total.unknown and total.todo > total.unknown:
        return f"{said}; {total.unknown} of unknown cost are not in these numbers"
    return said
