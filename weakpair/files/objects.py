"""Fitted objects as plain words and arrays: what is read back executes nothing.

Objects are taken apart into the values of their attributes. What is put together again is an
instance of one of our own classes, or of PyTorch's layers; no constructor is called and no other
class is ever looked up, whatever a file says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weakpair.errors import DataError, ParameterError

Arrays = Sequence[NDArray[Any]]

_OURS = ("learners.", "benchmark.datasets.preprocessing.")
# What runs programs would run whatever command a file says.
_NEVER = ("learners.command.",)
_LAYERS = ("torch.nn.modules.",)
# What a tree of other words makes Python raise.
_DAMAGE = (
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    StopIteration,
    ImportError,
    RuntimeError,
)
_TREE = b"weakpair"
_PLAIN = (str, bool, int, type(None))


@dataclass(frozen=True)
class Parts:
    """An object taken apart: a tree of plain words, and the arrays that it refers to."""

    tree: Any
    arrays: list[NDArray[Any]] = field(default_factory=list)


def take_apart(value: Any) -> Parts:
    """Take an object apart.

    Raises:
        ParameterError: it holds something that cannot be written, which is named.
    """
    parts = Parts(None)
    return Parts(_taken(value, parts.arrays), parts.arrays)


def put_together(parts: Parts) -> Any:
    """Put the object together again.

    Raises:
        DataError: the tree is damaged, or names a class that is not ours.
    """
    try:
        return _put(parts.tree, parts.arrays)
    except _DAMAGE as error:
        raise DataError(f"a fitted method is damaged ({type(error).__name__}: {error})") from error


def pack(parts: Parts) -> bytes:
    """The parts as the bytes of a Parquet file: a row per array, the tree in its metadata."""
    table = pa.table(
        {
            "dtype": [array.dtype.str for array in parts.arrays],
            "shape": pa.array([list(array.shape) for array in parts.arrays], pa.list_(pa.int64())),
            "data": pa.array(
                [np.ascontiguousarray(array).tobytes() for array in parts.arrays], pa.large_binary()
            ),
        },
        metadata={_TREE: json.dumps(parts.tree)},
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


def unpack(content: bytes) -> Parts:
    """The parts that `pack` made bytes of.

    Raises:
        DataError: they are no such file, or a damaged one.
    """
    try:
        table = pq.read_table(pa.BufferReader(content))
        tree = json.loads(table.schema.metadata[_TREE])
        arrays = [
            np.frombuffer(row["data"], dtype=row["dtype"]).reshape(row["shape"])
            for row in table.to_pylist()
        ]
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DataError(f"no fitted method can be read here ({type(error).__name__})") from error
    return Parts(tree, arrays)


def _taken(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, np.ndarray | np.generic):
        return {"array": _filed(np.asarray(value), arrays)}
    if isinstance(value, list):
        return {"list": [_taken(item, arrays) for item in value]}
    if type(value) is tuple:
        return {"tuple": [_taken(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_taken(k, arrays), _taken(v, arrays)] for k, v in value.items()]}
    return _object_taken(value, arrays)


def _object_taken(value: Any, arrays: list[NDArray[Any]]) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return {"tensor": _filed(value.detach().cpu().numpy(), arrays)}
    name = _name(type(value))
    if isinstance(value, torch.nn.Module):
        return {"layer": name, **_layer_taken(value, arrays)}
    if isinstance(value, tuple):
        return {"named": name, "items": [_taken(item, arrays) for item in value]}
    if not name.startswith(_OURS) or name.startswith(_NEVER) or not hasattr(value, "__dict__"):
        raise ParameterError(f"a {name} cannot be written; fit it anew where it is needed")
    return {"object": name, "state": _taken(dict(vars(value)), arrays)}


def _layer_taken(layer: Any, arrays: list[NDArray[Any]]) -> dict[str, Any]:
    own = {k: v for k, v in vars(layer).items() if not k.startswith("_")}
    tensors = {
        kind: {k: v for k, v in getattr(layer, f"_{kind}").items() if v is not None}
        for kind in ("parameters", "buffers")
    }
    return {
        "state": _taken(own, arrays),
        **{kind: _taken(held, arrays) for kind, held in tensors.items()},
        "absent": [
            [kind, k]
            for kind in ("parameters", "buffers")
            for k, v in getattr(layer, f"_{kind}").items()
            if v is None
        ],
        "modules": _taken(dict(layer.named_children()), arrays),
    }


def _filed(array: NDArray[Any], arrays: list[NDArray[Any]]) -> int:
    if array.dtype.hasobject:
        raise ParameterError("an array of Python objects cannot be written")
    arrays.append(array)
    return len(arrays) - 1


def _put(tree: Any, arrays: Arrays) -> Any:
    if isinstance(tree, _PLAIN):
        return tree
    kind, content = next(iter(tree.items()))
    if kind == "float":
        return float.fromhex(content)
    if kind == "array":
        found = arrays[content]
        return found if found.ndim else found[()]
    if kind == "tensor":
        import torch

        return torch.from_numpy(np.array(arrays[content]))
    if kind == "list":
        return [_put(item, arrays) for item in content]
    if kind == "tuple":
        return tuple(_put(item, arrays) for item in content)
    if kind == "dict":
        return {_put(k, arrays): _put(v, arrays) for k, v in content}
    return _object_put(kind, tree, arrays)


def _object_put(kind: str, tree: Mapping[str, Any], arrays: Arrays) -> Any:
    known = {"layer": (*_OURS, *_LAYERS), "named": _OURS, "object": _OURS}
    found = _class(tree[kind], known[kind])
    if kind == "named":
        return found(*(_put(item, arrays) for item in tree["items"]))
    made: Any = object.__new__(found)
    if kind == "layer":
        return _layer_put(made, tree, arrays)
    vars(made).update(_put(tree["state"], arrays))
    return made


def _layer_put(made: Any, tree: Mapping[str, Any], arrays: Arrays) -> Any:
    import torch

    torch.nn.Module.__init__(made)
    vars(made).update(_put(tree["state"], arrays))
    for name, tensor in _put(tree["parameters"], arrays).items():
        made.register_parameter(name, torch.nn.Parameter(tensor, requires_grad=False))
    for name, tensor in _put(tree["buffers"], arrays).items():
        made.register_buffer(name, tensor)
    for held, name in tree["absent"]:
        (made.register_parameter if held == "parameters" else made.register_buffer)(name, None)
    for name, part in _put(tree["modules"], arrays).items():
        made.add_module(name, part)
    return made


def _name(found: type) -> str:
    return f"{found.__module__}.{found.__qualname__}"


def _class(name: str, known: tuple[str, ...]) -> type:
    """The class of that name, if it is one of the known packages.

    Raises:
        DataError: it is not.
    """
    if not name.startswith(known) or name.startswith(_NEVER):
        raise DataError(f"a fitted method names the class {name!r}, which is not one of ours")
    module, _, own = name.rpartition(".")
    found = getattr(import_module(module), own)
    if not isinstance(found, type) or _name(found) != name:
        raise DataError(f"a fitted method names {name!r}, which is no class")
    return found
