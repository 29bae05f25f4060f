"""HTML: a self-contained <table> per table, every text escaped by the template."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tables.formats import Screen
from tables.formats.escape import plain
from tables.model import Mark, Table
from weakpair.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(tables: Sequence[Table], _screen: Screen) -> str:
    """Write each table with its caption; `data-v` holds the number of a cell in full."""
    template = _environment().get_template("table.html.j2")
    return visible(template.render(tables=tables, Mark=Mark), keep="\n")


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tables"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    return environment
