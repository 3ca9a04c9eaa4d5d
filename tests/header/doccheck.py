#!/usr/bin/env python3
"""Reads copilot.h as its users do and fails where the manual is incomplete.

    doccheck.py include/copilot.h [names]

Every function has a comment with text, its parameters in order, its result, and the five tags; every function that
takes time has an asynchronous twin. With `names`, a file with the exported names of the library one a line, header
and library export the same.
"""

import re
import sys

TAGS = ["threads", "blocks", "callback", "owner", "errors"]
WIDTH = 100

DECLARATION = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*(COPILOT_API\b[^;]*);", re.S)
FUNCTION = re.compile(r"\b(copilot_\w+)\(([^()]*)\)\s*(?:COPILOT_OWNED\((\w+)\))?\s*$", re.S)


def functions(header):
    """Name, comment lines, parameter names, whether it returns something, and what frees the result."""
    body = header[header.index('/* ---- '):]
    for comment, declaration in DECLARATION.findall(body):
        declared = FUNCTION.search(declaration)
        before = declaration[: declared.start()]
        parameters = [] if declared[2].strip() == "void" else declared[2].split(",")
        names = [re.search(r"(\w+)\s*$", parameter)[1] for parameter in parameters]
        lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.strip().split("\n")]
        returns = not re.search(r"\bvoid\s*$", before)
        yield declared[1], lines, names, returns, declared[3]


def tagged(lines):
    """The tags of a comment in order, each with its text."""
    found = []
    for line in lines:
        tag = re.match(r"@(\w+)\s*(.*)", line)
        if tag:
            found.append([tag[1], tag[2]])
        elif found and line:
            found[-1][1] += " " + line.strip()
    return found


def check_function(lines, parameters, returns, frees):
    if not lines or not lines[0] or lines[0].startswith("@"):
        yield "does not begin with a sentence"
    found = tagged(lines)
    for tag, text in found:
        if not text.strip():
            yield f"@{tag} says nothing"
    tags = [tag for tag, _ in found]
    for tag in TAGS:
        if tags.count(tag) != 1:
            yield f"has @{tag} {tags.count(tag)} times"
    documented = [text.split()[0] for tag, text in found if tag == "param" and text]
    if documented != parameters:
        yield f"documents the parameters {documented}, has {parameters}"
    if ("return" in tags) != returns:
        yield "has @return without a result" if not returns else "has a result without @return"
    unknown = set(tags) - set(TAGS) - {"param", "return", "wire"}
    if unknown:
        yield f"uses tags that nobody knows: {sorted(unknown)}"
    owner = next((text for tag, text in found if tag == "owner"), "")
    if frees and f"{frees}()" not in owner:
        yield f"is COPILOT_OWNED({frees}), which @owner does not say"


def check_twins(parameters):
    """Calls over the wire have two forms; waiting for a queue, an operation or the end has one."""
    for name, names in parameters.items():
        alone = name.startswith("copilot_queue_") or name in ("copilot_op_wait", "copilot_shutdown")
        waits = "timeout_ms" in names and not name.endswith("_async") and not alone
        if waits and f"{name}_async" not in parameters:
            yield f"{name}: has no _async twin"


def check_layout(header):
    for number, line in enumerate(header.split("\n"), 1):
        if len(line) > WIDTH:
            yield f"line {number} has {len(line)} columns"
        if not line.isascii() or "\t" in line or line != line.rstrip():
            yield f"line {number} has a byte that is no ASCII, a tab, or a space at its end"


def check_names(declared, path):
    with open(path, encoding="ascii") as file:
        exported = {line.strip() for line in file if line.strip()}
    for name in sorted(exported - declared):
        yield f"{name}: exported, but not in the header"
    for name in sorted(declared - exported):
        yield f"{name}: in the header, but not exported"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        header = file.read()
    problems = list(check_layout(header))
    parameters = {}
    for name, lines, names, returns, frees in functions(header):
        parameters[name] = names
        problems += [f"{name}: {problem}" for problem in check_function(lines, names, returns, frees)]
    body = header[header.index('/* ---- '):]
    declared = set(re.findall(r"^(?:COPILOT_API )?(?:const )?\w+ \*?(copilot_\w+)\(", body, re.M))
    problems += [f"{name}: has no comment before it" for name in sorted(declared - set(parameters))]
    problems += check_twins(parameters)
    if len(sys.argv) > 2:
        problems += check_names(declared, sys.argv[2])
    for problem in problems:
        print(f"{sys.argv[1]}: {problem}")
    print(f"{len(parameters)} functions, {len(problems)} problems")
    return 1 if problems or not parameters else 0


if __name__ == "__main__":
    sys.exit(main())
