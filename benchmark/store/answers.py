"""Answers of this package's code that take long imports to find, kept beside the artefacts.

What a learner's defaults are, or what stands first in a table, follows from the question and from
our code; so an answer is kept under the digest of both. They determine no result: without a
readable file everything is found out anew.
"""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.store.keys import sha256
from benchmark.store.leftovers import temporary
from weakpair.errors import ConfigError
from weakpair.imports import HOME, OURS
from weakpair.registry import Entry
from weakpair.registry.foreign import describe

FILE = "answers.json"
_MOST = 5000


@cache
def code() -> str:
    """Digest of names, sizes and times of our source files, and of the settings they read."""
    files = sorted(
        path for name in OURS for end in ("py", "json") for path in (HOME / name).rglob(f"*.{end}")
    )
    stats = [(str(path.relative_to(HOME)), path.stat()) for path in files]
    return sha256([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


@dataclass
class Answers:
    """Answers by digest; those found out meanwhile are added.

    None is kept that was found in a process in which code from outside ran (`ours` is false).
    """

    known: dict[str, Any] = field(default_factory=dict)
    changed: bool = False
    ours: bool = True

    @classmethod
    def read(cls, root: Path) -> "Answers":
        """Read those of the store at `root`; none if there is no readable file."""
        try:
            content = json.loads((root / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = {}
        return cls(content if isinstance(content, dict) else {})

    def get(self, question: Any, find: Callable[[], Any]) -> Any:
        """The answer, looked up or found; questions and answers are plain values."""
        try:
            key = sha256([code(), question])
        except ConfigError:
            return find()
        if key not in self.known:
            self.known[key] = find()
            self.changed = True
        return self.known[key]

    def write(self, root: Path) -> None:
        """Replace the file whole; a store that is not there, or cannot be written, goes without."""
        if not self.changed or not self.ours or not root.is_dir():
            return
        content = dict([*self.known.items()][-_MOST:])
        file = temporary(root, "answers")
        with suppress(OSError, TypeError, ValueError):
            text = json.dumps(content)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            file.replace(root / FILE)

    def describe(self, entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Describe a method; the answer about one that is not imported yet is looked up."""
        question = ["method", entry.target, entry.fixed, dict(params)]
        if entry.target.partition(":")[0] in sys.modules:
            answer = describe(entry, params)
            self.get(question, lambda: answer)
            return answer
        try:
            answer = self.get(question, lambda: describe(entry, params))
            return str(answer[0]), dict(answer[1])
        except (LookupError, TypeError, ValueError):
            return describe(entry, params)
