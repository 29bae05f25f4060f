"""A device that is not the CPU to every check PyTorch makes, with the CPU's numbers.

Its tensors wrap tensors of the CPU that do the arithmetic. As on an accelerator, one of them and
one of the CPU cannot be mixed, none becomes an array, and every value that reaches Python has been
fetched. Unlike there, whatever crosses over is counted with the line that asked for it.
"""

import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import torch
from torch.utils import backend_registration

NAME = "standin"
HOME = str(Path(__file__).parents[2])

needs_standin = pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="a device written in Python needs torch 2.9 or newer",
)

Transfers = Counter[tuple[str, str]]
"""Counts of what crossed: ("to host" | "to device" | "value", file:line that asked for it)."""

_current: list[Transfers] = []


def fetched(transfers: Transfers) -> int:
    """Number of times that the host had to wait for the device."""
    return sum(count for (kind, _), count in transfers.items() if kind != "to device")


class Standin(torch.Tensor):
    """Tensor of the device; `raw` is the one that holds its numbers."""

    raw: torch.Tensor
    __torch_function__: Any = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls: type[Self], raw: torch.Tensor) -> Self:
        """Wrap a tensor of the CPU; of its kind in all but the device."""
        made: Self = torch.Tensor._make_wrapper_subclass(
            cls,
            raw.size(),
            strides=raw.stride(),
            storage_offset=raw.storage_offset(),
            dtype=raw.dtype,
            device=torch.device(NAME, 0),
        )
        return made

    def __init__(self, raw: torch.Tensor) -> None:
        self.raw = raw

    def tolist(self) -> Any:
        """The values, fetched in one piece; PyTorch's own refuses subclasses."""
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, op: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Compute on the raw tensors."""
        return _run(op, *args, **(kwargs or {}))


_generators: dict[int, "_Generator"] = {}
"""Generators of the device; PyTorch hands on what it knows of them, not the object."""


def _identity(generator: Any) -> int:
    """Address that a generator keeps when PyTorch hands it on."""
    number: int = generator._cdata
    return number


class _Generator(torch.Generator):
    """Generator that says that it is on the device it was made for."""

    meant: torch.device

    def __new__(cls: type[Self], device: Any = "cpu") -> Self:
        self = super().__new__(cls, "cpu")  # type: ignore[call-arg]
        self.meant = torch.device(device)
        if self.meant.type == NAME:
            _generators[_identity(self)] = self
        return self

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.meant


# Operations whose result, or the shape of it, depends on values: the host has to wait for them.
_WAITING = {
    *("aten::_local_scalar_dense", "aten::equal", "aten::is_nonzero", "aten::nonzero"),
    *("aten::masked_select", "aten::_unique2", "aten::unique_dim", "aten::unique_consecutive"),
    *("aten::allclose", "aten::repeat_interleave"),
}


def _masked(indices: Any) -> bool:
    return any(one is not None and one.dtype == torch.bool for one in indices)


def _run(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute an operation of PyTorch's on the CPU, and refuse what an accelerator refuses."""
    name = op._schema.name
    if name in ("aten::copy_", "aten::_copy_from", "aten::_copy_from_and_resize"):
        source, target = args[:2] if name != "aten::copy_" else (args[1], args[0])
        _note_copy(source, target)
        _bare(target).copy_(_bare(source))
        return target
    if name == "aten::_to_copy" and not isinstance(args[0], Standin):
        _note("to device")
        return Standin(op(args[0], **{**kwargs, "device": torch.device("cpu")}))
    if name in _WAITING or (name == "aten::index" and _masked(args[1])):
        _note("value")
    _check_generator(name, kwargs.get("generator"))
    raw = [_raw(name, one) for one in args]
    given = {key: _raw(name, one) for key, one in kwargs.items()}
    wanted = given.get("device")
    if wanted is not None:
        given["device"] = torch.device("cpu")
    result = op(*raw, **given)
    if wanted is not None and torch.device(wanted).type == "cpu":
        _note("to host")
        return result
    written = _written(op, args, kwargs)
    if written:
        return written[0] if len(written) == 1 else tuple(written)
    return _wrapped(result)


