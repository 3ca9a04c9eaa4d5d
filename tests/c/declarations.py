"""The functions of include/copilot.cdef.h, for the tests that are made of every one of them."""

import pathlib
import re

CDEF = pathlib.Path(__file__).resolve().parents[2] / "include" / "copilot.cdef.h"


class Parameter:
    def __init__(self, text):
        self.type, self.name = re.fullmatch(r"(.*?)(\w+)", text).groups()
        self.type = self.type.strip()

    @property
    def is_text(self):
        return self.type == "const char *"

    @property
    def is_pointer(self):
        return self.type.endswith("*")


class Function:
    def __init__(self, result, name, parameters):
        self.result = result.strip()
        self.name = name
        parameters = [] if parameters == "void" else parameters.split(", ")
        self.parameters = [Parameter(text) for text in parameters]

    @property
    def reports(self):
        """Whether it has an error parameter."""
        return bool(self.parameters) and self.parameters[-1].type == "copilot_error **"


def functions():
    lines = CDEF.read_text().splitlines()
    found = (re.fullmatch(r"([a-z0-9_ ]+[ *])(copilot_\w+)\((.*)\);", line) for line in lines)
    return [Function(*match.groups()) for match in found if match and not match.group(1).startswith("typedef")]
