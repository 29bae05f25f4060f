"""`bench check`: does a method keep its promises? What should be known of data before a run?"""

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
        typer.Argument(
            help="A class, as package.module:Class, a learner's or aligner's name; or data: a "
            "folder, a file, two with a comma, a name of bench data list."
        ),
    ],
    params: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, an argument of its constructor; may be repeated."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="Of data: column of the perturbation label. Default: group."),
    ] = None,
    control: Annotated[
        str | None, typer.Option("--control", help="Of data: label of the unperturbed cells.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Of data: a list of notes as JSON.")
    ] = False,
) -> None:
    """Check that a method keeps the promises of its base class, or look at data before a run.

    Of data: cells per perturbation, true pairs, duplicates, raw counts, how well labels can be read
    from either modality alone and from metadata, which splits are possible and what they resolve.
    Lines begin with ok, mind or wrong; exit code 1 if something is wrong.

    Prints a line for each promise: ok, or what is wrong. The class is imported, and run dozens of
    times on some fifty cells; set few epochs where that takes long. Exit code 0 if all promises
    are kept, 1 if one is broken, 2 if there is no such method.

    Example:
        bench check my_learner:GroupMeans

        bench check my_package.nets:Mine --set epochs=2

        bench check labeled-eot

        bench check my_screen --group perturbation --control ctrl
    """
    if _is_data(method):
        raise typer.Exit(_check_data(method, group, control, as_json=as_json))
    for option, given in (("--group", group), ("--control", control), ("--json", as_json)):
        if given:
            raise ConfigError(f"{option} goes with data, and {shown(method)} is a method")
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


def _is_data(word: str) -> bool:
    """Tell data from methods: a name of the catalogue, or something that is there as a file."""
    from pathlib import Path

    from benchmark import datasets
    from benchmark.datasets.paths import split_paths
    from weakpair.errors import BenchError

    if ":" in word and not Path(word).exists():
        return False
    if any(Path(part).expanduser().exists() for part in split_paths(word)):
        return True
    try:
        datasets.resolve(word)
    except BenchError:
        return False
    return True


def _check_data(data: str, group: str | None, control: str | None, *, as_json: bool) -> int:
    """Print the notes on data; the exit code says whether something is wrong."""
    import json
    from dataclasses import asdict

    from benchmark import datasets
    from benchmark.datasets.checkup import checkup
    from benchmark.grids.own_data import OwnData, own_grid

    (entry,) = own_grid(OwnData(data, group or "group"))["datasets"]
    notes = list(checkup(datasets.load(entry), control))
    if as_json:
        say(json.dumps([asdict(note) for note in notes], indent=2))
    else:
        for note in notes:
            say(shown(f"{note.level:<6} {note.topic}: {note.text}"))
    return int(any(note.level == "wrong" for note in notes))


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
