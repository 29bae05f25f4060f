"""The section that sets our numbers, and the papers' claims, beside what the papers print."""

from typing import get_args

from tables.page.material import Material
from tables.page.model import Part, Section, Sheet, Text
from tables.papers.claims import claims
from tables.papers.compare import compare
from tables.papers.published import Paper, load
from weakpair.registry import RANKED_ROLES


def papers(material: Material) -> Section:
    """A part per paper that shares a number with the results, then the papers' claims."""
    parts, silent = [], []
    for paper in get_args(Paper):
        compared = compare(material.results, load(paper))
        # The first table is a summary, which stands without a single number of ours too.
        if len(compared) > 1:
            parts.append(Part(paper.upper(), [Sheet(table) for table in compared]))
        else:
            silent.append(paper.upper())
    if parts and material.results["role"].isin(RANKED_ROLES).any():
        tested = claims(material.results, material.ratios)
        parts.append(Part("What the papers claim", [Sheet(table) for table in tested]))
    lines = [f"{name}: no printed number has the same data, split and methods." for name in silent]
    return Section("papers", "Beside the papers", [Text(text) for text in lines], parts)
