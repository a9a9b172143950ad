"""Small configurations of every registered model, and batches for them; `test_*models.py` state the laws."""

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from musicae.core.autoencoder import Autoencoder
from musicae.core.objectives import ObjectiveConfig
from musicae.core.registry import MODELS
from musicae.images.batch import ImageBatch
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.models.conductor import ConductorVAE, ConductorVAEConfig
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.music.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.representations import GridWindow

DEPTH, STEPS = 9, 16


class Case(NamedTuple):
    """A model and its small configuration."""

    model: str
    config: Any

    def build(self, seed: int = 0, *, loud: bool = False) -> Autoencoder[Any]:
        """Return a fresh model in evaluation mode; `loud` makes its weights and so its outputs large."""
        torch.manual_seed(seed)
        model = MODELS[self.model](self.config).eval()
        if loud:
            for parameter in model.parameters():
                parameter.data.mul_(3.0)
        return model


def plan(**changes: Any) -> Case:
    sizes = {"token_size": 6, "block_size": 14, "pooled_size": 8, "hidden_size": 24, "decoder_size": 16, "cell_size": 12}
    base = {"depth": DEPTH, "latent_size": 8, "max_steps": STEPS, "max_bar_steps": 12, **sizes}
    return Case(PlanVAE.name, PlanVAEConfig(**{**base, **changes}))


def conductor(**changes: Any) -> Case:
    sizes = {**vars(plan().config), "bars": 5, "latent_size": 12, "phrase_bars": 2, "joint_size": 20, "conductor_size": 14}
    return Case(ConductorVAE.name, ConductorVAEConfig(**{**sizes, **changes}))


def musicvae(**changes: Any) -> Case:
    base = {"depth": DEPTH, "latent_size": 8, "encoder_size": 14, "decoder_sizes": (20, 16), "max_steps": STEPS}
    return Case(MusicVAE.name, MusicVAEConfig(**{**base, "sampling_rate": 0.0, **changes}))


def image(model: str, **changes: Any) -> Case:
    return Case(model, MODELS[model].config_type(**{"size": 9, "latent_size": 4, **changes}))


GRIDS = {
    "plan-vae": plan(),
    "plan-vae, blocks of 3": plan(block=3, max_steps=18, mixing_layers=2, token_dropout=0.0),
    "plan-vae, expression": plan(expression_parts=4, expression_dropout=0.5),
    "conductor-vae": conductor(),
    "conductor-vae, blocks of 3": conductor(block=3, max_steps=18, token_dropout=0.0),
    "personal-vae": Case(
        PersonalVAE.name,
        PersonalVAEConfig(base=PlanVAE.name, base_config=vars(plan().config), anchors=6, latent_size=3, hidden_sizes=(12,)),
    ),
    "musicvae": musicvae(),
    "musicvae, sets": musicvae(set_input=True),
    "musicvae, scheduled sampling": musicvae(sampling_rate=50.0),
    "musicvae, conductor": musicvae(encoder_layers=2, conductor_sizes=(12, 10), segments=3),
}
# A new family is tested under its own sizes until smaller ones stand above.
for _name in set(MODELS) - {case.model for case in GRIDS.values()}:
    if issubclass(MODELS[_name], GridAutoencoder):
        GRIDS[_name] = Case(_name, MODELS[_name].config_type(depth=DEPTH, latent_size=8, max_steps=STEPS))
DENSE, CONV, CONDITIONAL, ADVERSARIAL = (f"{kind}-autoencoder" for kind in ("dense", "conv", "conditional", "adversarial"))
GAUSSIAN = {"likelihood": "gaussian", "scale": 0.3, "learn_scale": True}
IMAGES = {
    "dense AE": image(DENSE, hidden_sizes=(24,), variational=False),
    "dense VAE, learned scale": image(DENSE, hidden_sizes=(24,), activation="tanh", **GAUSSIAN),
    "conv AE, pooled map": image(CONV, widths=(8, 6), variational=False, bottleneck="map", latent_size=54, resample="pool"),
    "conv VAE": image(CONV, widths=(8, 6)),
    "conv VAE, three colours": image(CONV, widths=(8, 6), size=10, channels=3, resample="pool", hidden_sizes=(10,)),
    "conv VAE, map": image(CONV, widths=(8, 6), size=10, bottleneck="map", latent_size=54),
    "conditional VAE": image(CONDITIONAL, hidden_sizes=(20,), classes=5),
    "conditional conv AE": image(CONDITIONAL, hidden_sizes=(20,), widths=(6,), size=10, classes=5, variational=False),
    "adversarial AE": image(ADVERSARIAL, hidden_sizes=(20,), discriminator_sizes=(8,)),
    "adversarial conv AE": image(ADVERSARIAL, hidden_sizes=(20,), widths=(6,), discriminator_sizes=(8,)),
}
CASES = {**GRIDS, **IMAGES}
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
SEQUENCES = pytest.mark.parametrize("case", GRIDS.values(), ids=GRIDS.keys())
OBJECTIVE = ObjectiveConfig()


def windows() -> list[GridWindow]:
    """Return windows of unequal length and metre."""
    generator = torch.Generator().manual_seed(11)
    metres = ((8, 8), (6, 6), (5, 5), (3, 4, 3))
    return [GridWindow(torch.randint(DEPTH, (sum(m),), generator=generator).numpy(), m) for m in metres]


def data(case: Case) -> Any:
    """Return a batch of four that suits a model."""
    if case in GRIDS.values():
        batch = GridBatch.from_windows(windows())
        parts = getattr(case.config, "expression_parts", 0)
        values = torch.rand(*batch.tokens.shape, 2 * parts, generator=torch.Generator().manual_seed(5))
        return batch.with_tokens(batch.tokens, values) if parts else batch
    x = torch.zeros(4, case.config.channels, case.config.size, case.config.size)
    for i in range(4):
        x[i, i % case.config.channels, 1 + i : 5 + i, 2 : 5 + i] = 1.0
    return ImageBatch(x, x, torch.tensor([3, 0, 4, 0])) if case.model == CONDITIONAL else x


def take(x: Any, rows: list[int]) -> Any:
    """Return some rows of a batch."""
    if isinstance(x, ImageBatch):
        assert x.labels is not None
        return ImageBatch(x.images[rows], x.targets[rows], x.labels[rows])
    if isinstance(x, GridBatch):
        return x.take(rows)
    return x[rows]


def values(x: Any) -> Tensor:
    """Return the numbers of a batch."""
    return x.tokens if isinstance(x, GridBatch) else x.targets if isinstance(x, ImageBatch) else x


def train(model: Autoencoder[Any], x: Any, steps: int, lr: float = 1e-3, beta: float = 1.0) -> list[float]:
    """Train on one batch and return the loss of each step."""
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(x, OBJECTIVE, beta).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    model.eval()
    return losses


def outputs(model: Autoencoder[Any], x: Any) -> list[Tensor]:
    """Return the outputs of a model for each example: codes, KL, likelihood and decodings."""
    with torch.no_grad():
        posterior = model.encode(x)
        decoded = values(model.generate(posterior.mode, x))
        return [posterior.mode, posterior.kl(), model.log_likelihood(x, posterior.mode), decoded]
