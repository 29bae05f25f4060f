"""`bench check`: does a learner or an aligner keep its promises?"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.streams import say, shown
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.registry import Entry

if TYPE_CHECKING:
    from weakpair.conformance import Verdict


def check(
    method: Annotated[
        str,
        typer.Argument(help="A class, as package.module:Class, or a learner's or aligner's name."),
    ],
    params: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, an argument of its constructor; may be repeated."),
    ] = None,
) -> None:
    """Check that a learner or an aligner keeps the promises of its base class.

    Prints a line for each promise: ok, or what is wrong. The class is imported, and run dozens of
    times on some fifty cells; set few epochs where that takes long. Exit code 0 if all promises
    are kept, 1 if one is broken, 2 if there is no such method.

    Example:
        bench check my_learner:GroupMeans

        bench check my_package.nets:Mine --set epochs=2

        bench check labeled-eot
    """
    from benchmark.grids.overrides import apply_overrides
    from weakpair.registry.foreign import describe

    entry, arguments = _entry(method), apply_overrides({}, params or [])
    kind = _kind(entry)
    describe(entry, arguments)
    broken = 0
    for verdict in _verdicts(kind, entry, arguments):
        broken += verdict.error is not None
        line = f"broken  {verdict.promise}: {verdict.reason}"
        say(shown(line if verdict.error else f"ok      {verdict.promise}"))
    name = shown(entry.name)
    say(f"{kind} {name}: {broken} promises broken" if broken else f"{kind} {name} keeps them all")
    raise typer.Exit(1 if broken else 0)


def _entry(method: str) -> Entry[Any]:
    """The entry of a name, or of a class with what it says of itself.

    Raises:
        ConfigError: no learner or aligner has the name.
        ParameterError: the class cannot be imported.
    """
    import aligners
    import learners
    from weakpair.registry.declared import as_declared

    if ":" in method:
        return as_declared(Entry(method, method, ""))
    registries: tuple[Any, ...] = (learners.REGISTRY, aligners.REGISTRY)
    for registry in registries:
        if registry.canonical(method) in registry.names():
            found: Entry[Any] = registry.entry(method)
            return found
    known = [name for registry in registries for name in registry.names()]
    raise ConfigError(str(UnknownNameError("learner or aligner", method, known)))


def _kind(entry: Entry[Any]) -> str:
    """Tell "learner" from "aligner".

    Raises:
        ConfigError: the class is neither.
    """
    from aligners.base import Aligner
    from learners.base import Learner

    found: object = entry.load()
    for kind, base in (("learner", Learner), ("aligner", Aligner)):
        if isinstance(found, type) and issubclass(found, base):
            return kind
    raise ConfigError(
        f"{entry.target} is neither a learner nor an aligner; a class that derives from "
        "learners.base.Learner or aligners.base.Aligner is needed"
    )


def _verdicts(kind: str, entry: Entry[Any], arguments: Mapping[str, Any]) -> "Iterator[Verdict]":
    from aligners.conformance import checks as of_aligners
    from learners.conformance import checks as of_learners
    from weakpair.conformance import verdicts

    if kind == "learner":
        subject = of_learners.Subject(entry, dict(arguments))
        return verdicts(of_learners.PROMISES, subject)
    return verdicts(of_aligners.PROMISES, of_aligners.Subject(entry, dict(arguments)))
