"""YAML as plain values; a key that stands twice is a mistake, not the last one's."""

from typing import Any

import yaml

from weakpair.plain_yaml.bounds import check_node, check_text


class _Loader(yaml.SafeLoader):
    """Refuses what YAML leaves open."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node, each of whose keys stands once."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            value = self.construct_object(key)
            if value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {value!r} stands twice", key.start_mark
                )
            seen.add(value)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: Any) -> Any:
        """The text of a node, if files can hold it: half of a character they cannot."""
        text = super().construct_scalar(node)
        if isinstance(text, str) and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise yaml.constructor.ConstructorError(
                None, None, f"{text!a} holds half of a character", node.start_mark
            )
        return text


def plain(text: str) -> Any:
    r"""The values of a YAML text; nothing but numbers, texts, lists and mappings is ever made.

    >>> plain("a: 1\nb: [x, 2.5]")
    {'a': 1, 'b': ['x', 2.5]}

    Raises:
        yaml.YAMLError: it is not YAML, asks for more than a grid may hold, has a key twice in a
            mapping or one that is no text, or a value that is none (the 30th of February).
    """
    check_text(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        check_node(node)
        return loader.construct_document(node)
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        raise yaml.YAMLError(f"a value cannot be read: {error}") from error
    finally:
        loader.dispose()
