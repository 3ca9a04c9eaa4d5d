"""The server's questions: which handler is asked, how it is called, and what is answered.

Handlers are functions or coroutine functions of the program's. They run on the event loop, one task for each question;
when a question is withdrawn, because the turn was aborted or another client answered, its task is cancelled.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable
from typing import Any, Callable, Optional

from ._delivery import Request
from ._native import dump_json
from ._record import camel, to_wire
from .errors import CopilotError, InvalidArgumentError
from .tools import _normalize_result, call_tool_handler, failure, takes
from .types import CommandContext, Tool, ToolInvocation

log = logging.getLogger("copilot")

TOOL = 1
PERMISSION = 2
USER_INPUT = 3
ELICITATION = 4
HOOK = 5
COMMAND = 6
EXIT_PLAN_MODE = 7
AUTO_MODE_SWITCH = 8
SYSTEM_MESSAGE = 9
MCP_OAUTH = 10

# The option of a session that answers a kind of question.
OPTIONS = {
    "on_permission_request": PERMISSION,
    "on_user_input_request": USER_INPUT,
    "on_elicitation_request": ELICITATION,
    "on_exit_plan_mode_request": EXIT_PLAN_MODE,
    "on_auto_mode_switch_request": AUTO_MODE_SWITCH,
    "on_mcp_auth_request": MCP_OAUTH,
}

DENIED = {"kind": "denied-no-approval-rule-and-could-not-request-from-user"}

Handler = Callable[..., Any]


def unsupported(tool: str) -> dict[str, Any]:
    """The result of a tool that the session does not have."""
    return {
        "textResultForLlm": f"Tool '{tool}' is not supported.",
        "resultType": "failure",
        "error": f"tool '{tool}' not supported",
        "toolTelemetry": {},
    }


NO_RESULT = {
    "textResultForLlm": "Tool returned no result.",
    "resultType": "failure",
    "error": "tool returned no result",
    "toolTelemetry": {},
}


async def settled(result: Any) -> Any:
    """What a handler returned, or what it yields when it is awaited."""
    return await result if inspect.isawaitable(result) else result


def hook_type(option: str) -> str:
    """`on_pre_tool_use` as the wire calls the hook: `preToolUse`."""
    return camel(option[len("on_") :])


class Questions:
    """The handlers of one session."""

    def __init__(self, session_id: str) -> None:
        self._invocation = {"session_id": session_id}
        self.tools: dict[str, Tool] = {}
        self.handlers: dict[int, Handler] = {}
        self.hooks: dict[str, Handler] = {}
        self.commands: dict[str, Handler] = {}
        self.sections: dict[str, Handler] = {}
        self.methods: dict[str, Handler] = {}

    def kinds(self) -> list[int]:
        """The kinds of questions that have a handler, tools aside."""
        kinds = list(self.handlers)
        for kind, handlers in ((HOOK, self.hooks), (COMMAND, self.commands), (SYSTEM_MESSAGE, self.sections)):
            if handlers:
                kinds.append(kind)
        if self.tools and PERMISSION not in kinds:
            kinds.append(PERMISSION)
        return kinds

    def clear(self) -> None:
        """Forgets all handlers."""
        for handlers in (self.tools, self.hooks, self.commands, self.sections, self.methods):
            handlers.clear()
        self.handlers.clear()

    async def answer(self, request: Request) -> None:
        """Asks the handler and answers. A question that was withdrawn meanwhile needs no answer any more."""
        try:
            answer = await self._ask(request)
        except Exception as error:
            log.warning("the handler of %s failed", request.method, exc_info=True)
            reason = str(error) or type(error).__name__
            self._send(request, lambda: request.fail(reason))
            return
        self._send(request, lambda: request.respond(self._encoded(request, answer)))

    @staticmethod
    def _encoded(request: Request, answer: Any) -> bytes:
        try:
            return dump_json(to_wire(answer))
        except (TypeError, ValueError) as error:
            if request.kind == TOOL:
                return dump_json(failure(f"Failed to serialize tool result: {error}"))
            raise InvalidArgumentError(f"the answer to {request.method} is no JSON: {error}") from error

    @staticmethod
    def _send(request: Request, send: Callable[[], None]) -> None:
        """An answer that is refused is the handler's mistake: it is logged, and the question gets its default."""
        try:
            send()
        except CopilotError as error:
            if error.status not in ("COPILOT_E_CANCELLED", "COPILOT_E_CLOSED"):
                log.error("the answer to %s was refused: %s", request.method, error)

    async def _ask(self, request: Request) -> Any:
        ask = _ASK.get(request.kind)
        if ask is not None:
            return await ask(self, request.params)
        handler = self.handlers.get(request.kind) or self.methods.get(request.method)
        if handler is None:
            handler = next(
                (self.methods[name] for name in self.methods if _covers(name, request.method)), None
            )
        if handler is None:
            raise LookupError(f"no handler for {request.method}")
        return await self.call(handler, request.params)

    async def call(self, handler: Handler, question: Any) -> Any:
        """Calls a handler with the question, and with the invocation if it takes two."""
        arguments = (question, dict(self._invocation)) if takes(handler, 2) else (question,)
        return await settled(handler(*arguments))

    # ---- one kind each ----

    async def tool(self, params: dict[str, Any]) -> Any:
        """Runs a tool and returns its result, whatever becomes of it."""
        tool = self.tools.get(params["toolName"])
        if tool is None:
            return unsupported(params["toolName"])
        invocation = ToolInvocation(
            session_id=params["sessionId"],
            tool_call_id=params["toolCallId"],
            tool_name=params["toolName"],
            arguments=params.get("arguments"),
        )
        try:
            result = await settled(call_tool_handler(tool.handler, invocation))
            if result is None:
                return NO_RESULT
            if isinstance(result, dict) and "textResultForLlm" in result:
                return result
            return _normalize_result(result)
        except Exception as error:
            return failure(error)

    async def permission(self, params: dict[str, Any]) -> Any:
        """Asks whether something may be done. A handler that fails has not allowed it.

        Without a handler nothing is allowed but the session's own tools, which are functions of the program's.
        """
        if PERMISSION not in self.handlers:
            asked = params["permissionRequest"]
            own = asked.get("kind") == "custom-tool" and asked.get("toolName") in self.tools
            return {"kind": "approved"} if own else DENIED
        try:
            return await self.call(self.handlers[PERMISSION], params["permissionRequest"]) or DENIED
        except Exception:
            log.warning("the permission handler failed, and permission is denied", exc_info=True)
            return DENIED

    async def user_input(self, params: dict[str, Any]) -> Any:
        """Asks the user."""
        question = {
            "question": params.get("question", ""),
            "choices": params.get("choices") or [],
            "allowFreeform": params.get("allowFreeform", True),
        }
        return await self.call(self.handlers[USER_INPUT], question)

    async def elicitation(self, params: dict[str, Any]) -> Any:
        """Has a form filled in, or a page visited."""
        return await self.call(self.handlers[ELICITATION], {**self._invocation, **params})

    async def hook(self, params: dict[str, Any]) -> Any:
        """Runs a hook. One that fails has no opinion."""
        handler = self.hooks.get(params["hookType"])
        if handler is None:
            return None
        try:
            return await self.call(handler, params.get("input"))
        except Exception:
            log.warning("the hook %s failed", params["hookType"], exc_info=True)
            return None

    async def command(self, params: dict[str, Any]) -> Any:
        """Carries a slash command out."""
        handler = self.commands.get(params["commandName"])
        if handler is None:
            raise LookupError(f"no handler for the command {params['commandName']}")
        await self.call(
            handler, CommandContext.from_dict({**params, "sessionId": self._invocation["session_id"]})
        )
        return None

    async def system_message(self, params: dict[str, Any]) -> Any:
        """Rewrites sections of the system message. One whose function fails stays as it is."""
        rewritten = {}
        for name, section in params["sections"].items():
            if name not in self.sections:
                continue
            try:
                content = await settled(self.sections[name](section["content"]))
            except Exception:
                log.warning("the function for the section %s failed", name, exc_info=True)
                continue
            rewritten[name] = {"content": content}
        return {"sections": rewritten}


def _covers(pattern: str, method: str) -> bool:
    """Whether a handler for `sessionFs.*`, or for `*`, is one for this method."""
    return pattern == "*" or (pattern.endswith(".*") and method.startswith(pattern[:-1]))


_ASK: dict[int, Callable[[Questions, dict[str, Any]], Awaitable[Any]]] = {
    TOOL: Questions.tool,
    PERMISSION: Questions.permission,
    USER_INPUT: Questions.user_input,
    ELICITATION: Questions.elicitation,
    HOOK: Questions.hook,
    COMMAND: Questions.command,
    SYSTEM_MESSAGE: Questions.system_message,
}


def section_handlers(message: Any) -> tuple[Any, dict[str, Handler]]:
    """A system message without its functions, and these: sections whose action is a function are rewritten by it."""
    sections: Optional[dict[str, Any]] = message.get("sections") if isinstance(message, dict) else None
    if not sections:
        return message, {}
    handlers = {
        name: s["action"] for name, s in sections.items() if isinstance(s, dict) and callable(s.get("action"))
    }
    told = {name: {**s, "action": "transform"} if name in handlers else s for name, s in sections.items()}
    return {**message, "sections": told}, handlers
