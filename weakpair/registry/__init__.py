"""Registries of named methods: metadata without imports, open to other packages."""

from weakpair.registry.registry import FEATURES, Entry, Registry, Role, canonical_name, same_name

__all__ = ["FEATURES", "Entry", "Registry", "Role", "canonical_name", "same_name"]
