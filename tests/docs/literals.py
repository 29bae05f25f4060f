"""Numbers in notes that look like scores and are asked of no run.

Notes write a setting with the zero before its point (0.005), a score by a template call, and what
was measured once and is stored nowhere in a line that begins with "> Measured once".
"""

import re

MARK = "> Measured once"

CALLS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_CODE = re.compile(r"`[^`]*`")
_SCORE = re.compile(
    r"""
    (?<![\w.])\.\d+          # .123
    | \d\ ±                  # 0.456 ±
    | ±\ [\d.]*\d            # ± 0.012
    | \b\d+\ of\ \d+\b       # 7 of 8
    """,
    re.VERBOSE,
)


def literals(notes: str) -> list[str]:
    """Lines of notes with a literal score, each with its number.

    >>> literals("Trace is .123 at 0.005.")
    ['1: .123']
    >>> literals("Trace is {{ score(.1) }} at 0.005, 80/20, p. 3.")
    []
    """
    bare = _CODE.sub("", CALLS.sub(lambda call: "\n" * call.group().count("\n"), notes))
    return [
        f"{number}: {found.group()}"
        for number, line in enumerate(bare.splitlines(), 1)
        if not line.startswith(MARK)
        for found in _SCORE.finditer(line)
    ]
