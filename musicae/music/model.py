"""A music model ready for use: scores in, scores out, tensors hidden."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.shipped import load_weights
from musicae.core.device import pick_device
from musicae.core.distributions import Posterior
from musicae.errors import CheckpointError, ParameterError
from musicae.music.decoding import GREEDY, NATURAL, Decoding
from musicae.music.excerpts.phrase import Phrase, empty_phrase, take_phrase, to_score
from musicae.music.excerpts.piece import Piece, cut
from musicae.music.kinds import kind_of
from musicae.music.latent.refine import Refined, refine
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.models.base import MusicAutoencoder, scale_bias
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow, WindowSpec, representation_from_dict
from musicae.music.scales import Scale
from musicae.music.score import Score

__all__ = ["MusicModel", "MusicSource", "load"]

MusicSource = str | Path | Score | Phrase


class MusicModel:
    """A trained autoencoder over token grids, with the representation that belongs to it.

    Sources are paths of files, `Score` objects, or `Phrase` objects (bars already taken from one). The tasks of
    `musicae.music.tasks` build on the primitives here.

    Arguments:
        network: The network, in evaluation mode.
        info: The description in its checkpoint.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> phrase = model.phrase("examples/tunes/a-reel.mid", bars=(2, 3))
        >>> posterior = model.encode(phrase)
        >>> posterior.mean.shape
        torch.Size([1, 128])
        >>> [score] = model.decode(posterior.mode, phrase)
        >>> len(score.tracks[0].notes)
        15
    """

    def __init__(self, network: MusicAutoencoder, info: CheckpointInfo) -> None:
        self.network = network
        self.info = info
        self.representation = representation_from_dict(info.representation)
        self.kind = kind_of(self.representation)
        self.spec = WindowSpec.of_model(network.config, self.representation, info.bars)

    @property
    def bars(self) -> int:
        """Bars per window."""
        return self.spec.bars

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return next(self.network.parameters()).device

    def phrase(
        self, source: MusicSource, *, track: str | None = None, bars: tuple[int, int] | None = None, where: str | None = None
    ) -> Phrase:
        """Take one window from a file or score (see `musicae.music.excerpts.phrase.take_phrase`)."""
        if isinstance(source, Phrase):
            return source
        return take_phrase(source, self.spec, self.kind.tracks, track=track, bars=bars, where=where)

    def piece(
        self,
        source: MusicSource | Piece,
        *,
        track: str | None = None,
        where: str | None = None,
        keep_tracks: bool = False,
    ) -> Piece:
        """Cut a whole file or score into windows (see `musicae.music.excerpts.piece.cut`)."""
        if isinstance(source, Piece):
            return source
        return cut(source, self.spec, self.kind.tracks, track=track, where=where, keep_tracks=keep_tracks)

    def empty_phrase(self, metre: str = "4/4", qpm: float = 120.0) -> Phrase:
        """Return a silent window in a metre that the model takes.

        Raises:
            ParameterError: the metre is not a time signature, or the model does not take it.
        """
        return empty_phrase(self.spec, self.kind.tracks, metre, qpm)

    @torch.no_grad()
    def encode(self, *sources: MusicSource) -> Posterior:
        """Return the posterior of sources, mean of shape (number of sources, Z).

        Raises:
            ParameterError: no source.
            MidiError: a file cannot be read, or has no such part.
            RepresentationError: its bars do not fit the grid or the model.
        """
        return self.network.encode(self.batch(*sources))

    def refine(self, *sources: MusicSource) -> Refined:
        """Return codes that decode to the notes of the sources, and which of them are exact (`musicae.music.latent.refine`).

        Raises:
            ParameterError: no source.
            MidiError: a file cannot be read, or has no such part.
            RepresentationError: its bars do not fit the grid or the model.
        """
        return refine(self.network, self.batch(*sources))

    def decode(self, z: Tensor, like: Phrase | str | Sequence[Phrase] = "4/4", decoding: Decoding = GREEDY) -> list[Score]:
        """Turn codes into scores.

        Arguments:
            z: Codes, shape (B, Z) or (Z,).
            like: Gives bars, tempo and instrument: a phrase for all codes, one per code, or a time signature.
            decoding: How notes are chosen.

        Raises:
            ParameterError: codes of another size than the model's, not as many phrases as codes, or a time signature that the
                model does not take.
        """
        z = torch.atleast_2d(z).to(self.device, torch.float32)
        if z.ndim != 2 or z.shape[1] != self.network.latent_size:
            raise ParameterError(f"Codes must have shape (B, {self.network.latent_size}), got {tuple(z.shape)}.")
        phrases = self._layouts(like, len(z))
        windows = self._generate(z, [p.window for p in phrases], decoding)
        scale = decoding.scale
        manners = [p.manner if scale is None else replace(p.manner, key=scale.key) for p in phrases]
        return [to_score(w, m, self.representation) for w, m in zip(windows, manners, strict=True)]

    def sample(
        self,
        count: int = 1,
        *,
        metre: str | None = None,
        qpm: float = 120.0,
        decoding: Decoding = NATURAL,
    ) -> list[Score]:
        """Return new scores, decoded from codes drawn from the prior.

        Arguments:
            count: Number of scores.
            metre: Their time signature. [default: that of the music that a personal model was trained on, or 4/4]
            qpm: Their tempo in quarter notes per minute.
            decoding: How notes are chosen; its seed also draws the codes.

        Raises:
            ParameterError: `count` is below 1, `qpm` is out of range, or `metre` is not a valid time signature or has bars
                longer than the model supports.
        """
        if count < 1:
            raise ParameterError(f"count must be at least 1, got {count}.")
        if not 4 <= qpm <= 2000:
            raise ParameterError(f"qpm must lie between 4 and 2000 quarter notes per minute, got {qpm}.")
        z = torch.randn(count, self.network.latent_size, generator=torch.Generator().manual_seed(decoding.seed))
        return self.decode(z, self.empty_phrase(metre or str(self.info.data.get("metre", "4/4")), qpm), decoding)

    def compare(self, *sources: MusicSource, exact: bool = False) -> dict[str, float]:
        """Return how well sources are reconstructed: the metrics that `WindowMetrics.names` lists.

        Arguments:
            sources: The sources.
            exact: Refine the codes first; the KL stays that of the posterior.
        """
        metrics = self.kind.metrics
        code = (lambda x: refine(self.network, x).z) if exact else None
        values = reconstruction_metrics(self.network, [self.batch(*sources)], metrics, code)
        return {name: values[name] for name in metrics.names if name in values}

    def batch(self, *sources: MusicSource) -> GridBatch:
        """Return the windows of sources as one batch on the model's device.

        Raises:
            ParameterError: no source.
        """
        if not sources:
            raise ParameterError("At least one source is needed: a path, a Score or a Phrase.")
        return GridBatch.from_windows([self.phrase(s).window for s in sources]).to(self.device)

    def scale_bias(self, scale: Scale | None) -> Tensor | None:
        """Return the logit bias that allows only notes of a scale, shape (D,); None for no scale.

        Raises:
            ParameterError: the model's kind of music has no keys.
        """
        if scale is None:
            return None
        if "scale" in self.kind.unsupported:
            raise ParameterError(self.kind.unsupported["scale"])
        return scale_bias(scale, self.representation).to(self.device)

    def _layouts(self, like: Phrase | str | Sequence[Phrase], count: int) -> list[Phrase]:
        if isinstance(like, str):
            like = self.empty_phrase(like)
        phrases = [like] * count if isinstance(like, Phrase) else list(like)
        if len(phrases) != count:
            raise ParameterError(f"{count} codes need one phrase or {count}, got {len(phrases)}.")
        return phrases

    def _generate(self, z: Tensor, windows: list[GridWindow], decoding: Decoding) -> list[GridWindow]:
        """Decode codes into windows, codes of equal bars together."""
        results: list[GridWindow | None] = [None] * len(windows)
        generator, bias = torch.Generator().manual_seed(decoding.seed), self.scale_bias(decoding.scale)
        for bar_steps in dict.fromkeys(w.bar_steps for w in windows):
            rows = [i for i, w in enumerate(windows) if w.bar_steps == bar_steps]
            batch = GridBatch.from_windows([windows[i] for i in rows]).to(self.device)
            out = self.network.generate(z[rows], batch, temperature=decoding.temperature, generator=generator, logit_bias=bias)
            for row, window in zip(rows, out.windows(), strict=True):
                results[row] = window
        return [w for w in results if w is not None]


def load(name: str | Path = "melody-2bar", *, device: str = "auto") -> MusicModel:
    """Load a music model.

    Arguments:
        name: A shipped model's name (`musicae models`) or the path of a checkpoint.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        CheckpointError: it does not exist, is damaged, or is not a music model.
    """
    network, info = load_weights(name, pick_device(device))
    if info.domain != "music" or not isinstance(network, MusicAutoencoder):
        reason = f"is a model of {info.domain} ({info.model})"
        raise CheckpointError(f"{name} {reason}; music needs a music model such as melody-2bar.")
    try:
        return MusicModel(network, info)
    except ParameterError as error:
        raise CheckpointError(f"{name} holds an unusable representation. {error}") from error
