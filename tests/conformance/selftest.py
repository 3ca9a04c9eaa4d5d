#!/usr/bin/env python3
"""Shows that check.py finds what it is for: a small tree that is right, and the same tree broken in each way."""
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import check  # noqa: E402

ROWS = "## 1.1 A group\nS-001 One\nS-002 Two\nO-001 Three\nO-002 Four\n"
LIST = """
| row | feature | shown by | note |
|---|---|---|---|
| S-001 | One | rust:lib::a::holds, c:queue, scenario:tool-ok | |
| S-002 | Two | example:02_ask script:tests/abi/check.sh script:scripts/helper | see [the page](../docs/page.md#a-heading) |
| O-001 | Three | docs:docs/page.md | |
| O-002 | Four | python:tests/test_a.py::test_b | |
"""
FILES = {
    "tests/c/queue.c": "",
    "tests/testbed/scenarios/04-tool-ok.json": "{}",
    "tests/rust/examples.rs": 'Case { program: "02_ask" }, Case { program: "99_gone" }',
    "examples/c/02_ask.c": "",
    "examples/c/03_alone.c": "",
    "scripts/test": "step tests/abi/check.sh; step scripts/test-python",
    "scripts/check": "",
    "tests/abi/check.sh": "exec scripts/helper",
    "tests/abi/idle.sh": "",
    "scripts/helper": "",
    "scripts/test-python": "",
    "bindings/python/tests/test_a.py": "async def test_b():\n    def helper(): pass\n",
    "bindings/python/tests/other.py": "def test_b(): pass\n",
    "docs/page.md": "# Page\n\n## A heading\n\n```\n# no heading\n```\n",
    "README.md": "[page](docs/page.md), [web](https://example.com/nowhere), [here](#here)\n\n# Here\n",
}


class Checked(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in FILES.items():
            self.write(name, text)
        self.write("tests/conformance.md", LIST)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if "/check" in name or "/idle" in name or name.startswith("scripts/"):
            os.chmod(path, 0o755)

    def faults(self, text=LIST):
        self.write("tests/conformance.md", text)
        tree = check.Tree(self.root, {"lib::a::holds"})
        return check.list_faults(tree, check.rows(ROWS), text) + check.link_faults(tree)

    def breaks(self, old, new, expected):
        """The list with `new` for `old` has one fault, which says `expected`."""
        self.assertIn(old, LIST)
        faults = self.faults(LIST.replace(old, new))
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(expected, faults[0])

    def test_a_right_one_has_no_fault(self):
        self.assertEqual(self.faults(), [])

    def test_rows(self):
        row = "| O-001 | Three | docs:docs/page.md | |\n"
        self.breaks(row, "", "O-001 (Three) has no entry")
        self.breaks(row, row + row, "O-001 has two entries")
        self.breaks(row, row + row.replace("001", "009"), "O-009 is no row")
        self.breaks("| Three |", "| Free |", 'O-001 is called "Three"')
        self.breaks(row, row + "| O-003 | short |\n", "has not four cells")

    def test_proofs(self):
        self.breaks("docs:docs/page.md", "", "nothing shows it")
        self.breaks("docs:docs/page.md", "todo", "no proof and no reason")
        self.breaks("docs:docs/page.md", "not-ours:", "no proof and no reason")
        self.breaks("lib::a::holds", "lib::a::is_gone_or_ignored", "no such test runs")
        self.breaks("c:queue", "c:que", "no such program")
        self.breaks("scenario:tool-ok", "scenario:tool", "exactly one such row")
        self.breaks("example:02_ask", "example:03_alone", "nothing runs it")
        self.breaks("example:02_ask", "example:99_gone", "no such example")
        self.breaks("test_a.py::test_b", "test_a.py::test_c", "no such test")
        self.breaks("test_a.py::test_b", "test_a.py::helper", "no such test")
        self.breaks("test_a.py::test_b", "test_a.py", "no such test")
        self.breaks("test_a.py::test_b", "test_z.py::test_b", "no such file")
        self.breaks("test_a.py::test_b", "other.py::test_b", "no such file")
        self.breaks("python:tests/test_a.py::test_b", "python", "there is no such file")
        self.breaks("script:tests/abi/check.sh", "script:tests/abi/idle.sh", "runs it")

    def test_links(self):
        self.breaks("docs:docs/page.md", "docs:docs/pages.md", "no such file")
        self.breaks("docs:docs/page.md", "docs:docs/page.md#no-heading", "no heading")
        self.breaks("../docs/page.md#a-heading", "../docs/page.md#another", "no heading")
        self.write("docs/page.md", FILES["docs/page.md"] + "[gone](gone.md)")
        self.assertEqual(self.faults(), ["docs/page.md: gone.md: there is no such file"])

    def test_reasons(self):
        for reason in ("not-ours: the Node SDK's own packaging",):
            self.assertEqual(self.faults(LIST.replace("docs:docs/page.md", reason)), [])
        self.write("scripts/test", "step tests/abi/check.sh")
        self.assertEqual(len([fault for fault in self.faults() if "runs the Python tests" in fault]), 1)


if __name__ == "__main__":
    unittest.main()
