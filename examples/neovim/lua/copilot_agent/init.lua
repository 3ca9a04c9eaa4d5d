--- An agent in the editor: questions from the command line, answers in a buffer, the editor's buffers as its tools.

local copilot = require("copilot_agent.library")
local answer = require("copilot_agent.answer")
local loop = require("copilot_agent.loop")
local tools = require("copilot_agent.tools")

local M = {}
local options = { client = {}, session = {} }
local state = {}

--- Takes `client` and `session`: options as copilot.client() and client:session() take them.
function M.setup(given) options = vim.tbl_deep_extend("force", options, given or {}) end

local function complain(why)
  vim.notify("copilot_agent: " .. (type(why) == "table" and why.message or tostring(why)), vim.log.levels.ERROR)
end

--- What the agent wants to do, in one line.
local function describe(request)
  local asked = request.params.permissionRequest or request.params
  local object = asked.fullCommandText or asked.path or asked.fileName or asked.url or asked.toolName or ""
  return ("The agent wants to use %s %s"):format(asked.kind or "a tool", object)
end

--- Asks the user and answers when he has chosen; the turn waits, the editor does not.
local function choose(request, items, prompt, answer_of)
  request:later()
  vim.schedule(function()
    vim.ui.select(items, { prompt = prompt }, function(item)
      if request:is_cancelled() then return request:free() end
      local ok, why = pcall(request.respond, request, answer_of(item))
      if not ok then complain(why) end
    end)
  end)
end

local function on_permission(request)
  local asked = request.params.permissionRequest or {}
  if asked.kind == "custom-tool" and tools.is_harmless(asked.toolName) then return true end -- CLIs before 1.0 ask
  local allow = "Allow once"
  choose(request, { allow, "Refuse" }, describe(request), function(item) return item == allow end)
end

local function on_user_input(request)
  local choices = request.params.choices
  if choices and #choices > 0 then
    return choose(request, choices, request.params.question, function(item) return item or "" end)
  end
  request:later()
  vim.schedule(function()
    vim.ui.input({ prompt = request.params.question .. " " }, function(text) request:respond(text or "") end)
  end)
end

local on_event = {
  ["assistant.message_delta"] = function(event)
    if not state.streamed then answer.paragraph("") end
    state.streamed = true
    answer.append(event:get("/data/deltaContent") or "")
  end,
  -- The whole text comes after its pieces, and alone where there were none.
  ["assistant.message"] = function(event)
    local content = event:get("/data/content") or ""
    if not state.streamed and content ~= "" then answer.paragraph(content) end
    state.streamed = false
  end,
}

local function client()
  if not state.client then
    state.client = copilot.client(vim.tbl_extend("keep", { queue = { on_error = complain } }, options.client))
    state.unwatch = loop.watch(state.client:queue(), complain)
    vim.api.nvim_create_autocmd("VimLeavePre", { once = true, callback = M.close })
  end
  return state.client
end

--- The operation that opens the one session, which whoever asks waits for.
local function opening()
  if not state.opening then
    state.opening = client():session_async(vim.tbl_extend("keep", {
      streaming = true,
      tools = tools.list,
      on_permission = on_permission,
      on_user_input = on_user_input,
      on_event = on_event,
    }, options.session))
  end
  return state.opening
end

local function converse(prompt)
  state.session = copilot.await(opening())
  copilot.await(state.session:ask_async(prompt))
end

--- Asks; returns at once, and calls `done(error)` when the answer is complete.
function M.ask(prompt, done)
  answer.show()
  answer.paragraph("> " .. prompt)
  copilot.spawn(function()
    local ok, why = pcall(converse, prompt)
    state.streamed = false
    if not ok then
      if not state.session then state.opening = nil end -- the next question tries again
      local stopped = type(why) == "table" and why.name == "COPILOT_E_CANCELLED"
      answer.paragraph(stopped and "(stopped)" or "(failed: " .. tostring(why) .. ")")
    end
    if done then done(not ok and why or nil) end
  end)
end

--- Stops the answer that is being written.
function M.stop()
  if state.session then state.session:abort_async():free() end
end

--- Ends the agent; the editor does so when it is left.
function M.close()
  if not state.client then return end
  state.unwatch()
  -- In good order where that is quick, and at once where it is not, or where this is called by the agent itself.
  local ok = pcall(state.client.stop, state.client, 1000)
  if not ok then state.client:force_stop() end
  state = {}
end

return M
