"""The words that the project avoids, and where they stand in text that people read.

Run as a script it prints the findings of every folder:

    PYTHONPATH=tests python -m support.words [--count] [FOLDER ...]
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_UNIT = (
    r"(?:bars?|steps?|time steps|samples|windows|images|notes|places|bits|nats|seconds|ms|s|MB|GB|minutes|times|frames|hits|"
    r"tokens|events|beats|cells|digits|classes|codes|rows|files|tunes|onsets|values|velocities)"
)
_WHOLE = (
    r"(?:window|second|bar|quarter(?: note)?|step|time step|block|minute|beat|note|image|digit|pixel|tune|file|hour|batch|"
    r"octave|phrase|song|position|run|row|class|sample|example)"
)

# What to write instead -> what is avoided, and, after " unless ", what may stand around it.
_RULES: tuple[tuple[str, str, str], ...] = (
    ("image", r"pictures?", ""),
    ("metric for a number, plot for a drawing", r"figures?", r"matplotlib figures?|figures? of matplotlib"),
    ("discriminator", r"opponents?|duels?", ""),
    ("skip connection", r"open roads?", ""),
    ("Bernoulli samples", r"coins?", ""),
    ("conditioned on, given", r"told|tells?|telling", ""),
    ("shows, states, or no verb of a person", r"says?|said|saying", ""),
    ("no verb of a person for a model", r"eats?|eaten|thinks?|knows?|knew|by heart", ""),
    ("no-event baseline", r"hold[ -]only", ""),
    ("validation error, reason", r"refusals?", ""),
    ("stride", r"hops?", ""),
    ("skipped", r"left\s+out|leaves?\s+out|leaving\s+out", ""),
    ("log", r"meters?", ""),
    ("expression", r"feels?", ""),
    ("compared with, next to", r"besides?", ""),
    ("after", r"behind", ""),
    ("except", r"save for|but for", ""),
    ("again", r"anew", ""),
    ("so, therefore", r"hence", ""),
    ("otherwise", r"else(?=\s*[.,;:)])", r"(?:(?:no|any|every|some)\w*|all|what|who) else"),
    ("not valid, no", r"that is none|of none", ""),
    ("fix", r"mend(?:s|ed|ing)?", ""),
    ("unsupported, missing", r"be had", ""),
    ("per", rf"{_UNIT}\s+an?\s+{_WHOLE}", ""),
)
RULES = tuple((better, re.compile(rf"\b(?:{word})\b", re.IGNORECASE), allowed) for better, word, allowed in _RULES)

NAMES = frozenset({"made", "found", "kept", "told", "wanted", "shown", "here", "there"})
_CODE = re.compile(r"```.*?```|``[^`]+``|`[^`\n]+`|\]\([^)\s]*\)|https?://\S+", re.DOTALL)


@dataclass(frozen=True, order=True)
class Finding:
    """A word that should be another."""

    path: str
    line: int
    word: str
    better: str

    def __str__(self) -> str:
        """Return `file:line: word -> better`."""
        return f"{self.path}:{self.line}: {self.word!r} -> {self.better}"


def in_text(text: str, path: str, line: int = 1) -> Iterator[Finding]:
    """Yield the findings in prose; code in backticks and addresses are not looked at.

    Arguments:
        text: What people read.
        path: Where it stands, for the finding.
        line: The line on which the text begins.
    """
    blank = _CODE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    for better, pattern, allowed in RULES:
        for match in pattern.finditer(blank):
            around = blank[max(0, match.start() - 40) : match.end() + 40]
            if allowed and re.search(rf"\b(?:{allowed})\b", around, re.IGNORECASE):
                continue
            yield Finding(path, line + blank.count("\n", 0, match.start()), " ".join(match[0].split()), better)


def in_module(path: Path) -> Iterator[Finding]:
    """Yield the findings in a module's docstrings and in its text: string constants that hold a blank."""
    name, tree = str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield from in_text(node.value, name, node.lineno)


def in_names(path: Path) -> Iterator[Finding]:
    """Yield variables and arguments that are named by a participle or an adverb; fields of a class are public and stay."""
    name, tree = str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))
    fields = {
        id(f.target) for c in ast.walk(tree) if isinstance(c, ast.ClassDef) for f in c.body if isinstance(f, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if id(node) in fields:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in NAMES:
            yield Finding(name, node.lineno, node.id, "a noun: result, or what it is")
        elif isinstance(node, ast.arg) and node.arg in NAMES:
            yield Finding(name, node.lineno, node.arg, "a noun: result, or what it is")


def in_comments(path: Path) -> Iterator[Finding]:
    """Yield the findings in a module's comments."""
    name = str(path.relative_to(ROOT))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        _, mark, comment = line.partition("  # ") if not line.lstrip().startswith("# ") else ("", "#", line)
        if mark:
            yield from in_text(comment, name, number)


def modules() -> list[Path]:
    """Return every module whose text people read: the three packages, the examples, the benchmarks and the documentation."""
    folders = ("musicae", "cli", "datasets", "examples", "benchmarks", "docs")
    files = {p.resolve() for folder in folders for p in (ROOT / folder).rglob("*.py")}
    return sorted(files)


def pages() -> list[Path]:
    """Return every page of prose: README and its like, documentation, model cards, examples and benchmarks."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("*.cff")]
    for folder in ("docs", "examples", "benchmarks", "musicae/weights"):
        found += (ROOT / folder).rglob("*.md")
    return sorted(found)


def findings() -> list[Finding]:
    """Return all findings in pages, text of modules, names and comments."""
    out = [f for path in pages() for f in in_text(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))]
    for path in modules():
        out += [*in_module(path), *in_names(path), *in_comments(path)]
    return sorted(set(out))


def main(arguments: list[str]) -> None:
    """Print findings, or with `--count` how many each folder has."""
    folders = [a for a in arguments if not a.startswith("-")]
    chosen = [f for f in findings() if not folders or any(f.path.startswith(a) for a in folders)]
    if "--count" in arguments:
        for folder, count in sorted(Counter(str(Path(f.path).parent) for f in chosen).items()):
            print(f"{count:5d}  {folder}")
        print(f"{len(chosen):5d}  in all")
    else:
        print("\n".join(map(str, chosen)))


if __name__ == "__main__":
    main(sys.argv[1:])
