"""Sections of the page, in the order of the questions that a reader has."""

from tables.page.choice import choice
from tables.page.fits import latents, learning
from tables.page.material import Material
from tables.page.model import Page
from tables.page.overview import summary
from tables.page.papers import papers
from tables.page.scores import (
    Scored,
    by_fold,
    by_perturbation,
    heat_maps,
    ranking,
    statistics,
)
from tables.page.work import costs, failures, provenance


def build_page(material: Material) -> Page:
    """Lay out everything the material has to say.

    Raises:
        DataError: results that `tables.build` would not take.
    """
    scored = Scored(material)
    return Page(
        material.title,
        (
            choice(scored),
            summary(scored),
            ranking(scored),
            statistics(scored),
            heat_maps(scored),
            by_perturbation(scored),
            by_fold(scored),
            learning(material),
            latents(material),
            papers(material),
            failures(scored),
            costs(material),
            provenance(material),
        ),
    )
