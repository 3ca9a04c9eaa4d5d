from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from fake_runtime import FakeRuntime

from copilot import CopilotClient

MakeFake = Callable[..., FakeRuntime]
MakeClient = Callable[..., CopilotClient]


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[MakeFake]:
    """`fake(turns=[…], …)` makes a fake runtime. At the end none of its processes may be left."""
    made: list[FakeRuntime] = []
    numbers = itertools.count()

    def make(**script: Any) -> FakeRuntime:
        folder = tmp_path / f"runtime-{next(numbers)}"
        folder.mkdir()
        made.append(FakeRuntime(folder, script))
        return made[-1]

    yield make
    for runtime in made:
        runtime.wait_gone()


@pytest.fixture
async def client_of(fake: MakeFake) -> AsyncIterator[MakeClient]:
    """`client_of(runtime, **options)` makes a client, which is stopped at the end."""
    made: list[CopilotClient] = []

    def make(runtime: FakeRuntime, **options: Any) -> CopilotClient:
        made.append(CopilotClient(runtime.options, **options))
        return made[-1]

    yield make
    for client in made:
        await client.force_stop()
