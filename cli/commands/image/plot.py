"""`musicae image plot`: the plots of the lesson."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.checkpoints.shipped import find_weights
from musicae.cli.support import image_job, options, outputs, renditions
from musicae.cli.support.loading import load_images
from musicae.cli.support.progress import tasks

if TYPE_CHECKING:
    from musicae.images.model import ImageModel


class _PlotCommand(click.Command):
    """A command whose help ends with the list of plots, imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the plots."""
        from musicae.plots.lesson import PLOTS

        with formatter.section("Plots"):
            formatter.write_dl([("all", "those that suit the model"), *((n, t) for n, (t, _) in PLOTS.items())])


@click.command("plot", cls=_PlotCommand)
@click.argument("names", nargs=-1, required=True, metavar="PLOT...")
@click.option("--columns", type=click.IntRange(2, 20), default=10, show_default=True, help="Images per row.")
@image_job.held_out
@options.seed
@image_job.checkpoint("conv-vae")
@options.device
@click.option("--show", is_flag=True, help="Open the plots, too.")
@renditions.file_results("", "A .png, .pdf or .svg file for one plot, or a folder. [default: PLOT.png in this folder]")
def command(
    names: tuple[str, ...],
    columns: int,
    held_out: image_job.HeldOut,
    seed: int,
    checkpoint: str,
    device: str,
    show: bool,
    results: renditions.Results,
) -> None:
    """Draw PLOTs of a checkpoint on held-out images.

    \b
    Example:
        musicae image plot -c vae-2d -o plots latent manifold
        musicae image plot -c runs/conv-vae -o plots all
    """
    find_weights(checkpoint)

    from musicae.plots.files import save_plot

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    _check(names)
    model = load_images(checkpoint, device)
    chosen = _chosen(names, model)
    written = _targets(results.output, chosen)
    outputs.claim(written, force=results.force)
    drawn = _draw(chosen, model, held_out, columns, seed)
    for name, plot, path in zip(chosen, drawn, written, strict=True):
        save_plot(plot, path)
        results.lines.result({"plot": name, "output": str(path)}, f"{path}: {name} of {checkpoint}")
        if show:
            click.launch(str(path))


def _check(names: tuple[str, ...]) -> None:
    """Check that all plots exist, before the model is loaded."""
    from musicae.plots.lesson import PLOTS

    unknown = next((name for name in names if name not in PLOTS and name != "all"), None)
    if unknown is not None:
        raise click.UsageError(f"Unknown plot {unknown!r}. Known: all, {', '.join(PLOTS)}.")


def _chosen(names: tuple[str, ...], model: "ImageModel") -> list[str]:
    """Return the plots to draw, each once; `all` stands for those that suit the model."""
    from musicae.plots.lesson import suitable_plots

    suitable = suitable_plots(model) if "all" in names else []
    return list(dict.fromkeys([*suitable, *(name for name in names if name != "all")]))


def _draw(names: list[str], model: "ImageModel", held_out: image_job.HeldOut, columns: int, seed: int) -> list[Any]:
    """Return all plots; if one of them cannot be drawn, none is written."""
    from musicae.plots.lesson import PLOTS, Scene

    with tasks() as progress:
        data = held_out.open(model, progress)
        images, train = data[held_out.split], data["train"]
        scene = Scene(model=model, images=images, train=train, classes=data.classes, columns=columns, seed=seed)
        drawn = []
        for done, name in enumerate(names, 1):
            drawn.append(PLOTS[name].draw(scene))
            progress("drawing", done, len(names))
    return drawn


def _targets(output: Path, names: list[str]) -> list[Path]:
    """Return the file of each plot."""
    from musicae.plots.files import check_format

    if not output.suffix or output.is_dir():
        return [output / f"{name}.png" for name in names]
    if len(names) > 1:
        raise click.UsageError(f"{output} is the name of one file, but there are {len(names)} plots; give -o a folder.")
    check_format(output)
    return [output]
