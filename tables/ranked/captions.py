"""Titles and captions: what a reader must know to trust the numbers, in plain sentences."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import cast

from tables.about import About
from tables.inference.statistics import Unit
from tables.metrics import in_print
from tables.ranked.boards import Board
from tables.ranked.gaps import Gap
from tables.ranked.ranking import Missing
from tables.ranked.sections import Protocol, Section, combination
from tables.ranked.standings import Standing
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.splits import DISJOINT, OVERLAP, SAME, split_in_print

_CELLS = {
    SAME: "both modalities come from the same training cells, their order hidden",
    DISJOINT: "the modalities come from disjoint training cells",
}
_PARTLY = "paired cells train in both modalities, their order hidden; the others in their own"
_UNPAIRED = "the two modalities count as different cells, each with training cells of its own"
_INSTEAD = (
    "No true pairs: matching cannot be scored; bench choose asks what needs none (hidden labels, "
    "the task surrogate), as imputation's WD does; or compare by matching on a public data set "
    "with pairs that is like this one"
)


def title(task: str, protocol: Protocol) -> str:
    """Task, data set and split; of an imputation, what was imputed from what.

    >>> title("matching", Protocol("digits", "kfold", "same"))
    'Matching: digits (k-fold, same training cells)'
    >>> title("imputation", Protocol("digits", "lopo", "disjoint", 1, About(("RNA", "ATAC"))))
    'Imputation of RNA from ATAC: digits (leave one perturbation out, disjoint training cells)'
    """
    split = split_in_print(protocol.split)
    direction = f" of {protocol.direction}" if protocol.direction else ""
    cells = (
        "no true pairs" if protocol.about.unpaired else f"{protocol.training_cells} training cells"
    )
    return f"{task.capitalize()}{direction}: {protocol.dataset} ({split}, {cells})"


def training_cells(protocol: Protocol) -> str:
    """Say which cells a method saw.

    >>> training_cells(Protocol("digits", "kfold", "overlap=0.25"))
    'the modalities share 0.25 of the training cells'
    >>> training_cells(Protocol("digits", "kfold", "same=0.5")).endswith("a share of 0.5 of them")
    True
    """
    if protocol.about.unpaired:
        return _UNPAIRED
    if protocol.about.partly and protocol.training_cells == SAME:
        return _PARTLY
    kind, _, share = protocol.training_cells.partition("=")
    if not share:
        return _CELLS.get(kind, kind)
    if kind == SAME:
        return f"{_CELLS[kind]}, a share of {share} of them"
    return f"the modalities share {share} of the training cells"


def _told(board: Board) -> str | None:
    """Say what oracles learn from where training cells are not paired all."""
    protocol = board.protocol
    if protocol.about.unpaired or board.task != "matching":
        return None
    if protocol.training_cells.partition("=")[0] not in (DISJOINT, OVERLAP):
        return None
    oracles = {
        learner
        for standing in board.standings
        for learner, _ in standing.section.of_roles(["oracle"])
    }
    if not oracles - {"-"}:
        return None
    return "an oracle that is told pairs learns from all of them outside the test set"


def unconverged_part(task: str) -> str:
    """Name what a † marks: plans, or the classifiers of the probe.

    >>> unconverged_part("probe"), unconverged_part("matching")
    ('logistic regression', 'plan')
    """
    return "logistic regression" if task == "probe" else "plan"


def spread(sections: Sequence[Section], unit: Unit, metrics: Sequence[str]) -> str:
    """Say what follows ±: SE or SD, over which unit it is, and how many there are.

    Nothing is said of sections without any score.
    """
    kind = " or ".join(dict.fromkeys(METRICS.heading(metric).spread.upper() for metric in metrics))
    units = [section.units for section in sections]
    replicates = [len({replicate for replicate, _ in pairs}) for pairs in units]
    pairs = [len(pairs) for pairs in units]
    counts = replicates if unit == "replicate" else pairs
    if max(counts) == 0:
        return ""
    if max(counts) == 1:
        return f"Values of a single {unit}: no {kind}"
    note = ""
    if unit == "replicate" and max(pairs) > max(replicates):
        note = ", the folds of a replicate averaged first"
    if unit == "fold" and max(replicates) > 1:
        note = f" of {_many(replicates, 'replicate')}"
    return f"Mean ± {kind} across {_many(counts, unit)}{note}"


def _seeds(sections: Sequence[Section], metrics: Sequence[str]) -> str | None:
    """Say how far the scores of one fold lie apart by the learner's seed alone."""
    count = max(section.seeds.count for section in sections)
    if count < 2:
        return None
    told = []
    for metric in metrics:
        spreads = [
            (deviation, name)
            for section in sections
            for name, deviation in section.seeds.spread.get(metric, {}).items()
        ]
        if spreads:
            most, whose = max(spreads)
            middle = median(deviation for deviation, _ in spreads)
            largest = f"at most {most:.2g} ({combination(whose)})"
            told.append(f"{in_print(metric)} {middle:.2g}, {largest}")
    return (
        f"every fold was fitted from {count} seeds and its score is their mean; between seeds the "
        f"scores of one fold have a standard deviation (median over the learners' rows) of: "
        f"{'; '.join(told)}"
    )


