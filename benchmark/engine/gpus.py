"""A GPU is here or not: mostly that can be told without torch, whose import takes seconds."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

# Of NVIDIA's driver, of Windows' for Linux, of AMD's.
_DEVICES = tuple(map(Path, ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")))


def has_cuda() -> bool:
    """Tell whether torch sees a CUDA device; it is imported only where it might."""
    if "torch" not in sys.modules and not _possible():
        return False
    import torch

    return torch.cuda.is_available()


def _possible() -> bool:
    """Tell whether torch was built for GPUs and there is a driver of one."""
    if sys.platform == "linux" and not any(device.exists() for device in _DEVICES):
        return False
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return True
    try:
        text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return True
    built = re.findall(r"^(?:cuda|hip)\b[^=]*=\s*(.+)$", text, re.MULTILINE)
    return not built or any(value.strip() != "None" for value in built)
