"""Models that repair images, conditional models, adversarial models, and how the trainer trains a discriminator."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.core.config import from_dict, to_dict
from musicae.core.distributions import AdversarialPoint
from musicae.core.objectives import BetaSchedule, ObjectiveConfig
from musicae.errors import CheckpointError, ParameterError
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import Masking
from musicae.images.data import ImageSampler
from musicae.images.models.adversarial import AdversarialAutoencoder, AdversarialAutoencoderConfig
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.models.conditional import ConditionalAutoencoder, ConditionalAutoencoderConfig
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig

OBJECTIVE = ObjectiveConfig()
SMALL: dict[str, Any] = {"size": 8, "latent_size": 3, "hidden_sizes": (24,)}
CONFIGS: dict[str, ImageConfig] = {
    "conditional, dense": ConditionalAutoencoderConfig(**SMALL, classes=4),
    "conditional, convolutions, three colours": ConditionalAutoencoderConfig(**SMALL, classes=4, widths=(6, 8), channels=3),
    "adversarial, dense": AdversarialAutoencoderConfig(**SMALL, discriminator_sizes=(16,)),
    "adversarial, convolutions": AdversarialAutoencoderConfig(**SMALL, widths=(6, 8), discriminator_sizes=(16,)),
}
ALL = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


def build(config: ImageConfig, seed: int = 0) -> ImageAutoencoder:
    torch.manual_seed(seed)
    kind = ConditionalAutoencoder if isinstance(config, ConditionalAutoencoderConfig) else AdversarialAutoencoder
    model = kind(config)  # type: ignore[arg-type]
    return model


def data(config: ImageConfig) -> ImageBatch:
    """Return four images of one bright square each, with labels."""
    x = torch.zeros(4, *config.image_shape)
    for i in range(4):
        x[i, :, i : 3 + i, 1 + i : 4 + i] = 1.0
    return ImageBatch(x, x, torch.tensor([0, 1, 2, 3]))


def fit(model: ImageAutoencoder, x: Any, steps: int) -> list[float]:
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(x, OBJECTIVE, 0.1, torch.Generator().manual_seed(0)).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@ALL
def test_shapes_gradients_and_overfitting(config: ImageConfig) -> None:
    model, x = build(config), data(config)
    posterior = model.encode(x)
    assert posterior.mode.shape == posterior.kl().shape == (4, 3)
    for made in (model.reconstruct(x), model.sample(x), model.sample(x, temperature=0.0)):
        assert made.shape == x.images.shape and 0 <= float(made.min()) <= float(made.max()) <= 1
    model(x, OBJECTIVE, 1.0).loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.isfinite().all()) and bool(parameter.grad.any()), name
    losses = fit(model, x, 120)
    assert losses[-1] < 0.5 * losses[0]


@ALL
def test_saved_and_loaded_models_are_equal(config: ImageConfig, tmp_path: Path) -> None:
    model, x, path = build(config), data(config), tmp_path / "model.safetensors"
    save_checkpoint(path, model, CheckpointInfo(domain="images", model=model.name, config=to_dict(config)))
    again, _ = load_checkpoint(path)
    assert isinstance(again, ImageAutoencoder) and torch.equal(again.reconstruct(x), model.reconstruct(x))
    assert from_dict(type(config), to_dict(config)) == config


def test_labels_reach_encoder_and_decoder() -> None:
    config = CONFIGS["conditional, dense"]
    model, x = build(config), data(config)
    other = ImageBatch(x.images, x.targets, torch.tensor([1, 2, 3, 0]))
    with torch.no_grad():
        assert not torch.equal(model.encode(x).mode, model.encode(other).mode)
        z = torch.zeros(4, 3)
        assert not torch.equal(model.decode(z, x.labels), model.decode(z, other.labels))
        assert not torch.equal(model.log_likelihood(x, z), model.log_likelihood(other, z))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "This model is conditional: it needs 4 labels, one per image, got none."),
        ([0, 1], "This model is conditional: it needs 4 labels, one per image, got labels of shape (2,)."),
        ([0, 1, 2, 4], "The label 4 is out of range; the labels of this model are 0 to 3."),
        ([0, 1, 2, -1], "The label -1 is out of range; the labels of this model are 0 to 3."),
    ],
)
def test_bad_labels_are_refused(labels: list[int] | None, message: str) -> None:
    config = CONFIGS["conditional, dense"]
    x = data(config).images
    with pytest.raises(ParameterError) as error:
        build(config).encode(ImageBatch(x, x, None if labels is None else torch.tensor(labels)))
    assert str(error.value) == message


def test_the_encoder_sees_the_damage_and_the_likelihood_the_target() -> None:
    torch.manual_seed(0)
    model = DenseAutoencoder(DenseAutoencoderConfig(**SMALL, variational=False))
    x = data(model.config).targets
    batch = ImageBatch(torch.zeros_like(x), x)
    with torch.no_grad():
        code = model.encode(torch.zeros_like(x)).mode
        losses = model(batch, OBJECTIVE, 1.0)
        assert torch.equal(model.encode(batch).mode, code)
        torch.testing.assert_close(losses.reconstruction, -model.log_likelihood(x, code).mean())


def test_the_penalty_is_softplus_of_the_discriminators_log_ratio() -> None:
    model = build(CONFIGS["adversarial, dense"])
    assert isinstance(model, AdversarialAutoencoder)
    x = data(model.config)
    with torch.no_grad():
        posterior = model.encode(x)
        assert isinstance(posterior, AdversarialPoint) and posterior.rsample() is posterior.mode
        log_ratio = model.discriminator(posterior.mode)[:, 0]
        torch.testing.assert_close(posterior.kl().sum(1), F.softplus(log_ratio))


def test_the_discriminator_loss_trains_the_discriminator_only() -> None:
    model = build(CONFIGS["adversarial, dense"])
    assert isinstance(model, AdversarialAutoencoder)
    terms = model.discriminator_loss(data(model.config))
    terms.loss.backward()
    theirs = set(model.discriminator.parameters())
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == (parameter in theirs), name
    assert 0 <= float(terms.accuracy) <= 1


def digits(seed: int = 0) -> Tensor:
    """Return 256 images of 8 x 8 of two random bars each, bytes."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.zeros(256, 1, 8, 8, dtype=torch.uint8)
    for image, (row, column) in zip(images, torch.randint(8, (256, 2), generator=generator), strict=True):
        image[0, row] = 255
        image[0, :, column] = 200
    return images


