"""Sections about fits: learning curves and latent maps."""

from collections.abc import Sequence

from tables.page.charts import MOST_POINTS, colour_class, draw_curves, draw_map, hue
from tables.page.material import Curve, LatentMap, Material
from tables.page.model import Entry, Gallery, Part, Picture, Section, Text
from tables.ranked.ordering import natural

MOST_LINES = 5
MOST_NAMED = 20


def learning(material: Material) -> Section:
    """Learning curves, a drawing per learner and loss with a line per fold."""
    places = dict.fromkeys(curve.place for curve in material.curves)
    parts = [
        Part(place, [Gallery(_curves([c for c in material.curves if c.place == place]), _CURVES)])
        for place in places
    ]
    absent = _absent(material, "curves", "No learner of these results left one.", parts)
    return Section("curves", "Learning curves", absent, parts)


def _absent(material: Material, section: str, nothing: str, parts: Sequence[Part]) -> list[Text]:
    """Say why a section is empty."""
    known = list(material.absent.get(section, ()))
    return [Text(text) for text in known or ([] if parts else [nothing])]


_CURVES = (
    f"Training losses by epoch, a line per fold or replicate (the first {MOST_LINES}), thinned to "
    f"{MOST_POINTS} epochs where there are more. Learners in closed form have none."
)


def _curves(curves: Sequence[Curve]) -> list[Picture]:
    panels: dict[tuple[str, str], dict[str, Sequence[float]]] = {}
    for curve in curves:
        for loss, values in curve.series.items():
            lines = panels.setdefault((curve.learner, loss), {})
            if len(lines) < MOST_LINES and len(values):
                lines[curve.unit] = values
    return [
        Picture(f"{learner}: {loss}", draw_curves(f"{learner}: {loss}", lines))
        for (learner, loss), lines in panels.items()
        if lines
    ]


def latents(material: Material) -> Section:
    """Latent maps of both modalities, a part per place."""
    places = dict.fromkeys(found.place for found in material.maps)
    parts = []
    for place in places:
        maps = [found for found in material.maps if found.place == place]
        one, two = maps[0].names
        drawn = Gallery([_map(m) for m in maps], _MAPS.format(one=one, two=two), "maps")
        parts.append(Part(place, [drawn]))
    absent = _absent(material, "latents", "There are no latents of test cells to draw.", parts)
    return Section("latents", "Latent maps", absent, parts)


_MAPS = (
    "Test cells of both modalities in the latent space, brought to the plane by one t-SNE of both "
    "together: discs are {one}, squares {two}. Where the modalities do not mix, no "
    "aligner that compares distances can match them. Distances between far points of a t-SNE, and "
    "sizes of its clusters, mean nothing."
)


def _map(found: LatentMap) -> Picture:
    sizes = [int((found.modality == which).sum()) for which in (1, 2)]
    of = f" of {found.of}" if found.of > sum(sizes) else ""
    heading = f"{found.learner}, {found.unit} ({sizes[0]} + {sizes[1]}{of} cells)"
    known = natural(map(str, found.labels))
    legend = [
        Entry(label, f"{colour_class(code)}", hue(code, len(known)), code)
        for code, label in enumerate(known[:MOST_NAMED])
    ]
    drawn = draw_map(heading, found.points, found.modality, found.labels)
    more = len(known) - MOST_NAMED
    return Picture(heading, drawn, legend, f"and {more} more labels" if more > 0 else "")
