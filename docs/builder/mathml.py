"""Formulas: LaTeX to MathML while the site is built, so that no page needs a script for them."""

import html
import re

from latex2mathml.converter import convert

__all__ = ["replace"]

# What the Markdown extension pymdownx.arithmatex makes of $...$ and $$...$$.
_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
_BLOCK = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)


def replace(page: str) -> str:
    """Return the HTML of a page with every formula as MathML."""
    page = _BLOCK.sub(lambda m: f'<div class="formula">{_mathml(m[1], display="block")}</div>', page)
    return _INLINE.sub(lambda m: _mathml(m[1], display="inline"), page)


def _mathml(escaped: str, display: str) -> str:
    return str(convert(html.unescape(escaped).strip(), display=display))
