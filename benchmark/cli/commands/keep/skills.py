"""`bench skills`: instructions for coding agents, installed beside a person's own project."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli.streams import say
from weakpair.errors import ConfigError

app = typer.Typer(
    no_args_is_help=True,
    help="Instructions for coding agents: install, show.",
    add_completion=False,
)
NAME = "weakpair"
FILE = "SKILL.md"


def text_of() -> str:
    """The skill of this version."""
    return (files("benchmark") / "skills" / NAME / FILE).read_text(encoding="utf-8")


@app.command("show")
def show() -> None:
    """Print what an agent is told: own data, how to read a table, adding methods.

    Example:
        bench skills show
    """
    say(text_of().rstrip("\n"))


@app.command("install")
def install(
    to: Annotated[
        Path,
        typer.Option("--to", help="Folder of skills of the agent, such as .claude/skills."),
    ] = Path(".agents/skills"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a skill of that name that differs.")
    ] = False,
) -> None:
    """Write the skill as weakpair/SKILL.md into the folder where an agent looks for skills.

    Examples:
        bench skills install

        bench skills install --to ~/.claude/skills
    """
    file = to.expanduser() / NAME / FILE
    text = text_of()
    if file.exists() and file.read_text(encoding="utf-8", errors="replace") != text and not replace:
        raise ConfigError(f"{file} is there and differs; --replace overwrites it")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    say(f"wrote {file}")
