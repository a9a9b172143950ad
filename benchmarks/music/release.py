"""Turn a finished run into a shipped model: half precision, test figures in its metadata, and a model card.

    python benchmarks/music/release.py runs/melody-2bar melody-2bar --command "musicae train melody-2bar --threads 1"

Both the run's weights and the shipped ones (half precision) are measured on the test tunes; the card prints both.
"""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.cli.support import options
from musicae.music.evaluation.report import evaluate, overall
from musicae.music.recipes import PRESETS
from musicae.music.representations import representation_from_dict

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"
MELODY = ("windows", "hold_accuracy", "step_accuracy", "note_f1", "onset_f1", "pitch_accuracy", "exact", "kl_bits", "nll_bits")
DRUMS = (
    *("windows", "hold_accuracy", "step_accuracy", "hit_f1", "exact", "velocity_error", "plain_velocity_error"),
    *("timing_error", "plain_timing_error", "kl_bits", "nll_bits"),
)
ONE_DECIMAL = {c for c in (*MELODY, *DRUMS) if c.endswith(("_bits", "_error"))}

CARD = """# {name}

{summary}

- **Model**: `{model}`, {parameters:,} parameters, code of {latent} numbers; {megabytes:.1f} MB in half precision.
- **Takes and gives**: {bars} bars of {music}
- **Trained with** `{command}`: {steps:,} steps of {batch} windows, {minutes:.0f} minutes on {machine}{kept}.
- **Objective**: {objective}, plus beta times the KL, beta held by a controller at a KL of {target:.0f} bits a training
  window ({warm}).
- **Not for**: {limits}

## Training data

{split} Windows equal {equal} count once, and test windows that also occur in training {things} are dropped.{transposed}

| collection | licence | {things} | windows: train | valid | test |
|---|---|---|---|---|---|
{data}

## Figures

Test windows, z = posterior mean, decoded freely at temperature 0. *Hold accuracy* is what predicting "no event" everywhere
scores.{errors} Command: `musicae evaluate {name}{also}`.

| collection | {titles} |
|---|{rules}
{rows}
{essen}"""
MELODY_WORDS = {
    "music": "one melody on a grid of {grid}, any metre with bars of up to {bar_steps}\n  time steps; tempo, loudness, "
    "instrument and metre come from the input.",
    "objective": "cross-entropy summed over time steps",
    "limits": "polyphony, drums, expressive timing; notes between the steps are moved to the nearest.",
    "split": "Tunes are split by name into train (85 %), validation (5 %) and test (10 %).",
    "equal": "under transposition",
    "things": "tunes",
    "transposed": " Each training\nwindow is transposed by up to {transpose} semitones, drawn afresh each time.",
    "errors": "",
    "also": "",
}
DRUM_WORDS = {
    "music": "drums on a grid of sixteenths, any metre with bars of up to {bar_steps} time steps:\n  nine drums, each hit "
    "with its velocity and its distance from the grid; tempo and metre come from the input.",
    "objective": "cross-entropy of the hits (512 classes a time step) and negative log-likelihood of velocities and\n"
    "  distances, summed over time steps",
    "limits": "melodies; rolls and flams faster than a sixteenth; drums outside the nine of General MIDI's drum kit.",
    "split": "The split is the one that comes with the data set, by drummer and session.",
    "equal": "in hits and feel",
    "things": "performances",
    "transposed": "",
    "errors": " Errors of\nvelocity are in MIDI's 127 steps, those of timing in milliseconds at 120 quarter notes a minute; "
    "*plain* ones are those of\nthe quantised pattern at one velocity.",
    "also": " --data groove=FILE",
}


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--command", required=True, help="The command that trained it.")
@click.option("--machine", default="two CPU cores", show_default=True)
@click.option("--summary", help="First words of the card. [default: the preset's]")
@click.option("--last", is_flag=True, help="Take the weights of the last step, not those of the best validation.")
@options.data
def main(run: Path, name: str, command: str, machine: str, summary: str | None, last: bool, data: tuple[str, ...]) -> None:
    """Write musicae/weights/NAME.safetensors and NAME.md from a RUN folder."""
    weights = run / ("last.safetensors" if last else "best.safetensors")
    model, info = load_checkpoint(weights)
    drums = info.representation["name"] == "drums"
    target = WEIGHTS / f"{name}.safetensors"
    tables = {"single": evaluate(weights, data)}
    save_checkpoint(target, model, info, half=True)
    tables["half"] = evaluate(target, data)
    tables["essen"] = {} if drums else evaluate(target, ("essen",))
    metrics = {f"test_{k}": round(v, 5) for k, v in overall(tables["half"]).items()}
    save_checkpoint(target, model, replace(info, metrics=metrics), half=True)
    facts = {"name": name, "command": command, "machine": machine, **_facts(info, model, target, run)}
    facts["summary"] = summary or PRESETS[name].summary.capitalize() + "."
    words = {key: text.format(**facts) for key, text in (DRUM_WORDS if drums else MELODY_WORDS).items()}
    text = CARD.format(**facts, **words, **_tables(tables, name, DRUMS if drums else MELODY))
    (WEIGHTS / f"{name}.md").write_text(text, encoding="utf-8")
    click.echo(json.dumps(metrics, indent=2))


