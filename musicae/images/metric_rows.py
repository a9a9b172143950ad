"""Metrics of image models in tables: their titles, how they are written, and the references printed next to them."""

from typing import NamedTuple

__all__ = ["METRIC_ROWS", "MetricRow"]


class MetricRow(NamedTuple):
    """One row of a table.

    Arguments:
        title: Title with the unit.
        name: Name of the metric, a key of what `musicae.images.evaluation.evaluate` returns.
        form: Format of its value.
        references: Words and name of each value that it is compared with.
    """

    title: str
    name: str
    form: str
    references: tuple[tuple[str, str], ...] = ()

    def notes(self, metrics: dict[str, float | None]) -> str:
        """Return the references that were measured, in words."""
        values = ((words, metrics.get(name)) for words, name in self.references)
        return ", ".join(f"{words} {value:.4g}" for words, value in values if value is not None)


METRIC_ROWS = (
    MetricRow("squared error per pixel", "mse", "{:.5f}", (("PCA of the same code size", "pca_mse"),)),
    MetricRow("PSNR, dB", "psnr", "{:.2f}", (("PCA", "pca_psnr"),)),
    MetricRow(
        "without repair, dB", "psnr_damaged", "{:.2f}", (("bilinear", "psnr_bilinear"), ("best linear map", "psnr_linear"))
    ),
    MetricRow(
        "Bernoulli loss, nats", "bernoulli", "{:.2f}", (("floor", "bernoulli_floor"), ("above it", "bernoulli_above_floor"))
    ),
    MetricRow("Bernoulli loss per pixel, nats", "bernoulli_per_pixel", "{:.4f}"),
    MetricRow("ELBO, nats", "elbo", "{:.2f}"),
    MetricRow("-log p(x), nats", "nll", "{:.2f}", (("samples", "samples"), ("standard error", "nll_error"))),
    MetricRow("KL, nats", "kl", "{:.2f}", (("bits", "kl_bits"),)),
    MetricRow("active units", "active_units", "{:.0f}", (("of", "code_size"),)),
    MetricRow("5-NN accuracy of codes", "knn_accuracy", "{:.4f}", (("PCA", "pca_knn_accuracy"),)),
    MetricRow("linear probe accuracy of codes", "probe_accuracy", "{:.4f}"),
    MetricRow("discriminator accuracy", "discriminator_accuracy", "{:.4f}"),
)
