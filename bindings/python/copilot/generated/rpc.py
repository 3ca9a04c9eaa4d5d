"""`copilot.rpc` under the name that the official SDK has for it, with functions for each of the records."""

from __future__ import annotations

from typing import Any, Callable

from .. import rpc
from .._record import Record, snake
from ..rpc import *  # noqa: F403
from ..rpc import __all__ as __all__

_RECORDS = {
    snake(name): kind
    for name, kind in vars(rpc).items()
    if name in rpc.__all__ and isinstance(kind, type) and issubclass(kind, Record)
}


def __getattr__(name: str) -> Callable[[Any], Any]:
    """`ping_result_from_dict` and `ping_result_to_dict`, and so on for every record."""
    for ending in ("_from_dict", "_to_dict"):
        kind = _RECORDS.get(name[: -len(ending)]) if name.endswith(ending) else None
        if kind is not None:
            return kind.from_dict if ending == "_from_dict" else kind.to_dict
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