def _many(counts: Sequence[int], noun: str) -> str:
    low, high = min(counts), max(counts)
    number = str(high) if low == high else f"{low}–{high}"
    return f"{number} {noun}" if high == 1 else f"{number} {noun}s"


def caption(board: Board, top: int | None, *, marked: bool) -> str:
    """The whole caption of a table; `marked` says whether it shows a best score."""
    standings, protocol = board.standings, board.protocol
    sections = [standing.section for standing in standings]
    return _sentences(
        [
            _INSTEAD if protocol.about.unpaired and board.task == "matching" else None,
            _ranking(board, top),
            spread(sections, board.unit, board.metrics),
            _seeds(sections, board.metrics),
            "best of the ranked in bold, second-best underlined" if marked else None,
            training_cells(protocol),
            _told(board),
            protocol.about.paired(),
            _preprocessing(protocol.about),
            _apart(standings),
            _closed(standings),
            _blunt(board),
            _dropped(sections),
            _incomplete(standings, board.missing),
            _undefined(sections),
            _thinned(sections),
            _excused(standings),
            _unconverged(sections, board.task),
            _suspicion(sections),
        ]
    )


def _ranking(board: Board, top: int | None) -> str | None:
    """Say what was ranked, over which metrics, and how much of it is shown."""
    counts = [len(standing.ranked) for standing in board.standings]
    if not any(counts):
        return None if board.protocol.about.unpaired else "nothing is ranked"
    over = ", ".join(in_print(metric) for metric in board.rankers)
    cut = top is not None and top < max(counts)
    shown = f"top {top} of" if cut else "the" if max(counts) == 1 else "all"
    what = f"{shown} {_many(counts, 'ranked combination')}"
    names = (
        standing.section.roles[name] == "baseline"
        for standing in board.standings
        for name in standing.ranked
    )
    among = " (methods and baselines)" if any(names) else ""
    return f"{what}{among} by mean rank over {over}"


def _preprocessing(about: About) -> str | None:
    return f"Preprocessing: {' or '.join(about.preprocess)}" if about.preprocess else None


def _apart(standings: Sequence[Standing]) -> str | None:
    roles = [r for standing in standings for r, names in standing.set_aside.items() if names]
    if not roles:
        return None
    named = " and ".join(f"{role}s" for role in dict.fromkeys(roles))
    return f"{named} are set apart and not ranked"


def _closed(standings: Sequence[Standing]) -> str | None:
    """Say what the share of the gap is a share of, section by section."""
    parts = []
    for standing in standings:
        if standing.closed:
            gaps = [standing.gaps[metric] for metric in standing.closing]
            parts.append(gaps_in_words(standing.section.variant, gaps))
    if not parts:
        return None
    meaning = "share of the way from the best control (0 %) to the best oracle (100 %)"
    return f"gap closed: {meaning}, mean over the metrics where these differ: {'. '.join(parts)}"


def gaps_in_words(variant: str, gaps: Sequence[Gap]) -> str:
    """Floors and ceilings of metrics in one variant, whose name stands first if it has one."""
    named = "; ".join(f"{in_print(gap.metric)} {gap.words()}" for gap in gaps)
    return f"{variant}: {named}" if variant else named


