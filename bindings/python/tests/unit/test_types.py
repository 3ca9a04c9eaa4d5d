"""Results, tools' calls, permission handlers, and the types of options."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from copilot import types
from copilot.errors import CopilotError
from copilot.types import (
    CommandContext,
    GetAuthStatusResponse,
    GetStatusResponse,
    ModelBilling,
    ModelCapabilities,
    ModelInfo,
    ModelLimits,
    ModelSupports,
    ModelVisionLimits,
    PermissionHandler,
    PingResponse,
    SessionContext,
    SessionLifecycleEvent,
    SessionListFilter,
    SessionMetadata,
    StopError,
    Tool,
    ToolInvocation,
)

MODEL: dict[str, Any] = {
    "id": "gpt-5",
    "name": "GPT-5",
    "capabilities": {
        "supports": {"vision": True, "reasoningEffort": True},
        "limits": {
            "max_prompt_tokens": 10,
            "max_context_window_tokens": 20,
            "vision": {"supported_media_types": ["image/png"], "max_prompt_images": 1},
        },
    },
    "policy": {"state": "enabled", "terms": "…"},
    "billing": {"multiplier": 1.5},
    "supportedReasoningEfforts": ["low"],
    "defaultReasoningEffort": "low",
}


def test_every_name_that_is_offered_is_there() -> None:
    assert [name for name in types.__all__ if not hasattr(types, name)] == []


def test_annotations_of_dicts_can_be_resolved() -> None:
    dicts = [kind for kind in vars(types).values() if hasattr(kind, "__required_keys__")]
    assert len(dicts) > 40
    for kind in dicts:
        assert typing.get_type_hints(kind)
    assert types.MessageOptions.__required_keys__ == {"prompt"}
    assert types.FileAttachment.__required_keys__ == {"type", "path"}
    assert "on_elicitation_request" in types.SessionConfig.__optional_keys__


def test_ping_of_either_protocol() -> None:
    old = PingResponse.from_dict({"message": "pong: a", "timestamp": 1767323045678, "protocolVersion": 2})
    new = PingResponse.from_dict(
        {"message": "pong: a", "timestamp": "2026-01-02T03:04:05.678Z", "protocolVersion": 3}
    )
    for response in (old, new):
        assert response.timestamp == response["timestamp"] == 1767323045678
        assert type(response.timestamp) is int
    assert (new.protocolVersion, new.protocol_version, old.message) == (3, 3, "pong: a")
    assert type(PingResponse.from_dict({**old.to_dict(), "timestamp": 5.0}).timestamp) is int
    with pytest.raises(ValueError) as raised:
        PingResponse.from_dict({"message": "a"})
    assert str(raised.value) == (
        "Missing required fields in PingResponse: message=a, timestamp=None, protocolVersion=None"
    )


def test_status() -> None:
    status = GetStatusResponse.from_dict({"version": "1.0.0", "protocolVersion": 2})
    assert (status.version, status.protocolVersion) == ("1.0.0", 2)
    signed_in = GetAuthStatusResponse.from_dict({"isAuthenticated": True, "authType": "user", "login": "me"})
    assert (signed_in.isAuthenticated, signed_in.is_authenticated, signed_in.login) == (True, True, "me")
    assert signed_in.host is None and signed_in.statusMessage is None
    with pytest.raises(
        ValueError, match=r"^Missing required field 'isAuthenticated' in GetAuthStatusResponse$"
    ):
        GetAuthStatusResponse.from_dict({})


def test_a_model() -> None:
    model = ModelInfo.from_dict(MODEL)
    assert model.capabilities.supports.reasoning_effort is True
    assert model.capabilities.limits.max_context_window_tokens == 20
    assert model.capabilities.limits.vision is not None
    assert model.capabilities.limits.vision.max_prompt_images == 1
    assert model.policy is not None and model.policy.state == "enabled"
    assert model.billing is not None and model.billing.multiplier == 1.5
    assert (model.supported_reasoning_efforts, model.default_reasoning_effort) == (["low"], "low")
    assert model.to_dict() == MODEL


def test_a_model_without_what_is_optional() -> None:
    model = ModelInfo.from_dict({**{key: MODEL[key] for key in ("id", "name", "capabilities")}, "policy": {}})
    assert model.policy is None and model.billing is None and model.supported_reasoning_efforts is None


def test_models_of_newer_servers_lack_what_was_required() -> None:
    model = ModelInfo.from_dict(
        {
            "id": "a",
            "name": "A",
            "capabilities": {"supports": {}, "limits": {}},
            "billing": {"tokenPrices": {}},
        }
    )
    assert not model.capabilities.supports.vision and not model.capabilities.supports.reasoning_effort
    assert model.billing is not None and model.billing.multiplier is None


@pytest.mark.parametrize(
    ("read", "wire", "text"),
    [
        (ModelInfo, {"id": "a"}, "Missing required fields in ModelInfo: id=a, name=None, capabilities=None"),
        (
            ModelInfo,
            {"id": "a", "name": "b", "capabilities": {}},
            "Missing required fields in ModelCapabilities: supports=None, limits=None",
        ),
        (
            ModelInfo,
            {**MODEL, "policy": {"state": "x"}},
            "Missing required fields in ModelPolicy: state=x, terms=None",
        ),
        (ModelSupports, {}, "Missing required field 'vision' in ModelSupports"),
        (ModelBilling, {}, "Missing required field 'multiplier' in ModelBilling"),
        (SessionContext, {}, "Missing required field 'cwd' in SessionContext"),
        (
            SessionMetadata,
            {"sessionId": "s", "startTime": "t"},
            "Missing required fields in SessionMetadata: sessionId=s, startTime=t, modifiedTime=None, "
            "isRemote=None",
        ),
        (StopError, {}, "Missing required field 'message' in StopError"),
    ],
)
def test_what_is_missing_is_named(read: Any, wire: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:
        read.from_dict(wire)
    assert str(raised.value) == text


def test_models_that_are_made_by_hand() -> None:
    limits = ModelLimits(max_prompt_tokens=1, vision=ModelVisionLimits(max_prompt_images=2))
    capabilities = ModelCapabilities(supports=ModelSupports(vision=False), limits=limits)
    assert ModelInfo("a", "A", capabilities).to_dict() == {
        "id": "a",
        "name": "A",
        "capabilities": {
            "supports": {"vision": False, "reasoningEffort": False},
            "limits": {"max_prompt_tokens": 1, "vision": {"max_prompt_images": 2}},
        },
    }


def test_a_session() -> None:
    wire = {
        "sessionId": "s",
        "startTime": "2026-01-02T03:04:05Z",
        "modifiedTime": "2026-01-02T03:04:06Z",
        "isRemote": False,
        "context": {"cwd": "/src", "gitRoot": "/"},
    }
    session = SessionMetadata.from_dict(wire)
    assert session.session_id == session.sessionId == "s"
    assert session.startTime == "2026-01-02T03:04:05Z" and session.is_remote is False
    assert session.summary is None
    assert session.context is not None and session.context.git_root == session.context.gitRoot == "/"
    assert SessionMetadata.from_dict({**wire, "context": {}}).context is None
    assert SessionListFilter(repository="a/b").to_dict() == {"repository": "a/b"}


def test_a_lifecycle_event_is_read_whatever_it_lacks() -> None:
    event = SessionLifecycleEvent.from_dict({"type": "session.created", "sessionId": "s", "metadata": {}})
    assert (event.type, event.sessionId, event.session_id, event.metadata) == (
        "session.created",
        "s",
        "s",
        None,
    )
    assert (SessionLifecycleEvent.from_dict({}).type, SessionLifecycleEvent.from_dict({}).sessionId) == (
        "session.updated",
        "",
    )
    told = SessionLifecycleEvent.from_dict({"metadata": {"startTime": "t", "summary": "x"}}).metadata
    assert told is not None and (told.startTime, told.modifiedTime, told.summary) == ("t", "", "x")


def test_a_command() -> None:
    wire = {"sessionId": "s", "command": "/deploy now", "commandName": "deploy", "args": "now"}
    context = CommandContext.from_dict(wire)
    assert (context.session_id, context.command_name, context.args) == ("s", "deploy", "now")


def test_a_stop_error() -> None:
    error = StopError("it failed")
    assert error == StopError.from_dict({"message": "it failed"}) and error != StopError("else")
    assert error.to_dict() == {"message": "it failed"} and str(error) == error.message == "it failed"
    assert isinstance(error, CopilotError) and hash(error) == hash(StopError("it failed"))
    assert repr(error) == "StopError(message='it failed')"
    with pytest.raises(StopError):
        raise error


def test_an_invocation_has_keys_and_attributes() -> None:
    invocation = ToolInvocation(session_id="s", tool_call_id="c", tool_name="t", arguments={"id": "1"})
    assert invocation["arguments"]["id"] == invocation.arguments["id"] == "1"
    assert invocation == {"session_id": "s", "tool_call_id": "c", "tool_name": "t", "arguments": {"id": "1"}}
    invocation.agent_id = "a"
    assert invocation["agent_id"] == "a"
    del invocation.agent_id
    with pytest.raises(AttributeError, match="no 'agent_id', only: session_id, tool_call_id"):
        _ = invocation.agent_id
    with pytest.raises(AttributeError):
        del invocation.agent_id
    assert hasattr(invocation, "items") and not hasattr(invocation, "nothing")


def test_permission_handlers() -> None:
    assert PermissionHandler.approve_all({"kind": "shell"}, {"session_id": "s"}) == {"kind": "approved"}
    assert PermissionHandler.approve_all({"kind": "shell"}) == {"kind": "approved"}
    managed: Any = {"kind": "shell", "managedApprovalRequired": True}
    assert PermissionHandler.approve_all(managed) == {"kind": "no-result"}
    assert PermissionHandler.deny_all({"kind": "shell"}, {"session_id": "s"}) == {"kind": "denied-by-rules"}


def test_a_tool_whose_handler_cannot_be_called_is_refused() -> None:
    def three(a: Any, b: Any, c: Any) -> None: ...

    def keyword(a: Any, *, key: Any) -> None: ...

    with pytest.raises(TypeError, match=r"the handler of the tool 'x', .*three\(\), needs 3 arguments, but"):
        Tool("x", "", three)
    with pytest.raises(TypeError, match=r"tool 'x', .*keyword\(\), needs the keyword 'key'"):
        Tool("x", "", keyword)
    with pytest.raises(TypeError, match="tool 'x' has to be a function or a coroutine function, not str"):
        Tool("x", "", "f")  # type: ignore[arg-type]
    assert Tool("x", "d", lambda: None) != Tool("x", "d", lambda: None)
    tool = Tool(name="x", description="d", handler=print)
    assert (tool.parameters, tool.overrides_built_in_tool, tool.skip_permission) == (None, False, False)
