"""How a handler of the program's can be called: with how many positional arguments."""

from __future__ import annotations

import inspect
import weakref
from typing import Any, Callable, NamedTuple, Optional


class Shape(NamedTuple):
    """The positional arguments that a callable needs and takes at most, and the keywords that it needs."""

    needed: int
    most: int
    keywords: tuple[str, ...] = ()

    def takes(self, count: int) -> bool:
        """Whether a call with this many positional arguments, and no others, is one."""
        return self.needed <= count <= self.most and not self.keywords


_ANY_NUMBER = 1 << 16
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


# Of the handlers that are still there: looking at a signature costs more than most handlers do.
_shapes: weakref.WeakKeyDictionary[Callable[..., Any], Shape] = weakref.WeakKeyDictionary()


def shape(handler: Callable[..., Any]) -> Shape:
    """The shape of a callable. Some that are written in C do not tell theirs: those may take anything."""
    try:
        known = _shapes.get(handler)
        if known is None:
            known = _shapes[handler] = _shape_of(handler)
        return known
    except TypeError:  # a callable that has no hash, or of which there are no weak references
        return _shape_of(handler)


def _shape_of(handler: Callable[..., Any]) -> Shape:
    try:
        parameters = inspect.signature(handler).parameters.values()
    except ValueError:
        return Shape(0, _ANY_NUMBER)
    positional = [each for each in parameters if each.kind in _POSITIONAL]
    needed = sum(each.default is each.empty for each in positional)
    many = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    keywords = (each for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty)
    return Shape(needed, _ANY_NUMBER if many else len(positional), tuple(each.name for each in keywords))


def takes(handler: Callable[..., Any], count: int) -> bool:
    """Whether a handler can be called with this many positional arguments."""
    return shape(handler).takes(count)


def fitting(handler: Callable[..., Any], offered: tuple[str, ...], what: str) -> int:
    """How many of the arguments that are offered, of which it gets the first ones, a handler takes.

    `what` names the handler in the TypeError that is raised when it is no callable, or needs something else.
    """
    if not callable(handler):
        raise TypeError(f"{what} has to be a function or a coroutine function, not {type(handler).__name__}")
    its = shape(handler)
    count = min(its.most, len(offered))
    if its.takes(count):
        return count
    wanted = f"the keyword {its.keywords[0]!r}" if its.keywords else f"{its.needed} arguments"
    given = f"at most {len(offered)}: {', '.join(offered)}"
    raise TypeError(f"{what}, {described(handler)}, needs {wanted}, but is called with {given}")


def described(handler: Callable[..., Any]) -> str:
    """A handler as messages name it."""
    name: Optional[str] = getattr(handler, "__qualname__", None)
    return f"{name}()" if name else repr(handler)
