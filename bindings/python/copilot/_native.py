"""The shared library: finding it, declaring its functions, and its errors as exceptions.

Every function is called with the GIL released, as ctypes does it, so that a call that waits holds nobody up.
"""

from __future__ import annotations

import ctypes
import json
import os
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Callable, Optional

from .errors import (
    CopilotError,
    CopilotTimeoutError,
    InvalidArgumentError,
    JsonRpcError,
    ProcessExitedError,
    SessionError,
)

ABI_VERSION = 0
SONAME = f"libcopilot.so.{ABI_VERSION}"

OK = 0
E_RPC = -25

EVENT_SESSION = 1
EVENT_LIFECYCLE = 2
EVENT_REQUEST = 4
EVENT_COMPLETION = 5
EVENT_REQUEST_CANCELLED = 8

STATES = ("disconnected", "connecting", "connected", "error")

_ERROR = POINTER(c_void_p)
_OP = (c_void_p, c_void_p, c_void_p, _ERROR)  # callback, user_data, destroy, error: of every _async function

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "abi_version": (c_int32, ()),
    "version_string": (c_char_p, ()),
    "protocol_version": (c_int32, ()),
    "status_name": (c_char_p, (c_int32,)),
    "debug_live_objects": (c_int64, ()),
    "error_code": (c_int32, (c_void_p,)),
    "error_message": (c_char_p, (c_void_p,)),
    "error_rpc_code": (c_int64, (c_void_p,)),
    "error_data": (c_void_p, (c_void_p,)),
    "error_is_retriable": (c_int32, (c_void_p,)),
    "error_free": (None, (c_void_p,)),
    "json_text": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "json_free": (None, (c_void_p,)),
    "queue_new": (c_void_p, (c_char_p, _ERROR)),
    "queue_free": (None, (c_void_p,)),
    "queue_fd": (c_int32, (c_void_p,)),
    "queue_next_batch_json": (
        c_int32,
        (c_void_p, c_int32, c_int32, POINTER(c_void_p), POINTER(c_void_p), _ERROR),
    ),
    "event_get_kind": (c_int32, (c_void_p,)),
    "event_json": (c_void_p, (c_void_p,)),
    "event_op": (c_void_p, (c_void_p,)),
    "event_take_request": (c_void_p, (c_void_p,)),
    "event_free": (None, (c_void_p,)),
    "request_get_kind": (c_int32, (c_void_p,)),
    "request_method": (c_char_p, (c_void_p,)),
    "request_session_id": (c_char_p, (c_void_p,)),
    "request_params": (c_void_p, (c_void_p,)),
    "request_id": (c_uint64, (c_void_p,)),
    "request_respond": (c_int32, (c_void_p, c_char_p, _ERROR)),
    "request_fail": (c_int32, (c_void_p, c_char_p, _ERROR)),
    "request_free": (None, (c_void_p,)),
    "op_id": (c_uint64, (c_void_p,)),
    "op_cancel": (None, (c_void_p,)),
    "op_take_result": (c_void_p, (c_void_p, _ERROR)),
    "op_take_session": (c_void_p, (c_void_p, _ERROR)),
    "op_free": (None, (c_void_p,)),
    "client_options_new": (c_void_p, (c_char_p, _ERROR)),
    "client_options_set_queue": (c_int32, (c_void_p, c_void_p, _ERROR)),
    "client_options_free": (None, (c_void_p,)),
    "client_new": (c_void_p, (c_void_p, _ERROR)),
    "client_free": (None, (c_void_p,)),
    "client_start_async": (c_void_p, (c_void_p, *_OP)),
    "client_stop_async": (c_void_p, (c_void_p, c_int32, *_OP)),
    "client_force_stop": (None, (c_void_p,)),
    "client_get_state": (c_int32, (c_void_p,)),
    "client_stats": (c_void_p, (c_void_p, _ERROR)),
    "client_call_async": (c_void_p, (c_void_p, c_char_p, c_char_p, *_OP)),
    "client_on_request": (c_int32, (c_void_p, c_char_p, c_void_p, c_void_p, c_void_p, _ERROR)),
    "session_config_new": (c_void_p, (c_char_p, _ERROR)),
    "session_config_add_tool": (c_int32, (c_void_p, c_char_p, c_void_p, c_void_p, c_void_p, _ERROR)),
    "session_config_on_request": (c_int32, (c_void_p, c_int32, c_void_p, c_void_p, c_void_p, _ERROR)),
    "session_config_on_method": (c_int32, (c_void_p, c_char_p, c_void_p, c_void_p, c_void_p, _ERROR)),
    "session_config_free": (None, (c_void_p,)),
    "session_create_async": (c_void_p, (c_void_p, c_void_p, *_OP)),
    "session_resume_async": (c_void_p, (c_void_p, c_char_p, c_void_p, *_OP)),
    "session_workspace_path": (c_char_p, (c_void_p,)),
    "session_send_async": (c_void_p, (c_void_p, c_char_p, *_OP)),
    "session_send_and_wait_async": (c_void_p, (c_void_p, c_char_p, *_OP)),
    "session_abort_async": (c_void_p, (c_void_p, *_OP)),
    "session_get_messages_async": (c_void_p, (c_void_p, *_OP)),
    "session_disconnect_async": (c_void_p, (c_void_p, *_OP)),
    "session_call_async": (c_void_p, (c_void_p, c_char_p, c_char_p, *_OP)),
    "session_free": (None, (c_void_p,)),
}


