"""Odd data sets in every container: the scores of the plain form, or one line of refusal.

`make fuzz` tries FUZZ_CASES of them (500); FUZZ_SEED draws others, FUZZ_REPORT names a file that
gets a line per verdict.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.fuzz.containers import CONTAINERS
from tests.fuzz.judge import Verdict, judge, reference
from tests.fuzz.odd_datasets import Case, odd_case, odd_cases

QUICK = (0,)


def verdicts(cases: Iterable[Case], root: Path) -> Iterator[Verdict]:
    """Judge every case in every container; files are removed as soon as they are judged."""
    for case in cases:
        folder = root / str(case.number)
        plain = reference(case, folder / "plain")
        for container in CONTAINERS:
            yield judge(case, container, plain, folder / container)
        shutil.rmtree(folder)


def report(found: list[Verdict]) -> str:
    """Counts by container, then every fault."""
    lines = []
    for container in CONTAINERS:
        kinds = Counter(verdict.kind for verdict in found if verdict.container == container)
        lines.append(f"{container}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))
    return "\n".join([*lines, *(str(v) for v in found if v.kind == "fault")])


def test_the_same_number_gives_the_same_case() -> None:
    one, two = odd_case(7), odd_case(7)
    assert one.oddities == two.oddities
    assert (one.x[0] == two.x[0]).all()
    assert odd_case(7, seed=1).x[0].shape != one.x[0].shape or odd_case(7, seed=1).oddities != (
        one.oddities
    )


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """The judge itself: another label is another score, and a traceback is a fault."""
    case = odd_case(0)
    plain = reference(case, tmp_path / "plain")
    assert plain.scores is not None
    other = plain.scores.copy()
    other["value"] = other["value"].to_numpy(float) + 1e-9
    from tests.fuzz.judge import Outcome, _judged, differing

    assert differing(plain.scores, plain.scores.copy()) == ""
    assert differing(plain.scores, other) != ""
    assert _judged(case, "csv", plain, Outcome(None, "two\nlines")).kind == "fault"
    assert _judged(case, "csv", plain, Outcome(None, "")).kind == "fault"


def test_a_few_odd_data_sets(tmp_path: Path) -> None:
    pytest.importorskip("mudata")
    found = list(verdicts(map(odd_case, QUICK), tmp_path))
    assert not [v for v in found if v.kind == "fault"], report(found)


@pytest.mark.slow
def test_odd_data_sets(tmp_path: Path) -> None:
    pytest.importorskip("mudata")
    count, seed = int(os.environ.get("FUZZ_CASES", "500")), int(os.environ.get("FUZZ_SEED", "0"))
    found = []
    with Path(os.environ.get("FUZZ_REPORT", os.devnull)).open("w", encoding="utf-8") as lines:
        for verdict in verdicts(odd_cases(count, seed), tmp_path):
            found.append(verdict)
            lines.write(f"{verdict}\n")
            lines.flush()
    print(report(found))
    assert not [v for v in found if v.kind == "fault"], report(found)
