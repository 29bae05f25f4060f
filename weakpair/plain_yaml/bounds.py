"""Bounds of a YAML text: so much of it, so deep, and keys that are texts.

Ten lines of aliases of aliases can stand for a thousand million values.
"""

import yaml

CHARACTERS = 1_000_000
DEPTH = 40
VALUES = 100_000
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


def check_text(text: str) -> None:
    """Look at length and depth, before anything is made of a text.

    Raises:
        yaml.YAMLError: it is too long or too deep.
    """
    if len(text) > CHARACTERS:
        raise yaml.YAMLError(f"it has {len(text):,} characters; at most {CHARACTERS:,} are read")
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH:
            raise yaml.YAMLError(f"lists and mappings are nested deeper than {DEPTH}")


def check_node(root: yaml.Node) -> None:
    """Count values, those that aliases stand for as often as they stand for them; look at keys.

    Raises:
        yaml.YAMLError: it stands for too much, or a key is no text.
    """
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(node: yaml.Node) -> int:
        place = id(node)
        if place in open_:
            raise yaml.YAMLError("an alias stands for what it is part of")
        if place not in sizes:
            open_.add(place)
            sizes[place] = 1 + sum(size(inner) for inner in _inside(node))
            open_.remove(place)
        return sizes[place]

    total = size(root)
    if total > VALUES:
        raise yaml.YAMLError(f"it stands for {total:,} values; at most {VALUES:,} are read")


def _inside(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    for key, _value in node.value:
        if key.tag not in (_TEXT, _MERGE):
            said = repr(key.value) if isinstance(key, yaml.ScalarNode) else "a list or mapping"
            line = key.start_mark.line + 1
            raise yaml.YAMLError(f"line {line}: the key {said} is no text; put it in quotes")
    return [value for _key, value in node.value]
