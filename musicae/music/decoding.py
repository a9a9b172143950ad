"""How codes become notes: the choices that every decoding task shares."""

from dataclasses import dataclass

from musicae.core.config import check_temperature
from musicae.music.scales import Scale

__all__ = ["GREEDY", "NATURAL", "Decoding"]


@dataclass(frozen=True)
class Decoding:
    """How notes are chosen from a decoder's logits.

    Arguments:
        temperature: 0 takes the most likely token at each time step; 1 samples from the model's distribution.
        seed: Seed of everything random in a task: codes and tokens.
        scale: Allow only notes of this scale; None allows all.

    Raises:
        ParameterError: the temperature is negative or not finite.

    Examples:
        >>> import musicae
        >>> musicae.Decoding(temperature=0.8, seed=1)
        Decoding(temperature=0.8, seed=1, scale=None)
    """

    temperature: float = 0.0
    seed: int = 0
    scale: Scale | None = None

    def __post_init__(self) -> None:
        """Check the temperature."""
        check_temperature(self.temperature)


GREEDY = Decoding()
NATURAL = Decoding(temperature=0.5)
