--- Part of copilot.lua: sessions, and how a call becomes a method.

local ffi = require("ffi")

local N = ...
local lib, errors = N.lib, N.errors

--- Where copilot_<name>_<call>_async() is, and how its arguments are made.
function N.define(class, prefix, name, call, encoders, take, limit)
  local symbol = ("copilot_%s_%s_async"):format(prefix, call)
  encoders = encoders or {}
  class[name .. "_async"] = function(self, ...)
    local given, count = { ... }, #encoders
    local arguments = { self:_get() }
    for i, encoder in ipairs(encoders) do arguments[i + 1] = encoder(given[i]) end
    arguments[count + 5] = errors
    return N.begin(self._queue, lib[symbol](unpack(arguments, 1, count + 5)), take or N.take_json, self)
  end
  class[name] = function(self, ...)
    local timeout = select(#encoders + 1, ...)
    if timeout == nil then timeout = limit or N.timeout end
    return class[name .. "_async"](self, ...):wait(timeout)
  end
end

function N.take_json(op) return N.consume(N.checked(lib.copilot_op_take_result(op, errors))) end

function N.string_argument(value)
  if value == nil or type(value) == "string" then return value end
  error(N.failure(ffi.C.COPILOT_E_INVALID_ARGUMENT, "a string is wanted, not a " .. type(value)), 0)
end

--- The JSON text of an argument that may be missing.
function N.json_argument(value) if value ~= nil then return N.encode(value) end end

local function message_argument(value) return N.encode(type(value) == "string" and { prompt = value } or value) end

--- Adds a function for events; returns the one that takes it back.
function N.subscribe(self, type, fn)
  if fn == nil then type, fn = "*", type end
  local list = self._listeners[type] or {}
  self._listeners[type] = list
  list[#list + 1] = fn
  return function()
    for i, listener in ipairs(list) do
      if listener == fn then return table.remove(list, i) end
    end
  end
end

function N.subscribe_all(self, on_event)
  if type(on_event) == "function" then on_event = { ["*"] = on_event } end
  for name, fn in pairs(on_event or {}) do N.subscribe(self, name, fn) end
end

local QUESTIONS = {
  on_permission = { "permission", ffi.C.COPILOT_REQUEST_PERMISSION },
  on_user_input = { "userInput", ffi.C.COPILOT_REQUEST_USER_INPUT },
  on_elicitation = { "elicitation", ffi.C.COPILOT_REQUEST_ELICITATION },
  on_hook = { "hook", ffi.C.COPILOT_REQUEST_HOOK },
  on_command = { "command", ffi.C.COPILOT_REQUEST_COMMAND },
  on_exit_plan_mode = { "exitPlanMode", ffi.C.COPILOT_REQUEST_EXIT_PLAN_MODE },
  on_auto_mode_switch = { "autoModeSwitch", ffi.C.COPILOT_REQUEST_AUTO_MODE_SWITCH },
  on_system_message = { "systemMessage", ffi.C.COPILOT_REQUEST_SYSTEM_MESSAGE },
  on_mcp_oauth = { "mcpOauth", ffi.C.COPILOT_REQUEST_MCP_OAUTH },
}
local OWN = { tools = true, methods = true, on_event = true, queue = true }

local Session = N.handle({}, "session")

--- The session's id: known before the server is asked, for events may overtake its reply.
function N.new_id()
  local file = assert(io.open("/dev/urandom", "rb"))
  local hex = file:read(16):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  file:close()
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21))
end

--- What nobody hears must not be asked.
local function must_be_heard(session, fn, problem)
  if fn or session._queue.pulled then return end
  problem = problem .. "; only a session whose queue is of mode \"items\" can do without"
  error(N.failure(ffi.C.COPILOT_E_INVALID_ARGUMENT, problem), 0)
end

--- Declares a tool: all but `handler` is what the server is told.
local function add_tool(config, session, tool)
  local told = N.encode(N.without(tool, { handler = true }))
  N.succeeded(lib.copilot_session_config_add_tool(config, told, nil, nil, nil, errors))
  must_be_heard(session, tool.handler, ("the tool %s has no handler"):format(tool.name))
  session._tools[tool.name] = tool.handler
end

