"""The Typer application and how errors end: one line and exit code 2, or --debug's traceback."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from benchmark.cli.streams import CLOSED, discard, say, shown
from weakpair import __version__
from weakpair.errors import BenchError, ConfigError
from weakpair.imports import shadowed


class _OneLineErrors(TyperGroup):
    """Turns a `BenchError`, or a path that cannot be used, into one line on stderr."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            discard(sys.stdout)
            ctx.exit(CLOSED)
        except (BenchError, OSError) as error:
            if ctx.params.get("debug"):
                raise
            say(f"error: {shown(_line(error))}", err=True)
            ctx.exit(2)


def _line(error: BenchError | OSError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


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