def _blunt(board: Board) -> str | None:
    """Say by which metrics nobody can be ranked here, and whether ranks run over them."""
    by_metrics: dict[str, list[str]] = {}
    for standing in board.standings:
        if standing.blunt:
            named = ", ".join(in_print(metric) for metric in standing.blunt)
            used = set(standing.blunt) <= set(standing.meant)
            told = f"{named} cannot rank here: the best oracle cannot be told from the best control"
            last = (
                "mean ranks run over such metrics all the same"
                if used
                else "mean ranks leave such metrics out"
            )
            by_metrics.setdefault(f"{told}; mean ranks {last}", []).append(standing.section.variant)
    many = len(board.standings) > 1
    return (
        ". ".join(
            f"{', '.join(variants)}: {told}" if many else told
            for told, variants in by_metrics.items()
        )
        or None
    )


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
    partly = "(n/N): only n of N scores are there"
    if not any(standing.any_unranked for standing in standings):
        return partly
    rule = "ranked last in that metric" if missing == "worst" else "not ranked"
    return f"{partly}; such a combination is {rule}"


def _undefined(sections: Sequence[Section]) -> str | None:
    """Say which metrics nobody has a score of, everywhere or on some folds, and why."""
    by_reason: dict[str, dict[str, None]] = {}
    for section in sections:
        for metric, expected in section.expected.items():
            if expected < section.total:
                where = (
                    "not defined on some folds, for any combination" if expected else "not defined"
                )
                reasons = _reasons(section, metric)
                by_reason.setdefault(f"{where}{reasons}", {})[in_print(metric)] = None
    return ". ".join(f"{', '.join(metrics)}: {what}" for what, metrics in by_reason.items()) or None


def _thinned(sections: Sequence[Section]) -> str | None:
    """Say which metrics looked at a part of the cells, and at how many."""
    by_part: dict[str, dict[str, None]] = {}
    for section in sections:
        for metric, part in section.thinned.items():
            by_part.setdefault(part, {})[in_print(metric)] = None
    return ". ".join(f"{', '.join(metrics)}: {part}" for part, metrics in by_part.items()) or None


def _reasons(section: Section, metric: str) -> str:
    """Reasons why nobody has a score on some pairs, from the notes, in brackets."""
    defined = {cast("tuple[int, str]", unit) for unit in section.scores[metric].columns}
    reasons = {
        reason
        for (_, noted), notes in section.notes.items()
        if noted == metric
        for unit, reason in notes.items()
        if unit not in defined
    }
    return f" ({'; '.join(sorted(reasons))})" if reasons else ""


def _excused(standings: Sequence[Standing]) -> str | None:
    """Say why some combinations lack scores that others have."""
    by_reason: dict[str, dict[str, None]] = {}
    for standing in standings:
        for metric, estimates in standing.estimates.items():
            for name in estimates:
                if not standing.is_complete(name, metric):
                    reason = standing.section.excuse(name, metric)
                    if reason:
                        by_reason.setdefault(reason, {})[in_print(metric)] = None
    return (
        ". ".join(f"{', '.join(metrics)} shown as –: {why}" for why, metrics in by_reason.items())
        or None
    )


def _unconverged(sections: Sequence[Section], task: str) -> str | None:
    any_open = any(section.unconverged for section in sections)
    part = unconverged_part(task)
    return f"†: some {part} of this combination did not converge" if any_open else None


def _suspicion(sections: Sequence[Section]) -> str | None:
    """Say whose fits are not to be trusted, why, and on how many folds."""
    by_reason: dict[str, dict[str, list[int]]] = {}
    for section in sections:
        # Fits are the learner's: the same ones under all of its aligners.
        counts = {
            (reason, learner): count
            for (learner, _), reasons in section.suspects.items()
            for reason, count in reasons.items()
        }
        for (reason, learner), count in counts.items():
            sums = by_reason.setdefault(reason, {}).setdefault(learner, [0, 0])
            sums[:] = [sums[0] + count, sums[1] + section.total]
    if not by_reason:
        return None
    parts = [_suspected(reason, learners) for reason, learners in by_reason.items()]
    return f"‡: a fit of this combination is not to be trusted: {'; '.join(parts)}"


def _suspected(reason: str, learners: Mapping[str, Sequence[int]]) -> str:
    where = [f"{done} of {_many([of], 'fold')}" for done, of in learners.values()]
    if len(learners) == 1:
        return f"{reason} on {where[0]}"
    named = (f"{learner} on {count}" for learner, count in zip(learners, where, strict=True))
    return f"{reason} ({', '.join(named)})"


def _sentences(parts: Sequence[str | None]) -> str:
    """Join what there is to say.

    >>> _sentences(["one", None, "two"])
    'One. Two.'
    """
    return " ".join(f"{part[0].upper()}{part[1:].removesuffix('.')}." for part in parts if part)
