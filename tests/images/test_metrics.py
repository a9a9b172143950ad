"""Metrics of images and codes against closed forms."""

import math

import pytest
import torch

from musicae.core.distributions import active_units
from musicae.core.objectives import ObjectiveConfig
from musicae.errors import ParameterError
from musicae.images import metrics
from musicae.images.batch import ImageBatch
from musicae.images.models.conditional import ConditionalAutoencoder, ConditionalAutoencoderConfig
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_error_and_psnr() -> None:
    true = torch.zeros(2, 1, 2, 2)
    made = torch.tensor([0.1, 0.0]).reshape(2, 1, 1, 1).expand(2, 1, 2, 2)
    torch.testing.assert_close(metrics.mean_squared_error(made, true), torch.tensor([0.01, 0.0]))
    torch.testing.assert_close(metrics.psnr(made, true), torch.tensor([20.0, 100.0]))


def test_the_floor_is_the_loss_of_the_image_itself_and_the_least() -> None:
    true = torch.rand(5, 1, 3, 3, generator=seeded())
    torch.testing.assert_close(metrics.bernoulli_loss(true, true), metrics.entropy_floor(true))
    other = torch.rand(5, 1, 3, 3, generator=seeded(1))
    assert bool((metrics.bernoulli_loss(other, true) > metrics.entropy_floor(true)).all())
    assert not metrics.entropy_floor(torch.ones(1, 1, 2, 2)).any()


def test_pca_is_exact_in_its_subspace_and_orders_components() -> None:
    basis = torch.linalg.qr(torch.randn(6, 2, generator=seeded()))[0].T
    data = 3.0 + torch.randn(300, 2, generator=seeded(1)) * torch.tensor([5.0, 1.0]) @ basis
    both, one = metrics.Pca.fit(data, 2), metrics.Pca.fit(data, 1)
    torch.testing.assert_close(both.decode(both.encode(data)), data, atol=1e-4, rtol=1e-4)
    assert abs(float(one.components[0] @ basis[0])) == pytest.approx(1.0, abs=1e-2)
    assert metrics.Pca.fit(data, 99).components.shape == (6, 6)


def test_knn_probe_and_active_units() -> None:
    centres = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    labels = torch.arange(3).repeat(40)
    known, codes = (centres[labels] + 0.3 * torch.randn(120, 2, generator=seeded(s)) for s in (0, 1))
    assert metrics.knn_accuracy(known, labels, codes, labels) == 1.0
    assert metrics.linear_probe_accuracy(known, labels, codes, labels) == 1.0
    assert metrics.knn_accuracy(known, labels, codes, (labels + 1) % 3) == 0.0
    assert metrics.knn_accuracy(known[:2], labels[:2], codes[:1], labels[:1], neighbours=5) in (0.0, 1.0)
    assert active_units(torch.stack([codes[:, 0], 0.05 * torch.randn(120, generator=seeded())], 1)) == 1


def test_a_linear_map_is_found() -> None:
    x, weights = torch.randn(200, 3, generator=seeded()), torch.randn(4, 2, generator=seeded(1))
    found = metrics.linear_map(x, x @ weights[:3] + weights[3], ridge=0.0)
    torch.testing.assert_close(found, weights, atol=1e-4, rtol=1e-4)


def test_few_examples_of_many_numbers_take_the_short_way() -> None:
    x, y = torch.randn(5, 9, generator=seeded()), torch.randn(5, 2, generator=seeded(1))
    with_one = torch.cat([x, torch.ones(5, 1)], 1).double()
    exact = torch.linalg.solve(with_one.T @ with_one + 5 * 0.1 * torch.eye(10), with_one.T @ y.double())
    torch.testing.assert_close(metrics.linear_map(x, y, ridge=0.1), exact.float(), atol=1e-5, rtol=1e-5)
    pca = metrics.Pca.fit(x, 4)
    torch.testing.assert_close(pca.components @ pca.components.T, torch.eye(4), atol=1e-5, rtol=0.0)
    torch.testing.assert_close(pca.decode(pca.encode(x)), x, atol=1e-5, rtol=1e-5)


def test_importance_sampling_is_exact_where_the_decoder_ignores_the_code() -> None:
    torch.manual_seed(0)
    model = DenseAutoencoder(DenseAutoencoderConfig(size=4, latent_size=2, hidden_sizes=()))
    for parameter in model.parameters():
        parameter.data.zero_()  # the posterior is the prior, and every pixel is a fair coin
    x = (torch.rand(3, 1, 4, 4, generator=seeded()) > 0.5).float()
    nll = metrics.importance_nll(model, ImageBatch.of(x), samples=7, generator=seeded())
    torch.testing.assert_close(nll, torch.full((3,), 16 * math.log(2.0)))


def test_importance_sampling_tightens_and_does_not_depend_on_memory() -> None:
    torch.manual_seed(1)
    model = DenseAutoencoder(DenseAutoencoderConfig(size=4, latent_size=2, hidden_sizes=(8,)))
    for parameter in model.decoder.parameters():
        parameter.data.mul_(4.0)
    x = ImageBatch.of((torch.rand(20, 1, 4, 4, generator=seeded()) > 0.5).float())
    few, many = (float(metrics.importance_nll(model, x, samples=n, generator=seeded()).mean()) for n in (1, 400))
    assert many < few - 0.5
    z = torch.randn(200_000, 2, generator=seeded(2))  # the exact integral, by plain Monte Carlo
    with torch.no_grad():
        truth = [
            float(math.log(len(z)) - torch.logsumexp(model.log_likelihood(p[None].expand(len(z), -1, -1, -1), z), 0))
            for p in x.images[:2]
        ]
    assert metrics.importance_nll(model, x, samples=2000, generator=seeded())[:2].tolist() == pytest.approx(truth, abs=0.1)
    pieces = metrics.importance_nll(model, x, samples=400, generator=seeded(), rows=200)
    assert float(pieces.mean()) == pytest.approx(many, abs=0.2), "ten at a time are as good as all together"
    trained_by = [float(model(x, ObjectiveConfig(importance_samples=n), 1.0, seeded(3)).loss.detach()) for n in (1, 2, 400)]
    assert trained_by[0] > trained_by[1] > trained_by[2] == pytest.approx(many, abs=0.1), "the bound nears the likelihood"


def test_importance_sampling_with_labels_and_without_a_posterior() -> None:
    torch.manual_seed(0)
    model = ConditionalAutoencoder(ConditionalAutoencoderConfig(size=4, latent_size=2, hidden_sizes=(8,), classes=3))
    x = torch.zeros(3, 1, 4, 4)
    first, second = (ImageBatch(x, x, torch.tensor(labels)) for labels in ([0, 1, 2], [2, 1, 0]))
    a, b = (metrics.importance_nll(model, batch, samples=4, generator=seeded()) for batch in (first, second))
    assert float(a[0]) != float(b[0]) and a.shape == (3,)
    plain = DenseAutoencoder(DenseAutoencoderConfig(size=4, latent_size=2, variational=False))
    with pytest.raises(ParameterError, match=r"^The importance-weighted likelihood needs a variational model and at least 1"):
        metrics.importance_nll(plain, ImageBatch.of(x), samples=4)
    with pytest.raises(
        ParameterError,
        match=r"^importance_samples needs a Gaussian posterior, but the posterior of dense-autoencoder is a point",
    ):
        plain(ImageBatch.of(x), ObjectiveConfig(importance_samples=2), 1.0)
