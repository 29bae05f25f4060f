"""Titles and captions: what a reader must know to trust the numbers, in plain sentences."""

from collections.abc import Sequence

from tables.metrics import describe, ranked
from tables.ranking import Missing
from tables.sections import Protocol, Section
from tables.standings import Standing
from tables.statistics import Unit

_CELLS = {
    "same": "both modalities come from the same training cells, their order hidden",
    "disjoint": "the modalities come from disjoint training cells",
}
_SPLITS = {
    "kfold": "k-fold",
    "lopo": "leave one perturbation out",
    "holdout": "holdout",
}


def title(task: str, protocol: Protocol) -> str:
    """Task, data set and split.

    >>> title("matching", Protocol("digits", "kfold", "same"))
    'Matching: digits (k-fold, same training cells)'
    """
    split = _SPLITS.get(protocol.split, protocol.split)
    where = f"{split}, {protocol.training_cells} training cells"
    return f"{task.capitalize()}: {protocol.dataset} ({where})"


def training_cells(name: str) -> str:
    """Say which cells a method saw.

    >>> training_cells("overlap=0.25")
    'the modalities share 0.25 of the training cells'
    """
    share = name.removeprefix("overlap=")
    return _CELLS.get(name, f"the modalities share {share} of the training cells")


def unconverged_part(task: str) -> str:
    """What a † is about: the probe has no plans, but classifiers.

    >>> unconverged_part("probe"), unconverged_part("matching")
    ('logistic regression', 'plan')
    """
    return "logistic regression" if task == "probe" else "plan"


def spread(sections: Sequence[Section], unit: Unit, metrics: Sequence[str]) -> str:
    """Say what follows ±: SE or SD, over which unit it is, and how many there are."""
    kind = " or ".join(dict.fromkeys(describe(metric).spread.upper() for metric in metrics))
    units = [section.units for section in sections]
    replicates = [len({replicate for replicate, _ in pairs}) for pairs in units]
    pairs = [len(pairs) for pairs in units]
    counts = replicates if unit == "replicate" else pairs
    if max(counts) < 2:
        return f"Values of a single {unit}: no {kind}"
    note = ""
    if unit == "replicate" and max(pairs) > max(replicates):
        note = ", the folds of a replicate averaged first"
    if unit == "fold" and max(replicates) > 1:
        note = f" of {_many(replicates, 'replicate')}"
    return f"Mean ± {kind} across {_many(counts, unit)}{note}"


def _many(counts: Sequence[int], noun: str) -> str:
    low, high = min(counts), max(counts)
    number = str(high) if low == high else f"{low}–{high}"
    return f"{number} {noun}" if high == 1 else f"{number} {noun}s"


def caption(
    protocol: Protocol,
    standings: Sequence[Standing],
    metrics: Sequence[str],
    unit: Unit,
    missing: Missing,
    top: int | None,
    *,
    task: str,
) -> str:
    """The whole caption of a table."""
    sections = [standing.section for standing in standings]
    return _sentences(
        [
            _ranking(standings, metrics, top),
            spread(sections, unit, metrics),
            "best of the ranked in bold, second-best underlined",
            training_cells(protocol.training_cells),
            _apart(standings),
            _dropped(sections),
            _incomplete(standings, missing),
            _undefined(sections),
            _unconverged(sections, task),
        ]
    )


def _ranking(standings: Sequence[Standing], metrics: Sequence[str], top: int | None) -> str:
    """Say what was ranked, over which metrics, and how much of it is shown."""
    over = ", ".join(describe(metric).display for metric in ranked(metrics))
    counts = [len(standing.ranked) for standing in standings]
    cut = top is not None and top < max(counts)
    what = f"{f'top {top} of' if cut else 'all'} {_many(counts, 'ranked combination')}"
    names = (
        standing.section.roles[name] == "baseline"
        for standing in standings
        for name in standing.ranked
    )
    among = " (methods and baselines)" if any(names) else ""
    return f"{what}{among} by mean rank over {over}"


def _apart(standings: Sequence[Standing]) -> str | None:
    roles = [r for standing in standings for r, names in standing.apart.items() if names]
    if not roles:
        return None
    named = " and ".join(f"{role}s" for role in dict.fromkeys(roles))
    return f"{named} are set apart and not ranked"


def _dropped(sections: Sequence[Section]) -> str | None:
    dropped = max(section.dropped for section in sections)
    if not dropped:
        return None
    total = max(section.total + section.dropped for section in sections)
    return f"{dropped} of {total} folds are left out of every row: some combination lacks them"


def _incomplete(standings: Sequence[Standing], missing: Missing) -> str | None:
    """Say what missing scores look like, and what became of combinations that lack some."""
    if not any(standing.any_missing for standing in standings):
        return None
    told = "(n/N): only n of N scores are there"
    if not any(standing.any_unranked for standing in standings):
        return told
    rule = "ranked last in that metric" if missing == "worst" else "not ranked"
    return f"{told}; such a combination is {rule}"


def _undefined(sections: Sequence[Section]) -> str | None:
    """Say on which metrics nobody has a score for some folds."""
    short = {
        describe(metric).display: None
        for section in sections
        for metric, expected in section.expected.items()
        if expected < section.total
    }
    return f"{', '.join(short)}: not defined on some folds, for any combination" if short else None


def _unconverged(sections: Sequence[Section], task: str) -> str | None:
    any_open = any(section.unconverged for section in sections)
    part = unconverged_part(task)
    return f"†: some {part} of this combination did not converge" if any_open else None


def _sentences(parts: Sequence[str | None]) -> str:
    """Join what there is to say.

    >>> _sentences(["one", None, "two"])
    'One. Two.'
    """
    return " ".join(f"{part[0].upper()}{part[1:].removesuffix('.')}." for part in parts if part)
