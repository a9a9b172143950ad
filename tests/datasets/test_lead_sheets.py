"""Lead sheets, hymns, Lieder and game music: from a folder or a zip, with the tracks that are melodies."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musicae import Score
from musicae.datasets.music.collections import open_collections
from musicae.errors import DataError, MusicaeError
from musicae.music.formats.midi import write_midi

Tune = Callable[..., Score]


@pytest.fixture
def archive(tmp_path: Path, make_tune: Tune) -> Path:
    """Write a folder laid out as the two archives, and a zip of it next to it; return the folder."""
    root = tmp_path / "data"
    files = {
        "openewld/song.mid": ("MELODY", "CHORDS"),
        "openhymnal/hymn.mid": ("SOPRANO", "ALTO", "TENOR", "BASS"),
        "openscore_lieder/lied.mid": ("VOICE", "Piano 1"),
        "openscore_lieder/mute.mid": ("Piano 1",),
        "A_one/a.mid": ("Bass", "Lead"),
        "A_crystal_picnic/b.mid": ("Lead",),
        "C_other/c.mid": ("Lead",),
    }
    for number, (name, tracks) in enumerate(files.items()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        notes = make_tune(number).tracks[0]
        write_midi(Score(tuple(replace(notes, name=track) for track in tracks)), root / name)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as packed:
        for path in sorted(root.rglob("*.mid")):
            packed.write(path, f"deep/{path.relative_to(root).as_posix()}")
    return root


@pytest.mark.parametrize("ending", ["", ".zip"])
@pytest.mark.parametrize(
    ("name", "tracks"),
    [
        ("leads", [["MELODY"]]),
        ("hymns", [["SOPRANO", "ALTO", "TENOR", "BASS"]]),
        ("lieder", [["VOICE"], []]),
        ("games", [["Lead"], ["Lead"], ["Lead"]]),
    ],
)
def test_melodies_are_read(archive: Path, name: str, tracks: list[list[str]], ending: str) -> None:
    [collection] = open_collections((f"{name}={archive}{ending}",))
    items = collection.items()
    assert len(items) == len(tracks) and len({item.tune for item in items}) == len(items)
    for item, names in zip(items, tracks, strict=True):
        if names:
            assert [t.name for t in collection.read(item).tracks] == names
        else:
            with pytest.raises(DataError, match=r"^has no track named VOICE$"):
                collection.read(item)


def test_whole_sources_of_game_music_are_test_sets(archive: Path) -> None:
    [games] = open_collections((f"games={archive}",))
    splits = {item.part.split("/")[-2]: games.fixed_split(item) for item in games.items()}
    assert splits == {"A_one": None, "A_crystal_picnic": "test", "C_other": "test"}


def test_the_key_of_the_content_changes_with_a_file(archive: Path, make_tune: Tune) -> None:
    before = open_collections((f"leads={archive}",))[0].content_key()
    write_midi(make_tune(9), archive / "openewld" / "song.mid")
    assert open_collections((f"leads={archive}",))[0].content_key() != before


@pytest.mark.parametrize(("name", "reason"), [("leads", "are needed"), ("leads=none", "are not at none")])
def test_missing_data_are_named(name: str, reason: str) -> None:
    with pytest.raises(MusicaeError) as error:
        open_collections((name,))
    what = "The data of OpenEWLD, lead sheets of 1880 to 1930"
    assert str(error.value) == f"{what} {reason}; give --data leads=FOLDER or leads=FILE.zip."


def test_an_archive_without_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no zip")
    with pytest.raises(DataError, match="is not a readable zip file"):
        open_collections((f"leads={tmp_path / 'x.zip'}",))[0].items()
    with pytest.raises(DataError, match=r"holds no files laid out as openewld/\*\.mid"):
        open_collections((f"leads={tmp_path}",))[0].items()
