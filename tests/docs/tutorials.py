"""Tutorials, run from top to bottom: `python -m tests.docs.tutorials` writes what they print.

A tutorial has blocks of Python, which share their names, and of `bench` commands. What a block
prints stands in the block of text below it. A block that begins with `# NAME.py` is that file.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from benchmark.cli import app

HOME = Path(__file__).parents[2]
PAGES = sorted(HOME.glob("docs/tutorials/*.md"))
_BLOCK = re.compile(r"```(python|console)\n(.*?)```\n(?:\n```text\n.*?```\n)?", re.DOTALL)


def filled(text: str) -> str:
    """The page with what its blocks print, run in the current folder."""
    names: dict[str, Any] = {}

    def run(block: re.Match[str]) -> str:
        language, source = block.groups()
        said = _python(source, names) if language == "python" else _commands(source)
        shown = f"\n```text\n{said.rstrip()}\n```\n" if said.strip() else ""
        return f"```{language}\n{source}```\n{shown}"

    return _BLOCK.sub(run, text)


def _python(source: str, names: dict[str, Any]) -> str:
    first = source.splitlines()[0]
    if re.fullmatch(r"# \w+\.py", first):
        Path(first[2:]).write_text(source, encoding="utf-8")
        return ""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(source, names)
    return said.getvalue()


def _commands(source: str) -> str:
    said = []
    for line in source.splitlines():
        words = shlex.split(line.removeprefix("$ bench "))
        result = CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": "110"})
        if result.exit_code:
            raise RuntimeError(f"{line}\n{result.output}")
        # Progress and times are those of one day.
        if words[0] != "run":
            said.append(result.stdout)
    return "\n".join(said)


@contextlib.contextmanager
def new_folder() -> Iterator[None]:
    """A folder to work in, from which modules are imported."""
    before, paths = Path.cwd(), list(sys.path)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            os.chdir(before)
            sys.path[:] = paths


def main() -> None:
    """Write what the tutorials print."""
    os.environ.pop("WEAKPAIR_STORE", None)
    for page in PAGES:
        with new_folder():
            text = filled(page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(HOME)}")


if __name__ == "__main__":
    main()
