"""What `musicae image` says of bad input: one clear sentence, and nothing left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Run = Callable[..., tuple[int, str, str]]
MODELS = ("vae", "superres", "denoise", "cvae")  # some of what `runs` holds

MISFITS = [
    (("reconstruct", "{gone}", "-c", "{vae}"), 1, "{gone}: no such file."),
    (("reconstruct", "{text}", "-c", "{vae}"), 1, "{text}: not an image in PNG or JPEG format."),
    (("reconstruct", "{cut}", "-c", "{vae}"), 1, "{cut}: cut off or damaged ("),
    (
        ("reconstruct", "{small}", "-c", "{vae}"),
        1,
        "{small}: 16 x 16 pixels in mode RGB, but the model needs 32 x 32 pixels in mode RGB (colour); --fit converts it.",
    ),
    (
        ("reconstruct", "{grey}", "-c", "{vae}"),
        1,
        "{grey}: 32 x 32 pixels in mode L, but the model needs 32 x 32 pixels in mode RGB (colour); --fit converts it.",
    ),
    (("reconstruct", "{picture}", "-c", "{gone}"), 1, "There is no checkpoint '{gone}': neither a file nor a shipped model"),
    (("reconstruct", "{picture}", "-c", "{cvae}"), 1, "{cvae} is conditional; give --label, one of 0 to 9."),
    (("reconstruct", "{picture}", "-c", "{cvae}", "--label", "10"), 1, "The label 10 is out of range; {cvae} has 0 to 9."),
    (("sample", "-c", "{vae}", "--label", "1"), 1, "{vae} is not conditional; drop --label, or choose a model such as cvae."),
    (
        ("denoise", "{picture}", "-c", "{vae}"),
        2,
        "{vae} was not trained to repair images; use a model such as denoise or superres.",
    ),
    (
        ("denoise", "{picture}", "-c", "{superres}"),
        1,
        "{superres} enlarges small images; use `musicae image upscale`, or another -c.",
    ),
    (
        ("upscale", "{picture}", "-c", "{denoise}"),
        2,
        "{denoise} repairs gaussian, it does not enlarge images; use a model such as superres.",
    ),
    (
        ("upscale", "{picture}", "-c", "{superres}"),
        1,
        "{picture}: 32 x 32 pixels in mode RGB, but the model needs 16 x 16 pixels in mode RGB",
    ),
    (("plot", "clases", "-c", "{vae}"), 2, "Unknown plot 'clases'. Known: all, reconstructions, codes, "),
    (("plot", "classes", "-c", "{vae}"), 2, "{vae} is not conditional; use a conditional model such as cvae."),
    (("plot", "manifold", "-c", "{vae}"), 2, "A manifold needs a code of 2 numbers, but {vae} has 3; use vae-2d."),
    (("plot", "codes", "latent", "-c", "{vae}", "-o", "x.png"), 2, "x.png is the name of one file, but there are 2 plots"),
    (("plot", "repairs", "-c", "{vae}"), 2, "{vae} was not trained to repair images; use a model such as"),
    (
        ("evaluate", "{vae}", "--data", "mnist"),
        1,
        "MNIST has images of 1 x 28 x 28, but {vae} takes 3 x 32 x 32; choose other --data or train a model on these.",
    ),
    (("train", "conv-vea"), 2, "Unknown image preset 'conv-vea'; did you mean 'conv-vae'? Known: ae, conv-ae, "),
    (("train", "vae", "--data", "minst"), 1, "Unknown data set 'minst'; did you mean 'mnist'? Known: mnist, "),
    (
        ("train", "vae", "--data-dir", "{folder}", "-o", "{folder}/r"),
        1,
        "{folder}/train-images-idx3-ubyte.gz: no such file; put",
    ),
    (("train", "vae", "-o", "{picture}"), 1, "{picture} is a file; -o names the run folder."),
]


@pytest.mark.parametrize(("arguments", "status", "message"), MISFITS, ids=[" ".join(m[0]) for m in MISFITS])
def test_bad_input_gets_one_clear_sentence(
    run: Run,
    runs: Path,
    photographs: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    places: dict[str, Path] = {"picture": picture, "folder": tmp_path, **{name: runs / name for name in MODELS}}
    places |= {name: tmp_path / f"{name}.png" for name in ("gone", "text", "cut", "small", "grey")}
    places["text"].write_text("no picture")
    places["cut"].write_bytes(picture.read_bytes()[:-50])
    with Image.open(picture) as whole:
        whole.resize((16, 16)).save(places["small"])
        whole.convert("L").save(places["grey"])
    before = set(tmp_path.rglob("*"))
    where = ("--data-dir", photographs) if arguments[0] == "plot" else ()
    found, out, err = run("image", *(a.format(**places) for a in arguments), *where)
    assert (found, out) == (status, "")
    assert message.format(**places) in err.replace("\n", " "), err
    assert "Traceback" not in err and set(tmp_path.rglob("*")) == before, "nothing is left behind"
