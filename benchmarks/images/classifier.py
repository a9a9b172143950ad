"""A small classifier of MNIST digits, which measures how much prior samples look like digits.

    python benchmarks/images/classifier.py -o runs/classifier.safetensors      # trains it: about three minutes on one core
    python benchmarks/images/confidence.py runs/classifier.safetensors vae-2d conv-vae runs/aae

It is trained on real digits only, and never on samples of a model.
"""

import json
import math
import time
from pathlib import Path

import click
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.device import keep_freed_memory
from musicae.core.files import write_atomically
from musicae.datasets.images.mnist import load_mnist
from musicae.images.data import ImageSampler, LabelledImages

SIDE, CLASSES, BATCH, PEAK = 28, 10, 128, 3e-3


def build(widths: tuple[int, int] = (16, 32)) -> nn.Sequential:
    """Return an untrained network from digits (B, 1, 28, 28) to logits (B, 10); 207,018 parameters with the usual widths."""
    first, second = widths
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(second * (SIDE // 4) ** 2, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, CLASSES),
    )


def shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return images moved by up to two pixels each way, the whole batch in the same way: a cheap regulariser."""
    down, right = torch.randint(-2, 3, (2,), generator=generator).tolist()
    return torch.roll(x, (down, right), (2, 3))  # MNIST has an empty border, so nothing appears on the other side


def train(network: nn.Module, data: LabelledImages, steps: int, seed: int = 0) -> None:
    """Train with Adam; the rate rises for a tenth of the steps and then falls like a cosine."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    source = ImageSampler(data.images, min(BATCH, len(data)), seed, labels=data.labels)
    optimizer = torch.optim.Adam(network.parameters(), PEAK, fused=True)
    network.train()
    for step in range(steps):
        rate = PEAK * min(1.0, 10 * (step + 1) / steps) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = source.batch(step)
        assert batch.labels is not None
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(shifted(batch.images, generator)), batch.labels).backward()
        optimizer.step()
    network.eval()


@torch.no_grad()
def probabilities(network: nn.Module, images: Tensor) -> Tensor:
    """Return the probability of each class for images (N, 1, 28, 28) in [0, 1], shape (N, 10)."""
    return torch.cat([network(part).softmax(1) for part in images.split(500)])


def accuracy(network: nn.Module, data: LabelledImages) -> float:
    """Return the share of images that are classified correctly."""
    return float((probabilities(network, data.images.float() / 255).argmax(1) == data.labels).float().mean())


def load(path: Path) -> tuple[nn.Module, float]:
    """Return a classifier that `main` wrote, and its accuracy on the test digits."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metrics = json.loads(file.metadata()["classifier"])
    network = build((len(tensors["0.weight"]), len(tensors["3.weight"])))
    network.load_state_dict(tensors)
    return network.eval(), float(metrics["test_accuracy"])


@click.command()
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The .safetensors file to write.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with MNIST. [default: the cache, then a download]")
@click.option("--steps", default=3000, show_default=True, help=f"Optimizer steps of {BATCH} digits.")
@click.option("--widths", nargs=2, default=(16, 32), show_default=True, help="Channels of the two convolutions.")
@click.option("--seed", default=0, show_default=True)
def main(output: Path, data_dir: Path | None, steps: int, widths: tuple[int, int], seed: int) -> None:
    """Train the classifier and print its accuracy on the test digits as JSON."""
    keep_freed_memory()
    torch.manual_seed(seed)
    network = build(widths)
    begin, worked = time.monotonic(), time.process_time()
    train(network, load_mnist("train", data_dir), steps, seed)
    metrics = {
        "test_accuracy": accuracy(network, load_mnist("test", data_dir)),
        "steps": steps,
        "parameters": sum(p.numel() for p in network.parameters()),
        "seconds": round(time.monotonic() - begin, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
    }
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    write_atomically(output, save(tensors, {"classifier": json.dumps(metrics)}))
    click.echo(json.dumps(metrics))


if __name__ == "__main__":
    main()
