"""The files around the code: citation, workflows and the hooks before a commit follow their schemas and the Makefile."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from support.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def follows(schema: str, *files: object) -> None:
    """Check files against a schema that the package check-jsonschema carries; nothing is downloaded."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_follow_the_published_schema() -> None:
    assert {path.stem for path in WORKFLOWS} == {"tests", "docs", "publish"}
    follows("vendor.github-workflows", *WORKFLOWS)


def test_every_job_has_a_time_limit() -> None:
    follows("custom.github-workflows-require-timeout", *WORKFLOWS)


def test_tests_run_on_every_python_and_system_that_the_classifiers_name() -> None:
    matrix = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix == {"os": ["ubuntu-latest", "macos-latest", "windows-latest"], "python": list(PYTHONS)}
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert named == list(PYTHONS) and "Operating System :: OS Independent" in PROJECT["classifiers"]


def test_publishing_is_trusted_and_needs_no_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(text)["jobs"]["publish"]
    assert job["permissions"] == {"id-token": "write"} and job["environment"]["name"] == "pypi"
    assert "secrets." not in text and "password" not in job["steps"][-1].get("with", {})


def test_the_citation_follows_its_schema_and_names_this_version() -> None:
    follows("vendor.citation-file-format", ROOT / "CITATION.cff")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"] and citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]


def test_the_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:3] == ["Unreleased", PROJECT["version"], "0.1.0"]


@pytest.mark.parametrize("name", ["Homepage", "Documentation", "Repository", "Issues", "Changelog"])
def test_addresses_are_given(name: str) -> None:
    assert PROJECT["urls"][name].startswith("https://")


def test_the_hooks_run_the_checks_of_make_lint() -> None:
    rules = dict(re.findall(r"^(\w[\w-]*):.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lint = [line.removeprefix("$(BIN)/").removeprefix("python -m ") for line in rules["lint"].replace("\t", "").splitlines()]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["entry"].removeprefix("python -m ") for hook in hooks] == [line.removesuffix(" .") for line in lint]
    assert all(hook["language"] == "system" for hook in hooks)


def test_make_test_is_make_lint_and_all_tests() -> None:
    text = (ROOT / "Makefile").read_text()
    assert re.search(r"^test: lint\n\t\$\(BIN\)/python -m pytest -q$", text, re.MULTILINE)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
