"""General MIDI, level 1: the names of programs and drums, and of pitches.

References:
    MIDI Manufacturers Association, 1991, General MIDI System Level 1.
"""

__all__ = ["DRUMS", "DRUM_CHANNEL", "FIRST_DRUM", "PROGRAMS", "drum_name", "pitch_name", "program_name"]

DRUM_CHANNEL = 9  # counted from 0: channel 10 of the standard
# Programs 0 to 127, eight of a family in a row.
PROGRAMS = (
    *("Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano", "Electric Piano 1"),
    *("Electric Piano 2", "Harpsichord", "Clavinet"),
    *("Celesta", "Glockenspiel", "Music Box", "Vibraphone", "Marimba", "Xylophone", "Tubular Bells", "Dulcimer"),
    *("Drawbar Organ", "Percussive Organ", "Rock Organ", "Church Organ", "Reed Organ", "Accordion", "Harmonica"),
    "Tango Accordion",
    *("Acoustic Guitar (nylon)", "Acoustic Guitar (steel)", "Electric Guitar (jazz)", "Electric Guitar (clean)"),
    *("Electric Guitar (muted)", "Overdriven Guitar", "Distortion Guitar", "Guitar Harmonics"),
    *("Acoustic Bass", "Electric Bass (finger)", "Electric Bass (pick)", "Fretless Bass", "Slap Bass 1", "Slap Bass 2"),
    *("Synth Bass 1", "Synth Bass 2"),
    *("Violin", "Viola", "Cello", "Contrabass", "Tremolo Strings", "Pizzicato Strings", "Orchestral Harp", "Timpani"),
    *("String Ensemble 1", "String Ensemble 2", "Synth Strings 1", "Synth Strings 2", "Choir Aahs", "Voice Oohs"),
    *("Synth Choir", "Orchestra Hit"),
    *("Trumpet", "Trombone", "Tuba", "Muted Trumpet", "French Horn", "Brass Section", "Synth Brass 1", "Synth Brass 2"),
    *("Soprano Sax", "Alto Sax", "Tenor Sax", "Baritone Sax", "Oboe", "English Horn", "Bassoon", "Clarinet"),
    *("Piccolo", "Flute", "Recorder", "Pan Flute", "Blown Bottle", "Shakuhachi", "Whistle", "Ocarina"),
    *("Lead 1 (square)", "Lead 2 (sawtooth)", "Lead 3 (calliope)", "Lead 4 (chiff)", "Lead 5 (charang)", "Lead 6 (voice)"),
    *("Lead 7 (fifths)", "Lead 8 (bass + lead)"),
    *("Pad 1 (new age)", "Pad 2 (warm)", "Pad 3 (polysynth)", "Pad 4 (choir)", "Pad 5 (bowed)", "Pad 6 (metallic)"),
    *("Pad 7 (halo)", "Pad 8 (sweep)"),
    *("FX 1 (rain)", "FX 2 (soundtrack)", "FX 3 (crystal)", "FX 4 (atmosphere)", "FX 5 (brightness)", "FX 6 (goblins)"),
    *("FX 7 (echoes)", "FX 8 (sci-fi)"),
    *("Sitar", "Banjo", "Shamisen", "Koto", "Kalimba", "Bagpipe", "Fiddle", "Shanai"),
    *("Tinkle Bell", "Agogo", "Steel Drums", "Woodblock", "Taiko Drum", "Melodic Tom", "Synth Drum", "Reverse Cymbal"),
    *("Guitar Fret Noise", "Breath Noise", "Seashore", "Bird Tweet", "Telephone Ring", "Helicopter", "Applause"),
    "Gunshot",
)
FIRST_DRUM = 35  # the key of the first drum in the percussion key map
DRUMS = (
    *("acoustic bass drum", "bass drum", "side stick", "acoustic snare", "hand clap", "electric snare", "low floor tom"),
    *("closed hi-hat", "high floor tom", "pedal hi-hat", "low tom", "open hi-hat", "low-mid tom", "hi-mid tom"),
    *("crash cymbal 1", "high tom", "ride cymbal 1", "Chinese cymbal", "ride bell", "tambourine", "splash cymbal", "cowbell"),
    *("crash cymbal 2", "vibraslap", "ride cymbal 2", "hi bongo", "low bongo", "mute hi conga", "open hi conga", "low conga"),
    *("high timbale", "low timbale", "high agogo", "low agogo", "cabasa", "maracas", "short whistle", "long whistle"),
    *("short guiro", "long guiro", "claves", "hi wood block", "low wood block", "mute cuica", "open cuica", "mute triangle"),
    "open triangle",
)
_PITCHES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def program_name(program: int) -> str:
    """Return the name of a program, 0 to 127."""
    return PROGRAMS[program]


def drum_name(pitch: int) -> str:
    """Return the name of the drum on a key, or the key's number where General MIDI names none."""
    index = pitch - FIRST_DRUM
    return DRUMS[index] if 0 <= index < len(DRUMS) else f"drum {pitch}"


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch; 60 is C4."""
    return f"{_PITCHES[pitch % 12]}{pitch // 12 - 1}"
