"""First lines of a run: the data read, how cells are paired, what is imputed."""

from collections.abc import Iterator

from benchmark.datasets import ModalitySpec
from benchmark.datasets.facts import Facts
from benchmark.grids.expand import Expansion
from benchmark.grids.preview import Preview

_FOR_COUNTS = {"normalize-total", "clr", "tfidf"}
_PAIRED = {"ids": "by equal ids", "rows": "by their row", "simulated": "as they are drawn"}


def first_lines(expansion: Expansion) -> Iterator[str]:
    """Lines on every data set and on what is imputed; what replicates share is said once."""
    told: dict[tuple[str, ...], int] = {}
    for seen in expansion.read:
        lines = tuple(data_lines(seen))
        told[lines] = told.get(lines, 0) + 1
    for lines, count in told.items():
        times = f" (and {count - 1} more like it)" if count > 1 else ""
        yield lines[0] + times
        yield from lines[1:]
    yield from dict.fromkeys(_imputed(expansion))
    for learner, partners in expansion.alone.items():
        wanted = f"goes with {', '.join(partners)} alone" if partners else "goes with no aligner"
        yield f"{learner} has no row: it {wanted}, which this grid lacks"


def data_lines(preview: Preview) -> Iterator[str]:
    """Say what was read of one data set, its pairs, and what its values ask for."""
    facts, data = preview.facts, preview.spec
    name = data.name
    yield f"{name}: {_size(facts)}; {_pairs(facts)}"
    yield from (f"{name}: {note}" for note in facts.notes)
    specs = (data.modality1, data.modality2)
    both = zip(facts.findings, facts.names, specs, strict=True)
    for finding, modality, spec in both:
        line = finding.line(modality) if not spec.preprocess else ""
        if _for_counts(spec) and not finding.counts:
            line = finding.misfit(modality)
        if line:
            yield f"{name}: {line}"


def _size(facts: Facts) -> str:
    each = " and ".join(
        f"{count:,} cells × {width:,} features ({name})"
        for count, width, name in zip(facts.cells, facts.features, facts.names, strict=True)
    )
    least = " and ".join(f"{count:,}" for count in dict.fromkeys(facts.smallest_cells))
    return f"{each}; {facts.groups} groups, the smallest {facts.smallest!r} with {least}"


def _pairs(facts: Facts) -> str:
    if not facts.pairs:
        return "no true pairs, so matching cannot be scored"
    return f"{facts.pairs:,} true pairs, {_PAIRED.get(facts.pairing, facts.pairing)}"


def _for_counts(spec: ModalitySpec) -> bool:
    """Tell whether the first step is one for counts."""
    return bool(spec.preprocess) and spec.preprocess[0].name in _FOR_COUNTS


def _imputed(expansion: Expansion) -> Iterator[str]:
    """Sentence on the modality that is predicted, for every pair of names and every direction."""
    targets = {point.dataset: set[int]() for point in expansion.points}
    for point in expansion.points:
        if point.target:
            targets[point.dataset].add(point.target)
    several = len({preview.facts.names for preview in expansion.read}) > 1
    for seen in expansion.read:
        name, names = seen.spec.name, seen.facts.names
        wanted = sorted(targets.get(name, ()))
        each = " and ".join(f"{names[t - 1]} from {names[2 - t]}" for t in wanted)
        if each:
            turn = "" if len(wanted) > 1 else f" (--predict {3 - wanted[0]} for the reverse)"
            yield f"{name}: imputes {each}{turn}" if several else f"imputes {each}{turn}"
