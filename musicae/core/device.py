"""The compute device by name, and how the C library handles memory on the CPU."""

import ctypes
import re
import sys

import torch

from musicae.errors import ParameterError

__all__ = ["keep_freed_memory", "pick_device"]


def pick_device(name: str = "auto") -> torch.device:
    """Return a device by name; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        ParameterError: the name is unknown, or this machine has no such device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(n for n in ("cuda", "mps", "cpu") if available[n]))
    if not re.fullmatch(r"(cpu|cuda|mps)(:\d+)?", name):
        raise ParameterError(f"Unknown device {name!r}; choose auto, cpu, cuda or mps.")
    kind, _, index = name.partition(":")
    if not available[kind] or int(index or 0) >= (torch.cuda.device_count() if kind == "cuda" else 1):
        raise ParameterError(f"This machine has no {name}; use --device auto or --device cpu.")
    return torch.device(name)


def keep_freed_memory() -> bool:
    """Set up glibc to keep freed memory for the next tensor instead of returning it to the system.

    By default the memory of each large tensor is mapped and unmapped again and again, and the page faults of a training step
    on the CPU can cost more than its arithmetic. Call this function before long work on the CPU.

    Returns:
        Whether the setting was changed. On systems other than Linux with glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    trim_threshold, top_pad, mmap_max = -1, -2, -4  # the names of mallopt's parameters in malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((mmap_max, 0), (trim_threshold, 2**31 - 1), (top_pad, 64 * 2**20))
    return all([mallopt(name, value) == 1 for name, value in settings])
