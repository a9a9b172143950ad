"""What sets MusicVAE and PlanVAE apart from other models: published sizes, scheduled sampling, segments, bars."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from musicae.core.config import from_dict, with_changes
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.music.models.batch import GridBatch
from musicae.music.models.conductor import ConductorVAEConfig
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.recipes import preset
from musicae.music.representations import representation_from_dict

TINY = MusicVAEConfig(depth=7, latent_size=5, encoder_size=6, decoder_sizes=(9, 8), sampling_rate=0.0, max_steps=24)
CONDUCTED = with_changes(TINY, conductor_sizes=(6, 4), segments=4)
BOTH = pytest.mark.parametrize("config", [TINY, CONDUCTED], ids=["flat", "conductor"])


def build(config: MusicVAEConfig, scale: float = 3.0) -> MusicVAE:
    """Return a model whose weights are large enough for its output to depend on its input."""
    torch.manual_seed(0)
    model = MusicVAE(config).eval()
    for parameter in model.parameters():
        parameter.data.mul_(scale)
    return model


def batch(*lengths: int, seed: int = 0) -> tuple[GridBatch, Tensor]:
    """Return windows of one bar of each length, and a code for each."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(7, (len(lengths), max(lengths)), generator=generator)
    return GridBatch(tokens, torch.tensor(lengths)[:, None]), torch.randn(len(lengths), 5, generator=generator)


def count(name: str) -> int:
    """Return the parameters of a preset's model without making them."""
    recipe = preset(name)
    kind = MODELS[recipe.model]
    with torch.device("meta"):
        depth = representation_from_dict(recipe.representation).depth
        return kind(from_dict(kind.config_type, {"depth": depth, **recipe.config})).parameter_count()


def test_the_baselines_have_the_published_sizes() -> None:
    assert count("musicvae-2bar-small") == 4_423_770
    assert count("musicvae-16bar-hierdec") == 176_061_530
    assert count("musicvae-drums-2bar-small") == 4_636_672
    assert count("melody-2bar") < count("musicvae-2bar-small")


def test_parameters_of_the_small_model_by_formula() -> None:
    def lstm(inputs: int, units: int) -> int:
        return 4 * units * (inputs + units + 1)

    heads = 2 * (1024 + 1) * 256
    decoder = (256 + 1) * 1024 + lstm(90 + 256, 256) + lstm(256, 256) + (256 + 1) * 90
    assert 2 * lstm(90, 512) + heads + decoder == 4_423_770


def test_each_lstm_has_one_bias_that_starts_with_an_open_forget_gate() -> None:
    model = MusicVAE(CONDUCTED)
    lstms = [m for m in model.modules() if isinstance(m, nn.LSTM)]
    assert len(lstms) == 5
    for lstm in lstms:
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias"):
                gates = parameter.detach().unflatten(0, (4, -1)).mean(1).tolist()
                assert gates == ([0.0, 1.0, 0.0, 0.0] if name.startswith("bias_ih") else [0.0] * 4)
                assert parameter.requires_grad == name.startswith("bias_ih")


def test_the_posterior_is_nearly_standard_before_training() -> None:
    posterior = MusicVAE(TINY).encode(batch(24, 20)[0])
    assert float(posterior.mean.detach().abs().max()) < 0.02
    torch.testing.assert_close(posterior.std.detach(), torch.full((2, 5), math.log(2.0)), atol=0.02, rtol=0.0)


@pytest.mark.parametrize("step", [0, 1, 500, 6908, 10_000, 2_000_000])
def test_sampling_follows_the_inverse_sigmoid(step: int) -> None:
    model = MusicVAE(with_changes(TINY, sampling_rate=1000.0))
    model.trained_steps.fill_(step)
    kept = 1000.0 / (1000.0 + math.exp(step / 1000.0)) if step < 700_000 else 0.0
    assert model.sampling_probability() == pytest.approx(1.0 - kept)
    if step == 6908:  # 1000 ln 1000
        assert model.sampling_probability() == pytest.approx(0.5, abs=1e-4)


def test_without_a_rate_nothing_is_sampled() -> None:
    model = MusicVAE(TINY)
    model.trained_steps.fill_(10**6)
    assert model.sampling_probability() == 0.0


def test_only_training_counts_as_training_and_the_count_is_saved() -> None:
    model, (x, z) = MusicVAE(TINY), batch(8, 8)
    model.train().log_likelihood(x, z)
    model.log_likelihood(x, z)
    model.eval().log_likelihood(x, z)
    assert int(model.state_dict()["trained_steps"]) == 2


@BOTH
def test_steps_with_true_tokens_give_the_logits_of_the_fused_run(config: MusicVAEConfig) -> None:
    x, z = batch(24, 17, 10)
    stepping = build(with_changes(config, sampling_rate=1e12)).train()  # a share of 1e-12: step by step, all tokens true
    assert 0.0 < stepping.sampling_probability() < 1e-11
    with torch.no_grad():
        ours = stepping.logits(x, z, torch.Generator().manual_seed(0))
        torch.testing.assert_close(ours, build(config).train().logits(x, z), rtol=1e-4, atol=1e-4)


@BOTH
def test_steps_with_own_tokens_do_not_look_at_the_true_ones_within_a_segment(config: MusicVAEConfig) -> None:
    model, (x, z) = build(with_changes(config, sampling_rate=1.0)).train(), batch(24, 24)
    other = x.with_tokens((x.tokens + 1) % 7)

    def logits(data: GridBatch) -> Tensor:
        with torch.no_grad():
            return model.logits(data, z, torch.Generator().manual_seed(3))

    model.trained_steps.fill_(800)
    assert model.sampling_probability() == 1.0
    if config.segments:  # the first time step of a segment is told the true token before it
        assert torch.equal(logits(x)[:, :6], logits(other)[:, :6])
    else:
        assert torch.equal(logits(x), logits(other))
    model.trained_steps.fill_(0)
    assert not torch.equal(logits(x)[:, :6], logits(other)[:, :6]), "half of the tokens are the true ones"


