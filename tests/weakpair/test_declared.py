"""Registry entries repeat what classes declare; none withholds what its class asks for."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

import aligners
import learners
from learners.controls.features import Features
from learners.linear.pca import PCA
from weakpair.errors import ParameterError
from weakpair.registry import Entry
from weakpair.registry.declared import as_declared, disagreements
from weakpair.registry.foreign import describe

ENTRIES: list[Entry[Any]] = [*learners.REGISTRY, *aligners.REGISTRY]
HERE = "tests.weakpair.test_declared"


class Told(Features):
    """Needs the true pairs."""

    needs_pairing: ClassVar[bool] = True


class Seeing(Features):
    """Reads a ground truth."""

    reads: ClassVar[str] = "oracle-shared"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_repeats_its_class(entry: Entry[Any]) -> None:
    assert list(disagreements(entry, entry.load())) == []
    assert as_declared(entry) == entry


def test_what_an_entry_does_not_repeat_is_named() -> None:
    entry: Entry[Any] = Entry("pca", "learners.linear.pca:PCA", "")
    assert list(disagreements(entry, PCA)) == [
        "its entry says role = 'method', its class PCA 'baseline'",
        "its entry says needs_labels = True, its class PCA False",
    ]
    assert as_declared(entry) == replace(entry, role="baseline", needs_labels=False)


@pytest.mark.parametrize(
    ("name", "needed"),
    [("Told", {"needs_pairing": True}), ("Seeing", {"reads": "oracle-shared"})],
)
def test_a_class_that_would_not_get_what_it_needs_is_refused(
    name: str, needed: dict[str, Any]
) -> None:
    entry: Entry[Any] = Entry("own", f"{HERE}:{name}", "")
    ((field, value),) = needed.items()
    with pytest.raises(ParameterError, match=f"{name} declares {field} = {value!r}.*register it"):
        describe(entry, {})
    assert describe(replace(entry, **needed), {})[1] == {"standardise": True}
