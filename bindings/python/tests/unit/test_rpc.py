"""The methods of the server as attributes: what goes over the wire, and what comes back."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from copilot import rpc
from copilot.errors import JsonRpcError
from copilot.generated import rpc as generated
from copilot.generated import session_events
from copilot.rpc import (
    AgentElement,
    Mode,
    PingParams,
    ServerRpc,
    SessionAgentGetCurrentResult,
    SessionAgentSelectParams,
    SessionModeSetParams,
    SessionPlanUpdateParams,
    SessionRpc,
    SessionWorkspaceCreateFileParams,
    ToolsListParams,
)
from copilot.sdk_protocol_version import SDK_PROTOCOL_VERSION, get_sdk_protocol_version


class Server:
    """Answers every method with what is given, and knows what it was asked."""

    def __init__(self, answer: Any = None, refusals: Optional[dict[str, int]] = None) -> None:
        self.answer = answer
        self.refusals = refusals or {}
        self.asked: list[tuple[Any, ...]] = []

    async def request(self, method: str, params: dict[str, Any], **limit: Any) -> Any:
        self.asked.append((method, dict(params), limit) if limit else (method, dict(params)))
        if method in self.refusals:
            raise JsonRpcError(self.refusals[method], "no")
        return self.answer


async def test_methods_of_the_server() -> None:
    server = Server({"message": "pong: a", "protocolVersion": 3, "timestamp": "2026-01-02T03:04:05.678Z"})
    pong = await ServerRpc(server).ping(PingParams(message="a"))
    assert (pong.message, pong.protocol_version, pong.timestamp) == ("pong: a", 3, 1767323045678)
    server.answer = {"models": [{"id": "a", "name": "A", "capabilities": {"limits": {}, "supports": {}}}]}
    models = (await ServerRpc(server).models.list()).models
    assert [model.id for model in models] == ["a"]
    assert models[0].capabilities.limits.max_context_window_tokens is None
    server.answer = {"tools": [{"name": "bash", "description": "d", "namespacedName": "x/bash"}]}
    tools = await ServerRpc(server).tools.list(ToolsListParams())
    assert tools.tools[0].namespaced_name == "x/bash"
    server.answer = {"quotaSnapshots": {"chat": {"usedRequests": 5, "resetDate": "soon"}}}
    quota = await ServerRpc(server).account.get_quota(timeout=3)
    assert quota.quota_snapshots["chat"].used_requests == 5
    assert server.asked == [
        ("ping", {"message": "a"}),
        ("models.list", {}),
        ("tools.list", {}),
        ("account.getQuota", {}, {"timeout": 3}),
    ]


SESSION_CALLS: list[tuple[Any, str, dict[str, Any], dict[str, Any]]] = [
    (lambda s: s.model.get_current(), "model.getCurrent", {}, {"modelId": "m"}),
    (lambda s: s.model.switch_to(model_id="m"), "model.switchTo", {"modelId": "m"}, {"modelId": "m"}),
    (lambda s: s.mode.get(), "mode.get", {}, {"mode": "plan"}),
    (
        lambda s: s.mode.set(SessionModeSetParams(mode=Mode.PLAN)),
        "mode.set",
        {"mode": "plan"},
        {"mode": "plan"},
    ),
    (lambda s: s.plan.read(), "plan.read", {}, {"exists": False}),
    (lambda s: s.plan.update(SessionPlanUpdateParams("# x")), "plan.update", {"content": "# x"}, {}),
    (lambda s: s.plan.delete(), "plan.delete", {}, {}),
    (lambda s: s.workspace.list_files(), "workspace.listFiles", {}, {"files": ["a"]}),
    (lambda s: s.workspace.read_file({"path": "a"}), "workspace.readFile", {"path": "a"}, {"content": "x"}),
    (
        lambda s: s.workspace.create_file(SessionWorkspaceCreateFileParams("x", "a")),
        "workspace.createFile",
        {"content": "x", "path": "a"},
        {},
    ),
    (lambda s: s.fleet.start(prompt=None), "fleet.start", {}, {"started": True}),
    (lambda s: s.agent.list(), "agent.list", {}, {"agents": []}),
    (lambda s: s.agent.get_current(), "agent.getCurrent", {}, {"agent": None}),
    (
        lambda s: s.agent.select(SessionAgentSelectParams("a")),
        "agent.select",
        {"name": "a"},
        {"agent": {"name": "a"}},
    ),
    (lambda s: s.agent.deselect(), "agent.deselect", {}, {}),
    (
        lambda s: s.compaction.compact(),
        "compaction.compact",
        {},
        {"success": True, "tokensRemoved": 1, "messagesRemoved": 2},
    ),
]


@pytest.mark.parametrize(("call", "method", "params", "answer"), SESSION_CALLS)
async def test_methods_of_a_session(call: Any, method: str, params: Any, answer: Any) -> None:
    server = Server(answer)
    result = await call(SessionRpc(server, "s"))
    assert server.asked == [("session." + method, {**params, "sessionId": "s"})]
    namespace, _, verb = method.partition(".")
    words = f"Session{namespace[0].upper()}{namespace[1:]}{verb[0].upper()}{verb[1:]}Result"
    assert type(result).__name__ == words
    assert result.to_dict() == answer


async def test_what_results_hold() -> None:
    server = Server({"mode": "plan"})
    mode = (await SessionRpc(server, "s").mode.get()).mode
    assert mode is Mode.PLAN and mode in ("plan",)
    server.answer = {"mode": "turbo"}
    assert (await SessionRpc(server, "s").mode.get()).mode == "turbo"
    server.answer = None
    assert (await SessionRpc(server, "s").plan.delete()).to_dict() == {}
    server.answer = {"agents": [{"name": "a", "displayName": "A", "description": "d"}]}
    agents = (await SessionRpc(server, "s").agent.list()).agents
    assert agents == [AgentElement(description="d", display_name="A", name="a")]
    assert SessionAgentGetCurrentResult.from_dict({"agent": None}).agent is None
    server.answer = {}
    with pytest.raises(ValueError, match="Missing required field 'files'"):
        await SessionRpc(server, "s").workspace.list_files()


async def test_every_other_method() -> None:
    server = Server({"someThing": {"itsName": "x"}})
    answer = await ServerRpc(server).mcp.config.add(
        {"name": "x", "some_key": None}, server_name="y", last=None
    )
    assert answer.some_thing.its_name == "x"
    server.answer = ["plain", {"a_b": 1}]
    listed = await SessionRpc(server, "s").tasks.start_agent(prompt="p")
    assert listed[0] == "plain" and listed[1].a_b == 1
    server.answer = None
    assert await SessionRpc(server, "s").abort() is None
    assert await SessionRpc(server, "s").model.set_reasoning_effort(PingParams("m"), timeout=1) is None
    assert await ServerRpc(server).runtime.shutdown() is None
    assert server.asked == [
        ("mcp.config.add", {"name": "x", "some_key": None, "serverName": "y", "last": None}),
        ("session.tasks.startAgent", {"prompt": "p", "sessionId": "s"}),
        ("session.abort", {"sessionId": "s"}),
        ("session.model.setReasoningEffort", {"message": "m", "sessionId": "s"}, {"timeout": 1}),
        ("runtime.shutdown", {}),
    ]


@pytest.mark.parametrize("reply", [None, {"status": "unchanged", "modeApplied": True}])
async def test_the_mode_as_newer_servers_tell_it(reply: Any) -> None:
    class Newer(Server):
        async def request(self, method: str, params: dict[str, Any], **limit: Any) -> Any:
            await super().request(method, params, **limit)
            return "plan" if method == "session.mode.get" else reply

    server = Newer()
    session = SessionRpc(server, "s")
    assert (await session.mode.get()).mode is Mode.PLAN
    result = await session.mode.set(SessionModeSetParams(Mode.PLAN))
    assert result.mode is Mode.PLAN and result.to_dict() == {**(reply or {}), "mode": "plan"}
    assert [method for method, _ in server.asked[1:]] == ["session.mode.set", "session.mode.get"]


async def test_parameters_are_left_as_they_were() -> None:
    params, record = {"path": "a"}, SessionPlanUpdateParams("x")
    await SessionRpc(Server({"content": ""}), "s").workspace.read_file(params)
    await SessionRpc(Server(), "s").plan.update(record)
    assert params == {"path": "a"} and record.to_dict() == {"content": "x"}


async def test_parameters_in_either_spelling_and_beside_each_other() -> None:
    server = Server({})
    await SessionRpc(server, "s").model.switch_to({"model_id": "m"}, reasoning_effort="high")
    await SessionRpc(server, "s").model.switch_to({"modelId": "m", "reasoningEffort": None})
    assert server.asked == [
        ("session.model.switchTo", {"modelId": "m", "reasoningEffort": "high", "sessionId": "s"}),
        ("session.model.switchTo", {"modelId": "m", "sessionId": "s"}),
    ]
    with pytest.raises(TypeError, match="a dict, a record or keywords, not str"):
        await ServerRpc(server).ping("a")  # type: ignore[arg-type]


async def test_methods_that_newer_servers_call_otherwise() -> None:
    server = Server({"files": []}, {"session.workspace.listFiles": -32601})
    assert (await SessionRpc(server, "s").workspace.list_files(timeout=2)).files == []
    assert [method for method, *_ in server.asked] == [
        "session.workspace.listFiles",
        "session.workspaces.listFiles",
    ]
    assert server.asked[0][1:] == server.asked[1][1:] == ({"sessionId": "s"}, {"timeout": 2})


@pytest.mark.parametrize(("method", "code"), [("session.workspace.listFiles", -32603), ("session.x", -32601)])
async def test_refusals(method: str, code: int) -> None:
    server = Server({"files": []}, {method: code})
    session = SessionRpc(server, "s")
    with pytest.raises(JsonRpcError) as raised:
        await (session.x() if method == "session.x" else session.workspace.list_files())
    assert raised.value.code == code and len(server.asked) == 1


def test_namespaces_have_no_private_attributes() -> None:
    namespace = ServerRpc(Server()).anything
    assert not hasattr(namespace, "_private") and not hasattr(namespace, "__wrapped__")
    assert repr(namespace.some_method) == "<the methods anything.someMethod>"


def test_the_import_paths_of_the_official_sdk() -> None:
    assert generated.PingParams is PingParams and generated.Mode is rpc.Mode
    assert set(generated.__all__) == set(rpc.__all__)
    assert generated.ping_params_from_dict({"message": "a"}) == PingParams("a")
    record = generated.session_mode_set_params_from_dict({"mode": "plan"})
    assert generated.session_mode_set_params_to_dict(record) == {"mode": "plan"}
    with pytest.raises(AttributeError, match="has no attribute 'nothing_from_dict'"):
        _ = generated.nothing_from_dict
    assert all(hasattr(session_events, name) for name in session_events.__all__)
    assert get_sdk_protocol_version() == SDK_PROTOCOL_VERSION == 2
