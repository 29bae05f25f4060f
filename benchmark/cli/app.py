"""The Typer application and how errors end: one line and exit code 2, or --debug's traceback."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from benchmark.cli.streams import CLOSED, discard, say, shown
from weakpair import __version__
from weakpair.errors import BenchError, ConfigError
from weakpair.imports import shadowed

# A name, a path or a value of a file may be of any length.
_LONGEST = 1000
# Typer brings click along in newer versions: its class of wrong options is known by a child of it.
_Usage: Any = typer.BadParameter.__mro__[1]
_EMPTY = "weakpair.empty"


class _OneLineErrors(TyperGroup):
    """Turns a `BenchError`, a wrong option or a path that cannot be used into one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note an argument without a letter: as a path it would be the current folder."""
        where = next((i for i, word in enumerate(args) if word == "" or word.endswith("=")), None)
        if where is not None and (args[where] == "" or args[where].startswith("--")):
            option = args[where].rstrip("=") or " ".join(args[max(0, where - 1) : where])
            ctx.meta[_EMPTY] = option if option.startswith("-") else "an argument"
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            if _EMPTY in ctx.meta:
                raise ConfigError(f"{ctx.meta[_EMPTY]} is empty; give a value")
            return super().invoke(ctx)
        except BrokenPipeError:
            discard(sys.stdout)
            ctx.exit(CLOSED)
        except _Usage as error:
            if type(error).__name__ == "NoArgsIsHelpError":
                raise
            say(f"error: {shown(_cut(error.format_message()))}", err=True)
            ctx.exit(2)
        except (BenchError, OSError) as error:
            if ctx.params.get("debug"):
                raise
            say(f"error: {shown(_cut(_line(error)))}", err=True)
            ctx.exit(2)


def _cut(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …"


def _line(error: BenchError | OSError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{str(error.filename)[: _LONGEST // 2]}: {error.strerror}"
    return str(error)


app = typer.Typer(
    name="bench",
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        say(f"weakpair {__version__}")
        raise typer.Exit


@app.callback()
def bench(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Compare representation learners × optimal-transport aligners on weakly paired modalities.

    First minute:

        bench run --grid demo

        bench report runs/demo --task matching
    """
    problem = shadowed()
    if problem and context.invoked_subcommand != "doctor":
        raise ConfigError(problem)
