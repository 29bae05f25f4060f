"""A page before it is HTML: sections of parts of blocks, in plain text, numbers and drawings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from markupsafe import Markup

from tables.model import Table


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what is known."""

    kind: ClassVar[str] = "facts"
    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """A table that a reader sorts and filters."""

    kind: ClassVar[str] = "sheet"
    table: Table


@dataclass(frozen=True)
class HeatCell:
    """A number of a heat map; `shade` runs from 0 (worst) to 1 (best), `best` is its row's best."""

    display: str
    shade: float
    best: bool = False


@dataclass(frozen=True)
class Heat:
    """A heat map: one row per name, None where there is no number."""

    kind: ClassVar[str] = "heat"
    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[HeatCell | None]]]


@dataclass(frozen=True)
class Entry:
    """An entry of a legend: its class and style in the drawing, and the label it points out."""

    name: str
    classes: str
    style: str = ""
    label: int | None = None


@dataclass(frozen=True)
class Picture:
    """A drawing with its title and a legend, which `more` completes in words."""

    kind: ClassVar[str] = "picture"
    title: str
    svg: Markup
    legend: Sequence[Entry] = ()
    more: str = ""


@dataclass(frozen=True)
class Gallery:
    """Pictures or heat maps side by side under a common caption; `name` lets styles find it."""

    kind: ClassVar[str] = "gallery"
    items: Sequence[Picture | Heat]
    caption: str
    name: str = ""


@dataclass(frozen=True)
class Log:
    """A long text as it was written, folded away."""

    kind: ClassVar[str] = "log"
    title: str
    text: str


@dataclass(frozen=True)
class Panel:
    """One of several answers, of which a reader picks one by its label."""

    label: str
    blocks: "Sequence[Block]"


@dataclass(frozen=True)
class Panels:
    """Panels of which one is shown at a time; without a script all are."""

    kind: ClassVar[str] = "panels"
    title: str
    items: Sequence[Panel]


Block = Text | Facts | Sheet | Picture | Gallery | Log | Panels


@dataclass(frozen=True)
class Part:
    """A part of a section that can be folded away."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Section:
    """A section of the page: blocks first, then parts."""

    anchor: str
    title: str
    blocks: Sequence[Block]
    parts: Sequence[Part] = field(default_factory=tuple)


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    sections: Sequence[Section]
