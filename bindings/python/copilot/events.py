"""Events of sessions: what the CLI tells while it works."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Optional
from uuid import UUID

from ._record import parse_time
from .event_data import Data

# Other spellings of types, as the first documents of the SDK have them.
_SPELLINGS = {
    "assistant.message.delta": "assistant.message_delta",
    "assistant.reasoning.delta": "assistant.reasoning_delta",
    "tool.executionStart": "tool.execution_start",
    "tool.executionComplete": "tool.execution_complete",
}


class SessionEventType(str, enum.Enum):
    """The type of an event. It equals its text, in the wire's spelling and in that of the first documents.

    A type that is not listed here is an object of this class too: ``value`` is its text, and it equals that text and
    ``UNKNOWN``.
    """

    ABORT = "abort"
    ASSISTANT_IDLE = "assistant.idle"
    ASSISTANT_INTENT = "assistant.intent"
    ASSISTANT_MESSAGE = "assistant.message"
    ASSISTANT_MESSAGE_DELTA = "assistant.message_delta"
    ASSISTANT_MESSAGE_START = "assistant.message_start"
    ASSISTANT_REASONING = "assistant.reasoning"
    ASSISTANT_REASONING_DELTA = "assistant.reasoning_delta"
    ASSISTANT_STREAMING_DELTA = "assistant.streaming_delta"
    ASSISTANT_TURN_END = "assistant.turn_end"
    ASSISTANT_TURN_RETRY = "assistant.turn_retry"
    ASSISTANT_TURN_START = "assistant.turn_start"
    ASSISTANT_USAGE = "assistant.usage"
    COMMAND_COMPLETED = "command.completed"
    COMMAND_EXECUTE = "command.execute"
    COMMAND_QUEUED = "command.queued"
    ELICITATION_COMPLETED = "elicitation.completed"
    ELICITATION_REQUESTED = "elicitation.requested"
    EXIT_PLAN_MODE_COMPLETED = "exit_plan_mode.completed"
    EXIT_PLAN_MODE_REQUESTED = "exit_plan_mode.requested"
    EXTERNAL_TOOL_COMPLETED = "external_tool.completed"
    EXTERNAL_TOOL_REQUESTED = "external_tool.requested"
    HOOK_END = "hook.end"
    HOOK_START = "hook.start"
    MODEL_CALL_FAILURE = "model.call_failure"
    PENDING_MESSAGES_MODIFIED = "pending_messages.modified"
    PERMISSION_COMPLETED = "permission.completed"
    PERMISSION_REQUESTED = "permission.requested"
    SESSION_COMPACTION_COMPLETE = "session.compaction_complete"
    SESSION_COMPACTION_START = "session.compaction_start"
    SESSION_CONTEXT_CHANGED = "session.context_changed"
    SESSION_ERROR = "session.error"
    SESSION_HANDOFF = "session.handoff"
    SESSION_IDLE = "session.idle"
    SESSION_INFO = "session.info"
    SESSION_MODEL_CHANGE = "session.model_change"
    SESSION_MODE_CHANGED = "session.mode_changed"
    SESSION_PLAN_CHANGED = "session.plan_changed"
    SESSION_RESUME = "session.resume"
    SESSION_SHUTDOWN = "session.shutdown"
    SESSION_SNAPSHOT_REWIND = "session.snapshot_rewind"
    SESSION_START = "session.start"
    SESSION_TASK_COMPLETE = "session.task_complete"
    SESSION_TITLE_CHANGED = "session.title_changed"
    SESSION_TRUNCATION = "session.truncation"
    SESSION_USAGE_INFO = "session.usage_info"
    SESSION_WARNING = "session.warning"
    SESSION_WORKSPACE_FILE_CHANGED = "session.workspace_file_changed"
    SKILL_INVOKED = "skill.invoked"
    SUBAGENT_COMPLETED = "subagent.completed"
    SUBAGENT_DESELECTED = "subagent.deselected"
    SUBAGENT_FAILED = "subagent.failed"
    SUBAGENT_SELECTED = "subagent.selected"
    SUBAGENT_STARTED = "subagent.started"
    SYSTEM_MESSAGE = "system.message"
    TOOL_EXECUTION_COMPLETE = "tool.execution_complete"
    TOOL_EXECUTION_PARTIAL_RESULT = "tool.execution_partial_result"
    TOOL_EXECUTION_PROGRESS = "tool.execution_progress"
    TOOL_EXECUTION_START = "tool.execution_start"
    TOOL_USER_REQUESTED = "tool.user_requested"
    USER_INPUT_COMPLETED = "user_input.completed"
    USER_INPUT_REQUESTED = "user_input.requested"
    USER_MESSAGE = "user.message"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Optional[SessionEventType]:
        if not isinstance(value, str):
            return None
        wire = _SPELLINGS.get(value)
        if wire is not None:
            return cls(wire)
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = "UNKNOWN", value
        return unknown

    def __eq__(self, other: object) -> bool:
        if type(other) is str:
            return self._value_ == _SPELLINGS.get(other, other)
        if isinstance(other, SessionEventType):
            # One of the two may be a type that is not listed, and then the other UNKNOWN or of the same text.
            return self is other or (
                self._name_ == other._name_ == "UNKNOWN"
                and (self._value_ == other._value_ or "unknown" in (self._value_, other._value_))
            )
        return isinstance(other, str) and self._value_ == _SPELLINGS.get(other, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return str(self._value_)

    def __format__(self, spec: str) -> str:
        return format(str(self._value_), spec)


_KNOWN: dict[str, SessionEventType] = {kind._value_: kind for kind in SessionEventType}


def type_of(text: str) -> SessionEventType:
    """The type of a text. Those that are listed are found without the ceremony of an Enum."""
    return _KNOWN.get(text) or SessionEventType(text)


class SessionEvent:
    """Something that happened in a session.

    ``type`` equals its text; ``data`` has the event's members as attributes in snake_case, ``event["data"]`` as the
    wire has them. What is not read costs nothing.
    """

    __slots__ = ("_data", "_wire", "type")

    def __init__(self, wire: dict[str, Any]) -> None:
        self._wire = wire
        self._data: Optional[Data] = None
        self.type = type_of(wire["type"])

    @classmethod
    def from_dict(cls, obj: Any) -> SessionEvent:
        """The event of a JSON object. An id or a time that is none is a ValueError."""
        if not isinstance(obj, dict) or not isinstance(obj.get("type"), str):
            raise ValueError("an event is an object with a type")
        event = cls(obj)
        for check in ("id", "timestamp", "parent_id"):
            getattr(event, check)
        return event

    def to_dict(self) -> dict[str, Any]:
        """The event as the server sent it. It is the event's own: copy it before you change it."""
        return self._wire

    @property
    def data(self) -> Data:
        """What the event carries."""
        if self._data is None:
            self._data = Data.from_dict(self._wire.get("data") or {})
        return self._data

    @property
    def id(self) -> UUID:
        return UUID(self._wire["id"])

    @property
    def timestamp(self) -> datetime:
        return parse_time(self._wire["timestamp"])

    @property
    def parent_id(self) -> Optional[UUID]:
        """The event before this one in the session's history; None at its beginning."""
        parent = self._wire.get("parentId")
        return None if parent is None else UUID(parent)

    @property
    def ephemeral(self) -> Optional[bool]:
        """Whether the event is not kept in the session's history."""
        return self._wire.get("ephemeral")

    @property
    def agent_id(self) -> Optional[str]:
        """The sub-agent whose event it is; None for the session's own."""
        return self._wire.get("agentId")

    def __getitem__(self, key: str) -> Any:
        return self._wire[key]

    def __contains__(self, key: object) -> bool:
        return key in self._wire

    def get(self, key: str, default: Any = None) -> Any:
        """A member as the wire has it."""
        return self._wire.get(key, default)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionEvent) and self._wire == other._wire

    def __hash__(self) -> int:
        return hash(self._wire.get("id"))

    def __repr__(self) -> str:
        return f"SessionEvent(type={str(self.type)!r}, data={self._wire.get('data')!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (SessionEvent, (self._wire,))


def session_event_from_dict(obj: Any) -> SessionEvent:
    """The event of a JSON object, checked."""
    return SessionEvent.from_dict(obj)


def session_event_to_dict(event: SessionEvent) -> Any:
    """The JSON object of an event."""
    return event.to_dict()
