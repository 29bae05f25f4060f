"""Options that several subcommands share."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.store.place import default_store
from weakpair.errors import ConfigError

StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        help="Folder of the store. Default: $WEAKPAIR_STORE, else .weakpair here.",
        show_default=False,
    ),
]

IsolateOption = Annotated[
    str,
    typer.Option(
        "--isolate",
        help="Stages in a process of their own: auto (methods from outside), always, never.",
    ),
]


DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="A folder, .npz, .h5mu or two .h5ad; or a name of bench data list."
    ),
]

GroupOption = Annotated[
    str | None,
    typer.Option("--group", help="Column of the perturbation label. Default: group."),
]

Preprocess1Option = Annotated[
    str | None,
    typer.Option("--preprocess1", help="Of modality 1, as for bench run. Default: none."),
]

Preprocess2Option = Annotated[
    str | None, typer.Option("--preprocess2", help="Of modality 2, likewise.")
]

DeviceOption = Annotated[
    str,
    typer.Option("--device", help="auto, cpu or cuda.", autocompletion=completion.devices),
]


def store_path(given: Path | None) -> Path:
    """The store's folder, with `~` expanded."""
    return (given or default_store()).expanduser()


def names(value: str | None, option: str) -> list[str] | None:
    """A comma-separated list, None if the option was not given.

    Raises:
        ConfigError: nothing but commas was given.
    """
    if value is None:
        return None
    words = [word.strip() for word in value.split(",") if word.strip()]
    if not words:
        raise ConfigError(f"{option} {value!r} names nothing; leave it out to take all")
    return words
