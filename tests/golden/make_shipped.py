"""Record what each shipped model encodes and decodes on fixed inputs, as `shipped.safetensors` beside this script.

    python tests/golden/make_shipped.py

The record was made with musicae 0.1.0, so that a later version can show that it computes the same from the same files. Its
metadata name the machine: floats are equal to the last bit only on the same processor with the same torch. The tests borrow
`measure` and `machine`; the inputs are computed without any random numbers.
"""

import json
import platform
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

RECORD = Path(__file__).with_name("shipped.safetensors")
SCALE = (0, 2, 4, 5, 7, 9, 11)
FIRST_PITCH = 41  # the token of middle C


def either(today: str, before: str) -> Any:
    """Return a module by the name of today, or by that of musicae 0.1."""
    try:
        return import_module(today)
    except ImportError:
        return import_module(before)


def machine() -> dict[str, str]:
    """Return what the last bit of a result depends on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    identity = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "cpu family", "model\t"))]
    processor = " ".join(identity[:3]) or platform.processor()
    return {"torch": torch.__version__, "processor": f"{processor} {torch.backends.cpu.get_cpu_capability()}"}


def melody(steps: int) -> list[int]:
    """Return a melody of tokens: notes of several lengths, and a rest now and then."""
    tokens = [0] * steps
    for i, start in enumerate(range(0, steps, 5)):
        degree = i * 3 % 11
        tokens[start] = 1 if i % 7 == 6 else FIRST_PITCH + 12 * (degree // 7) + SCALE[degree % 7]
    return tokens


def beat(steps: int, parts: int) -> tuple[list[int], Tensor]:
    """Return a drum pattern as sets of parts, (T,), and the velocity and offset of each hit, (T, 2 * parts)."""
    hits = torch.tensor([[t % (3 + p) == p % 3 and t % 2 == p % 2 for p in range(parts)] for t in range(steps)])
    place = torch.arange(steps * parts).view(steps, parts)
    values = torch.cat([(1 + place * 7 % 127) / 127, (place * 5 % 101 - 50) / 50], dim=1)
    return (hits * 2 ** torch.arange(parts)).sum(1).tolist(), values * torch.cat([hits, hits], dim=1)


def batch(info: Any) -> Any:
    """Return a batch of fixed windows, of unequal length, for a music model."""
    quarter = info.config["max_bar_steps"] // 8
    bars = [[4 * quarter] * info.bars, [3 * quarter] * (info.bars - 1) + [0]]
    steps = [sum(row) for row in bars]
    tokens, values = torch.zeros(2, steps[0], dtype=torch.int64), None
    parts = 9 if info.representation["name"] == "drums" else 0
    if parts:
        values = torch.zeros(2, steps[0], 2 * parts)
        for row, length in enumerate(steps):
            own, values[row, :length] = beat(length, parts)
            tokens[row, :length] = torch.tensor(own)
    else:
        for row, length in enumerate(steps):
            tokens[row, :length] = torch.tensor(melody(length))
    return either("musicae.music.models.batch", "musicae.batch").GridBatch(tokens, torch.tensor(bars), values)


def images(info: Any) -> Any:
    """Return two fixed images for an image model: a ring and a gradient."""
    size = info.config["size"]
    line = torch.linspace(-1, 1, size)
    radius = (line[:, None] ** 2 + line**2).sqrt()
    x = torch.stack([((radius - 0.5).abs() < 0.15).float(), (line[:, None] + line + 2) / 4])[:, None]
    if "classes" not in info.config:
        return x
    return either("musicae.images.batch", "musicae.image_batch").ImageBatch(x, x, torch.tensor([0, 7]))


@torch.no_grad()
def measure(model: Any, info: Any) -> dict[str, Tensor]:
    """Return codes, likelihoods and greedy decodings of the fixed inputs, by name; with one thread, for the order of sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        x = batch(info) if info.representation else images(info)
        posterior = model.encode(x)
        decoded = model.generate(posterior.mode, x)
        parts = {"mode": posterior.mode, "kl": posterior.kl(), "log_likelihood": model.log_likelihood(x, posterior.mode)}
        if isinstance(decoded, Tensor):
            return {**parts, "images": decoded}
        return {**parts, "tokens": decoded.tokens, **({} if decoded.values is None else {"values": decoded.values})}
    finally:
        torch.set_num_threads(threads)


def main() -> None:
    """Write the record."""
    hub = either("musicae.checkpoints.shipped", "musicae.hub")
    tensors = {}
    for name in hub.shipped():
        model, info = hub.load_weights(name)
        tensors.update({f"{name}/{part}": tensor.contiguous() for part, tensor in measure(model, info).items()})
    save_file(tensors, RECORD, {"machine": json.dumps(machine())})


if __name__ == "__main__":
    main()
