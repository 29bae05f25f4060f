"""The page as one HTML file that needs nothing else."""

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from markupsafe import Markup

from tables.formats.escape import plain
from tables.model import Mark
from tables.page.model import Page
from weakpair.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(page: Page) -> str:
    """Write the page; the same page gives the same bytes.

    Every text is escaped, and a content security policy allows the page's own script only and no
    connection to anywhere: what is in a name stays text even if an escape were forgotten.
    """
    environment = _environment()
    script, style = (_asset(environment, name) for name in ("page.js", "page.css"))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    template = environment.get_template("page.html.j2")
    text = template.render(page=page, script=script, style=style, digest=digest, Mark=Mark)
    return visible(text, keep="\n")


def _asset(environment: "Environment", name: str) -> Markup:
    """A file that ships with the package, to be put into the page as it is."""
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


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
