"""Latent search: how often a tune's other setting is found in the top 5 of 100,000 phrases, and how long a query takes.

    python benchmarks/music/search.py

The phrases are all prepared windows of the collections (train, validation and test; no two are equal in any key), filled up
to 100,000 with noisy copies of the codes of training windows, as random as the posterior makes them nearby, so that the query
time is that of a full index. A query is the other setting of a test window with at least four notes, which the model has not
been trained on: transposed by up to 11 semitones; or with one or two changes, each a note dropped, a note moved by one or two
semitones, or a note ornamented with its neighbour; or both. It is found when the very window it was made from is a hit.
"""

import time
from dataclasses import replace

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from musicae.cli.support import options
from musicae.cli.support.progress import tasks
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.excerpts.phrase import Manner, Phrase
from musicae.music.model import MusicModel, load
from musicae.music.representations import GridWindow
from musicae.music.tasks.phrase_index import BATCH, PhraseIndex, encode_phrases
from musicae.music.tasks.search import search
from musicae.music.windows import PreparedWindows

SETTINGS = ("transposed", "changed", "changed and transposed")


def changed(tokens: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a melody with one or two notes dropped, moved or ornamented."""
    tokens = tokens.copy()
    for _ in range(rng.integers(1, 3)):
        onsets = np.flatnonzero(tokens > 1)
        step = int(rng.choice([-2, -1, 1, 2]))
        room = [i for i in onsets if i + 2 < len(tokens) and tokens[i + 1] == 0]
        kind = rng.integers(3 if room else 2)
        if kind == 0:
            tokens[rng.choice(onsets)] = 0  # the note before it is held instead
        elif kind == 1:
            place = rng.choice(onsets)
            tokens[place] = np.clip(tokens[place] + step, 2, 89)
        else:
            place = rng.choice(room)
            tokens[place + 1] = np.clip(tokens[place] + step, 2, 89)
            if tokens[place + 2] == 0:
                tokens[place + 2] = tokens[place]
    return tokens


def filled(index: PhraseIndex, count: int) -> PhraseIndex:
    """Return an index of `count` phrases, with noisy copies of its own after it."""
    more = count - len(index)
    if more <= 0:
        return index
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(len(index), (more,), generator=generator)
    noise = torch.randn(more, index.codes.shape[1], generator=generator) / index.codes.shape[1] ** 0.5
    codes = F.normalize(index.codes[rows] + 0.5 * noise, dim=1)
    places = index.places[rows].clone()
    places[:, 0] = torch.arange(len(index), count)
    files = (*index.files, *(f"copy {i}" for i in range(more)))
    return replace(index, codes=torch.cat([index.codes, codes]), places=torch.cat([index.places, places]), files=files)


def indexed(model: MusicModel, prepared: PreparedWindows) -> tuple[list[GridWindow], PhraseIndex]:
    """Return prepared windows, and the index of them: the row of a window is the name of its file."""
    lengths = prepared.bar_steps.astype(np.int64).tolist()
    rows = zip(prepared.tokens, lengths, strict=True)
    windows = [GridWindow(t[: sum(s)].astype(np.int64), tuple(n for n in s if n)) for t, s in rows]
    codes, shifts = [], []
    with tasks() as progress:
        for i in range(0, len(windows), BATCH):
            z, shift = encode_phrases(model, windows[i : i + BATCH])
            codes.append(z)
            shifts.append(shift)
            progress("encoding", i + len(z), len(windows))
    where = torch.ones(len(windows), 4, dtype=torch.int32)
    where[:, 0], where[:, 3] = torch.arange(len(windows)), torch.cat(shifts)
    return windows, PhraseIndex(torch.cat(codes), where, model.bars, tuple(str(i) for i in range(len(windows))), {}, "")


def other(window: GridWindow, setting: str, model: MusicModel, rng: np.random.Generator) -> Phrase:
    """Return another setting of a tune."""
    tokens = changed(window.tokens, rng) if "changed" in setting else window.tokens
    if "transposed" in setting:
        tokens = model.representation.transpose(tokens, int(rng.choice([s for s in range(-11, 12) if s])))
    return Phrase(GridWindow(tokens, window.bar_steps), Manner())


@click.command()
@click.argument("checkpoint", default="melody-2bar")
@options.data
@click.option("--queries", default=200, show_default=True, help="Queries of each kind.")
@click.option("--phrases", default=100_000, show_default=True, help="Phrases in the index.")
def main(checkpoint: str, data: tuple[str, ...], queries: int, phrases: int) -> None:
    """Measure how well CHECKPOINT finds other settings of a tune."""
    model = load(checkpoint)
    prepared = prepare(open_collections(data), model.spec)
    windows, real = indexed(model, prepared)
    index = filled(real, phrases)
    click.echo(f"{len(windows)} phrases of {', '.join(prepared.collections)}, {len(index) - len(real)} noisy copies\n")

    rng = np.random.default_rng(0)
    enough = [row for row in prepared.rows("test") if (windows[row].tokens > 1).sum() >= 4]
    rows = rng.permutation(enough)[:queries]
    click.echo("| other setting | queries | first | in the top 5 | ms a query, median | ms of CPU |\n|---|---|---|---|---|---|")
    for setting in SETTINGS:
        places, taken, cpu = [], [], []
        for row in rows:
            phrase = other(windows[row], setting, model, rng)
            start, used = time.perf_counter(), time.process_time()
            hits = search(model, phrase, index, 5)
            taken.append(1000 * (time.perf_counter() - start))
            cpu.append(1000 * (time.process_time() - used))
            places.append(next((i for i, hit in enumerate(hits) if hit.file == str(row)), 5))
        first, in_top = np.mean(np.array(places) == 0), np.mean(np.array(places) < 5)
        click.echo(f"| {setting} | {len(rows)} | {first:.1%} | {in_top:.1%} | {np.median(taken):.0f} | {np.median(cpu):.0f} |")


if __name__ == "__main__":
    main()
