"""Devices by name, and the advice to the C library."""

import sys

import pytest
import torch

from musicae.core.device import keep_freed_memory, pick_device
from musicae.errors import ParameterError


def absent(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    """Pretend that accelerators are there or not."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (True, False, "cuda"), (False, False, "cpu")]
)
def test_auto_takes_the_best_there_is(cuda: bool, mps: bool, best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, cuda=cuda, mps=mps)
    assert pick_device() == pick_device("auto") == torch.device(best)
    assert pick_device("cpu") == torch.device("cpu")


def test_numbered_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, cuda=True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    for name in ("cuda:2", "cpu:1", "mps:1"):
        with pytest.raises(ParameterError, match=f"^This machine has no {name};"):
            pick_device(name)


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "cpu:0:0", "CPU", "cudax"])
def test_unknown_devices_are_refused(name: str) -> None:
    with pytest.raises(ParameterError) as error:
        pick_device(name)
    assert str(error.value) == f"Unknown device {name!r}; choose auto, cpu, cuda or mps."


@pytest.mark.parametrize("name", ["cuda", "cuda:3", "mps"])
def test_devices_that_are_not_there_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch)
    with pytest.raises(ParameterError) as error:
        pick_device(name)
    assert str(error.value) == f"This machine has no {name}; use --device auto or --device cpu."


def test_elsewhere_than_on_linux_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("the C library was called"))
    assert keep_freed_memory() is False


def test_a_c_library_without_the_call_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # as musl, which has no mallopt
    assert keep_freed_memory() is False
