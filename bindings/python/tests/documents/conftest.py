"""A place for each test of a block, for each CLI."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from document import Place
from testbed import find_cli, wanted_clis


@pytest.fixture(params=wanted_clis())
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where the block runs that the test is named after."""
    name = request.node.originalname.replace("test_", "", 1)
    made = Place(find_cli(request.param), name)
    yield made
    made.close()
