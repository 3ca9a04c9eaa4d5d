"""What the server answers to the client's own methods, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Optional

from ._record import Member, Record, parse_time

if TYPE_CHECKING:
    from typing_extensions import Self


def milliseconds(time: Any) -> Any:
    """A server's time, in milliseconds since 1970 or (protocol 3) in ISO 8601, in whole milliseconds."""
    if isinstance(time, str):
        return round(parse_time(time).timestamp() * 1000)
    return int(time) if isinstance(time, float) else time


class Checked(Record):
    """A record whose parts are checked together with it, and not only when they are read."""

    __slots__ = ()
    _parts: ClassVar[dict[str, type[Record]]] = {}

    @classmethod
    def from_dict(cls, obj: Any) -> Self:
        """The record of a JSON object. ValueError names what it, or a part of it, should have and has not."""
        record = super().from_dict(obj)
        for name, part in cls._parts.items():
            if obj.get(name) or (name in obj and name not in cls._defaults):
                part.from_dict(obj[name])
        return record

    def _convert(self, member: Member, value: Any) -> Any:
        # An empty object stands for none at all.
        return None if value == {} and not member.required else super()._convert(member, value)


class PingResponse(Record):
    """The answer to a ping."""

    __slots__ = ()
    message: str
    timestamp: int
    """The server's clock, in milliseconds since 1970."""
    protocolVersion: int

    @classmethod
    def from_dict(cls, obj: Any) -> Self:
        """The answer of a server of either protocol; `timestamp` becomes milliseconds."""
        if isinstance(obj, dict) and obj.get("timestamp") is not None:
            obj = {**obj, "timestamp": milliseconds(obj["timestamp"])}
        return super().from_dict(obj)


class GetStatusResponse(Record):
    """The CLI's version, and its protocol's."""

    __slots__ = ()
    version: str
    protocolVersion: int


class GetAuthStatusResponse(Record):
    """Whether somebody is signed in, who, and how."""

    __slots__ = ()
    isAuthenticated: bool
    authType: Optional[str] = None
    """"user", "env", "gh-cli", "hmac", "api-key" or "token"."""
    host: Optional[str] = None
    login: Optional[str] = None
    statusMessage: Optional[str] = None


class ModelVisionLimits(Record):
    """What a model takes in the way of images."""

    __slots__ = ()
    _wire_names: ClassVar[dict[str, str]] = {
        name: name for name in ("supported_media_types", "max_prompt_images", "max_prompt_image_size")
    }
    supported_media_types: Optional[list[str]] = None
    max_prompt_images: Optional[int] = None
    max_prompt_image_size: Optional[int] = None


class ModelLimits(Record):
    """How much a model takes and gives."""

    __slots__ = ()
    _wire_names: ClassVar[dict[str, str]] = {
        name: name for name in ("max_prompt_tokens", "max_context_window_tokens", "max_output_tokens")
    }
    max_prompt_tokens: Optional[int] = None
    max_context_window_tokens: Optional[int] = None
    vision: Optional[ModelVisionLimits] = None
    max_output_tokens: Optional[int] = None


class ModelSupports(Record):
    """What a model can do."""

    __slots__ = ()
    vision: bool
    reasoning_effort: bool = False


class ModelCapabilities(Record):
    """What a model can do, and how much."""

    __slots__ = ()
    supports: ModelSupports
    limits: ModelLimits


class ModelPolicy(Record):
    """Whether a model may be used; `state` is "enabled", "disabled" or "unconfigured"."""

    __slots__ = ()
    state: str
    terms: str


class ModelBilling(Record):
    """What a model costs."""

    __slots__ = ()
    multiplier: float


class ModelInfo(Checked):
    """A model that can be used."""

    __slots__ = ()
    id: str
    name: str
    capabilities: ModelCapabilities
    policy: Optional[ModelPolicy] = None
    billing: Optional[ModelBilling] = None
    supported_reasoning_efforts: Optional[list[str]] = None
    default_reasoning_effort: Optional[str] = None
    # Newer servers leave out whether a model sees and what it costs, which is therefore not checked here.
    _parts: ClassVar[dict[str, type[Record]]] = {"capabilities": ModelCapabilities, "policy": ModelPolicy}


class SessionContext(Record):
    """Where a session works."""

    __slots__ = ()
    cwd: str
    gitRoot: Optional[str] = None
    repository: Optional[str] = None
    """owner/name"""
    branch: Optional[str] = None


class SessionListFilter(Record):
    """Which sessions are listed: those of a folder, of a repository, of a branch."""

    __slots__ = ()
    cwd: Optional[str] = None
    gitRoot: Optional[str] = None
    repository: Optional[str] = None
    branch: Optional[str] = None


class SessionMetadata(Checked):
    """A session that the server keeps. Its times are texts in ISO 8601."""

    __slots__ = ()
    sessionId: str
    startTime: str
    modifiedTime: str
    isRemote: bool
    summary: Optional[str] = None
    context: Optional[SessionContext] = None
    _parts: ClassVar[dict[str, type[Record]]] = {"context": SessionContext}


class SessionLifecycleEventMetadata(Record):
    """When a session began and was last changed, and what it is about."""

    __slots__ = ()
    startTime: str = ""
    modifiedTime: str = ""
    summary: Optional[str] = None


class SessionLifecycleEvent(Checked):
    """A session was created, updated or deleted, or is shown or no longer shown by the server's terminal."""

    __slots__ = ()
    type: str = "session.updated"
    sessionId: str = ""
    metadata: Optional[SessionLifecycleEventMetadata] = None


class CommandContext(Record):
    """A slash command that the user gave."""

    __slots__ = ()
    session_id: str
    command: str = ""
    """All of it: "/deploy production"."""
    command_name: str = ""
    args: str = ""
    """What followed the name."""
