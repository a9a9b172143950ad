"""Make a model one's own: a small VAE on the codes of one's own phrases, learnt in a minute or two on a CPU.

A phrase is every window of the base model's number of bars, at a stride of one bar, of the melody track of each file (or of its drums,
for a model of drums), as it is, in its own key. Windows that occur several times count once.

What is learnt is a hierarchical VAE: p(c|z) is a Gaussian around the mixture of phrases that `PersonalVAE` makes of z, and
the reconstruction term is KL(q(c|x) || p(c|z)) in nats, q(c|x) being the base's posterior. So no more is asked for than
the base itself knows of a window, and small differences between codes count for nothing.

The KL of z is held at two bits less than it takes to tell all phrases apart. That is what guards against learning them by
heart: each code stands for about four phrases and what lies between them, and the codes of all phrases together fill the
prior, so that samples from it lie where the phrases do. `benchmarks/music/personalize.py` measures how near, and how many are
copies.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.config import to_dict, with_changes
from musicae.core.distributions import DiagonalGaussian
from musicae.core.objectives import BITS, BetaSchedule, Losses, ObjectiveConfig, elbo_losses
from musicae.core.progress import Progress
from musicae.errors import CheckpointError, DataError, MusicaeError
from musicae.music.excerpts.phrase import Phrase, phrase_of
from musicae.music.excerpts.piece import NoteIndex
from musicae.music.formats.midi import read_midi
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.model import MusicModel
from musicae.music.models.batch import GridBatch
from musicae.music.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.training.optimizer import TrainingConfig, Updater

__all__ = ["FEWEST", "MOST", "Phrases", "personalize", "read_phrases"]

FEWEST = 4  # phrases; of fewer nothing can be learnt
MOST = 1000  # phrases that are mixed; of more, some evenly spaced are taken, so that two cores need less than two minutes
BATCH = 64
MEASURED = 512  # phrases that the figures are computed on


@dataclass(frozen=True)
class Phrases:
    """The phrases of some files.

    Arguments:
        phrases: The phrases; no two are alike.
        files: The files that they come from.
        skipped: The files that were left out, and why.
        found: Number of phrases before those that occur twice or are too many were left out.
        metre: The time signature that most of them have.
    """

    phrases: tuple[Phrase, ...]
    files: tuple[str, ...]
    skipped: dict[str, str]
    found: int
    metre: str


def read_phrases(model: MusicModel, files: Sequence[Path], progress: Progress | None = None) -> Phrases:
    """Read the phrases of files; a file that cannot be read or has none is left out.

    Arguments:
        model: The base model.
        files: MIDI files.
        progress: Called with a title, the number of files done and their total.

    Raises:
        DataError: fewer than `FEWEST` different phrases came out.
    """
    read: list[str] = []
    skipped: dict[str, str] = {}
    found: list[Phrase] = []
    for done, path in enumerate(files, 1):
        try:
            more = list(_phrases(model, path))
        except MusicaeError as error:
            skipped[str(path)] = str(error)
        else:
            found += more
            read.append(str(path))
        if progress:
            progress("reading", done, len(files))
    different = list({(p.window.tokens.tobytes(), p.window.bar_steps): p for p in found}.values())
    if len(different) < FEWEST:
        reason = f" {next(iter(skipped.values()))}" if skipped else ""
        raise DataError(
            f"{len(different)} different phrases of {model.bars} bars are too few, at least {FEWEST} are needed; add files "
            f"or longer ones.{reason}"
        )
    count = min(len(different), MOST)
    kept = tuple(different[i * len(different) // count] for i in range(count))
    metres = Counter(p.manner.metres[0] for p in kept)
    metre = "{}/{}".format(*metres.most_common(1)[0][0])
    return Phrases(kept, tuple(read), skipped, len(found), metre)


def _phrases(model: MusicModel, path: Path) -> Iterator[Phrase]:
    """Yield the phrases of a file.

    Raises:
        MidiError: it cannot be read, or holds no melody.
        DataError: none of its bars fits the model.
    """
    score, index = model.kind.tracks.choose(read_midi(path), str(path), None)
    index_of_notes = NoteIndex(score.tracks[index].notes)
    sounding, refusal = False, ""
    for first in range(1, max(1, len(score.bars()) - model.bars + 1) + 1):
        bars = score.bar_range(first, model.bars)
        reason = model.spec.problem(bars)
        if reason is None:
            notes = index_of_notes.near(bars[0].start - 0.5, bars[-1].end + 0.5)
            phrase = phrase_of(score, index, bars, notes, model.representation, model.kind.tracks)
            if model.representation.decode(phrase.window):
                sounding = True
                yield phrase
        refusal = refusal or reason or ""
    if not sounding:
        raise DataError(f"{path}: {refusal or 'no note lies on the grid.'}")


def personalize(
    base: MusicModel,
    phrases: Phrases,
    *,
    name: str = "",
    seed: int = 0,
    steps: int = 3000,
    progress: Progress | None = None,
) -> MusicModel:
    """Return a model whose prior is the music of some phrases; it computes on the CPU.

    Arguments:
        base: The model to start from; its network becomes a part of the new one.
        phrases: The phrases.
        name: What the base model is called in the new one's description.
        seed: Seed of everything random.
        steps: Optimizer steps.
        progress: Called with a title, the number of steps done and their total.

    Raises:
        CheckpointError: the base is a personal model itself.

    Examples:
        >>> from pathlib import Path
        >>> import musicae
        >>> from musicae.music.tasks.personalize import read_phrases
        >>> model = musicae.load("melody-2bar")
        >>> phrases = read_phrases(model, sorted(Path("examples/tunes").glob("*.mid")))
        >>> mine = musicae.personalize(model, phrases, steps=50)
        >>> len(musicae.sample(mine, 2))
        2
    """
    if isinstance(base.network, PersonalVAE):
        raise CheckpointError(
            f"{name or 'The base'} is a personal model already; start from the one that it was made from "
            f"({base.info.data.get('base', 'see `musicae info`')})."
        )
    codes = _encoded(base, phrases.phrases)
    training = _training(len(phrases.phrases), steps, seed)
    torch.manual_seed(seed)
    config = PersonalVAEConfig(base=base.network.name, base_config=to_dict(base.network.config), anchors=len(phrases.phrases))
    model = PersonalVAE(config)
    model.base.load_state_dict(base.network.state_dict())
    model.set_anchors(codes.mean)
    _fit(model, codes, training, progress)
    info = CheckpointInfo(
        domain=base.info.domain,
        kind=base.info.kind,
        model=model.name,
        config=to_dict(config),
        representation=base.info.representation,
        bars=base.info.bars,
        step=steps,
        training=to_dict(training),
        data={
            "base": name,
            "files": len(phrases.files),
            "files_left_out": len(phrases.skipped),
            "phrases": len(phrases.phrases),
            "phrases_found": phrases.found,
            "metre": phrases.metre,
            "collections": base.info.data.get("collections", {}),  # what the base has learnt
        },
    )
    made = MusicModel(model.eval(), info)
    made.info = with_changes(info, metrics=_figures(made, phrases.phrases))
    return made


@torch.no_grad()
def _encoded(base: MusicModel, phrases: Sequence[Phrase]) -> DiagonalGaussian:
    """Return the base model's posterior of phrases, on the CPU."""
    means, logvars = [], []
    for i in range(0, len(phrases), BATCH):
        posterior = base.network.encode(GridBatch.from_windows([p.window for p in phrases[i : i + BATCH]]).to(base.device))
        assert isinstance(posterior, DiagonalGaussian)
        means.append(posterior.mean.cpu())
        logvars.append(posterior.logvar.cpu())
    return DiagonalGaussian(torch.cat(means), torch.cat(logvars))


