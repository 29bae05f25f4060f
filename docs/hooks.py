"""Pages of the site that stand elsewhere in the repository, or are made of docstrings.

`mkdocs build` calls these functions (see `mkdocs.yml`). The README is the start page; links between
its files and those of `docs/` are set right.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

HOME = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
API = {
    "In a notebook": (
        "weakpair.face.benchmarking.benchmark",
        "weakpair.face.scored.Results",
        "weakpair.face.scored.results",
        "weakpair.face.matching.match",
        "benchmark.applying.match.Match",
        "benchmark.applying.match.Imputed",
    ),
    "What a learner and an aligner are": (
        "learners.base.Learner",
        "aligners.base.Aligner",
        "aligners.plan.plan.Plan",
        "aligners.plan.status.Status",
        "weakpair.registry.entry.Entry",
    ),
    "Tables": ("tables.merging.load_results", "tables.build.build", "tables.formats.render"),
    "Errors": ("weakpair.errors",),
}


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of other places."""
    for source, target in PAGES.items():
        text = rewritten((HOME / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, target, content=text))
    files.append(File.generated(config, "api.md", content=api()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let links out of `docs/` lead to the site's pages."""
    for source, target in PAGES.items():
        # One step less: the page of that name lies in the site's own folder.
        markdown = re.sub(rf"\]\(((?:\.\./)*)\.\./{re.escape(source)}", rf"](\1{target}", markdown)
    return markdown


def rewritten(text: str) -> str:
    """A page of the top folder whose links are those of the site.

    >>> rewritten("[a](docs/data.md#x), [b](CONTRIBUTING.md), [c](https://x.org/docs/)")
    '[a](data.md#x), [b](contributing.md), [c](https://x.org/docs/)'
    """
    text = text.replace("](docs/", "](")
    for source, target in PAGES.items():
        text = re.sub(rf"\]\({re.escape(source)}(?=[)#])", f"]({target}", text)
    return text


def api() -> str:
    """The page of the API: names whose docstrings it shows."""
    parts = ["# API\n"]
    for heading, names in API.items():
        parts.append(f"## {heading}\n")
        parts += [f"::: {name}\n" for name in names]
    return "\n".join(parts)
