"""Registries of named methods: metadata without imports, open to other packages."""

from weakpair.registry.catalogue import Catalogue
from weakpair.registry.described import Described
from weakpair.registry.entry import FEATURES, RANKED_ROLES, ROLES, Entry, Role
from weakpair.registry.names import canonical_name, same_name
from weakpair.registry.registry import Registry

__all__ = [
    "FEATURES",
    "RANKED_ROLES",
    "ROLES",
    "Catalogue",
    "Described",
    "Entry",
    "Registry",
    "Role",
    "canonical_name",
    "same_name",
]
