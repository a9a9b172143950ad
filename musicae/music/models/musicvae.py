"""MusicVAE as published, the field's reference and this project's baseline.

A bidirectional LSTM encodes the token grid, and its last states give the posterior. The code, through a dense layer and tanh,
is the decoder's initial state, and it is joined to the decoder's input at every time step. With a conductor, each window is cut
into segments of equal length. An LSTM over segments maps the code to one embedding per segment, and the decoder's state is
initialised from it again.

The posterior's standard deviation is softplus of a linear layer, as published; both heads start near zero.

References:
    Roberts et al., 2018, A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music, arXiv 1803.05428;
    Bengio et al., 2015, arXiv 1506.03099 (scheduled sampling).
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.music.models.base import GridAutoencoder, bias_at, check_length, pick, sequence_log_likelihood
from musicae.music.models.batch import GridBatch

__all__ = ["MusicVAE", "MusicVAEConfig"]

State = list[tuple[Tensor, Tensor]]  # hidden and cell state (B, H) of each layer


@dataclass(frozen=True, kw_only=True)
class MusicVAEConfig:
    """Sizes of a `MusicVAE`; the defaults are Magenta's `cat-mel_2bar_small`.

    Arguments:
        depth: Number of tokens, D.
        set_input: Whether tokens are sets, which the encoder gets as bits and one more for the empty set (Magenta's drums).
        latent_size: Z.
        encoder_size: Units of the encoder LSTM in each direction.
        encoder_layers: Its layers.
        decoder_sizes: Units of each layer of the decoder LSTM.
        conductor_sizes: Units of each layer of the conductor LSTM; empty means no conductor.
        segments: Segments that the conductor cuts a window into; 0 without conductor.
        sampling_rate: Rate of the inverse sigmoid of scheduled sampling (MusicVAE uses 1000); 0 means teacher forcing.
        max_steps: Longest window in time steps.
    """

    depth: int = 90
    set_input: bool = False
    latent_size: int = 256
    encoder_size: int = 512
    encoder_layers: int = 1
    decoder_sizes: tuple[int, ...] = (256, 256)
    conductor_sizes: tuple[int, ...] = ()
    segments: int = 0
    sampling_rate: float = 1000.0
    max_steps: int = 64

    def __post_init__(self) -> None:
        """Check that conductor and segments go together."""
        sizes = (self.depth, self.latent_size, self.encoder_size, self.encoder_layers, self.max_steps)
        if min(*sizes, *self.decoder_sizes, *self.conductor_sizes) < 1:
            raise ParameterError("MusicVAE needs sizes of at least 1.")
        if bool(self.conductor_sizes) != (self.segments > 0) or not self.decoder_sizes or self.sampling_rate < 0:
            raise ParameterError(
                "MusicVAE needs decoder layers, a sampling rate of at least 0, and conductor_sizes and segments together; "
                f"got decoder_sizes={self.decoder_sizes}, sampling_rate={self.sampling_rate}, "
                f"conductor_sizes={self.conductor_sizes}, segments={self.segments}."
            )


class _Stack(nn.Module):
    """LSTM layers of unequal sizes, run over a whole sequence or one time step at a time.

    PyTorch has two bias vectors per layer, the original has one. The second is fixed at zero.
    """

    def __init__(self, input_size: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        widths = [input_size, *sizes]
        self.layers = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in zip(widths, sizes, strict=False))
        for layer in self.layers:
            _one_bias(layer)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Map (B, T, input) to (B, T, last size) and the final states."""
        final: State = []
        for i, layer in enumerate(self.layers):
            start = None if state is None else (state[i][0][None], state[i][1][None])
            x, (h, c) = layer(x, start)
            final.append((h[0], c[0]))
        return x, final


def _one_bias(lstm: nn.Module) -> None:
    """Leave one trained bias per layer, with 1 for the forget gate, as in the original cells."""
    for name, parameter in lstm.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
            if name.startswith("bias_hh"):
                parameter.requires_grad_(False)
            else:
                size = parameter.shape[0] // 4
                parameter.data[size : 2 * size] = 1.0


@final
class MusicVAE(GridAutoencoder):
    """Recurrent VAE of Roberts et al. (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "musicvae"
    config_type = MusicVAEConfig

    def __init__(self, config: MusicVAEConfig) -> None:
        super().__init__()
        self.config = c = config
        self.latent_size = c.latent_size
        width = (c.depth - 1).bit_length() + 1 if c.set_input else c.depth
        self.encoder = nn.LSTM(width, c.encoder_size, c.encoder_layers, batch_first=True, bidirectional=True)
        _one_bias(self.encoder)
        self.mean = nn.Linear(2 * c.encoder_size, c.latent_size)
        self.scale = nn.Linear(2 * c.encoder_size, c.latent_size)
        for head in (self.mean, self.scale):
            nn.init.normal_(head.weight, std=0.001)
            nn.init.zeros_(head.bias)
        control = c.latent_size
        if c.conductor_sizes:
            self.conductor_start = nn.Linear(c.latent_size, 2 * sum(c.conductor_sizes))
            self.conductor = _Stack(1, c.conductor_sizes)
            control = c.conductor_sizes[-1]
        self.start = nn.Linear(control, 2 * sum(c.decoder_sizes))
        self.decoder = _Stack(c.depth + control, c.decoder_sizes)
        self.out = nn.Linear(c.decoder_sizes[-1], c.depth)
        self.register_buffer("trained_steps", torch.zeros((), dtype=torch.int64))
        self.trained_steps: Tensor

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z)."""
        check_length(x, self.config.max_steps)
        data = self._bits(x.tokens) if self.config.set_input else self._one_hot(x.tokens)
        if bool(x.mask.all()):
            _, (h, _) = self.encoder(data)
        else:
            _, (h, _) = self.encoder(
                nn.utils.rnn.pack_padded_sequence(data, x.lengths.cpu(), batch_first=True, enforce_sorted=False)
            )
        last = torch.cat([h[-2], h[-1]], dim=1)  # (B, 2 * encoder_size), top layer, both directions
        std = F.softplus(self.scale(last))
        return DiagonalGaussian(self.mean(last), 2.0 * torch.log(std))

    def log_likelihood(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return log p(x|z) in nats, shape (B,): with scheduled sampling in training, otherwise under teacher forcing."""
        if self.training:
            self.trained_steps += 1
        return sequence_log_likelihood(self.logits(x, z, generator), x)

    def sampling_probability(self) -> float:
        """Return the share of fed-back tokens that are the model's own at this point of the training."""
        rate, step = self.config.sampling_rate, int(self.trained_steps)
        return 0.0 if rate == 0 else 1.0 - rate / (rate + math.exp(min(step / rate, 700.0)))

    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return logits, shape (B, T, D); true tokens are fed back, except for scheduled sampling in training."""
        check_length(x, self.config.max_steps)
        share = self.sampling_probability() if self.training else 0.0
        before = F.pad(x.tokens[:, :-1] + 1, (1, 0))  # 0 at the first time step
        if not self.config.conductor_sizes:
            return self._decode(before, z, share, generator)
        # Segments do not depend on each other, so each is decoded as a row of its own.
        controls = self._controls(z).flatten(0, 1)  # (B * S, control)
        source, back = self._segments(x)
        logits = self._decode(before.gather(1, source).view(len(controls), -1), controls, share, generator)
        flat = logits.view(len(z), -1, self.config.depth)  # (B, S * L, D)
        return flat.gather(1, back[:, :, None].expand(-1, -1, self.config.depth))

    @torch.no_grad()
    def generate(
        self,
        z: Tensor,
        like: GridBatch,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        logit_bias: Tensor | None = None,
    ) -> GridBatch:
        """Decode codes into the bars of `like`, each token fed back."""
        check_length(like, self.config.max_steps)
        controls, steps = self._controls(z), self._segment_steps(like)
        state = self._initial(controls[:, 0])
        drawn: list[Tensor] = []
        previous = torch.zeros(len(z), 1, dtype=torch.int64, device=z.device)
        for t in range(like.tokens.shape[1]):
            segment = (t // steps).clamp(max=controls.shape[1] - 1)  # (B,)
            control = controls[torch.arange(len(z), device=z.device), segment]
            if self.config.conductor_sizes and t:
                begins = (t % steps == 0)[:, None]
                state = [
                    (torch.where(begins, h0, h), torch.where(begins, c0, c))
                    for (h0, c0), (h, c) in zip(self._initial(control), state, strict=True)
                ]
            hidden, state = self.decoder(self._input(previous, control), state)
            drawn.append(pick(self.out(hidden[:, 0]) + bias_at(logit_bias, t), temperature, generator))
            previous = drawn[-1][:, None] + 1
        return like.with_tokens(torch.where(like.mask, torch.stack(drawn, dim=1), 0))

    def _controls(self, z: Tensor) -> Tensor:
        """Return the control vector of each segment, shape (B, S, control); without a conductor it is the code."""
        if not self.config.conductor_sizes:
            return z[:, None]
        start = self._split_state(torch.tanh(self.conductor_start(z)), self.config.conductor_sizes)
        return self.conductor(torch.zeros(len(z), self.config.segments, 1, device=z.device), start)[0]

    def _segment_steps(self, x: GridBatch) -> Tensor:
        """Return the time steps per segment of each window, shape (B,): an equal share of its length, rounded up."""
        if not self.config.conductor_sizes:
            return torch.full_like(x.lengths, x.tokens.shape[1])
        return -(-x.lengths // self.config.segments)

    def _segments(self, x: GridBatch) -> tuple[Tensor, Tensor]:
        """Return the place of each step of a segment in its window, and of each time step of a window in the segments.

        Returns:
            The time step of each place in each segment, shape (B, S * L), where L is the longest segment of the batch; and the
            place among these S * L of each time step, shape (B, T). Places past the end of a segment or window are arbitrary.
        """
        steps = self._segment_steps(x)[:, None]  # (B, 1)
        count, longest = max(1, self.config.segments), int(steps.max())
        place = torch.arange(count * longest, device=steps.device)
        source = (place // longest * steps + place % longest).clamp(max=x.tokens.shape[1] - 1)
        time = torch.arange(x.tokens.shape[1], device=steps.device)
        back = (time // steps * longest + time % steps).clamp(max=count * longest - 1)
        return source, back

    def _decode(self, before: Tensor, control: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
        """Return logits (B, T, D), given the tokens before (B, T); a share of these is replaced by the model's own."""
        if share == 0.0:
            return self.out(self.decoder(self._input(before, control), self._initial(control))[0])
        own = torch.rand(before.shape, generator=generator, device=control.device) < share
        own[:, 0] = False
        return self._step_through(before, control, own, generator)

    def _step_through(self, before: Tensor, control: Tensor, own: Tensor, generator: torch.Generator | None) -> Tensor:
        """Return logits (B, T, D), decoded step by step; a sample at temperature 1 is fed back at the places `own` (B, T)."""
        state, logits = self._initial(control), []
        token = before[:, 0]
        for t in range(before.shape[1]):
            token = torch.where(own[:, t], token, before[:, t])
            hidden, state = self.decoder(self._input(token[:, None], control), state)
            logits.append(self.out(hidden[:, 0]))
            token = pick(logits[-1].detach(), 1.0, generator) + 1
        return torch.stack(logits, dim=1)

    def _initial(self, control: Tensor) -> State:
        return self._split_state(torch.tanh(self.start(control)), self.config.decoder_sizes)

    @staticmethod
    def _split_state(flat: Tensor, sizes: tuple[int, ...]) -> State:
        parts = flat.split([s for size in sizes for s in (size, size)], dim=1)
        return [(parts[i].contiguous(), parts[i + 1].contiguous()) for i in range(0, len(parts), 2)]

    def _input(self, before: Tensor, control: Tensor) -> Tensor:
        """Join the tokens before (B, T; 0 for none, otherwise token + 1) with the control, shape (B, T, D + control)."""
        fed = F.one_hot(before, self.config.depth + 1)[:, :, 1:].to(control.dtype)
        return torch.cat([fed, control[:, None].expand(-1, before.shape[1], -1)], dim=2)

    def _bits(self, tokens: Tensor) -> Tensor:
        """Return the bits of tokens, and 1 for an empty token, shape (B, T, bits + 1)."""
        bits = tokens[..., None] >> torch.arange((self.config.depth - 1).bit_length(), device=tokens.device) & 1
        return torch.cat([bits, (tokens == 0)[..., None]], dim=-1).to(self.mean.weight.dtype)

    def _one_hot(self, tokens: Tensor) -> Tensor:
        return F.one_hot(tokens, self.config.depth).to(self.mean.weight.dtype)
