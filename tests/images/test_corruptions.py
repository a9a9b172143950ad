"""Damage to images: what it does, that it is fresh and repeatable, and what is refused."""

import pytest
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import (
    CORRUPTIONS,
    Corruption,
    Downscaling,
    GaussianNoise,
    Masking,
    SaltAndPepper,
    corruption_from_dict,
    parse_corruption,
)

EXAMPLES: list[Corruption] = [
    GaussianNoise(),
    GaussianNoise(mean=0.5, std=0.3),
    SaltAndPepper(amount=0.3),
    Masking(amount=0.25, patch=3),
    Downscaling(factor=4),
]
ALL = pytest.mark.parametrize("corruption", EXAMPLES, ids=str)
RANDOM = pytest.mark.parametrize("corruption", EXAMPLES[:-1], ids=str)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 3, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(count, channels, size, size, generator=seeded(9))


@ALL
def test_shape_range_and_json(corruption: Corruption) -> None:
    x = images()
    kept = x.clone()
    damaged = corruption(x, seeded(0))
    assert damaged.shape == x.shape and damaged.dtype == x.dtype
    assert 0 <= float(damaged.min()) <= float(damaged.max()) <= 1
    assert torch.equal(x, kept) and not torch.equal(damaged, x)
    assert corruption_from_dict(corruption.to_dict()) == corruption


@RANDOM
def test_damage_is_fresh_and_repeats_with_its_seed(corruption: Corruption) -> None:
    x, generator = images(), seeded(1)
    first, second = corruption(x, generator), corruption(x, generator)
    assert not torch.equal(first, second)
    assert torch.equal(first, corruption(x, seeded(1)))


def test_gaussian_noise_has_its_mean_and_spread() -> None:
    x = torch.full((200, 1, 28, 28), 0.5)
    noise = GaussianNoise(mean=0.1, std=0.05)(x, seeded(0)) - x
    assert float(noise.mean()) == pytest.approx(0.1, abs=1e-3)
    assert float(noise.std()) == pytest.approx(0.05, abs=1e-3)
    shifted = GaussianNoise(mean=0.5, std=0.3)(torch.zeros(200, 1, 28, 28), seeded(0))
    assert float(shifted.mean()) == pytest.approx(0.5, abs=0.01), "the lesson's noise turns black to grey"


def test_salt_and_pepper_come_in_equal_parts_and_take_whole_pixels() -> None:
    x = torch.full((100, 3, 20, 20), 0.5)
    damaged = SaltAndPepper(amount=0.3)(x, seeded(0))
    assert torch.equal(damaged[:, 0], damaged[:, 2])
    for value, share in ((0.0, 0.15), (0.5, 0.7), (1.0, 0.15)):
        assert float((damaged == value).float().mean()) == pytest.approx(share, abs=0.01)


def test_masks_are_squares_also_at_the_border() -> None:
    damaged = Masking(amount=0.4, patch=4)(torch.ones(200, 1, 10, 10), seeded(0))
    blocks = torch.nn.functional.pad(damaged, (0, 2, 0, 2), mode="replicate").unfold(2, 4, 4).unfold(3, 4, 4).flatten(4)
    assert torch.equal(blocks.amin(-1), blocks.amax(-1))
    assert float((blocks[..., 0] == 0).float().mean()) == pytest.approx(0.4, abs=0.03)


def test_downscaling_takes_block_means() -> None:
    x = torch.arange(16.0).reshape(1, 1, 4, 4) / 16
    damage = Downscaling(factor=2)
    small = torch.tensor([[2.5, 4.5], [10.5, 12.5]]).reshape(1, 1, 2, 2) / 16
    torch.testing.assert_close(damage.shrink(x), small)
    torch.testing.assert_close(damage(x), small.repeat_interleave(2, 2).repeat_interleave(2, 3))
    torch.testing.assert_close(damage(damage(x)), damage(x))
    assert damage.interpolate(small).shape == x.shape


def test_a_task_damages_what_the_model_sees_and_keeps_the_target() -> None:
    grey = images()
    task = ImageTask(binarise="dynamic", corruption=Masking(amount=1.0))
    batch = task.batch(grey, torch.arange(3), seeded(0))
    assert set(batch.targets.unique().tolist()) == {0.0, 1.0} and not batch.images.any()
    assert len(batch) == 3 and batch.labels is not None and batch.labels.tolist() == [0, 1, 2]
    assert ImageTask.from_dict(task.to_dict()) == task and ImageTask.from_dict({}) == ImageTask()
    plain = ImageTask().batch(grey, None, None)
    assert plain.images is plain.targets is grey
    assert ImageBatch.of(grey).targets is grey and ImageBatch.of(batch) is batch


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("gaussian", GaussianNoise()),
        ("gaussian:mean=0.5,std=0.3", GaussianNoise(mean=0.5, std=0.3)),
        ("downscaling:factor=4", Downscaling(factor=4)),
        ("masking:amount=1,patch=2", Masking(amount=1.0, patch=2)),
    ],
)
def test_corruptions_are_parsed(text: str, made: Corruption) -> None:
    assert parse_corruption(text) == made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gausian", f"Unknown corruption 'gausian'; did you mean 'gaussian'? Known: {', '.join(CORRUPTIONS)}."),
        ("gaussian:std", "'std' in 'gaussian:std' is not FIELD=NUMBER; write it as gaussian:mean=0.5,std=0.3."),
        ("gaussian:sd=1", "Unknown field 'sd' of GaussianNoise; did you mean 'std'? Allowed: mean, std."),
        ("gaussian:std=-1", "Gaussian noise needs 0 <= std < 100 and |mean| < 100, got std=-1.0, mean=0.0."),
        ("salt-and-pepper:amount=2", "The amount of salt and pepper must lie between 0 and 1, got 2.0."),
        ("masking:patch=0", "The patch of a mask must be at least 1 pixel, got 0."),
        ("downscaling:factor=1", "The factor of down-scaling must be at least 2, got 1."),
    ],
)
def test_bad_corruptions_are_refused(text: str, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        parse_corruption(text)
    assert str(error.value) == message


def test_other_misuse_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^Images of 28 x 28 pixels cannot be divided by 3; crop or resize them\.$"):
        Downscaling(factor=3)(torch.zeros(1, 1, 28, 28))
    with pytest.raises(ParameterError, match=r"^A corruption must be an object with a name, got \{\}\.$"):
        corruption_from_dict({})
    with pytest.raises(ParameterError, match=r"^Unknown binarisation 'fixed'\. Allowed: none, dynamic\.$"):
        ImageTask(binarise="fixed")  # type: ignore[arg-type]
