"""Search by ear: the phrases of many files, ranked by how near their codes lie to a tune's, in whatever key they are.

A phrase is every window of the model's number of bars, at a stride of one bar, of every track except drum tracks. Before it is
encoded, its mean pitch is moved near `CENTRE`, and that of the query up to `AROUND` semitones around it, since one note more
may change the mean. The distance of codes is one minus the cosine of their angle: 0 for the same tune, about 1 for others.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.errors import DataError, MidiError, MusicaeError, ParameterError
from musicae.music.excerpts.phrase import Phrase
from musicae.music.excerpts.piece import NoteIndex, Piece
from musicae.music.formats.midi import read_midi
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.score import Score

__all__ = ["Match", "PhraseIndex", "build_index", "content_key", "encode_phrases", "read_index", "search", "write_index"]

CENTRE = 67  # MIDI pitch: about the mean of the notes in books of tunes
AROUND = 2
BATCH = 512  # windows that are encoded at once
_VERSION = 1  # raise when the same files would give another index


@dataclass(frozen=True)
class PhraseIndex:
    """The codes of a folder's phrases, and where these are.

    Arguments:
        codes: Codes of length 1, shape (N, Z).
        places: Index into `files`, track (from 1), first bar (from 1) and the semitones by which the phrase was moved
            before it was encoded, int32, shape (N, 4).
        bars: Bars a phrase.
        files: The files that were read.
        skipped: The files that were not, and why.
        key: What `content_key` gave for files and model.
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


@dataclass(frozen=True)
class Match:
    """A phrase that was found.

    Arguments:
        file: Its file.
        track: Its track, from 1.
        first_bar: Its first bar, from 1.
        last_bar: Its last bar.
        distance: One minus the cosine of the angle between its code and that of the tune looked for.
        semitones: How far the tune must be transposed to lie where the phrase does.
    """

    file: str
    track: int
    first_bar: int
    last_bar: int
    distance: float
    semitones: int


def content_key(files: Sequence[Path], weights: str) -> str:
    """Return a hash that changes when a file is added, removed or written, or when the model changes.

    Arguments:
        files: The files of an index.
        weights: A hash of the model's weights.
    """
    found = [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps([_VERSION, weights, found]).encode()).hexdigest()


def build_index(model: MusicModel, files: Sequence[Path], *, key: str = "", progress: Progress | None = None) -> PhraseIndex:
    """Read files and encode all their phrases; a file that cannot be read is left out.

    Arguments:
        model: The model.
        files: MIDI files.
        key: What `content_key` gives for them.
        progress: Called with a title, the number of files done and their total.

    Raises:
        CheckpointError: the model is one of drums, which have no key.
        DataError: no phrase came out.
    """
    model.kind.require("search")
    read: list[str] = []
    skipped: dict[str, str] = {}
    windows: list[GridWindow] = []
    places: list[tuple[int, int, int]] = []
    codes: list[Tensor] = []
    shifts: list[Tensor] = []
    for done, path in enumerate(files, 1):
        try:
            found = list(_phrases(model, read_midi(path), str(path)))
        except MusicaeError as error:
            skipped[str(path)] = str(error)
            found = []
        else:
            read.append(str(path))
        for track, bar, window in found:
            windows.append(window)
            places.append((len(read) - 1, track, bar))
        if windows and (len(windows) >= BATCH or done == len(files)):
            made, moved = encode_phrases(model, windows)
            codes.append(made)
            shifts.append(moved)
            windows.clear()
        if progress:
            progress("indexing", done, len(files))
    if not places:
        reason = next(iter(skipped.values()), "no file was given.")
        raise DataError(f"No phrase can be searched: {reason}")
    where = torch.cat([torch.tensor(places, dtype=torch.int32), torch.cat(shifts)[:, None]], 1)
    return PhraseIndex(torch.cat(codes), where, model.bars, tuple(read), skipped, key)


def encode_phrases(model: MusicModel, windows: Sequence[GridWindow]) -> tuple[Tensor, Tensor]:
    """Return codes of windows moved to the centre, of length 1, shape (N, Z), and the semitones of each, int32, shape (N,)."""
    shifts = [_to_centre(model, window) for window in windows]
    codes = _encoded(model, [_moved(model, window, shift) for window, shift in zip(windows, shifts, strict=True)])
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
        if track.is_drum or not track.notes:
            continue
        notes = NoteIndex(track.notes)
        for span, reason in zip(spans, reasons, strict=True):
            if reason is None and any(n.end > span[0].start for n in notes.near(span[0].start, span[-1].end)):
                window = model.representation.encode(notes.near(span[0].start - 0.5, span[-1].end + 0.5), span)
                if model.representation.decode(window):
                    sounding = True
                    yield number, span[0].number, window
    if not sounding:
        pitched = any(t.notes and not t.is_drum for t in score.tracks)
        drums = any(t.notes for t in score.tracks)
        reason = next(filter(None, reasons), "no note lies on the grid.") if pitched else ""
        words = f": {reason}" if reason else " has drums only." if drums else " has no notes."
        raise MidiError(f"{where}{words}")


def _to_centre(model: MusicModel, window: GridWindow) -> int:
    """Return the semitones that bring the mean pitch of a window's notes to the centre."""
    pitches = [n.pitch for n in model.representation.decode(window)]
    return round(CENTRE - sum(pitches) / len(pitches)) if pitches else 0