def _candidates() -> list[str]:
    """Where the library may be: where the environment says, in this package, where the system finds libraries."""
    chosen = os.environ.get("LIBCOPILOT_LIBRARY")
    if chosen:
        return [chosen]
    return [str(path) for path in sorted((Path(__file__).parent / "_lib").glob("libcopilot*"))] + [SONAME]


def _load() -> ctypes.CDLL:
    reasons = []
    for candidate in _candidates():
        try:
            return ctypes.CDLL(candidate)
        except OSError as reason:
            reasons.append(f"{candidate}: {reason}")
    raise ImportError(
        "libcopilot cannot be loaded. Install this package as a wheel, which has it inside, or set LIBCOPILOT_LIBRARY "
        "to the path of libcopilot.so. Tried: " + "; ".join(reasons)
    )


class Library:
    """The functions of copilot.h by their names without "copilot_"."""

    def __init__(self, loaded: ctypes.CDLL) -> None:
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(loaded, "copilot_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        if self.abi_version() != ABI_VERSION:
            raise ImportError(f"this libcopilot has ABI {self.abi_version()}, and {ABI_VERSION} is needed")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"copilot_{name} is not declared in _native.py")


lib = Library(_load())


# Decodes in place: string_at() would make a copy first, which costs more than the decoding.
_text_at = ctypes.PYFUNCTYPE(ctypes.py_object, c_void_p, ctypes.c_ssize_t)(
    ("PyUnicode_FromStringAndSize", ctypes.pythonapi)
)


def read_json(pointer: Optional[int]) -> Any:
    """A JSON value of the library's as Python objects. It stays the owner's."""
    if not pointer:
        return None
    size = c_size_t()
    text = lib.json_text(pointer, byref(size))
    return json.loads(_text_at(text, size.value))


def take_json(pointer: Optional[int]) -> Any:
    """A JSON value that is ours, as Python objects; it is freed."""
    try:
        return read_json(pointer)
    finally:
        lib.json_free(pointer)


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dump_json(value: Any) -> bytes:
    """JSON for the library. TypeError and ValueError are those of json.dumps()."""
    text = _encoder.encode(value)
    try:
        return text.encode()
    except (
        UnicodeEncodeError
    ):  # surrogates: pairs are made one character, and halves, which UTF-8 lacks, U+FFFD
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


_KINDS: dict[str, type[CopilotError]] = {
    "COPILOT_E_INVALID_ARGUMENT": InvalidArgumentError,
    "COPILOT_E_INVALID_UTF8": InvalidArgumentError,
    "COPILOT_E_INVALID_JSON": InvalidArgumentError,
    "COPILOT_E_TIMEOUT": CopilotTimeoutError,
    "COPILOT_E_TRANSPORT": ProcessExitedError,
    "COPILOT_E_SESSION": SessionError,
}


def take_error(pointer: Optional[int]) -> CopilotError:
    """The exception that an error of the library's is; the error is freed."""
    try:
        name = lib.status_name(lib.error_code(pointer)).decode()
        message = lib.error_message(pointer).decode()
        data = read_json(lib.error_data(pointer))
        if lib.error_code(pointer) == E_RPC:
            error: CopilotError = JsonRpcError(lib.error_rpc_code(pointer), message, data)
        else:
            error = _KINDS.get(name, CopilotError)(message)
        error.status, error.data = name, data
        error.retriable = lib.error_is_retriable(pointer) == 1
        return error
    finally:
        lib.error_free(pointer)


def made(function: Callable[..., Any], *arguments: Any) -> int:
    """Calls a function that makes something, with an error behind its arguments; raises what it says."""
    error = c_void_p()
    pointer = function(*arguments, byref(error))
    if not pointer:
        raise take_error(error.value)
    return int(pointer)


def done(function: Callable[..., Any], *arguments: Any) -> None:
    """Calls a function that returns a status, with an error behind its arguments; raises what it says."""
    error = c_void_p()
    if function(*arguments, byref(error)) < 0:
        raise take_error(error.value)
