"""`musicae image plot`: the lesson's figures."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support import options
from musicae.cli.support.outputs import claim
from musicae.cli.support.progress import tasks

if TYPE_CHECKING:
    from musicae.images.data import Split


class _PlotCommand(click.Command):
    """A command whose help ends with the list of figures, imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the figures."""
        from musicae.plots.lesson import PLOTS

        with formatter.section("Figures"):
            formatter.write_dl([("all", "those that make sense of the model"), *((n, t) for n, (t, _) in PLOTS.items())])


@click.command("plot", cls=_PlotCommand)
@click.argument("names", nargs=-1, required=True, metavar="FIGURE...")
@click.option("--count", "-n", type=click.IntRange(2, 20), default=10, show_default=True, help="Pictures in a row.")
@click.option(
    "--split", type=click.Choice(["train", "valid", "test"]), default="test", show_default=True, help="Part of the data."
)
@shared.data
@shared.data_dir
@options.seed
@shared.checkpoint("conv-vae")
@options.device
@click.option("--show", is_flag=True, help="Open the figures, too.")
@options.output("", "A .png, .pdf or .svg file for one figure, or a folder. [default: FIGURE.png in this folder]")
@options.force
def command(
    names: tuple[str, ...],
    count: int,
    split: "Split",
    data: str | None,
    data_dir: Path | None,
    seed: int,
    checkpoint: str,
    device: str,
    show: bool,
    output: Path,
    force: bool,
) -> None:
    """Draw FIGURES of a checkpoint on held-out pictures.

    \b
    Example:
        musicae image plot latent manifold -c vae-2d -o figures
        musicae image plot all -c runs/conv-vae -o figures
    """
    from musicae.datasets.images import open_images_for
    from musicae.images.model import load
    from musicae.plots.files import save_plot
    from musicae.plots.lesson import PLOTS, Scene, suitable_plots

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wanted = list(dict.fromkeys(names))
    unknown = next((name for name in wanted if name not in PLOTS and name != "all"), None)
    if unknown is not None:
        raise click.UsageError(f"Unknown figure {unknown!r}. Known: all, {', '.join(PLOTS)}.")
    model = load(checkpoint, device=device)
    if "all" in wanted:
        wanted = list(dict.fromkeys([*suitable_plots(model), *(name for name in wanted if name != "all")]))
    written = _targets(output, wanted)
    claim(written, force=force)
    with tasks() as progress:
        loaded = open_images_for(model, data, data_dir, splits=(split, "train"), progress=progress)
        scene = Scene(
            model=model, images=loaded[split], train=loaded["train"], classes=loaded.classes, columns=count, seed=seed
        )
        drawn = []
        for done, name in enumerate(wanted, 1):  # nothing is written where one of them cannot be drawn
            drawn.append(PLOTS[name].draw(scene))
            progress("drawing", done, len(wanted))
    for figure, path in zip(drawn, written, strict=True):
        save_plot(figure, path)
        if show:
            click.launch(str(path))
    click.echo(json.dumps({"figures": [str(path) for path in written]}))


def _targets(output: Path, names: list[str]) -> list[Path]:
    """Return the file of each figure."""
    from musicae.plots.files import check_format

    if not output.suffix or output.is_dir():
        return [output / f"{name}.png" for name in names]
    if len(names) > 1:
        raise click.UsageError(f"{output} is the name of one file, but there are {len(names)} figures; give -o a folder.")
    check_format(output)
    return [output]