def _moved(model: MusicModel, window: GridWindow, semitones: int) -> GridWindow:
    return GridWindow(model.representation.transpose(window.tokens, semitones), window.bar_steps, window.values)


@torch.no_grad()
def _encoded(model: MusicModel, windows: Sequence[GridWindow]) -> Tensor:
    """Return codes of length 1, shape (N, Z)."""
    made = []
    for i in range(0, len(windows), BATCH):
        batch = GridBatch.from_windows(windows[i : i + BATCH]).to(model.device)
        made.append(F.normalize(model.network.encode(batch).mode, dim=1).cpu())
    return torch.cat(made)


def write_index(index: PhraseIndex, path: Path) -> None:
    """Write an index as safetensors, codes in half precision, with the rest as JSON in its metadata."""
    from safetensors.torch import save

    said = {"bars": index.bars, "files": index.files, "skipped": index.skipped, "key": index.key}
    tensors = {"codes": index.codes.half().contiguous(), "places": index.places.contiguous()}
    write_atomically(path, save(tensors, {"musicae-index": json.dumps(said)}))


def read_index(path: Path) -> PhraseIndex:
    """Read an index.

    Raises:
        DataError: the file is missing, damaged, or no index.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            said = json.loads((file.metadata() or {})["musicae-index"])
            codes, places = file.get_tensor("codes").float(), file.get_tensor("places")
        return PhraseIndex(codes, places, int(said["bars"]), tuple(said["files"]), dict(said["skipped"]), str(said["key"]))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path} is no index that `musicae search` wrote, or is damaged; choose another name.") from error


def search(
    model: MusicModel,
    source: MusicSource | Piece,
    index: PhraseIndex,
    top: int = 10,
    *,
    per_file: bool = True,
    file: str = "",
) -> list[Match]:
    """Find the phrases that are nearest to a source, nearest first.

    Arguments:
        model: The model that the index was built with.
        source: A path, a score or a phrase: one phrase is looked for. A piece: any of its windows.
        index: The index.
        top: Largest number of matches.
        per_file: Whether to return the nearest phrase of each file only.
        file: The file that the source came from; phrases of its track there that share a bar with it are skipped.

    Raises:
        CheckpointError: the model's kind of music cannot be searched.
        ParameterError: `top` is below 1, or the index belongs to another model.

    Examples:
        >>> import musicae
        >>> from musicae.music.tasks.search import build_index
        >>> model = musicae.load("melody-2bar")
        >>> index = build_index(model, ["examples/tunes/a-reel.mid"])
        >>> musicae.search(model, "examples/tunes/b-reel.mid", index)[0].file
        'examples/tunes/a-reel.mid'
    """
    model.kind.require("search")
    if top < 1:
        raise ParameterError(f"top must be at least 1, got {top}.")
    if (index.bars, index.codes.shape[1]) != (model.bars, model.network.latent_size):
        raise ParameterError("The index belongs to another model; build it again.")
    phrases = source.phrases if isinstance(source, Piece) else [model.phrase(source)]
    nearness, shifts = _nearness(model, phrases, index)
    places = index.places.numpy()
    own = index.files.index(file) if file in index.files else -1
    overlaps = np.zeros(len(places), dtype=bool)
    for phrase in phrases:
        near = np.abs(places[:, 2] - phrase.first_bar) < index.bars
        overlaps |= (places[:, 0] == own) & (places[:, 1] == phrase.track) & near
    matches: list[Match] = []
    seen: set[int] = set()
    for row in _nearest(nearness, 50 * top):
        number, track, bar, shift = (int(v) for v in places[row])
        if overlaps[row] or (per_file and number in seen):
            continue
        seen.add(number)
        distance = max(0.0, 1.0 - float(nearness[row]))
        matches.append(Match(index.files[number], track, bar, bar + index.bars - 1, distance, int(shifts[row]) - shift))
        if len(matches) == top:
            break
    return matches


def _nearness(model: MusicModel, phrases: Sequence[Phrase], index: PhraseIndex) -> tuple[Tensor, Tensor]:
    """Return the cosine of each indexed phrase with the nearest query, and that query's shift in semitones, shapes (N,)."""
    nearness, shifts = torch.full((len(index),), -torch.inf), torch.zeros(len(index), dtype=torch.int64)
    for phrase in phrases:
        home = _to_centre(model, phrase.window)
        around = range(home - AROUND, home + AROUND + 1)
        queries = _encoded(model, [_moved(model, phrase.window, shift) for shift in around])  # (5, Z)
        best, which = (queries @ index.codes.T).max(0)
        shifts = torch.where(best > nearness, torch.tensor(list(around))[which], shifts)
        nearness = torch.maximum(nearness, best)
    return nearness, shifts


def _nearest(nearness: Tensor, first: int) -> Iterator[int]:
    """Yield rows, nearest first; all are sorted only when the first few have been asked for."""
    count = min(first, len(nearness))
    rows: list[int] = nearness.topk(count).indices.tolist()
    yield from rows
    if count < len(nearness):
        given = set(rows)
        yield from (row for row in nearness.argsort(descending=True).tolist() if row not in given)
