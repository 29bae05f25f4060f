"""The report as one HTML file: its material, its sections, its drawings.

page = build_page(Material("my run", results, runs=[record]))
Path("report.html").write_text(render_page(page), encoding="utf-8")
"""

from tables.page.build import build_page
from tables.page.material import Curve, LatentMap, Material, RunRecord
from tables.page.model import Page
from tables.page.render import render_page

__all__ = [
    "Curve",
    "LatentMap",
    "Material",
    "Page",
    "RunRecord",
    "build_page",
    "render_page",
]
