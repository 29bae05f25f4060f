"""The one table of the forms of a fold that surrogates need, and the names they are read by."""

from collections.abc import Iterator, Mapping

from benchmark.stages.surrogates.form import Form
from benchmark.stages.surrogates.merge import Merge
from benchmark.stages.surrogates.unpair import Unpair
from benchmark.stages.surrogates.withhold import Withhold

FORMS: Mapping[str, type[Form]] = {"merges": Merge, "withheld": Withhold, "unpaired": Unpair}
"""The stage of each, under the name of the setting that says how many are drawn."""


def drawn(times: Mapping[str, int]) -> Iterator[Form]:
    """All forms that are drawn so many times.

    >>> [(form.kind, form.number) for form in drawn({"merges": 2, "withheld": 1})]
    [('merge', 0), ('merge', 1), ('withhold', 0)]
    """
    for name, count in times.items():
        yield from (FORMS[name](number) for number in range(count))


def fold_name(form: Form) -> str:
    """The name under which a surrogate reads the form."""
    return f"{form.kind}{form.number}"


def plan_name(form: Form) -> str:
    """The name under which it reads the plan of a method that was given the form alone."""
    return f"{form.kind}{form.number}_plan"
