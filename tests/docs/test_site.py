"""The site is built strictly, without a warning and without a network, and its pages fetch nothing from other servers."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from builder.reference import modules
from support.house import ROOT

# What a browser fetches by itself when it shows a page; a link is followed by the reader only.
_FETCHED = {"script": "src", "img": "src", "audio": "src", "source": "src", "iframe": "src", "video": "src", "object": "data"}
_FETCHED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest", "modulepreload"}


class Assets(HTMLParser):
    """Collects the addresses that a page fetches, and its audio sources."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.audio: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _FETCHED and given.get(_FETCHED[tag]):
            self.addresses.append(given[_FETCHED[tag]])
        if tag == "link" and _FETCHED_LINKS & set(given.get("rel", "").split()):
            self.addresses.append(given["href"])
        if tag == "source":
            self.audio.append(given["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; connections to other machines are closed to the process."""
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {
        "NO_MKDOCS_2_WARNING": "1",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "WARNING" not in output and "ERROR" not in output, output
    return folder


def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 60
    return found


def test_pages_fetch_nothing_from_other_servers(site: Path) -> None:
    for page in pages(site):
        parser = Assets()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.addresses
        for address in parser.addresses:
            assert not re.match(r"(https?:)?//", address), f"{page.relative_to(site)} fetches {address}"
            assert page.name == "404.html" or (page.parent / address.split("?")[0]).resolve().exists(), (
                f"{page.name}: {address}"
            )


def test_style_sheets_fetch_nothing_from_other_servers(site: Path) -> None:
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


def test_own_scripts_fetch_nothing_from_other_servers(site: Path) -> None:
    for script in (site / "assets" / "vendor").glob("*.js"):
        assert "http" not in script.read_text(encoding="utf-8"), script.name


def test_no_page_needs_the_scripts_that_the_theme_would_fetch(site: Path) -> None:
    for page in pages(site):
        assert 'class="mermaid"' not in page.read_text(encoding="utf-8"), page.name


def test_search_works_without_a_server(site: Path) -> None:
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    assert index.startswith("var __index = ") and "interpolate" in index
    assert "assets/vendor/iframe-worker.js" in (site / "index.html").read_text(encoding="utf-8")


def test_the_first_page_shows_and_plays_a_morph(site: Path) -> None:
    parser = Assets()
    parser.feed((site / "index.html").read_text(encoding="utf-8"))
    assert "assets/morph.png" in parser.addresses and parser.audio == ["assets/morph.ogg", "assets/morph.mp3"]
    assert all((site / name).stat().st_size < 300_000 for name in parser.audio)


def test_every_module_is_in_the_reference(site: Path) -> None:
    for package, members in modules().items():
        page = (site / "reference" / f"{package}.html").read_text(encoding="utf-8")
        assert all(f'id="{name}"' in page for name in members), package


def test_every_representation_is_drawn(site: Path) -> None:
    from musicae.music.representations import REPRESENTATIONS

    page = (site / "concepts" / "representations.html").read_text(encoding="utf-8")
    assert all(f"<code>{name}</code>" in page for name in REPRESENTATIONS)
    assert page.count("<svg viewBox") == len(REPRESENTATIONS)


def test_formulas_are_drawn_by_the_browser(site: Path) -> None:
    page = (site / "concepts" / "objective.html").read_text(encoding="utf-8")
    assert page.count('display="block"') >= 5 and "arithmatex" not in page


def test_every_chapter_of_the_lesson_has_its_plots(site: Path) -> None:
    for number in range(1, 8):
        page = (site / "tutorials" / f"lesson-{number:02d}.html").read_text(encoding="utf-8")
        assert f"assets/lesson/{number:02d}-" in page
