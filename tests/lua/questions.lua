package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot

local function asked(method, params) return { request = { method = method, params = params } } end
local function announced(type, data) return { event_question = { type = type, data = data } } end

--- Each kind: how the fake asks, the option, what is asked, an answer, what is sent for it, and what for no answer.
local KINDS = {
  { name = "permission", action = { permission = { kind = "shell", fullCommandText = "ls" } },
    option = "on_permission", member = { "permissionRequest", "fullCommandText" }, text = "ls",
    answer = true, sent = "approve-once", unanswered = "user-not-available" },
  { name = "userInput", action = asked("userInput.request", { question = "Which?", choices = { "a", "b" } }),
    option = "on_user_input", member = { "question" }, text = "Which?",
    answer = "b", sent = '"answer":"b"', unanswered = '"error"' },
  { name = "elicitation", action = announced("elicitation.requested", { message = "Name?", mode = "form" }),
    option = "on_elicitation", member = { "message" }, text = "Name?",
    answer = { action = "accept", content = { name = "Ada" } }, sent = '"Ada"', unanswered = '"cancel"' },
  { name = "hook", action = asked("hooks.invoke", { hookType = "preToolUse", input = { toolName = "bash" } }),
    option = "on_hook", member = { "hookType" }, text = "preToolUse",
    answer = { permissionDecision = "deny" }, sent = '"permissionDecision":"deny"', unanswered = '"result"' },
  { name = "command", action = announced("command.execute", { command = "/go now", commandName = "go", args = "now" }),
    option = "on_command", member = { "commandName" }, text = "go",
    answer = true, sent = "requestId", unanswered = '"error"' },
  { name = "exitPlanMode", action = asked("exitPlanMode.request", { summary = "Steps", actions = copilot.array() }),
    option = "on_exit_plan_mode", member = { "summary" }, text = "Steps",
    answer = { approved = false, feedback = "Too many" }, sent = "Too many", unanswered = '"approved":true' },
  { name = "autoModeSwitch", action = asked("autoModeSwitch.request", { errorCode = "busy" }),
    option = "on_auto_mode_switch", member = { "errorCode" }, text = "busy",
    answer = "yes", sent = '"response":"yes"', unanswered = '"response":"no"' },
  { name = "systemMessage", action = asked("systemMessage.transform", { sections = { tone = { content = "curt" } } }),
    option = "on_system_message", member = { "sections", "tone", "content" }, text = "curt",
    answer = { sections = { tone = { content = "kind" } } }, sent = '"kind"', unanswered = '"curt"' },
  { name = "mcpOauth", action = announced("mcp.oauth_required", { serverName = "tickets", serverUrl = "http://t" }),
    option = "on_mcp_oauth", member = { "serverName" }, text = "tickets",
    answer = { kind = "token", accessToken = "abc123" }, sent = "abc123", unanswered = '"cancelled"' },
}

--- Plays one question to a session with these options, and returns what was answered, as text.
local function play(action, options)
  local client, records = T.client { turns = { { action, { text = "done" } } } }
  local session = client:session(options)
  T.equal("done", session:ask("p", T.patience))
  return copilot.encode(T.record(records, '"answered"'))
end

local tests = {}

for _, kind in ipairs(KINDS) do
  local function check(request)
    T.equal(kind.name, request.kind)
    local value = request.params
    for _, name in ipairs(kind.member) do value = value[name] end
    T.equal(kind.text, value)
  end

  tests[kind.name .. "_answered"] = function()
    T.has(play(kind.action, { [kind.option] = function(request)
      check(request)
      return kind.answer
    end }), kind.sent)
  end

  tests[kind.name .. "_later"] = function()
    local client, records = T.client { turns = { { kind.action, { text = "done" } } } }
    local kept
    local session = client:session { [kind.option] = function(request)
      request:later()
      kept = request
    end }
    local turn = session:ask_async("p")
    T.wait_for(client:queue(), function() return kept end, "a question")
    kept:respond(kind.answer)
    T.equal("done", turn:wait(T.patience))
    T.fails("COPILOT_E_INVALID_STATE", kept.respond, kept, kind.answer)
    T.has(copilot.encode(T.record(records, '"answered"')), kind.sent)
  end

  tests[kind.name .. "_unanswered"] = function()
    T.has(play(kind.action, { [kind.option] = function() end }), kind.unanswered)
  end

  tests[kind.name .. "_with_an_error"] = function()
    local client, records = T.client { turns = { { kind.action, { text = "done" } } } }
    local session = client:session { [kind.option] = function() error("broken", 0) end }
    local turn = session:ask_async("p")
    local ok, why = pcall(turn.wait, turn, T.patience)
    assert(not ok and why == "broken", tostring(why))
    T.equal("done", turn:wait(T.patience))
    assert(T.record(records, '"answered"'))
  end
