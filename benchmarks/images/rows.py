"""The rows of `table.py`: what is measured, its bar, and a reference value.

Sources: *lesson*, AI for Beginners, lesson 9, notebook AutoEncodersPyTorch.ipynb, as printed there (microsoft/AI-For-Beginners
on GitHub); *IWAE*, Burda, Grosse and Salakhutdinov, 2015, arXiv 1509.00519, as quoted with re-runs in the README of nbip/IWAE
on GitHub. References "measured in this run" are measured in the same run, on the same digits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Metrics = Mapping[str, Any]

TRAIN = "musicae image train {}"


class Measured(Protocol):
    """Metrics of checkpoints by name, measured on first use."""

    def metrics(self, name: str) -> Metrics:
        """Return the result of `musicae.images.evaluation.evaluate`."""

    def likelihood(self, name: str) -> Any:
        """Return a `musicae.images.likelihood_estimate.LikelihoodEstimate`."""

    def confidence(self, name: str) -> Metrics:
        """Return the result of `confidence.confidence`."""

    def available(self, names: tuple[str, ...]) -> list[str]:
        """Return the names that have a checkpoint."""


@dataclass(frozen=True)
class Result:
    """The result of a row.

    Arguments:
        value: The value that is compared with the bar.
        text: The value in words, with further values.
        reference: The reference value and its source.
        met: Whether the bar is met; None if there is no bar.
        more: Further values for the JSON.
    """

    value: float
    text: str
    reference: str
    met: bool | None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row.

    Arguments:
        name: Its name for --only.
        what: What is measured.
        needs: Names of the checkpoints that it needs.
        bar: The bar in words.
        measure: The measurement.
        classifier: Whether it needs the classifier.
    """

    name: str
    what: str
    needs: tuple[str, ...]
    bar: str
    measure: Callable[[Measured], Result]
    classifier: bool = False

    @property
    def command(self) -> str:
        """The commands that train its checkpoints."""
        return "; ".join(f"`{TRAIN.format(RECIPES.get(name, name))}`" for name in self.needs)


# Checkpoints that are not presets, or that start from another run.
RECIPES = {"ae-8": "--config benchmarks/images/ae-8.json", "iwae": "iwae --init-from runs/vae"}


def _bernoulli(name: str, bar: float | None) -> Callable[[Measured], Result]:
    def measure(measured: Measured) -> Result:
        f = measured.metrics(name)
        value = f["bernoulli_per_pixel"]
        floor = f["bernoulli_floor"] * value / f["bernoulli"]
        text = f"{value:.4f} nats, {value - floor:.4f} above the floor of {floor:.4f}"
        return Result(value, text, "0.104 (lesson, its own split)", None if bar is None else value <= bar, {"floor": floor})

    return measure


def _error(name: str) -> Callable[[Measured], Result]:
    def measure(measured: Measured) -> Result:
        f = measured.metrics(name)
        text = f"{f['mse']:.5f} ({f['psnr']:.2f} dB)"
        reference = (
            f"PCA of {f['code_size']} components {f['pca_mse']:.5f} "
            f"({f['pca_psnr']:.2f} dB; measured in this run, all train digits)"
        )
        return Result(f["mse"], text, reference, f["mse"] < f["pca_mse"], {"pca_mse": f["pca_mse"], "psnr": f["psnr"]})

    return measure


def _nll(name: str, bar: float, reference: str) -> Callable[[Measured], Result]:
    def measure(measured: Measured) -> Result:
        likelihood = measured.likelihood(name)
        text = f"{_with_error(likelihood.nll, likelihood.error)} nats ({likelihood.method()})"
        return Result(likelihood.nll, text, reference, likelihood.nll <= bar, likelihood.to_dict())

    return measure


def _with_error(value: float, error: float) -> str:
    return f"{value:.2f} ± {error:.2f}" if error else f"{value:.2f}"


def _conditional(measured: Measured) -> Result:
    labelled, plain = (measured.likelihood(name) for name in ("cvae", "vae"))
    gain, error = plain.nll - labelled.nll, (labelled.error**2 + plain.error**2) ** 0.5
    text = (
        f"{_with_error(gain, error)} nats below: {labelled.nll:.2f} with labels ({labelled.method()}), {plain.nll:.2f} without"
    )
    reference = "82.32 with labels and a learned prior, 86.35 without (re-runs of nbip/IWAE)"
    return Result(gain, text, reference, gain >= 3.0, {"with": labelled.to_dict(), "without": plain.to_dict()})


def _classes(measured: Measured) -> Result:
    f = measured.metrics("vae-2d")
    text = f"{f['knn_accuracy']:.4f} (linear probe {f['probe_accuracy']:.4f})"
    reference = f"PCA of 2 components {f['pca_knn_accuracy']:.4f} (measured in this run)"
    return Result(f["knn_accuracy"], text, reference, f["knn_accuracy"] >= 0.75, {"pca_knn_accuracy": f["pca_knn_accuracy"]})


