"""`personalize`: a model of one's own music, a small VAE on the codes of its phrases, trained in a minute or two on a CPU.

A phrase is every window of the base model's number of bars, at a stride of one bar, of the melody track of each file (or of its
drums, for a model of drums), as it is, in its own key. Windows that occur several times count once.

The model is a hierarchical VAE: p(c|z) is a Gaussian around the mixture of phrases that `PersonalVAE` gives for z, and the
reconstruction term is KL(q(c|x) || p(c|z)) in nats, q(c|x) being the base's posterior. So the reconstruction needs to be no
more precise than the base's code of a window, and small differences between codes count for nothing.

The KL of z is held at two bits less than it takes to distinguish all phrases. This prevents memorisation: each code stands for
about four phrases and what lies between them. The codes of all phrases together fill the prior, so that samples from it lie
where the phrases do. `benchmarks/music/personalize.py` measures how near they lie, and how many are copies.
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
from musicae.music.excerpts.piece import NoteIndex, Piece
from musicae.music.formats import read
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.music.score import Score
from musicae.training.optimizer import TrainingConfig, Updater

__all__ = ["FEWEST", "MOST", "Phrases", "personalize", "read_phrases"]

FEWEST = 4  # phrases; a model of fewer has nothing to vary
MOST = 1000  # phrases that are mixed; of more, some evenly spaced are taken, so that two cores need less than two minutes
BATCH = 64
MEASURED = 512  # phrases that the metrics are computed on


@dataclass(frozen=True)
class Phrases:
    """The phrases of some sources.

    Arguments:
        phrases: The phrases; no two are alike.
        files: The sources that they come from.
        skipped: The sources that were skipped, and why.
        found: Number of phrases before repeated ones, and those that are too many, were dropped.
        metre: The time signature that most of them have.
    """

    phrases: tuple[Phrase, ...]
    files: tuple[str, ...]
    skipped: dict[str, str]
    found: int
    metre: str


def read_phrases(model: MusicModel, sources: Sequence[MusicSource | Piece], progress: Progress | None = None) -> Phrases:
    """Read the phrases of music; a source that cannot be read or has none is skipped.

    Arguments:
        model: The base model.
        sources: Paths, scores and pieces, all of whose phrases are taken; and phrases.
        progress: Called with a title, the number of sources done and their total.

    Raises:
        DataError: fewer than `FEWEST` different phrases came out.
    """
    files_read: list[str] = []
    skipped: dict[str, str] = {}
    phrases: list[Phrase] = []
    for number, source in enumerate(sources, 1):
        where = str(source) if isinstance(source, str | Path) else f"source {number}"
        try:
            phrases += list(_phrases(model, source, where))
        except MusicaeError as error:
            skipped[where] = str(error)
        else:
            files_read.append(where)
        if progress:
            progress("reading", number, len(sources))
    different = list({(p.window.tokens.tobytes(), p.window.bar_steps): p for p in phrases}.values())
    if len(different) < FEWEST:
        reason = f" {next(iter(skipped.values()))}" if skipped else ""
        raise DataError(
            f"{len(different)} different phrases of {model.bars} bars are too few, at least {FEWEST} are needed; add files "
            f"or longer ones.{reason}"
        )
    count = min(len(different), MOST)
    spaced = tuple(different[i * len(different) // count] for i in range(count))
    metres = Counter(p.manner.metres[0] for p in spaced)
    metre = "{}/{}".format(*metres.most_common(1)[0][0])
    return Phrases(spaced, tuple(files_read), skipped, len(phrases), metre)


def _phrases(model: MusicModel, source: MusicSource | Piece, where: str) -> Iterator[Phrase]:
    """Yield the phrases of a source.

    Raises:
        MidiError: it cannot be read, or has no such part.
        DataError: nothing sounds in it that fits the model.
    """
    if isinstance(source, Phrase):
        if len(source.window.bar_steps) != model.bars:
            raise DataError(f"{where} is a phrase of {len(source.window.bar_steps)} bars; the model takes {model.bars}.")
        yield source
        return
    if isinstance(source, Piece):
        score, index = source.score, source.track
    else:
        score = source if isinstance(source, Score) else read(source)
        score, index = model.kind.tracks.choose(score, where, None)
    notes = NoteIndex(score.tracks[index].notes)
    sounding, first_problem = False, ""
    for first in range(1, max(1, len(score.bars()) - model.bars + 1) + 1):
        bars = score.bar_range(first, model.bars)
        problem = model.spec.problem(bars)
        if problem is None:
            near = notes.near(bars[0].start - 0.5, bars[-1].end + 0.5)
            phrase = phrase_of(score, index, bars, near, model.representation, model.kind.tracks)
            if model.representation.decode(phrase.window):
                sounding = True
                yield phrase
        first_problem = first_problem or problem or ""
    if not sounding:
        raise DataError(f"{where}: {first_problem or 'no note lies on the grid.'}")


def personalize(
    model: MusicModel,
    sources: Phrases | Sequence[MusicSource | Piece],
    *,
    name: str = "",
    seed: int = 0,
    steps: int = 3000,
    progress: Progress | None = None,
) -> MusicModel:
    """Return a model whose prior is some music; it computes on the CPU.

    Arguments:
        model: The model to start from; its network becomes a part of the new one.
        sources: The music: paths, scores and pieces, all of whose phrases are taken, and phrases; or what `read_phrases`
            returned.
        name: What the base model is called in the new one's description.
        seed: Seed of everything random.
        steps: Optimizer steps.
        progress: Called with a title, the number of steps done and their total.

    Raises:
        CheckpointError: the model is a personal one itself.
        DataError: there are fewer than `FEWEST` different phrases.

    Examples:
        >>> from pathlib import Path
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> mine = musicae.personalize(model, sorted(Path("examples/tunes").glob("*.mid")), steps=50)
        >>> len(musicae.sample(mine, 2))
        2
    """
    if isinstance(model.network, PersonalVAE):
        raise CheckpointError(
            f"{name or 'The model'} is a personal model already; start from the one that it was trained on "
            f"({model.info.data.get('base', 'see `musicae info`')})."
        )
    phrases = sources if isinstance(sources, Phrases) else read_phrases(model, sources, progress)
    codes = _encoded(model, phrases.phrases)
    training = _training(len(phrases.phrases), steps, seed)
    torch.manual_seed(seed)
    base = model.network
    config = PersonalVAEConfig(base=base.name, base_config=to_dict(base.config), anchors=len(phrases.phrases))
    network = PersonalVAE(config)
    network.base.load_state_dict(base.state_dict())
    network.set_anchors(codes.mean)
    _fit(network, codes, training, progress)
    personal = MusicModel(network.eval(), _info(model, network, phrases, training, name))
    personal.info = with_changes(personal.info, metrics=_metrics(personal, phrases.phrases))
    return personal


def _info(model: MusicModel, network: PersonalVAE, phrases: Phrases, training: TrainingConfig, name: str) -> CheckpointInfo:
    """Return the description of a personal model."""
    return CheckpointInfo(
        domain=model.info.domain,
        kind=model.info.kind,
        model=network.name,
        config=to_dict(network.config),
        representation=model.info.representation,
        bars=model.info.bars,
        step=training.steps,
        training=to_dict(training),
        data={
            "base": name,
            "files": len(phrases.files),
            "files_skipped": len(phrases.skipped),
            "phrases": len(phrases.phrases),
            "phrases_found": phrases.found,
            "metre": phrases.metre,
            "collections": model.info.data.get("collections", {}),  # what the base has been trained on
        },
    )


@torch.no_grad()
def _encoded(model: MusicModel, phrases: Sequence[Phrase]) -> DiagonalGaussian:
    """Return the base model's posterior of phrases, on the CPU."""
    means, logvars = [], []
    for i in range(0, len(phrases), BATCH):
        posterior = model.network.encode(GridBatch.from_windows([p.window for p in phrases[i : i + BATCH]]).to(model.device))
        assert isinstance(posterior, DiagonalGaussian)
        means.append(posterior.mean.cpu())
        logvars.append(posterior.logvar.cpu())
    return DiagonalGaussian(torch.cat(means), torch.cat(logvars))


def _training(count: int, steps: int, seed: int) -> TrainingConfig:
    """Return how to train on `count` phrases."""
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
            progress("training", step + 1, config.steps)


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


def _metrics(personal: MusicModel, phrases: Sequence[Phrase]) -> dict[str, float]:
    """Return how well some of the phrases, evenly spaced, are reconstructed, and what their codes cost."""
    count = min(len(phrases), MEASURED)
    rows = [i * len(phrases) // count for i in range(count)]
    metrics = personal.kind.metrics
    with torch.no_grad():
        windows = GridBatch.from_windows([phrases[i].window for i in rows])
        values = reconstruction_metrics(personal.network, [windows], metrics)
    return {name: values[name] for name in (metrics.headline, "exact", "kl_bits", "nll_bits")}
