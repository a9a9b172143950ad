"""A music model ready for use: scores in, scores out, tensors hidden."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.shipped import load_weights
from musicae.core.config import check_temperature
from musicae.core.device import pick_device
from musicae.core.distributions import Posterior
from musicae.errors import CheckpointError, ParameterError, RepresentationError
from musicae.music.excerpts.phrase import Phrase, check_bars, empty_phrase, take_phrase, to_score
from musicae.music.latent.refine import Refined, refine
from musicae.music.metrics.melody import grid_scores
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow, build
from musicae.music.scales import Scale, token_bias
from musicae.music.score import Bar, Score
from musicae.music.tasks.interpolate import Morph, interpolate

__all__ = ["Morph", "MusicModel", "load"]

Source = str | Path | Score | Phrase
DRUM_FIGURES = ("hit_f1", "velocity_error", "plain_velocity_error", "timing_error", "plain_timing_error")


class MusicModel:
    """A trained autoencoder over token grids, with the representation that belongs to it.

    Sources are paths of MIDI files, `Score` objects, or `Phrase` objects (bars already taken from one).

    Arguments:
        model: The network, in evaluation mode.
        info: What its checkpoint says.
    """

    def __init__(self, model: GridAutoencoder, info: CheckpointInfo) -> None:
        self.model = model
        self.info = info
        self.representation = build(info.representation)
        self.bars = info.bars
        config: Any = model.config
        self._max_steps: int = config.max_steps
        self._max_bar_steps: int | None = getattr(config, "max_bar_steps", None)
        self._limits = {"max_steps": self._max_steps, "max_bar_steps": self._max_bar_steps}

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return next(self.model.parameters()).device

    def phrase(
        self, source: Source, *, track: str | None = None, bars: tuple[int, int] | None = None, where: str | None = None
    ) -> Phrase:
        """Take the bars that the model works on from a file or score (see `musicae.music.excerpts.phrase.take_phrase`)."""
        if isinstance(source, Phrase):
            return source
        return take_phrase(source, self.representation, self.bars, track=track, bars=bars, where=where, **self._limits)

    def refusal(self, bars: Sequence[Bar]) -> str | None:
        """Return why the model cannot take these bars, or None where it can."""
        return check_bars(self.representation, bars, **self._limits)

    @torch.no_grad()
    def encode(self, *sources: Source) -> Posterior:
        """Return the posterior of sources, mean of shape (number of sources, Z).

        Raises:
            ParameterError: no source.
            MidiError: a file cannot be read, or holds no melody.
            RepresentationError: its bars do not fit the grid or the model.
        """
        if not sources:
            raise ParameterError("encode needs at least one source: a path, a Score or a Phrase.")
        return self.model.encode(self._batch([self.phrase(s).window for s in sources]))

    def refine(self, *sources: Source) -> Refined:
        """Return codes that decode to exactly the notes of the sources, and which of them do (see `musicae.music.latent.refine`).

        Raises:
            ParameterError: no source.
            MidiError: a file cannot be read, or holds no melody.
            RepresentationError: its bars do not fit the grid or the model.
        """
        if not sources:
            raise ParameterError("refine needs at least one source: a path, a Score or a Phrase.")
        return refine(self.model, self._batch([self.phrase(s).window for s in sources]))

    def decode(
        self,
        z: Tensor,
        like: Phrase | str | Sequence[Phrase] = "4/4",
        *,
        temperature: float = 0.0,
        seed: int = 0,
        scale: Scale | None = None,
    ) -> list[Score]:
        """Turn codes into scores.

        Arguments:
            z: Codes, shape (B, Z) or (Z,).
            like: Gives bars, tempo and instrument: a phrase for all codes, one for each, or a time signature.
            temperature: 0 takes the likeliest notes, 1 samples.
            seed: Seed of the sampling.
            scale: Allow only notes of this scale.

        Raises:
            ParameterError: codes of another size than the model's, not as many phrases as codes, a time signature that
                is none or that the model cannot take, or a temperature below 0.
        """
        check_temperature(temperature)
        z = torch.atleast_2d(z).to(self.device, torch.float32)
        if z.ndim != 2 or z.shape[1] != self.model.latent_size:
            raise ParameterError(f"Codes must have shape (B, {self.model.latent_size}), got {tuple(z.shape)}.")
        phrases = self._layouts(like, len(z))
        windows = self._generate(z, [p.window for p in phrases], temperature, seed, self.scale_bias(scale))
        manners = [p.manner if scale is None else replace(p.manner, key=scale.key) for p in phrases]
        return [to_score(w, m, self.representation) for w, m in zip(windows, manners, strict=True)]

    def reconstruct(self, source: Source, *, exact: bool = False) -> Score:
        """Encode a source and decode its code, greedily: the same bars, tempo and instrument as the source's.

        Arguments:
            source: The source.
            exact: Refine the code first, so that the notes are the source's too.
        """
        phrase = self.phrase(source)
        return self.decode(self.refine(phrase).z if exact else self.encode(phrase).mode, phrase)[0]

    def interpolate(
        self,
        a: Source,
        b: Source,
        steps: int = 7,
        *,
        exact: bool = False,
        even: bool = False,
        temperature: float = 0.0,
        seed: int = 0,
        scale: Scale | None = None,
    ) -> Morph:
        """Morph one source into another along the great circle between their codes.

        Tempo and loudness change gradually along the way; steps nearer to `a` have its metre, instrument and key, the
        others those of `b`. At temperature 0 the ends equal the reconstructions of the two sources.

        Arguments:
            a: Where to start.
            b: Where to end.
            steps: Number of scores, both ends included, at least 2.
            exact: Refine the ends' codes first, so that the ends have the notes of the two sources.
            even: Space the codes so that the music changes by equal amounts (`musicae.music.metrics.melody.window_distance` between
                neighbours, everything decoded greedily in the bars of `a`) instead of the angle; see `musicae.music.latent.even_path`.
            temperature: 0 takes the likeliest notes, 1 samples; exact ends are not sampled.
            seed: Seed of the sampling.
            scale: Allow only notes of this scale; exact ends keep all of theirs.

        Raises:
            ParameterError: fewer than two steps, or a temperature below 0.
            MidiError: a file cannot be read, or holds no melody.
            RepresentationError: its bars do not fit the grid or the model.
        """
        if steps < 2:
            raise ParameterError(f"A path needs at least 2 steps, its two ends; got {steps}.")
        first, last = self.phrase(a), self.phrase(b)
        return interpolate(self, first, last, steps, exact=exact, even=even, temperature=temperature, seed=seed, scale=scale)

    def sample(
        self,
        count: int = 1,
        *,
        metre: str | None = None,
        qpm: float = 120.0,
        temperature: float = 0.5,
        seed: int = 0,
        scale: Scale | None = None,
    ) -> list[Score]:
        """Make new scores from codes drawn from the prior.

        Arguments:
            count: How many.
            metre: Their time signature. [default: that of the music that a personal model was made from, else 4/4]
            qpm: Their tempo in quarter notes a minute.
            temperature: 0 takes the likeliest notes of each code, 1 samples them.
            seed: Seed of codes and notes.
            scale: Allow only notes of this scale.

        Raises:
            ParameterError: a count below 1, a tempo or temperature out of range, or a metre that is none or that the
                model cannot take.
        """
        if count < 1:
            raise ParameterError(f"count must be at least 1, got {count}.")
        if not 4 <= qpm <= 2000:
            raise ParameterError(f"qpm must lie between 4 and 2000 quarter notes a minute, got {qpm}.")
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(count, self.model.latent_size, generator=generator)
        phrase = self._empty(metre or str(self.info.data.get("metre", "4/4")), qpm)
        return self.decode(z, phrase, temperature=temperature, seed=seed, scale=scale)

    def compare(self, *sources: Source, exact: bool = False) -> dict[str, float]:
        """Return how well sources are kept: `step_accuracy`, `note_f1` or `DRUM_FIGURES`, `exact`, `hold_accuracy`, `kl_bits`.

        Arguments:
            sources: The sources.
            exact: Refine the codes first; the KL stays that of the posterior.
        """
        batch = self._batch([self.phrase(s).window for s in sources])
        figures = grid_scores(self.model, [batch], (lambda x: refine(self.model, x).z) if exact else None)
        names = ("step_accuracy", "note_f1", *DRUM_FIGURES, "exact", "hold_accuracy", "kl_bits")
        return {k: figures[k] for k in names if k in figures}

    def humanize(
        self, source: Source, *, track: str | None = None, amount: float = 1.0, temperature: float = 0.5, seed: int = 0
    ) -> Score:
        """Give a quantised drum pattern a drummer's velocities and timing (see `musicae.music.tasks.humanize.humanize`)."""
        from musicae.music.tasks.humanize import humanize

        return humanize(self, source, track=track, amount=amount, temperature=temperature, seed=seed).score

    def _layouts(self, like: Phrase | str | Sequence[Phrase], count: int) -> list[Phrase]:
        if isinstance(like, str):
            like = self._empty(like)
        phrases = [like] * count if isinstance(like, Phrase) else list(like)
        if len(phrases) != count:
            raise ParameterError(f"{count} codes need one phrase or {count}, got {len(phrases)}.")
        return phrases

    def scale_bias(self, scale: Scale | None) -> Tensor | None:
        """Return the logit bias that allows only notes of a scale, shape (D,); None for no scale."""
        if scale is None:
            return None
        if not self.representation.pitched:
            raise ParameterError("Drums have no key; leave out the scale.")
        return torch.from_numpy(token_bias(scale, self.representation)).to(self.device)

    def _generate(
        self, z: Tensor, windows: list[GridWindow], temperature: float, seed: int, logit_bias: Tensor | None
    ) -> list[GridWindow]:
        """Decode codes into windows, codes of equal bars together."""
        made: list[GridWindow | None] = [None] * len(windows)
        generator = torch.Generator().manual_seed(seed)
        for bar_steps in dict.fromkeys(w.bar_steps for w in windows):
            rows = [i for i, w in enumerate(windows) if w.bar_steps == bar_steps]
            batch = self._batch([windows[i] for i in rows])
            out = self.model.generate(z[rows], batch, temperature=temperature, generator=generator, logit_bias=logit_bias)
            for row, window in zip(rows, out.windows(), strict=True):
                made[row] = window
        return [w for w in made if w is not None]

    def _batch(self, windows: list[GridWindow]) -> GridBatch:
        return GridBatch.from_windows(windows).to(self.device)

    def _empty(self, metre: str, qpm: float = 120.0) -> Phrase:
        """Return silent bars of a metre that the model can take."""
        try:
            phrase = empty_phrase(self.representation, self.bars, metre, qpm)
        except RepresentationError as error:
            raise ParameterError(
                f"A bar of {metre} is no whole number of time steps at {self.representation.steps_per_quarter} a quarter note; "
                "choose another metre."
            ) from error
        steps = max(phrase.window.bar_steps)
        longest = min(self._max_steps // self.bars, self._max_bar_steps or self._max_steps)
        if steps > longest:
            raise ParameterError(
                f"A bar of {metre} has {steps} time steps, more than the model's {longest}; choose a shorter metre."
            )
        return phrase


def load(name: str | Path = "melody-2bar", *, device: str = "auto") -> MusicModel:
    """Load a music model.

    Arguments:
        name: A shipped model's name (`musicae models`) or the path of a checkpoint.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        CheckpointError: it does not exist, is damaged, or is no music model.
    """
    model, info = load_weights(name, pick_device(device))
    if not info.representation:
        raise CheckpointError(f"{name} is a model of images ({info.model}), not of music; see `musicae models`.")
    if not isinstance(model, GridAutoencoder):
        raise CheckpointError(f"{name} holds a model {info.model!r}, which does not draw tokens one after the other.")
    try:
        return MusicModel(model, info)
    except ParameterError as error:
        raise CheckpointError(f"{name} holds an unusable representation. {error}") from error