def trainer(folder: Path, steps: int, **changes: Any) -> Trainer:
    """Return a trainer of a small adversarial autoencoder."""
    torch.manual_seed(0)
    model = AdversarialAutoencoder(
        AdversarialAutoencoderConfig(size=8, latent_size=2, hidden_sizes=(32,), discriminator_sizes=(32,))
    )
    values = {"learning_rate": 3e-3, "warmup_steps": 1, "weight_decay": 0.0, "clip_norm": 100.0, "log_every": 20, **changes}
    objective = ObjectiveConfig(beta=BetaSchedule(beta=10.0))
    config = TrainingConfig(steps=steps, batch_size=64, objective=objective, checkpoint_every=10_000, **values)
    source = ImageSampler(digits(), 64, 0, task=ImageTask(corruption=Masking(amount=0.1)))
    info = CheckpointInfo(domain="images", model=model.name, config=to_dict(model.config))
    return Trainer(model, config, source, folder, info)


def test_the_discriminator_learns_and_ends_at_chance(tmp_path: Path) -> None:
    run = trainer(tmp_path, 400)
    before = {name: p.detach().clone() for name, p in run.model.named_parameters()}
    run.fit()
    assert all(not torch.equal(p, before[name]) for name, p in run.model.named_parameters())
    accuracy = [row["discriminator_accuracy"] for row in run.rows if "discriminator_accuracy" in row]
    assert max(accuracy[:10]) > 0.75, "codes differ from N(0, I) at first, and the discriminator learns it"
    assert sum(accuracy[-5:]) / 5 < 0.65, "in the end it cannot separate them"
    loss = [row["discriminator_loss"] for row in run.rows if "discriminator_loss" in row]
    assert min(loss) < 0.55 < 0.62 < sum(loss[-5:]) / 5, "nats; ln 2 = 0.693 is chance"
    assert run.rows[0]["reconstruction"] > 1.3 * run.rows[-2]["reconstruction"]


def test_a_killed_run_with_a_discriminator_ends_in_bit_equal_weights(tmp_path: Path) -> None:
    whole, killed = trainer(tmp_path / "whole", 12, average=0.9), trainer(tmp_path / "killed", 12, average=0.9)
    whole.fit()
    for _ in range(5):
        killed.train_step()
    killed.save()
    killed.train_step()  # lost
    again = trainer(tmp_path / "killed", 12, average=0.9)
    again.resume()
    assert again.step == 5
    again.fit()
    theirs = again.model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in whole.model.state_dict().items())
    files = [(tmp_path / name / "last.safetensors").read_bytes() for name in ("whole", "killed")]
    assert files[0] == files[1]


def test_a_discriminator_can_have_its_own_rate(tmp_path: Path) -> None:
    run = trainer(tmp_path, 2)
    assert run.discriminator is not None
    run.discriminator.share = 0.5
    run.train_step()
    assert run.discriminator.optimizer.param_groups[0]["lr"] == 0.5 * run.updater.optimizer.param_groups[0]["lr"]
    shared = {id(p) for p in run.discriminator.parameters} & {id(p) for p in run.updater.parameters}
    assert not shared and len(run.discriminator.parameters) + len(run.updater.parameters) == len(list(run.model.parameters()))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"variational": True}, "The code of an adversarial autoencoder is a point: set variational to false."),
        ({"discriminator_rate": 0.0}, "discriminator_rate must be above 0 and at most 100, got 0.0."),
    ],
)
def test_bad_adversarial_configurations(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        AdversarialAutoencoderConfig(**values)
    assert str(error.value) == message


def test_a_conditional_model_needs_two_classes() -> None:
    with pytest.raises(ParameterError, match=r"^A conditional model needs at least 2 classes, got 1\.$"):
        ConditionalAutoencoderConfig(classes=1)


def test_a_run_with_a_discriminator_needs_its_state(tmp_path: Path) -> None:
    run = trainer(tmp_path, 2)
    with pytest.raises(CheckpointError, match="there is no run to resume"):
        run.resume()
