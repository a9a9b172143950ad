"""Turn a finished run into a shipped model: half precision, test figures in its metadata, and a model card.

    python benchmarks/music/release.py runs/melody-2bar melody-2bar --command "musicae train melody-2bar --threads 1"

Both the run's weights and the shipped ones (half precision) are measured on the test tunes; the card prints both.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from musicae.checkpoint import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.datasets.evaluation import evaluate

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"
COLUMNS = ("windows", "hold_accuracy", "step_accuracy", "note_f1", "onset_f1", "pitch_accuracy", "exact", "kl_bits", "nll_bits")

CARD = """# {name}

{summary}

- **Model**: `{model}`, {parameters:,} parameters, code of {latent} numbers; {megabytes:.1f} MB in half precision.
- **Takes and gives**: {bars} bars of one melody on a grid of {spq} steps a quarter note, any metre with bars of up to
  {bar_steps} steps; tempo, loudness, instrument and metre come from the input.
- **Trained with** `{command}`: {steps:,} steps of {batch} windows, {minutes:.0f} minutes on {machine}.
- **Objective**: cross-entropy summed over time steps plus beta times the KL, beta held by a controller at a KL of
  {target:.0f} bits a training window (after {warm} steps without).
- **Not for**: polyphony, drums, expressive timing; triplets and shorter notes are moved to the nearest sixteenth.

## Training data

Tunes are split by name into train (85 %), validation (5 %) and test (10 %); windows equal under transposition count once,
and test windows that also occur in training tunes are dropped. Each training window is transposed by up to {transpose}
semitones, drawn afresh each time.

| collection | licence | tunes | windows: train | valid | test |
|---|---|---|---|---|---|
{data}

## Figures

Test windows, z = posterior mean, decoded freely at temperature 0. *Hold accuracy* is what predicting "no event" everywhere
scores. Command: `musicae evaluate {name}`.

| collection | {titles} |
|---|{rules}
{rows}
| all, single precision | {single} |

Essen folk songs (never trained on, test only; `musicae evaluate {name} --data essen`):

| collection | {titles} |
|---|{rules}
{essen}
"""


def cells(figures: dict[str, float]) -> str:
    """Return one table row's figures."""
    forms = {"windows": "{:.0f}", "kl_bits": "{:.1f}", "nll_bits": "{:.1f}"}
    return " | ".join(forms.get(c, "{:.4f}").format(figures[c]) for c in COLUMNS)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--command", required=True, help="The command that trained it.")
@click.option("--machine", default="two CPU cores", show_default=True)
@click.option(
    "--summary", default="Two bars of melody, for reconstructing, morphing and sampling. The default model of musicae."
)
def main(run: Path, name: str, command: str, machine: str, summary: str) -> None:
    """Write musicae/weights/NAME.safetensors and NAME.md from a RUN folder."""
    model, info = load_checkpoint(run / "best.safetensors")
    target = WEIGHTS / f"{name}.safetensors"
    single = evaluate(run / "best.safetensors")["all"]
    save_checkpoint(target, model, info, half=True)
    table = evaluate(target)
    essen = evaluate(target, ("essen",))
    metrics = {f"test_{k}": round(v, 5) for k, v in table["all"].items()}
    save_checkpoint(target, model, replace(info, metrics=metrics), half=True)
    card = _card(name, summary, command, machine, info, model, target, run)
    rows = "\n".join(f"| {collection} | {cells(figures)} |" for collection, figures in table.items())
    text = CARD.format(
        **card,
        titles=" | ".join(c.replace("_", " ") for c in COLUMNS),
        rules="---|" * len(COLUMNS),
        rows=rows,
        single=cells(single),
        essen="\n".join(f"| {collection} | {cells(figures)} |" for collection, figures in essen.items()),
    )
    (WEIGHTS / f"{name}.md").write_text(text, encoding="utf-8")
    click.echo(json.dumps(metrics, indent=2))


def _card(
    name: str, summary: str, command: str, machine: str, info: CheckpointInfo, model: Any, target: Path, run: Path
) -> dict[str, Any]:
    """Collect the facts that the card names."""
    seconds = max(float(line.split(",")[1]) for line in (run / "metrics.csv").read_text().splitlines()[1:])
    beta = info.training["objective"]["beta"]
    data = [
        f"| {c['title']} | {c['licence']} | {c['tunes']} | {c['kept']['train']} | {c['kept']['valid']} | {c['kept']['test']} |"
        for c in info.data["collections"].values()
    ]
    return {
        "name": name,
        "summary": summary,
        "command": command,
        "machine": machine,
        "model": info.model,
        "parameters": model.parameter_count(),
        "latent": model.latent_size,
        "megabytes": target.stat().st_size / 1e6,
        "bars": info.bars,
        "spq": info.representation["steps_per_quarter"],
        "bar_steps": info.config["max_bar_steps"],
        "steps": info.step,
        "batch": info.training["batch_size"],
        "minutes": seconds / 60,
        "target": beta["target_bits"],
        "warm": beta["steps"],
        "transpose": info.data["transpose"],
        "data": "\n".join(data),
    }


if __name__ == "__main__":
    main()
