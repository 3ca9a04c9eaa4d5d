--- Drives the plug-in inside a headless Neovim as a user would, by its commands, and writes what became of it as JSON
--- to $NEOVIM_RESULT. $NEOVIM_CASE names one of the functions below.
local root, workdir = vim.env.NEOVIM_ROOT, vim.env.NEOVIM_WORKDIR
local PATIENCE = 60000
vim.opt.runtimepath:prepend(root .. "/examples/neovim")
vim.cmd("runtime plugin/copilot_agent.lua")

local agent = require("copilot_agent")
local answer = require("copilot_agent.answer")
agent.setup { session = vim.fn.json_decode(vim.env.COPILOT_SESSION_JSON) }

local notified = {}
vim.notify = function(text) notified[#notified + 1] = text end

local function lines() return vim.api.nvim_buf_get_lines(answer.buffer, 0, -1, false) end
local function said() return table.concat(lines(), "\n") end

local function wait_for(what, is_so)
  if not vim.wait(PATIENCE, is_so, 5) then error("it never came to " .. what .. "; there is: " .. said()) end
end

--- How often a timer of the editor's runs until something is so, and in how many states it finds the buffer.
local function watch_until(what, is_so)
  local timer, seen, beat = vim.loop.new_timer(), {}, { ticks = 0, states = 0 }
  timer:start(0, 5, vim.schedule_wrap(function()
    beat.ticks = beat.ticks + 1
    local text = said()
    if not seen[text] then seen[text], beat.states = true, beat.states + 1 end
  end))
  wait_for(what, is_so)
  timer:close()
  return beat
end

local function edit(name, text)
  vim.cmd("edit " .. workdir .. "/" .. name)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, text)
end

local cases = {}

function cases.reads_the_buffer()
  edit("shopping.txt", { "milk", "bread", "honey from the unsaved buffer", "salt" })
  vim.cmd("Copilot Which sweet thing is on my list?")
  wait_for("an answer", function() return said():find("piece 1 ", 1, true) end)
  local beat = watch_until("the end", function() return said():find("the last.", 1, true) end)
  local result = { beat = beat, first = lines(), current = vim.fn.expand("%:t") }
  vim.cmd("Copilot Again?")
  wait_for("another answer", function() return said():find("Again.", 1, true) end)
  result.both = lines()
  return result
end

function cases.asks_for_permission()
  local asked = {}
  vim.ui.select = function(items, options, choose)
    asked[#asked + 1] = { items = items, prompt = options.prompt }
    vim.defer_fn(function() choose(items[#asked]) end, 20) -- the first is allowed, the second is not
  end
  vim.cmd("Copilot Look around")
  wait_for("the end", function() return said():find("Done.", 1, true) end)
  return { asked = asked, lines = lines() }
end

function cases.stops()
  vim.cmd("Copilot Tell me everything")
  wait_for("a beginning", function() return said():find("Once", 1, true) end)
  vim.cmd("CopilotStop")
  wait_for("the stop", function() return said():find("(stopped)", 1, true) end)
  return { lines = lines() }
end

function cases.is_left_while_it_streams()
  vim.cmd("Copilot Tell me everything")
  wait_for("a beginning", function() return said():find("Once", 1, true) end)
  return { lines = lines() }
end

function cases.has_no_cli()
  vim.cmd("Copilot Hello?")
  wait_for("a failure", function() return said():find("(failed", 1, true) end)
  return { lines = lines() }
end

local ok, result = xpcall(cases[vim.env.NEOVIM_CASE], debug.traceback)
result = ok and result or { failed = result }
result.notified = notified
local file = assert(io.open(vim.env.NEOVIM_RESULT, "w"))
file:write(vim.fn.json_encode(result))
file:close()
vim.cmd("qall!")
