"""Modules that take long to import, imported when they are first used."""

from importlib import import_module
from typing import Any


class Lazy:
    """Stands for a module; the first look at anything in it imports it.

    >>> Lazy("math").floor(2.5)
    2
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