def _tables(tables: dict[str, dict[str, dict[str, float]]], name: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the rows of the card's tables."""

    def row(title: str, figures: dict[str, float]) -> str:
        forms = {"windows": "{:.0f}", **dict.fromkeys(ONE_DECIMAL, "{:.1f}")}
        return f"| {title} | {' | '.join(forms.get(c, '{:.4f}').format(figures[c]) for c in columns)} |"

    head = f"| collection | {' | '.join(c.replace('_', ' ') for c in columns)} |\n|---|{'---|' * len(columns)}\n"
    rows = [row(collection, figures) for collection, figures in tables["half"].items()]
    essen = "".join(row(collection, figures) + "\n" for collection, figures in tables["essen"].items())
    heading = f"\nEssen folk songs (never trained on, test only; `musicae evaluate {name} --data essen`):\n\n"
    return {
        "titles": " | ".join(c.replace("_", " ") for c in columns),
        "rules": "---|" * len(columns),
        "rows": "\n".join([*rows, row("all, single precision", overall(tables["single"]))]),
        "essen": heading + head + essen if essen else "",
    }


def _facts(info: CheckpointInfo, model: Any, target: Path, run: Path) -> dict[str, Any]:
    """Collect the facts that the card names."""
    seconds = max(float(line.split(",")[1]) for line in (run / "metrics.csv").read_text().splitlines()[1:])
    beta = info.training["objective"]["beta"]
    data = [
        f"| {c['title']} | {c['licence']} | {c['tunes']} | {c['kept']['train']} | {c['kept']['valid']} | {c['kept']['test']} |"
        for c in info.data["collections"].values()
    ]
    positions = [str(Fraction(p).limit_denominator(24)) for p in representation_from_dict(info.representation).positions]
    return {
        "model": info.model,
        "parameters": model.parameter_count(),
        "latent": model.latent_size,
        "megabytes": target.stat().st_size / 1e6,
        "bars": info.bars,
        "grid": f"{len(positions)} steps a quarter note (at {', '.join(positions[:-1])} and {positions[-1]})",
        "bar_steps": info.config["max_bar_steps"],
        "steps": info.training["steps"],
        "kept": ""
        if info.step == info.training["steps"]
        else f"; kept are\n  the weights of step {info.step:,}, the best on validation",
        "batch": info.training["batch_size"],
        "minutes": seconds / 60,
        "target": beta["target_bits"],
        "warm": f"after {beta['steps']} steps without" if beta["steps"] > 1 else "from the first step",
        "transpose": info.data["transpose"],
        "data": "\n".join(data),
    }


if __name__ == "__main__":
    main()
