"""The glossary of docs/architecture.md: one word for each thing, and the code keeps to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from weakpair.imports import HOME, OURS
from weakpair.registry import ROLES
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.splits import IN_PRINT, SPLIT_KINDS, TrainingCells
from weakpair.vocabulary.tasks import TASKS

PAGE = HOME / "docs" / "architecture.md"
ROW = re.compile(r"\| \*\*(?P<word>.+?)\*\* \| (?P<meaning>.+) \|")
WORDS = {
    *("learner", "latent", "aligner", "plan", "role", "label", "downstream", "task", "metric"),
    *("split", "fold", "training cells", "point", "stage", "store", "run", "together", "floor"),
    *("ceiling", "share of the gap", "saturated", "decoy", "ensemble"),
}
SYNONYMS = {
    "together": r"stack(ed|er|ing)",
    "downstream": r"(downstream_task|task_(column|label)|label_task)",
}
"""Word → names that would be a second word for the thing."""


def glossary() -> dict[str, str]:
    """Word → meaning, as the page has them."""
    section = PAGE.read_text(encoding="utf-8").partition("## Glossary\n")[2].partition("\n## ")[0]
    rows = [match for line in section.splitlines() if (match := ROW.fullmatch(line))]
    found = {row["word"]: row["meaning"] for row in rows}
    assert len(found) == len(rows), "a word stands twice"
    return found


def values(word: str) -> list[str]:
    """The values in code type in the meaning of a word."""
    return re.findall(r"`([^`]+)`", glossary()[word])


def test_every_word_stands_in_the_glossary_once() -> None:
    assert set(glossary()) == WORDS


@pytest.mark.parametrize(
    ("word", "known"),
    [("task", TASKS), ("role", ROLES), ("split", SPLIT_KINDS)],
)
def test_the_values_of_a_word_are_those_of_the_code(word: str, known: tuple[str, ...]) -> None:
    assert values(word) == list(known)


def test_words_of_training_cells_and_splits_are_understood() -> None:
    assert values("training cells")
    for words in values("training cells"):
        TrainingCells.parse(words)
    assert set(IN_PRINT) == set(SPLIT_KINDS)


def test_metrics_that_are_named_exist() -> None:
    for name in values("metric"):
        METRICS.entry(name)


def public_names(path: Path) -> Iterator[str]:
    """Names that others read: of classes, functions, their parameters, and attributes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def synonyms(path: Path) -> list[str]:
    """Public names of a file that are a second word for something."""
    second = re.compile("|".join(SYNONYMS.values()), re.IGNORECASE)
    return [n for n in public_names(path) if not n.startswith("_") and second.search(n)]


def test_no_public_name_is_a_second_word_for_a_thing() -> None:
    files = [path for package in OURS for path in sorted((HOME / package).rglob("*.py"))]
    assert len(files) > 300
    found = {path.relative_to(HOME).as_posix(): synonyms(path) for path in files}
    assert {file: names for file, names in found.items() if names} == {}


def test_a_second_word_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text("class NetworkStacker:\n    task_column: str\n\n\ndef f(stacked): ...\n")
    assert synonyms(path) == ["NetworkStacker", "task_column", "stacked"]