--- The configuration of the options; the functions go to the session. A question with `true` for a function comes by
-- queue:next().
local function configure(session, options)
  local told = N.without(N.without(options, OWN), QUESTIONS)
  local config = N.checked(lib.copilot_session_config_new(N.encode(told), errors))
  ffi.gc(config, lib.copilot_session_config_free)
  N.succeeded(lib.copilot_session_config_set_queue(config, session._queue:_get(), errors))
  session._tools, session._answers, session._methods = {}, {}, {}
  if options.on_event then
    session._listeners = {}
    N.subscribe_all(session, options.on_event)
  end
  for _, tool in ipairs(options.tools or {}) do add_tool(config, session, tool) end
  for name, question in pairs(QUESTIONS) do
    if options[name] then
      N.succeeded(lib.copilot_session_config_on_request(config, question[2], nil, nil, nil, errors))
      local fn = type(options[name]) == "function" and options[name]
      must_be_heard(session, fn, name .. " is no function")
      session._answers[question[1]] = fn or nil
    end
  end
  for name, fn in pairs(options.methods or {}) do
    N.succeeded(lib.copilot_session_config_on_method(config, name, nil, nil, nil, errors))
    session._methods[name] = fn
  end
  return config
end

--- Begins to open a session; its functions are in place before the server is asked.
function N.open(client, options, start)
  local queue = options.queue or client._queue
  local session = setmetatable({ _client = client, _queue = queue, _listeners = {} }, Session)
  local config = configure(session, options)
  local id = options.sessionId or options.session_id
  local former = queue._sessions[id]
  local op = N.begin(queue, start(config), function(ended)
    local pointer = lib.copilot_op_take_session(ended, errors)
    if pointer == nil then
      queue._sessions[id] = former
      error(N.take_error(), 0)
    end
    session:_own(pointer)
    return session
  end, session)
  queue._sessions[id] = session
  return op
end

local free_session = Session.free

--- Gives the session up: its functions are not called any more. The server keeps its data.
function Session:free()
  local id = self._pointer and self:id()
  if id and self._queue._sessions[id] == self then self._queue._sessions[id] = nil end
  free_session(self)
end

--- The session's id.
function Session:id() return N.text(lib.copilot_session_id(self:_get())) end

--- Where the session keeps its files; nil where the server has told none.
function Session:workspace_path() return N.text(lib.copilot_session_workspace_path(self:_get())) end

--- What is known of the session: its id, capabilities and so on.
function Session:info() return N.consume(N.checked(lib.copilot_session_info(self:_get(), errors))) end

--- session:on("assistant.message", fn), or session:on(fn) for all events. Returns a function that ends it.
Session.on = N.subscribe

--- The answer's text; nil when there is none.
local function take_answer(op)
  local result = N.take_json(op)
  return result.event and result.event.data.content
end

N.define(Session, "session", "ask", "send_and_wait", { message_argument }, take_answer, -1)
N.define(Session, "session", "send_and_wait", "send_and_wait", { message_argument }, nil, -1)
N.define(Session, "session", "send", "send", { message_argument })
N.define(Session, "session", "abort", "abort")
N.define(Session, "session", "disconnect", "disconnect")
N.define(Session, "session", "messages", "get_messages")
N.define(Session, "session", "set_model", "set_model", { N.string_argument, N.json_argument })
N.define(Session, "session", "call", "call", { N.string_argument, N.json_argument })
N.define(Session, "session", "confirm", "confirm", { N.string_argument }, nil, -1)
N.define(Session, "session", "select", "select", { N.string_argument, N.json_argument }, nil, -1)
N.define(Session, "session", "input", "input", { N.string_argument, N.json_argument }, nil, -1)

--- Changes the functions of a session together with what the server is told.
local function reconfigure(name)
  return function(self, options)
    local former = { self._tools, self._answers, self._methods, self._listeners }
    local function restore()
      self._tools, self._answers, self._methods, self._listeners = unpack(former)
    end
    local ok, config = pcall(configure, self, options)
    if not ok then
      restore()
      error(config, 0)
    end
    if name == "set_tools" then self._answers, self._methods = former[2], former[3] end
    local pointer = lib["copilot_session_" .. name .. "_async"](self:_get(), config, nil, nil, nil, errors)
    return N.begin(self._queue, pointer, function(op)
      local done, result = pcall(N.take_json, op)
      if done then return result end
      restore()
      error(result, 0)
    end, self)
  end
end

--- Opens a session again that was disconnected or lost, with options as client:session() takes them.
Session.reopen_async = reconfigure("reopen")
function Session:reopen(options, timeout) return self:reopen_async(options or {}):wait(timeout or N.timeout) end

--- Replaces the tools by these, a list as in client:session().
local set_tools = reconfigure("set_tools")
function Session:set_tools_async(tools) return set_tools(self, { tools = tools }) end
function Session:set_tools(tools, timeout) return self:set_tools_async(tools):wait(timeout or N.timeout) end
