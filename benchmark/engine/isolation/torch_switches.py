"""The pieces of torch's global state that a stage may leave changed."""

from typing import Any

import numpy as np
import torch

from benchmark.engine.isolation.switches import Switch

_KINDS = ("cpu", "cuda")


def _set_default_device(device: torch.device) -> None:
    # With None torch does not look at every call, as it does with a device, be it the CPU.
    torch.set_default_device(None if device.type == "cpu" else device)


def _autocast() -> list[tuple[str, bool, torch.dtype]]:
    return [
        (kind, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in _KINDS
    ]


def _set_autocast(before: list[tuple[str, bool, torch.dtype]]) -> None:
    for kind, enabled, dtype in before:
        torch.set_autocast_enabled(kind, enabled)
        torch.set_autocast_dtype(kind, dtype)
    torch.clear_autocast_cache()


def _nesting() -> int:
    """Count the autocasts that are entered."""
    torch.autocast_increment_nesting()
    return int(torch.autocast_decrement_nesting())


def _set_nesting(before: int) -> None:
    while _nesting() > before:
        torch.autocast_decrement_nesting()


def _deterministic() -> tuple[bool, bool]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _set_deterministic(before: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def _denormals_flushed() -> bool:
    """A switch of the processor's that torch sets but does not tell."""
    smallest = np.full(1, 5e-324)
    return bool((smallest * np.ones(1))[0] == 0)


def _cudnn() -> tuple[bool, ...]:
    cudnn = torch.backends.cudnn
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32


def _set_cudnn(before: tuple[bool, ...]) -> None:
    cudnn: Any = torch.backends.cudnn
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = before


def _set_random_state(before: bytes) -> None:
    torch.random.set_rng_state(torch.frombuffer(bytearray(before), dtype=torch.uint8))


# The device first: without it nothing else of torch's can be read.
TORCH = (
    Switch(torch.get_default_device, _set_default_device),
    Switch(torch.get_default_dtype, torch.set_default_dtype),
    Switch(torch.is_grad_enabled, torch.set_grad_enabled),
    Switch(torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    Switch(_autocast, _set_autocast),
    Switch(_nesting, _set_nesting),
    Switch(_deterministic, _set_deterministic),
    Switch(_denormals_flushed, torch.set_flush_denormal),
    Switch(_cudnn, _set_cudnn),
    Switch(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    Switch(lambda: torch.random.get_rng_state().numpy().tobytes(), _set_random_state),
)
