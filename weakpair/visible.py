"""Foreign text made harmless: what would steer a terminal, or turn a line round, is spelt out."""

from unicodedata import category

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# They join letters of Arabic, Indic scripts and emoji, or allow a hyphen; nothing else.
_HARMLESS = frozenset("\u200c\u200d\u00ad")


def visible(text: str, keep: str = "") -> str:
    r"""The text with control characters, overrides of direction and halves of signs as escapes.

    Args:
        text: anything.
        keep: control characters that stay, such as a newline.

    >>> print(visible("a\x1b[31mb\u202ec\n", keep="\n"), end="")
    a\x1b[31mb\u202ec
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in keep else _spelt(sign) for sign in text)


def _spelt(sign: str) -> str:
    if sign in _HARMLESS or category(sign) not in _STEERING:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
