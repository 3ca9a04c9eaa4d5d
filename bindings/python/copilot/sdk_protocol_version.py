"""The version of the protocol that this API speaks of. Servers of version 3 are served too."""

from __future__ import annotations

SDK_PROTOCOL_VERSION = 2


def get_sdk_protocol_version() -> int:
    """The version of the protocol."""
    return SDK_PROTOCOL_VERSION
