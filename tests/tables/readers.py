"""Readers of what we write: an HTML parser and LaTeX's rules for text, for tests only."""

import re
from html.parser import HTMLParser

# What our LaTeX may hold beside plain characters, and what each piece prints.
_LATEX_TOKENS = {
    r"\textbackslash{}": "\\",
    r"\textasciicircum{}": "^",
    r"\textasciitilde{}": "~",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textquotedbl{}": '"',
    r"\textquotesingle{}": "'",
    r"\textasciigrave{}": "`",
    r"\textendash{}": "–",
    r"\textemdash{}": "—",
    r"\{": "{",
    r"\}": "}",
    r"\$": "$",
    r"\&": "&",
    r"\#": "#",
    r"\%": "%",
    r"\_": "_",
    "{*}": "*",
    "{[}": "[",
    "{]}": "]",
    "$-$": "−",
    r"$\pm$": "±",
    r"$\times$": "×",
    r"$\leq$": "≤",
    r"$\geq$": "≥",
    r"$\approx$": "≈",
    r"$^\approx$": "≈",
    r"$\to$": "→",
    "$'$": "′",
    r"$\uparrow$": "↑",
    r"$\downarrow$": "↓",
    r"$^\dagger$": "†",
    r"$^\ddagger$": "‡",
    "{}": "",
}
_TOKEN = re.compile("|".join(re.escape(t) for t in sorted(_LATEX_TOKENS, key=len, reverse=True)))
LATEX_SPECIAL = set("\\{}$&#^_%~*[]\"'`<>|")


def latex_prints(text: str) -> str:
    """What LaTeX prints for our text; raises where a special character stands bare."""
    printed, place = [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token:
            printed.append(_LATEX_TOKENS[token.group()])
            place = token.end()
            continue
        if text[place] in LATEX_SPECIAL:
            raise AssertionError(f"bare {text[place]!r} at {place} of {text!r}")
        if text[place] in "-," and text[place : place + 2] == text[place] * 2:
            raise AssertionError(f"ligature at {place} of {text!r}")
        printed.append(text[place])
        place += 1
    return "".join(printed)


class _Tables(HTMLParser):
    """Collects the text of every cell, row by row, and the tags that were seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.tags: set[str] = set()
        self.text: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._in_cell:
            self.tables[-1][-1][-1] += data


def read_html(text: str) -> _Tables:
    """Parse; the parser's `tables`, `tags` and `text` tell what a browser would show."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return parser


def html_tables(text: str) -> list[list[list[str]]]:
    """The text of every cell of every table."""
    return read_html(text).tables


def path_points(d: str) -> list[tuple[float, float]]:
    """Places that a path of lines goes through, from absolute and relative steps."""
    found: list[tuple[float, float]] = []
    at = (0.0, 0.0)
    for command, x, y in re.findall(r"([MLml])(-?[\d.]+)(?: |(?=-))(-?[\d.]+)", d):
        start = at if command.islower() else (0.0, 0.0)
        at = start[0] + float(x), start[1] + float(y)
        found.append(at)
    return found
