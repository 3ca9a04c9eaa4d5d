#!/usr/bin/env python3
"""Checks tests/conformance.md: `make conformance`.

Every row of rows.txt has exactly one entry, with its name, and every entry names what shows it: a test that exists and
runs, or a reason from a short list. The words that stand under "shown by", with a space or comma between several:

    rust:TARGET::PATH   a test of a cargo target: lib, or a name of [[test]]; "testbed/" goes before one of the test bed
    c:NAME              tests/c/NAME.c or NAME.c.py, which tests/c/run runs
    scenario:NAME       tests/testbed/scenarios/NUMBER-NAME.json
    example:NAME        examples/c/NAME.c, which tests/rust/examples.rs runs
    script:PATH         a script that `make test` or `make check` runs
    python:PATH::NAME   a test of the Python binding, which scripts/test-python runs; PATH is relative to bindings/python

or one of these alone, where the text behind the colon is needed:

    docs:PATH           a page says it; PATH is relative to the repository and may have an #anchor
    not-ours:WHY        it is no feature of this library

Anything else, such as "todo", is a fault, and so is a link in the list or in a document that leads nowhere.
"""
import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ENTRY = re.compile(r"^\| ([SO]-\d{3}) \|(.*)\|$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
PROVERS = ("rust", "c", "scenario", "example", "script", "python")


def rows(text):
    """The rows that must have an entry: id to name."""
    lines = [line.split(" ", 1) for line in text.splitlines() if line[:2] in ("S-", "O-")]
    return {identity: name for identity, name in lines}


def entries(text):
    """The entries of the list in their order: (id, name, shown by, note)."""
    for number, line in enumerate(text.splitlines(), 1):
        if line[:4] in ("| S-", "| O-"):
            match = ENTRY.match(line)
            cells = [cell.strip() for cell in match[2].split("|")] if match else []
            yield (match[1], *cells) if len(cells) == 3 else (None, f"line {number} has not four cells", "", "")


def slug(heading):
    """The anchor that a heading gets."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower())
    return kept.replace(" ", "-")


def anchors(page):
    """The anchors of a page."""
    text = FENCE.sub("", page.read_text())
    return {slug(heading) for heading in re.findall(r"^#+ +(.*)$", text, re.M)}


class Tree:
    """What there is to point at."""

    def __init__(self, root, rust_tests):
        self.root = root
        self.rust_tests = rust_tests
        self.scenarios = [re.sub(r"^\d+-", "", path.stem) for path in root.glob("tests/testbed/scenarios/*.json")]
        cases = root / "tests/rust/examples.rs"
        self.examples = set(re.findall(r'"(\d\d_\w+)"', cases.read_text())) if cases.exists() else set()
        self.scripts = self.scripts_that_run()

    def scripts_that_run(self):
        """The scripts that `make test` and `make check` run, and those that these run."""
        found, waiting = set(), ["scripts/test", "scripts/check"]
        while waiting:
            path = self.root / waiting.pop()
            for name in re.findall(r"\b(?:scripts|tests)/[\w./-]+", path.read_text()) if path.is_file() else []:
                if name not in found and os.access(self.root / name, os.X_OK) and (self.root / name).is_file():
                    found.add(name)
                    waiting.append(name)
        return found

    def fault_of(self, kind, what):
        """Why this proof is none; None when it is one."""
        if kind == "rust":
            return None if what in self.rust_tests else "no such test runs"
        if kind == "c":
            there = any((self.root / f"tests/c/{what}{end}").exists() for end in (".c", ".c.py"))
            return None if there else "there is no such program in tests/c"
        if kind == "scenario":
            return None if self.scenarios.count(what) == 1 else "there is not exactly one such row"
        if kind == "example":
            there = (self.root / f"examples/c/{what}.c").exists()
            return None if there and what in self.examples else "there is no such example, or nothing runs it"
        if kind == "python":
            return self.python_fault_of(*what.partition("::")[::2])
        return None if what in self.scripts else "neither `make test` nor `make check` runs it"

    def python_fault_of(self, path, name):
        """Why no test of the Python binding has this name in this file; None when one has."""
        if "scripts/test-python" not in self.scripts:
            return "neither `make test` nor `make check` runs the Python tests"
        file = self.root / "bindings/python" / path
        if not (path.startswith("tests/") and file.name.startswith("test_") and file.is_file()):
            return "there is no such file of tests in bindings/python/tests"
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        names = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, functions)}
        return None if name.startswith("test_") and name in names else "there is no such test"

    def dead_link(self, base, target):
        """Why this link, which stands in a page of the folder `base`, leads nowhere; None when it does lead somewhere."""
        path, _, anchor = target.partition("#")
        page = (base / path) if path else None
        if page is None or re.match(r"[a-z]+:", target):
            return None
        if not page.exists():
            return f"{target}: there is no such file"
        if anchor and anchor not in anchors(page):
            return f"{target}: {path} has no heading for that"
        return None


def entry_faults(tree, shown, note):
    """What is wrong with what one entry says."""
    if shown.startswith("docs:"):
        fault = tree.dead_link(tree.root, shown[5:].strip())
        return [fault] if fault else []
    if re.match(r"not-ours: ?\S.{9,}", shown):
        return []
    words = re.split(r"[,\s]+", shown) if shown else []
    if not words:
        return ["nothing shows it"]
    faults = []
    for word in words:
        kind, _, what = word.partition(":")
        fault = tree.fault_of(kind, what) if kind in PROVERS else "that is no proof and no reason"
        if fault:
            faults.append(f"{word}: {fault}")
    return faults


def list_faults(tree, wanted, text):
    """What is wrong with the list."""
    faults, seen = [], set()
    for identity, name, shown, note in entries(text):
        if identity is None:
            faults.append(name)
            continue
        if identity in seen:
            faults.append(f"{identity} has two entries")
        elif identity not in wanted:
            faults.append(f"{identity} is no row of rows.txt")
        elif wanted[identity] != name.replace("`", ""):
            faults.append(f"{identity} is called \"{wanted[identity]}\", not \"{name}\"")
        seen.add(identity)
        faults += [f"{identity} {fault}" for fault in entry_faults(tree, shown, note)]
    return faults + [f"{identity} ({name}) has no entry" for identity, name in wanted.items() if identity not in seen]


def link_faults(tree):
    """The links of the documents that lead nowhere."""
    faults = []
    pages = [tree.root / "README.md", tree.root / "CONTRIBUTING.md", tree.root / "tests/conformance.md"]
    for page in [page for page in pages if page.exists()] + sorted(tree.root.glob("docs/**/*.md")):
        for target in LINK.findall(FENCE.sub("", page.read_text())):
            if target.startswith("#"):
                target = page.name + target
            dead = tree.dead_link(page.parent, target)
            if dead:
                faults.append(f"{page.relative_to(tree.root)}: {dead}")
    return faults


def listed(program, *options):
    """The tests that a test program has."""
    output = subprocess.run([program, "--list", *options], capture_output=True, text=True, check=True).stdout
    return {line[: -len(": test")] for line in output.splitlines() if line.endswith(": test")}


def rust_tests(root):
    """TARGET::PATH of every test that `cargo test --workspace` runs."""
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "test", "--workspace", "--no-run", "--quiet", "--message-format=json"]
    built = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        sys.exit("conformance: the tests cannot be built, so nothing is known of them; cargo says why above")
    output = built.stdout
    found = set()
    for message in map(json.loads, output.splitlines()):
        if message.get("executable") and message["profile"]["test"]:
            target = message["target"]
            folder = Path(message["manifest_path"]).parent
            name = "lib" if "lib" in "".join(target["kind"]) else target["name"]
            prefix = "" if folder == root else folder.name + "/"
            runs = listed(message["executable"]) - listed(message["executable"], "--ignored")
            found |= {f"{prefix}{name}::{test}" for test in runs}
    return found


def main():
    root = Path(__file__).resolve().parents[2]
    tree = Tree(root, rust_tests(root))
    wanted = rows((root / "tests/conformance/rows.txt").read_text())
    faults = list_faults(tree, wanted, (root / "tests/conformance.md").read_text()) + link_faults(tree)
    for fault in faults:
        print(fault)
    print(f"conformance: {len(wanted)} rows, {len(tree.rust_tests)} Rust tests known, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