def test_segments_are_equal_shares_of_each_window() -> None:
    model, (x, z) = build(CONDUCTED), batch(24, 10)
    controls = model._controls(z)
    assert controls.shape == (2, 4, 4)
    with torch.no_grad():
        logits = model.logits(x, z)
        for row, (length, share) in enumerate([(24, 6), (10, 3)]):
            before = torch.cat([torch.zeros(1, dtype=torch.int64), x.tokens[row, : length - 1] + 1])
            for s in range(4):
                part, control = before[s * share : (s + 1) * share], controls[row : row + 1, s]
                hidden, _ = model.decoder(model._input(part[None], control), model._initial(control))
                alone = model.out(hidden)[0]
                torch.testing.assert_close(logits[row, s * share : min((s + 1) * share, length)], alone)


def test_a_code_reaches_a_segment_through_its_control_only() -> None:
    model, (x, z) = build(CONDUCTED), batch(24)
    changed = x.with_tokens(torch.cat([(x.tokens[:, :5] + 1) % 7, x.tokens[:, 5:]], 1))
    with torch.no_grad():
        a, b = model.logits(x, z), model.logits(changed, z)
    assert not torch.equal(a[:, 1:6], b[:, 1:6])
    assert torch.equal(a[:, 6:], b[:, 6:]), "a segment starts anew, told only the token right before it"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"segments": 4}, "got decoder_sizes=(256, 256), sampling_rate=1000.0, conductor_sizes=(), segments=4."),
        ({"conductor_sizes": (8,)}, "got decoder_sizes=(256, 256), sampling_rate=1000.0, conductor_sizes=(8,), segments=0."),
        ({"decoder_sizes": ()}, "got decoder_sizes=(), sampling_rate=1000.0, conductor_sizes=(), segments=0."),
        ({"sampling_rate": -1.0}, "got decoder_sizes=(256, 256), sampling_rate=-1.0, conductor_sizes=(), segments=0."),
    ],
)
def test_configurations_that_do_not_fit_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        MusicVAEConfig(**changes)
    assert str(error.value) == (
        "MusicVAE needs decoder layers, a sampling rate of at least 0, and conductor_sizes and segments together; " + message
    )


RANGES = (
    "max_steps ({}) must be a multiple of block (4), token_dropout ({}) at least 0 and below 1, and expression_dropout ({}) "
    "from 0 to 1."
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MusicVAEConfig(latent_size=0), "MusicVAE needs sizes of at least 1."),
        (lambda: MusicVAEConfig(decoder_sizes=(8, 0)), "MusicVAE needs sizes of at least 1."),
        (lambda: PlanVAEConfig(block=0), "PlanVAE needs sizes of at least 1 and mixing_layers of at least 0."),
        (lambda: ConductorVAEConfig(bars=0), "ConductorVAE needs sizes of at least 1 and mixing_layers of at least 0."),
        (lambda: ConductorVAEConfig(bars=5), "latent_size (1024) must be a multiple of the 3 phrases."),
        (lambda: PlanVAEConfig(mixing_layers=-1), "PlanVAE needs sizes of at least 1 and mixing_layers of at least 0."),
        (lambda: PlanVAEConfig(max_steps=30), RANGES.format(30, 0.2, 0.0)),
        (lambda: PlanVAEConfig(token_dropout=1.0), RANGES.format(64, 1.0, 0.0)),
        (lambda: PlanVAEConfig(expression_dropout=1.5), RANGES.format(64, 0.2, 1.5)),
    ],
)
def test_impossible_sizes_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        make()
    assert str(error.value) == message


PLAN = PlanVAEConfig(
    depth=7, latent_size=5, max_steps=24, max_bar_steps=12, token_size=4, block_size=6, pooled_size=5, hidden_size=8,
    decoder_size=6, cell_size=6, token_dropout=0.5,
)  # fmt: skip


def test_plan_vae_refuses_bars_longer_than_its_own() -> None:
    model, x = PlanVAE(PLAN), batch(13)[0]
    for call in (lambda: model.encode(x), lambda: model.generate(torch.zeros(1, 5), x)):
        with pytest.raises(ParameterError) as error:
            call()
        assert str(error.value) == "A bar of 13 time steps is longer than the model's 12."


def test_plan_vae_is_told_the_bars() -> None:
    torch.manual_seed(0)
    model, (x, z) = PlanVAE(PLAN).eval(), batch(12)
    other = GridBatch(x.tokens, torch.tensor([[6, 6]]))
    assert not torch.equal(model.encode(x).mean, model.encode(other).mean)
    assert not torch.equal(model.logits(x, z), model.logits(other, z))


def test_token_dropout_hides_tokens_in_training_only() -> None:
    torch.manual_seed(0)
    model, (x, z) = PlanVAE(PLAN), batch(12, 12)
    assert torch.equal(model.eval().logits(x, z), model.logits(x, z))
    assert not torch.equal(model.train().logits(x, z), model.logits(x, z))
    dropless = PlanVAE(with_changes(PLAN, token_dropout=0.0))
    dropless.load_state_dict(model.state_dict())
    assert torch.equal(dropless.train().logits(x, z), model.eval().logits(x, z))