def _note(kind: str) -> None:
    if _current:
        _current[-1][kind, _place()] += 1


def _note_copy(source: Any, target: Any) -> None:
    if isinstance(source, Standin) != isinstance(target, Standin):
        _note("to device" if isinstance(target, Standin) else "to host")


def _place() -> str:
    """The line of the package that is running; "" inside PyTorch's own thread."""
    for frame, line in traceback.walk_stack(sys._getframe(1)):
        file = frame.f_code.co_filename
        if file.startswith(HOME) and "/tests/standin/" not in file and "/.venv/" not in file:
            return f"{file[len(HOME) + 1 :]}:{line}"
    return ""


def _check_generator(name: str, generator: Any) -> None:
    if generator is not None and _identity(generator) not in _generators:
        raise RuntimeError(f"{name}: expected a {NAME} generator, got one of {generator.device}")


def _bare(value: Any) -> Any:
    return value.raw if isinstance(value, Standin) else value


def _raw(name: str, value: Any) -> Any:
    """Raw tensors in the place of ours; of the CPU's own only single numbers."""
    if isinstance(value, Standin):
        return value.raw
    if isinstance(value, list | tuple):
        return type(value)(_raw(name, one) for one in value)
    if isinstance(value, torch.Tensor) and value.dim():
        raise RuntimeError(f"{name}: expected all tensors on {NAME}, found one on {value.device}")
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and not isinstance(value, Standin):
        return Standin(value)
    if isinstance(value, list | tuple):
        return type(value)(_wrapped(one) for one in value)
    return value


def _written(op: Any, args: Any, kwargs: Any) -> list[Any]:
    """The arguments that an operation gives back after it wrote into them."""
    returns = op._schema.returns
    if not returns or returns[0].alias_info is None or not returns[0].alias_info.is_write:
        return []
    named = dict(zip((one.name for one in op._schema.arguments), args, strict=False)) | kwargs
    return [
        named[one.name]
        for one in op._schema.arguments
        if one.alias_info is not None and one.alias_info.is_write and one.name in named
    ]


_kept: list[Any] = []


def _register() -> None:
    """Make the device known to PyTorch, once in a process."""
    if _kept:
        return
    backend_registration._setup_privateuseone_for_python_backend(NAME)
    library: Any = torch.library.Library
    everything, aten = library("_", "IMPL"), library("aten", "IMPL")
    _kept.extend([everything, aten])
    everything.fallback(_run, "PrivateUse1")
    for full in torch._C._dispatch_get_all_op_names():
        space, _, rest = full.partition("::")
        name, _, overload = rest.partition(".")
        op = getattr(getattr(torch.ops.aten, name, None), overload or "default", None)
        if space != "aten" or op is None:
            continue
        if not torch._C._dispatch_has_kernel_for_dispatch_key(full, "CompositeImplicitAutograd"):
            arguments = op._schema.arguments
            # Those that make tensors from none: PyTorch's own would resize an empty one.
            made = any(one.name == "device" for one in arguments)
            if made and not any("Tensor" in str(one.type) for one in arguments):
                aten.impl(full, _calling(op), "PrivateUse1")


def _calling(op: Any) -> Any:
    return lambda *args, **kwargs: _run(op, *args, **kwargs)


@contextmanager
def standin() -> Iterator[Transfers]:
    """Let `device="standin"` be a device; yields what crosses over meanwhile."""
    _register()
    tensor = torch.tensor

    def made(data: Any, *, device: Any = None, **options: Any) -> torch.Tensor:
        there = tensor(data, **options)
        return there if device is None else there.to(device)

    transfers: Transfers = Counter()
    _current.append(transfers)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch, "Generator", _Generator)
        patched.setattr(torch, "tensor", made)
        # Tensors of inference mode have no versions, which wrappers need; numbers are the same.
        patched.setattr(torch, "inference_mode", torch.no_grad)
        try:
            yield transfers
        finally:
            _current.pop()
            _generators.clear()
