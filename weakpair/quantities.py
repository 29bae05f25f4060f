"""Times and sizes as people read them: three digits and a unit."""

_SECONDS = ((1.0, "s"), (60.0, "min"), (3600.0, "h"))
_BYTES = ("B", "kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """A time in print.

    >>> [duration(seconds) for seconds in (0.0, 0.0042, 12.34, 119.96, 600, 9000, 5e6)]
    ['0 s', '4.2 ms', '12.3 s', '2 min', '10 min', '2.5 h', '1,389 h']
    """
    if 0 < seconds < 0.9995:
        return f"{_three(seconds * 1000)} ms"
    unit, name = next(
        (pair for pair in _SECONDS[:-1] if round(seconds / pair[0]) < 120), _SECONDS[-1]
    )
    return f"{_three(seconds / unit)} {name}"


def size(count: float) -> str:
    """Bytes with a decimal prefix.

    >>> [size(count) for count in (10, 2_500_000, 999_990, 6.2e9, 3e15)]
    ['10 B', '2.5 MB', '1 MB', '6.2 GB', '3,000 TB']
    """
    for name in _BYTES[:-1]:
        if count < 999.5:
            return f"{_three(count)} {name}"
        count /= 1000
    return f"{_three(count)} {_BYTES[-1]}"


def _three(value: float) -> str:
    """Three digits, or all before the point.

    >>> [_three(value) for value in (0.0, 0.1234, 2.0, 12.34, 99.97, 1234.5)]
    ['0', '0.123', '2', '12.3', '100', '1,234']
    """
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}"
