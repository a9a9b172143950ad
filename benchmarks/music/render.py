"""Measure how much faster than real time sound is made: a piece of nine tracks, drums among them, or files.

taskset -c 0 python benchmarks/music/render.py [FILE]...
"""

import random
import time
from pathlib import Path

import click

from musicae.music.formats import read
from musicae.music.score import Note, Score, Tempo, Track
from musicae.sound.render import encode_audio, render

_PROGRAMS = (0, 24, 33, 40, 48, 56, 73, 80)


def orchestra(minutes: float) -> Score:
    """Return a piece of eight instruments and drums at 120 quarter notes per minute, four notes at once per chord track."""
    draw = random.Random(0)
    quarters = round(minutes * 120)
    tracks = []
    for i, program in enumerate(_PROGRAMS):
        notes = []
        for beat in range(quarters):
            for pitch in draw.sample(range(48, 84), 4 if i in (0, 4) else 1):
                notes.append(Note(beat + draw.choice((0.0, 0.5)), draw.choice((0.5, 1.0, 2.0)), pitch, draw.randint(40, 110)))
        tracks.append(Track(tuple(sorted(notes)), program))
    beats = [Note(i / 4, 0.25, draw.choice((36, 38, 42, 46, 49)), draw.randint(40, 110)) for i in range(4 * quarters)]
    return Score((*tracks, Track(tuple(beats), 0, True)), (Tempo(0.0, 120.0),))


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--minutes", default=3.0, show_default=True, help="Length of the made-up piece.")
@click.option("--rate", default=44100, show_default=True)
def main(files: tuple[Path, ...], minutes: float, rate: int) -> None:
    """Render FILES, or a made-up piece, and print the times."""
    scores = {path.name: read(path) for path in files} or {"nine tracks": orchestra(minutes)}
    render(Score((Track((Note(0.0, 1.0, 60),)),)), rate=rate)  # reads the soundfont
    print("| piece | notes | sound, s | CPU s | x real time | WAV, s | FLAC, s | Ogg, s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, score in scores.items():
        begin = time.process_time()
        audio = render(score, rate=rate)
        taken = time.process_time() - begin
        written = []
        for form in ("wav", "flac", "ogg"):
            begin = time.process_time()
            encode_audio(audio, rate=rate, form=form)
            written.append(time.process_time() - begin)
        seconds = len(audio) / rate
        notes = sum(len(t.notes) for t in score.tracks)
        print(
            f"| {name} | {notes} | {seconds:.1f} | {taken:.2f} | {seconds / taken:.0f} | "
            + " | ".join(f"{w:.2f}" for w in written)
            + " |"
        )


if __name__ == "__main__":
    main()
