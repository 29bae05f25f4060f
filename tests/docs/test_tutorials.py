"""Tutorials run, and print what they say that they print."""

import re
from pathlib import Path

import pytest

from tests.docs.tutorials import PAGES, filled, new_folder

pytest.importorskip("anndata")
pytest.importorskip("mudata")


def masked(text: str) -> list[str]:
    """Lines without their numbers, which differ in the last digit from machine to machine."""
    return [re.sub(r"[\s─-]+", " ", re.sub(r"\d+", "0", line)) for line in text.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_prints_what_it_says(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    text = page.read_text(encoding="utf-8")
    assert "```text" in text
    with new_folder():
        found = filled(text)
    assert masked(found) == masked(text)


def test_what_a_block_prints_stands_below_it() -> None:
    page = "```python\nx = 1\nprint(x)\n```\n\n```text\nold\n```\n\n```python\nprint(x + 1)\n```\n"
    wanted = "```python\nx = 1\nprint(x)\n```\n\n```text\n1\n```\n\n```python\nprint(x + 1)\n```\n"
    with new_folder():
        assert filled(page) == f"{wanted}\n```text\n2\n```\n"