end

local function with_tool(handler)
  return play({ tool = { name = "look", arguments = { path = "a", depth = 2 } } },
    { tools = { { name = "look", handler = handler } } })
end

function tests.tools()
  T.has(with_tool(function(arguments, request)
    T.equal({ path = "a", depth = 2 }, arguments)
    T.equal("look", request.tool)
    return "seen"
  end), '"seen"')
  T.has(with_tool(function() return { rows = { 1, 2 } } end), [[{\"rows\":[1,2]}]])
  T.has(with_tool(function() return 42 end), "42")
  T.has(with_tool(function() return { textResultForLlm = "no", resultType = "denied" } end), '"denied"')
  T.has(with_tool(function() error("no such file", 0) end), "no such file")
  T.has(with_tool(function() error({}) end), "table")
  T.has(with_tool(function() return print end), "cannot be said in JSON")
  T.has(with_tool(function() end), "returned nothing")
  T.has(with_tool(function(_, request) request:fail("not today") end), "not today")
end

function tests.a_tool_that_is_dropped_by_the_collector()
  local dropped
  local client, records = T.client { turns = { { { tool = { name = "look" } }, { text = "done" } } } }
  local session = client:session { tools = { { name = "look", handler = function(_, request)
    request:later()
    dropped = true
  end } } }
  local turn = session:ask_async("p")
  T.wait_for(client:queue(), function() return dropped end, "a call")
  collectgarbage()
  collectgarbage()
  T.equal("done", turn:wait(T.patience))
  T.has(copilot.encode(T.record(records, '"answered"')), "gave no answer")
end

function tests.methods_of_session_and_client()
  local action = asked("canvas.open", { canvasId = "c" })
  T.has(play(action, { methods = { ["canvas.open"] = function(request)
    T.equal("canvas.open", request.method)
    return { title = "mine" }
  end } }), '"mine"')
  local client, records = T.client({ turns = { { action, { text = "done" } } } }, {
    methods = { ["canvas.*"] = function() return { title = "the client's" } end },
  })
  T.equal("done", client:session():ask("p", T.patience))
  T.has(copilot.encode(T.record(records, '"answered"')), "the client's")
end

function tests.a_question_that_is_withdrawn()
  local client = T.client { turns = { {
    { event_question = { type = "elicitation.requested", data = { message = "?", mode = "form" }, wait = false } },
    { cancel = "last" }, { sleep_ms = 200 }, { text = "done" },
  } } }
  local kept, withdrawn
  local session = client:session { on_elicitation = function(request)
    request:later()
    request:on_cancel(function(it) withdrawn = it end)
    kept = request
  end }
  T.equal("done", session:ask("p", T.patience))
  T.wait_for(client:queue(), function() return withdrawn end, "the withdrawal")
  assert(withdrawn == kept and kept:is_cancelled())
  T.fails("COPILOT_E_CANCELLED", kept.respond, kept, { action = "decline" })
end

function tests.tools_are_replaced()
  local look = { tool = { name = "look" } }
  local client, records = T.client { turns = { { look, { text = "1" } }, { look, { text = "2" } } } }
  local function telling(text) return { name = "look", handler = function() return text end } end
  local session = client:session { tools = { telling("first") } }
  session:ask("p", T.patience)
  session:set_tools { telling("second") }
  T.equal("2", session:ask("p", T.patience))
  T.has(copilot.encode(T.record(records, '"answered"')), "second")
  session:disconnect()
  session:reopen({ tools = { telling("third") } })
  T.equal("p", session:ask("p", T.patience))
end

T.run(tests)
