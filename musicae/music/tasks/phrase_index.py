"""The index that `search` looks in: the codes of all phrases of some files, each moved to the same mean pitch.

A phrase is every window of the model's number of bars, at a stride of one bar, of every track that is not a drum track. Before
it is encoded it is moved by whole semitones so that the mean pitch of its notes is near `CENTRE`; so a tune and its
transposition have one code.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.errors import DataError, MidiError, MusicaeError
from musicae.music.excerpts.piece import NoteIndex
from musicae.music.formats import read
from musicae.music.model import MusicModel
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.score import Score

__all__ = [
    "PhraseIndex",
    "build_index",
    "content_key",
    "encode_phrases",
    "moved",
    "read_index",
    "to_centre",
    "unit_codes",
    "write_index",
]

CENTRE = 67  # MIDI pitch: about the mean of the notes in books of tunes
BATCH = 512  # windows that are encoded at once
_VERSION = 1  # raise when the same files would give another index


@dataclass(frozen=True)
class PhraseIndex:
    """The codes of the phrases of files, and where the phrases are.

    Arguments:
        codes: Codes of length 1, shape (N, Z).
        places: Index into `files`, track (from 1), first bar (from 1) and the semitones by which the phrase was moved
            before it was encoded, int32, shape (N, 4).
        bars: Bars per phrase.
        files: The files that were read.
        skipped: The files that were skipped, and why.
        key: What `content_key` returned for files and model.
    """

    codes: Tensor
    places: Tensor
    bars: int
    files: tuple[str, ...]
    skipped: dict[str, str]
    key: str

    def __len__(self) -> int:
        """Return the number of phrases, N."""
        return len(self.codes)


def content_key(files: Sequence[Path], weights: str) -> str:
    """Return a hash that changes when a file is added, removed or written, or when the model changes.

    Arguments:
        files: The files of an index.
        weights: A hash of the model's weights.
    """
    stamps = [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps([_VERSION, weights, stamps]).encode()).hexdigest()


def build_index(
    model: MusicModel, files: Sequence[str | Path], *, key: str = "", progress: Progress | None = None
) -> PhraseIndex:
    """Read files and encode all their phrases; a file that cannot be read is skipped.

    Arguments:
        model: The model.
        files: The files.
        key: What `content_key` returns for them.
        progress: Called with a title, the number of files done and their total.

    Raises:
        CheckpointError: the model's kind of music cannot be searched.
        DataError: no phrase came out.
    """
    model.kind.require("search")
    files_read: list[str] = []
    skipped: dict[str, str] = {}
    windows: list[GridWindow] = []
    places: list[tuple[int, int, int]] = []
    codes: list[Tensor] = []
    shifts: list[Tensor] = []
    for done, path in enumerate(files, 1):
        try:
            phrases = list(_phrases(model, read(path), str(path)))
        except MusicaeError as error:
            skipped[str(path)] = str(error)
            phrases = []
        else:
            files_read.append(str(path))
        for track, bar, window in phrases:
            windows.append(window)
            places.append((len(files_read) - 1, track, bar))
        if windows and (len(windows) >= BATCH or done == len(files)):
            z, semitones = encode_phrases(model, windows)
            codes.append(z)
            shifts.append(semitones)
            windows.clear()
        if progress:
            progress("indexing", done, len(files))
    if not places:
        reason = next(iter(skipped.values()), "no file was given.")
        raise DataError(f"No phrase can be searched: {reason}")
    where = torch.cat([torch.tensor(places, dtype=torch.int32), torch.cat(shifts)[:, None]], 1)
    return PhraseIndex(torch.cat(codes), where, model.bars, tuple(files_read), skipped, key)


def encode_phrases(model: MusicModel, windows: Sequence[GridWindow]) -> tuple[Tensor, Tensor]:
    """Return codes of windows moved to the centre, of length 1, shape (N, Z), and the semitones of each, int32, shape (N,)."""
    shifts = [to_centre(model, window) for window in windows]
    codes = unit_codes(model, [moved(model, window, shift) for window, shift in zip(windows, shifts, strict=True)])
    return codes, torch.tensor(shifts, dtype=torch.int32)


def _phrases(model: MusicModel, score: Score, where: str) -> Iterator[tuple[int, int, GridWindow]]:
    """Yield track, first bar and window of all phrases.

    Raises:
        MidiError: there is none.
    """
    bars = score.bars()
    spans = [score.bar_range(i + 1, model.bars) for i in range(max(1, len(bars) - model.bars + 1))]
    reasons = [model.spec.problem(span) for span in spans]
    sounding = False
    for number, track in enumerate(score.tracks, 1):
        if not model.kind.tracks.fits(track):
            continue
        notes = NoteIndex(track.notes)
        for span, reason in zip(spans, reasons, strict=True):
            if reason is None and any(n.end > span[0].start for n in notes.near(span[0].start, span[-1].end)):
                window = model.representation.encode(notes.near(span[0].start - 0.5, span[-1].end + 0.5), span)
                if model.representation.decode(window):
                    sounding = True
                    yield number, span[0].number, window
    if not sounding:
        model.kind.tracks.choose(score, where, None)  # raises an error for a score without such tracks
        raise MidiError(f"{where}: {next(filter(None, reasons), 'no note lies on the grid.')}")


def to_centre(model: MusicModel, window: GridWindow) -> int:
    """Return the semitones that bring the mean pitch of a window's notes to the centre."""
    pitches = [n.pitch for n in model.representation.decode(window)]
    return round(CENTRE - sum(pitches) / len(pitches)) if pitches else 0


def moved(model: MusicModel, window: GridWindow, semitones: int) -> GridWindow:
    """Return a window moved by semitones."""
    return GridWindow(model.representation.transpose(window.tokens, semitones), window.bar_steps, window.values)


@torch.no_grad()
def unit_codes(model: MusicModel, windows: Sequence[GridWindow]) -> Tensor:
    """Return codes of length 1, shape (N, Z)."""
    parts = [GridBatch.from_windows(windows[i : i + BATCH]).to(model.device) for i in range(0, len(windows), BATCH)]
    return torch.cat([F.normalize(model.network.encode(part).mode, dim=1).cpu() for part in parts])


def write_index(index: PhraseIndex, path: Path) -> None:
    """Write an index as safetensors, codes in half precision, with the rest as JSON in its metadata."""
    from safetensors.torch import save

    facts = {"bars": index.bars, "files": index.files, "skipped": index.skipped, "key": index.key}
    tensors = {"codes": index.codes.half().contiguous(), "places": index.places.contiguous()}
    write_atomically(path, save(tensors, {"musicae-index": json.dumps(facts)}))


def read_index(path: Path) -> PhraseIndex:
    """Read an index.

    Raises:
        DataError: the file is missing, damaged, or not an index.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["musicae-index"])
            codes, places = file.get_tensor("codes").float(), file.get_tensor("places")
        files, skipped = tuple(facts["files"]), dict(facts["skipped"])
        return PhraseIndex(codes, places, int(facts["bars"]), files, skipped, str(facts["key"]))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path} is not an index that `musicae search` wrote, or is damaged; choose another name.") from error
