"""Read and write MIDI files, on ticks: one reader and one writer for users' files and for training data.

Times in a score are ticks divided by the ticks per quarter note, exactly. A tick has one tempo, metre and key: the last that
the file gives for it, in whatever track it stands.

Reading, where files leave a choice:

| in the file | in the score |
|---|---|
| several channels or programs in one track | one track each, in the order in which their first notes begin |
| a program that changes during a note | the note keeps the program with which it began |
| no program in the track of a channel | the last one that any track has set for that channel and port; else 0 |
| controls of a channel that changes its program | all of them, in each of its tracks: both begin in the channel's state |
| equal pitches that overlap, with an end for each | each end ends the oldest note |
| equal pitches that overlap, ends missing | the first end ends all that began before it |
| a note without an end | ends where the next note of its channel begins; after a quarter note where none does |
| an end without a note | ignored |
| a note without length | lasts one tick |
| several names of a track | the last one, from the beginning of the track on |
| names that are not UTF-8 | shown as Latin-1, written with the bytes that they had |
| keys of more than seven sharps, metres over 64, tempos of 0 | ignored; tempos below 4 or above 2000 are moved there |
| events after the end of a track, chunks that are no tracks | ignored |
| tracks without notes | dropped; their tempos, metres, keys, texts and programs count |
| key pressure, system exclusive and other meta events | dropped |

Writing: type 1. The first track holds tempos, metres, keys and texts; each track of the score has one of its own, on channels
in turn, drums on channel 10. At one tick the choice of a bank comes before the program, controls keep their order, and notes
end before notes of the same pitch begin. Each track ends where the score ends. A piece that goes on after its last note has a
text there, by which it is read back.
"""

from pathlib import Path

from musicae.errors import MidiError
from musicae.music.formats import files, midi_bytes, midi_reading, midi_writing
from musicae.music.formats.midi_events import Damage, events
from musicae.music.formats.midi_writing import MAX_QUARTERS
from musicae.music.score import Score

__all__ = ["read_midi", "read_midi_bytes", "score_to_bytes", "write_midi"]


def read_midi(path: str | Path) -> Score:
    """Read a MIDI file.

    Arguments:
        path: The file.

    Returns:
        The score, times in quarter notes; tracks without notes are dropped.

    Raises:
        MidiError: the file cannot be read, is too large, is not MIDI, or is damaged.

    Examples:
        >>> import musicae
        >>> score = musicae.read("examples/tunes/a-reel.mid")
        >>> len(score.bars()), score.tracks[0].name
        (17, 'melody')
    """
    return read_midi_bytes(files.read_bytes(path, "a MIDI file", MidiError), str(path))


def read_midi_bytes(data: bytes, path: str) -> Score:
    """Read the bytes of a MIDI file; `path` names them in errors, which are as for `read_midi`."""
    division, chunks = midi_bytes.split(data, path)
    tracks = []
    for number, chunk in enumerate(chunks, 1):
        try:
            tracks.append(events(chunk))
        except Damage as damage:
            raise MidiError(f"{path} is damaged in track {number} of {len(chunks)}: {damage}; export it again.") from damage
    score = midi_reading.build(tracks, division, path)
    end = max(score.end, score.length)
    if end > MAX_QUARTERS:
        raise MidiError(f"{path} lasts {end:.0f} quarter notes, more than the limit of {MAX_QUARTERS}; cut it into parts.")
    return score


def write_midi(score: Score, path: str | Path) -> None:
    """Write a score as a MIDI file with 480 ticks per quarter note, or as many as its times need.

    The same score gives the same bytes.

    Raises:
        MidiError: the file cannot be written, or the score holds what MIDI cannot express.

    Examples:
        >>> import musicae
        >>> score = musicae.Score((musicae.Track((musicae.Note(0.0, 1.0, 60),)),))
        >>> musicae.write(score, "c.mid")
        >>> musicae.read("c.mid").tracks[0].notes[0].pitch
        60
    """
    files.write_bytes(path, score_to_bytes(score), MidiError)


def score_to_bytes(score: Score) -> bytes:
    """Return the bytes of a score's MIDI file.

    Raises:
        MidiError: the score holds what MIDI cannot hold: a metre whose lower number is no power of two, a pitch or velocity out
            of range, a time before 0, or more than 50,000 quarter notes.
    """
    return midi_writing.to_bytes(score)
