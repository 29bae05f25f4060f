"""A note: one line on a data set."""

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["ok", "mind", "wrong"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Fine, to be kept in mind, and in the way of any result."""


@dataclass(frozen=True)
class Note:
    """A line on one topic.

    Attributes:
        level: one of `LEVELS`.
        topic: a word or two.
        text: what was found, in plain words.
    """

    level: Level
    topic: str
    text: str