def _repair(name: str, bar: float, baselines: tuple[tuple[str, str], ...]) -> Callable[[Measured], Result]:
    def measure(measured: Measured) -> Result:
        f = measured.metrics(name)
        reference = (
            ", ".join(f"{words} {f[key]:.2f}" for words, key in baselines)
            + " dB (measured in this run, linear: all train digits)"
        )
        return Result(f["psnr"], f"{f['psnr']:.2f} dB", reference, f["psnr"] >= bar, {key: f[key] for _, key in baselines})

    return measure


def _against_plain(measured: Measured) -> Result:
    ours, plain = (measured.metrics(name) for name in ("aae", "ae-8"))
    ratios = {key: ours[key] / plain[key] for key in ("bernoulli", "mse")}
    text = (
        f"Bernoulli loss {ours['bernoulli_per_pixel']:.4f}, {ratios['bernoulli']:.3f} times the plain one's; "
        f"squared error {ours['mse']:.5f}, {ratios['mse']:.3f} times"
    )
    reference = f"plain autoencoder {plain['bernoulli_per_pixel']:.4f}, {plain['mse']:.5f} (measured in this run)"
    return Result(max(ratios.values()), text, reference, max(ratios.values()) <= 1.1, ratios)


def _confident(measured: Measured) -> Result:
    def words(name: str) -> str:
        f = measured.confidence(name)
        return f"{name} {f['confident']:.3f} (mean {f['mean_top']:.3f})"

    f = measured.confidence("aae")
    others = measured.available(("ae-8", "vae", "vae-2d", "conv-vae", "cvae"))
    text = f"{f['confident']:.3f} of {f['samples']:,} samples (mean top probability {f['mean_top']:.3f})"
    reference = f"{', '.join(map(words, others)) or 'no VAE given'}; classifier {f['classifier_accuracy']:.4f} on test digits"
    more = {"aae": dict(f), **{name: dict(measured.confidence(name)) for name in others}}
    return Result(f["confident"], text, reference, f["confident"] >= 0.7 and f["classifier_accuracy"] >= 0.99, more)


_IWAE = "86.76 (IWAE, table 1), 86.35 and 87.75 (re-runs of nbip/IWAE)"
_NOISY = (("noisy", "psnr_damaged"), ("linear", "psnr_linear"))
_SMALL = (("large pixels", "psnr_damaged"), ("bilinear", "psnr_bilinear"), ("linear", "psnr_linear"))

ROWS = (
    Row(
        "conv-ae-loss", "conv AE, code of 128: Bernoulli loss per pixel", ("conv-ae",), "≤ 0.080", _bernoulli("conv-ae", 0.080)
    ),
    Row("conv-ae-error", "conv AE, code of 128: squared error", ("conv-ae",), "below PCA", _error("conv-ae")),
    Row(
        "lesson-loss",
        "the lesson's conv AE: Bernoulli loss per pixel",
        ("lesson-conv-ae",),
        "",
        _bernoulli("lesson-conv-ae", None),
    ),
    Row("lesson-error", "the lesson's conv AE: squared error", ("lesson-conv-ae",), "below PCA", _error("lesson-conv-ae")),
    Row("vae-nll", "dense VAE, z = 50, two layers of 200: -log p(x)", ("vae",), "≤ 86.8", _nll("vae", 86.8, _IWAE)),
    Row(
        "iwae-nll",
        "the same network, trained with the bound of 10 codes: -log p(x)",
        ("iwae",),
        "≤ 86.8",
        _nll("iwae", 86.8, "85.54 of 5 codes, 84.78 of 50 (IWAE, table 1)"),
    ),
    Row(
        "conv-vae-nll",
        "conv VAE, z = 32: -log p(x)",
        ("conv-vae",),
        "≤ 84.5",
        _nll("conv-vae", 84.5, "none; estimated to be reachable"),
    ),
    Row("cvae-nll", "conditional VAE: -log p(x) below the same VAE's", ("cvae", "vae"), "≥ 3 nats", _conditional),
    Row("vae-2d-knn", "VAE with z = 2: 5-NN accuracy of codes", ("vae-2d",), "≥ 0.75", _classes),
    Row("denoise", "denoising, N(0.5, 0.3) clipped: mean PSNR", ("denoise",), "≥ 21 dB", _repair("denoise", 21.0, _NOISY)),
    Row(
        "superres",
        "super-resolution of 14 x 14 pixels, 2 x 2 means: mean PSNR",
        ("superres",),
        "≥ 25 dB",
        _repair("superres", 25.0, _SMALL),
    ),
    Row("aae-loss", "AAE compared with a plain AE, code of 8: reconstruction", ("aae", "ae-8"), "≤ 1.1 times", _against_plain),
    Row(
        "aae-samples", "AAE: prior samples with a classifier confidence ≥ 0.9", ("aae",), "≥ 70 %", _confident, classifier=True
    ),
)