def _training(count: int, steps: int, seed: int) -> TrainingConfig:
    """Return how to learn `count` phrases."""
    bits = max(1.0, math.log2(count) - 2.0)
    beta = BetaSchedule(kind="target", beta=0.1, steps=max(1, steps // 30), target_bits=bits)
    objective = ObjectiveConfig(beta=beta)
    return TrainingConfig(steps=steps, batch_size=BATCH, weight_decay=0.0, seed=seed, objective=objective)


def _fit(model: PersonalVAE, codes: DiagonalGaussian, config: TrainingConfig, progress: Progress | None) -> None:
    """Train encoder and decoder on codes."""
    spread = torch.zeros(codes.mean.shape[1], requires_grad=True)  # log variance of p(c|z)
    updater = Updater([*(p for p in model.parameters() if p.requires_grad), spread], config)
    generator = torch.Generator().manual_seed(config.seed)
    beta: float | None = None
    kl_bits: float | None = None
    for step in range(config.steps):
        rows = torch.randint(len(codes.mean), (config.batch_size,), generator=generator)
        part = DiagonalGaussian(codes.mean[rows], codes.logvar[rows])
        beta = config.objective.beta.at(step, beta, kl_bits)
        losses = _losses(model, part, spread, config.objective, beta, generator)
        updater.update(losses.loss, step)
        kl = float(losses.kl.detach()) * BITS
        kl_bits = kl if kl_bits is None else 0.95 * kl_bits + 0.05 * kl
        if progress:
            progress("learning", step + 1, config.steps)


def _losses(
    model: PersonalVAE,
    codes: DiagonalGaussian,
    spread: Tensor,
    objective: ObjectiveConfig,
    beta: float,
    generator: torch.Generator,
) -> Losses:
    """Return the loss terms of codes (B, Z of the base); the reconstruction is KL(q(c|x) || N(mixture, exp(spread)))."""
    posterior = model.posterior(codes.mean)
    error = (model.base_code(posterior.rsample(generator)) - codes.mean) ** 2 + codes.logvar.exp()
    divergence = 0.5 * (error * torch.exp(-spread) - 1.0 + spread - codes.logvar).sum(1)
    return elbo_losses(divergence, posterior.kl(), objective, beta)


def _figures(made: MusicModel, phrases: Sequence[Phrase]) -> dict[str, float]:
    """Return how well some of the phrases, evenly spaced, are kept, and what their codes cost."""
    count = min(len(phrases), MEASURED)
    rows = [i * len(phrases) // count for i in range(count)]
    with torch.no_grad():
        metrics = made.kind.metrics
        windows = GridBatch.from_windows([phrases[i].window for i in rows])
        values = reconstruction_metrics(made.network, [windows], metrics)
    names = (metrics.headline, "exact", "kl_bits", "nll_bits")
    return {name: values[name] for name in names}
