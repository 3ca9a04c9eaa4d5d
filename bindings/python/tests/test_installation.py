"""What the package is: its floor, its types, its names, and the list of its features."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import copilot

from testbed import ROOT

HERE = ROOT / "bindings/python"
# Every type and function that one of the documents names.
NAMES = """CopilotClient CopilotSession SessionEvent Tool ToolInvocation ToolResult ProviderConfig SessionConfig
MessageOptions define_tool PermissionHandler""".split()


def test_the_floor_is_3_9() -> None:
    about = (HERE / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.9"' in about and sys.version_info >= (3, 9)
    for path in (HERE / "copilot").rglob("*.py"):
        ast.parse(path.read_text(), str(path), feature_version=(3, 9))


def test_the_package_is_typed() -> None:
    folder = Path(copilot.__file__).parent
    assert (folder / "py.typed").is_file()
    for name in ("CopilotClient", "CopilotSession"):
        methods = vars(getattr(copilot, name)).items()
        public = [each for key, each in methods if not key.startswith("_") and callable(each)]
        assert len(public) > 8
        assert all("return" in each.__annotations__ for each in public), name


def test_names_of_the_documents() -> None:
    assert [name for name in NAMES if name not in copilot.__all__ or not hasattr(copilot, name)] == []
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", copilot.__version__)


def test_every_feature_has_a_test_that_exists() -> None:
    listed = dict(
        re.findall(r"^\| (S-\d{3}) \| .*? \| (.+?) \|$", (HERE / "tests/conformance.md").read_text(), re.M)
    )
    wanted = re.findall(r"^(S-\d{3}) ", (ROOT / "tests/conformance/rows.txt").read_text(), re.M)
    assert list(listed) == wanted and len(wanted) == 245
    words = {word for shown in listed.values() for word in shown.split() if word.startswith("tests/")}
    assert len(words) > 80
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for word in words:
        path, _, name = word.partition("::")
        tree = ast.parse((HERE / path).read_text())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}, word
    elsewhere = {row for row, shown in listed.items() if "::test_" not in shown}
    assert elsewhere == {"S-001", "S-017"}


def test_the_programs_of_the_manual_are_python() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (HERE / "README.md").read_text(), re.M | re.S)
    assert len(blocks) == 2
    for block in blocks:
        tree = ast.parse(block, feature_version=(3, 9))
        imports = [
            node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "copilot"
        ]
        assert all(hasattr(copilot, alias.name) for node in imports for alias in node.names) and imports
