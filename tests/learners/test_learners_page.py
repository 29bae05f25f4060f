"""The page of the learners: it names every registered one, and none that is gone."""

import re

import aligners
import learners
from benchmark.datasets.preprocessing.pipeline import STEPS
from learners.neural.encoders import ENCODERS
from weakpair.imports import HOME

PAGE = (HOME / "docs" / "learners.md").read_text(encoding="utf-8")
# First cells of the tables' rows, which name one learner or several.
NAMED = re.findall(r"`([a-z0-9-]+)`", "\n".join(re.findall(r"^\| ([^|]*`[^|]*) \|", PAGE, re.M)))


def test_every_learner_stands_on_its_page() -> None:
    assert set(learners.names()) - set(NAMED) == set()


def test_no_row_is_of_a_learner_that_is_gone() -> None:
    assert set(NAMED) - set(learners.names()) == set()


def test_every_paper_with_a_year_is_cited() -> None:
    """The first author of each registered paper stands there."""
    authors = {entry.paper.split()[0] for entry in learners.REGISTRY if entry.paper}
    assert {author for author in authors if author not in PAGE} == set()


def test_parameters_that_are_named_exist() -> None:
    """Words in code style are methods, their parameters, facts or code."""
    known = {key for name in learners.names() for key in learners.get(name).get_params()}
    known |= {*learners.names(), *aligners.names(), "role", "needs_labels", "needs_pairing"}
    known |= {"reads", "branch", "chosen", "elbo", "row", "column", "weight", "model", "label"}
    known |= {*ENCODERS, *STEPS}
    words = set(re.findall(r"`([a-z_-]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S)))
    assert words - known == set()
