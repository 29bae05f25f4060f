"""What a YAML text may ask for: so much of it, so deep, and keys that are texts.

Ten lines of aliases of aliases can stand for a thousand million values.
"""

import yaml

CHARACTERS = 1_000_000
DEPTH = 40
VALUES = 100_000
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


def bounded(text: str) -> str:
    """The text itself, if it stands for as much as a grid may hold.

    Raises:
        yaml.YAMLError: it is too long, too deep, or stands for too much; a key is no text; or a
            value is none, such as the 30th of February.

    >>> bounded("a: [1, 2]")
    'a: [1, 2]'
    """
    if len(text) > CHARACTERS:
        raise yaml.YAMLError(f"it has {len(text):,} characters; at most {CHARACTERS:,} are read")
    _check_depth(text)
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            _check_size(node)
            loader.construct_document(node)
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        raise yaml.YAMLError(f"a value cannot be read: {error}") from error
    finally:
        loader.dispose()
    return text


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH:
            raise yaml.YAMLError(f"lists and mappings are nested deeper than {DEPTH}")


def _check_size(root: yaml.Node) -> None:
    """Count values, those that aliases stand for as often as they stand for them."""
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
