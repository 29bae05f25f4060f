"""Names as people write them: case, hyphens and underscores make no difference."""

from collections.abc import Iterable

_SIGNS = str.maketrans("", "", "-_ ")


def canonical_name(name: str, known: Iterable[str]) -> str:
    """The known name that is meant, whatever its case, hyphens and underscores; else `name` itself.

    >>> canonical_name("LabeledEOT", ["eot", "labeled-eot"])
    'labeled-eot'
    >>> canonical_name("normalize_total", ["normalize-total"]), canonical_name("pcaa", ["pca"])
    ('normalize-total', 'pcaa')
    """
    names = list(known)
    if name in names:
        return name
    meant = [other for other in names if same_name(name, other)]
    return meant[0] if len(meant) == 1 else name


def same_name(one: str, other: str) -> bool:
    """Tell whether two names differ at most in case, hyphens, underscores and blanks."""
    return _spelt(one) == _spelt(other)


def _spelt(name: str) -> str:
    return name.translate(_SIGNS).casefold()
