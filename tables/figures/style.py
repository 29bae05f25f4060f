"""Style of all figures: colours, names, panels, and their files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tables.formats.escape import plain
from tables.ranked.sections import Protocol
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".pdf", ".svg", ".png")
MOST_PANELS = 12

# Okabe and Ito's colours, told apart by the colour-blind; their yellow is too light for lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#767676"
SMALL, NORMAL = 7, 8

# Luminance at which black and white have the same contrast.
_HALF = 0.179

_ROLES = {"baseline": COLOURS[1], "oracle": GREY, "control": GREY}


@dataclass(frozen=True)
class Drawing:
    """A figure and the caption that a paper prints under it."""

    figure: "Figure"
    caption: str

    def save(self, path: Path) -> Path:
        """Write PDF, SVG or PNG, as the file is named; the same drawing gives the same bytes.

        The caption goes into the file's metadata.

        Raises:
            ConfigError: another kind of file.
        """
        from matplotlib import rc_context

        suffix = check_suffix(path)
        about: dict[str, dict[str, Any]] = {
            ".pdf": {"Subject": self.caption, "CreationDate": None},
            ".svg": {"Description": self.caption, "Date": None},
            ".png": {"Description": self.caption},
        }
        # Type 42 fonts are what journals ask for; the salt names an SVG's parts reproducibly.
        with rc_context({"pdf.fonttype": 42, "svg.hashsalt": "weakpair"}):
            self.figure.savefig(path, dpi=200, metadata=about[suffix])
        return path


def check_suffix(path: Path) -> str:
    """The kind of file of a figure, in lower case.

    Raises:
        ConfigError: a kind that figures are not written as.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"--out {path}: figures are written as {', '.join(SUFFIXES)}")
    return suffix


def panels(
    count: int, size: tuple[float, float], *, columns: int = 3, what: str = "sections"
) -> tuple["Figure", list["Axes"]]:
    """An empty figure with `count` panels of `size` (inches), row by row.

    Raises:
        ConfigError: more panels than a page holds.
    """
    from matplotlib.figure import Figure

    if count > MOST_PANELS:
        raise ConfigError(
            f"{count} {what} are more than the {MOST_PANELS} panels of a figure; "
            "choose some by --dataset, --variant or --split"
        )
    across = min(count, columns)
    down = ceil(count / across)
    figure = Figure(figsize=(size[0] * across, size[1] * down), layout="constrained")
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    for spare in axes[count:]:
        spare.remove()
    return figure, axes[:count]


def ticks_at(panel: "Axes", values: Iterable[float], *, log: bool = False) -> None:
    """Ticks of the x axis at computed values, as many of them as have room for a label."""
    from matplotlib.ticker import NullLocator

    if log:
        panel.set_xscale("log")
    ticks = roomy(values, log=log)
    panel.set_xticks(ticks, [f"{value:g}" for value in ticks])
    panel.xaxis.set_minor_locator(NullLocator())


def roomy(values: Iterable[float], *, log: bool = False) -> list[float]:
    """The first value, the last, and those between that are a seventh of the way from the others.

    >>> roomy([0, 0.05, 0.5, 1]), roomy([0.001, 0.01, 0.1], log=True)
    ([0, 0.5, 1], [0.001, 0.01, 0.1])
    """
    ordered = sorted(set(values))
    place = {value: log10(value) if log else float(value) for value in ordered}
    first, last = ordered[0], ordered[-1]
    room = (place[last] - place[first]) / 7
    ticks = [first]
    for value in ordered[1:-1]:
        if min(place[value] - place[ticks[-1]], place[last] - place[value]) >= room:
            ticks.append(value)
    return [*ticks, last] if last > first else ticks


def literal(text: str) -> str:
    r"""A name as matplotlib draws it unchanged: dollar signs would enclose mathematics.

    >>> literal("p_$1$")
    'p_\\$1\\$'
    """
    return plain(text).replace("$", r"\$")


def place(protocol: Protocol, variant: str, among: Sequence[Protocol]) -> str:
    """A panel's title: data set and variant, and what else tells it from the other panels."""
    parts = [protocol.dataset, variant]
    if len({other.split for other in among}) > 1:
        parts.append(protocol.split)
    if len({other.training_cells for other in among}) > 1:
        parts.append(f"{protocol.training_cells} training cells")
    if len({other.target for other in among}) > 1:
        parts.append(protocol.direction)
    return literal(", ".join(part for part in parts if part))


def role_colour(role: str) -> str:
    """Methods, baselines, and what is set apart."""
    return _ROLES.get(role, COLOURS[0])


def readable_on(colour: Sequence[float]) -> str:
    """Black or white, whichever is read better on a colour.

    >>> readable_on((1.0, 1.0, 0.9, 1.0)), readable_on((0.0, 0.1, 0.3, 1.0))
    ('black', 'white')
    """
    return "white" if _luminance(colour) < _HALF else "black"


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour (WCAG 2).

    >>> round(_luminance((1.0, 1.0, 1.0, 1.0)), 3)
    1.0
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
