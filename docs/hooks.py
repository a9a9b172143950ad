"""What the site holds in addition to written pages: drawings, tables, formulas, the lesson, one reference page per folder.

MkDocs calls the functions below by their names while it builds the site (https://www.mkdocs.org/dev-guide/plugins/#events).
"""

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from builder import drawings, lesson, mathml, reference

_NAVIGATION = {"REFERENCE": reference.navigation, "LESSON": lesson.navigation}  # marks in mkdocs.yml
_INSERTS = {  # marks in pages
    "<!-- drawing: representations -->": drawings.representations,
    "<!-- table: public names -->": reference.public_names,
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages into the navigation."""
    config.nav = _filled(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for address, content in {**reference.pages(), **lesson.pages()}.items():
        files.append(File.generated(config, address, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the marks of drawings and tables by their content."""
    del page, config, files
    for mark, content in _INSERTS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, content())
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn formulas into MathML, which browsers draw by themselves."""
    del page, config, files
    return mathml.replace(html)


def _filled(nav: Any) -> Any:
    """Return the navigation with the pages of each mark in its place."""
    if isinstance(nav, dict):
        return {title: _filled(entries) for title, entries in nav.items()}
    if isinstance(nav, list):
        entries = [_NAVIGATION[e]() if isinstance(e, str) and e in _NAVIGATION else [_filled(e)] for e in nav]
        return [entry for part in entries for entry in part]
    return nav
