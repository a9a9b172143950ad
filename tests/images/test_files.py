"""Images to and from files, and plots to files."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from musicae.errors import ParameterError
from musicae.images.files import read_image, tile, write_image
from musicae.plots.files import save_plot


def test_any_image_can_be_made_to_fit(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("RGBA", (60, 20), (0, 0, 0, 0)).save(path)
    x = read_image(path, size=28, channels=1, fit=True, invert=True)
    assert x.shape == (1, 1, 28, 28) and not x.any(), "what is transparent is white paper, and inverted it is black"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(tmp_path / "red.jpg")
    red = read_image(tmp_path / "red.jpg", size=8, channels=3, fit=True)
    torch.testing.assert_close(red[0, :, 4, 4], torch.tensor([1.0, 0.0, 0.0]), atol=0.02, rtol=0.0)


def test_images_survive_files_and_tiles(tmp_path: Path) -> None:
    x = torch.randint(256, (5, 3, 6, 6), generator=torch.Generator().manual_seed(0)).float() / 255
    write_image(x[0], tmp_path / "x.png")
    torch.testing.assert_close(read_image(tmp_path / "x.png", size=6, channels=3), x[:1])
    sheet = tile(x, columns=3, gap=1)
    assert sheet.shape == (3, 13, 20) and torch.equal(sheet[:, 7:, 7:13], x[4]) and bool((sheet[:, 6] == 1).all())
    with pytest.raises(ParameterError, match=r"must have shape \(N, C, H, W\) with N at least 1, got \(0, 1, 2, 2\)"):
        tile(torch.zeros(0, 1, 2, 2))


def test_plots_are_written_in_the_format_of_their_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError) as error:
        save_plot(None, tmp_path / "x.txt")  # type: ignore[arg-type]
    assert str(error.value) == f"{tmp_path / 'x.txt'} must end in .png, .pdf, .svg."
