"""A session's options as Python has them, and what becomes of them: the wire's parameters, and handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ._calling import fitting
from ._questions import OPTIONS, Questions, hook_type, section_handlers
from ._record import camel, to_wire
from .errors import InvalidArgumentError
from .types import CommandDefinition, Tool

# Where the wire's name is not the option's in another spelling.
_WIRE_NAMES = {
    "config_directory": "configDir",
    "enable_experimental_mode": "isExperimentalMode",
    "enable_mcp_apps": "requestMcpApps",
    "github_token": "gitHubToken",
}

# Options that stay in Python: handlers, and what holds some.
_HANDLERS = ("commands", "hooks", "methods", "on_event", "tools", *OPTIONS)

_FLAGS = {
    "on_user_input_request": "requestUserInput",
    "on_elicitation_request": "requestElicitation",
    "on_exit_plan_mode_request": "requestExitPlanMode",
    "on_auto_mode_switch_request": "requestAutoModeSwitch",
}


def wire_params(config: Mapping[str, Any], questions: Questions) -> dict[str, Any]:
    """The parameters of session.create and session.resume. `questions` gets the handlers.

    Raises TypeError where a handler cannot be called, and ValueError where an option is not what it has to be.
    """
    params: dict[str, Any] = {"requestPermission": True, "envValueMode": "direct"}
    for option, value in config.items():
        if option not in _HANDLERS and value is not None:
            params[_WIRE_NAMES.get(option) or camel(option)] = to_wire(value)
    _take_handlers(config, questions)
    params.update({flag: True for option, flag in _FLAGS.items() if config.get(option)})
    if questions.hooks:
        params["hooks"] = True
    if questions.commands:
        params["commands"] = [_command(command) for command in config["commands"]]
    if config.get("tools"):
        params["tools"] = [_definition(tool) for tool in questions.tools.values()]
    if "systemMessage" in params:
        params["systemMessage"], questions.sections = section_handlers(config["system_message"])
    if isinstance(params.get("mcpServers"), list):
        params["mcpServers"] = _by_name(params["mcpServers"])
    return params


def needs_model(params: Mapping[str, Any]) -> bool:
    """Whether a provider was given and no model. The server makes such a session, and can do nothing with it."""
    return bool(params.get("provider")) and not params.get("model")


def _take_handlers(config: Mapping[str, Any], questions: Questions) -> None:
    for option, kind in OPTIONS.items():
        handler = _callable(option, config.get(option))
        if handler is not None:
            questions.handlers[kind] = handler
    for option, hook in _given(config, "hooks", dict).items():
        if not option.startswith("on_"):
            raise InvalidArgumentError(f'hooks has no key "{option}": their names begin with "on_"')
        handler = _callable(f'hooks["{option}"]', hook)
        if handler is not None:
            questions.hooks[hook_type(option)] = handler
    for tool in _given(config, "tools", list):
        if not isinstance(tool, Tool):
            raise InvalidArgumentError(f"tools holds {tool!r}: make it with define_tool() or Tool()")
        if tool.name in questions.tools:
            raise InvalidArgumentError(f"two tools have the name {tool.name!r}")
        questions.tools[tool.name] = tool
    for command in _given(config, "commands", list):
        if not isinstance(command, CommandDefinition):
            raise InvalidArgumentError(f"commands holds {command!r}: make it with CommandDefinition()")
        questions.commands[command.name] = command.handler
    for method, handler in _given(config, "methods", dict).items():
        questions.methods[method] = _callable(f'methods["{method}"]', handler) or _nobody


def _given(config: Mapping[str, Any], option: str, kind: type) -> Any:
    """An option that is a dict or a list; an empty one where it is not given."""
    value = config.get(option)
    if value is None:
        return kind()
    if not isinstance(value, (kind, tuple) if kind is list else kind):
        raise InvalidArgumentError(f"{option} is a {kind.__name__}, not {type(value).__name__}")
    return value


def _callable(option: str, handler: Any) -> Any:
    """A handler that can be called with a question, and perhaps with the invocation; TypeError names another one."""
    if handler is not None:
        fitting(handler, ("request", "invocation"), f"the handler {option}")
    return handler


def _nobody(_: Any) -> None:
    """Answers null."""


def _definition(tool: Tool) -> dict[str, Any]:
    """A tool as the server is told of it."""
    definition: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters:
        definition["parameters"] = tool.parameters
    if tool.overrides_built_in_tool:
        definition["overridesBuiltInTool"] = True
    if tool.skip_permission:
        definition["skipPermission"] = True
    if tool.is_terminal:
        definition["isTerminal"] = True
    if tool.defer is not None:
        definition["defer"] = tool.defer
    if tool.metadata is not None:
        definition["metadata"] = tool.metadata
    return definition


def _command(command: CommandDefinition) -> dict[str, str]:
    """A slash command as the server is told of it."""
    return {"name": command.name, "description": command.description or ""}


def _by_name(servers: list[dict[str, Any]]) -> dict[str, Any]:
    """MCP servers as a list, each with its name, as the object by names that the wire has."""
    named = {}
    for server in servers:
        name: Optional[str] = server.get("name") if isinstance(server, dict) else None
        if not name:
            raise InvalidArgumentError(
                "each of the mcp_servers in a list needs a name; or give a dict by names"
            )
        named[name] = {key: value for key, value in server.items() if key != "name"}
    return named
