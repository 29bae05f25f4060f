"""The grid that `bench run` is asked for: a named one, or one of a person's own data."""

from pathlib import Path

from benchmark.datasets.paths import join_paths
from benchmark.grids.own_data import OwnData
from benchmark.grids.reading.shipped import shipped_grids
from weakpair.errors import ConfigError


def asked(
    grid: str | None, data: str | None, more: list[str], own: dict[str, str | None]
) -> str | OwnData:
    """The name or file of a grid, or a person's own data.

    Args:
        grid: value of `--grid`.
        data: value of `--data`.
        more: words without an option: the second file of `data`, or a mistake.
        own: the options that go with `--data`, by their spelling; None where not given.

    Raises:
        ConfigError: both, neither, or something that does not go together.
    """
    if data is None and more:
        raise ConfigError(_misplaced(more, grid))
    if (grid is None) == (data is None):
        raise ConfigError("give either --grid NAME|FILE or --data PATH --group COLUMN")
    if data is None:
        for option, value in own.items():
            if value is not None:
                raise ConfigError(f"{option} goes with --data; {_in_a_grid(option, value)}")
        return str(grid)
    return own_data(join_paths([data, *more]), own)


def own_data(data: str, own: dict[str, str | None], template: str = "own") -> OwnData:
    """A person's own data.

    Args:
        data: value of `--data`.
        own: the options that go with it, by their spelling; None where not given.
        template: the shipped grid whose methods and protocol are used.
    """
    return OwnData(
        data=data,
        group=own["--group"] or "group",
        name=own["--name"],
        preprocess=(own["--preprocess1"], own["--preprocess2"]),
        paired=own["--paired"],
        template=template,
    )


def _misplaced(more: list[str], grid: str | None) -> str:
    """Say what was meant by a word without an option."""
    word = more[0]
    if grid is None and (word in shipped_grids() or word.endswith((".yaml", ".yml"))):
        return f"a grid is given as: bench run --grid {word}"
    if grid is None and Path(word).exists():
        return f"data are given as: bench run --data {','.join(more)} --group COLUMN"
    return f"unexpected {word!r}: bench run takes options only; a list has commas and no blanks"


def _in_a_grid(option: str, value: str) -> str:
    keys = {
        "--group": "datasets.group",
        "--paired": "datasets.pairing",
        "--preprocess1": "datasets.modality1.preprocess",
        "--preprocess2": "datasets.modality2.preprocess",
    }
    if option not in keys:
        return "a grid's run is put elsewhere by --out"
    return f"in a grid it is --set {keys[option]}={value!r}"
