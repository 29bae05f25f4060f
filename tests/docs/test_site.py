"""The documentation as a site: it builds without a warning, and holds every page."""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml

HOME = Path(__file__).parents[2]
HOOKS = HOME / "docs" / "hooks.py"
needs_mkdocs = pytest.mark.skipif(
    find_spec("mkdocs") is None, reason="needs weakpair[site]; make site builds it"
)


def hooks() -> Any:
    spec = spec_from_file_location("site_hooks", HOOKS)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_of_the_api() -> list[str]:
    return [name for names in hooks().API.values() for name in names]


def named(nav: Any) -> set[str]:
    """Files that a navigation names."""
    if isinstance(nav, str):
        return {nav}
    parts = nav.values() if isinstance(nav, dict) else nav
    return set().union(*map(named, parts))


def test_every_page_stands_in_the_navigation() -> None:
    text = (HOME / "mkdocs.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text.replace("!!python/name:pymdownx.superfences.", ""))
    docs = HOME / "docs"
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}
    pages = {name for name in pages if not name.endswith(".notes.md")}
    made = {"index.md", "contributing.md", "changelog.md", "api.md"}
    assert named(content["nav"]) == pages | made


@needs_mkdocs
def test_links_are_those_of_the_site() -> None:
    text = "[a](docs/data.md#x), [b](CONTRIBUTING.md), [c](https://x.org/docs/)"
    found = "[a](data.md#x), [b](contributing.md), [c](https://x.org/docs/)"
    assert hooks().rewritten(text) == found
    assert hooks().on_page_markdown("[b](../CONTRIBUTING.md#k)") == "[b](contributing.md#k)"
    assert hooks().on_page_markdown("[b](../../README.md)") == "[b](../index.md)"


@needs_mkdocs
def test_names_of_the_api_are_there() -> None:
    for name in names_of_the_api():
        module, _, last = name.rpartition(".")
        assert name == "weakpair.errors" or hasattr(import_module(module), last), name


@needs_mkdocs
@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    api = (tmp_path / "site" / "api" / "index.html").read_text(encoding="utf-8")
    for name in names_of_the_api():
        assert f'id="{name}"' in api
