"""The blocks are those of the documents, byte for byte, and each is run by a test that has its name."""

from __future__ import annotations

import ast
import hashlib
import tokenize
from pathlib import Path

import pytest

from document import BLOCKS, HERE, MANIFEST, indented, text_of


def _tests() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in HERE.glob("test_document_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_block_is_listed_and_is_as_it_was_written() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in BLOCKS.iterdir()
        if path.is_file()
    }
    assert found == {file: about["sha256"] for file, about in MANIFEST.items()}
    assert len([file for file in found if file.startswith("A_")]) == 39
    assert len([file for file in found if file.startswith("B_")]) == 17


def test_every_block_is_run_by_a_test_of_its_name() -> None:
    blocks = {f"test_{Path(file).stem}" for file in MANIFEST}
    assert blocks - _tests() == set()


def test_what_is_replaced_is_told() -> None:
    for file, about in MANIFEST.items():
        assert about["as"] in ("program", "fragment", "shell"), file
        assert "note" in about or "replaced" not in about, f"{file} is changed, and nothing says why"
        assert "replaced" not in about or about["as"] != "program", (
            f"{file} is a program, and is run as it stands"
        )
        text_of(file)  # what is replaced is there once


def test_indenting_leaves_texts_alone() -> None:
    assert (
        indented('x = """a\n  b\n"""\ny = 1\n\nz = 2\n', "    ")
        == '    x = """a\n  b\n"""\n    y = 1\n\n    z = 2\n'
    )
    with pytest.raises((tokenize.TokenError, SyntaxError)):
        indented('x = """never ends\n', "  ")
