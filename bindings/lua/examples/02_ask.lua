-- 02: one question, one answer.
--
--     luajit 02_ask.lua "What is a monad?"
--
-- COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your own; without it the
-- CLI's GitHub login is used.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/../?.lua;" .. package.path
local copilot = require("copilot")

local function try(what, fn, ...)
  local results = { pcall(fn, ...) }
  if results[1] then return unpack(results, 2) end
  io.stderr:write(what, ": ", results[2].message or results[2], "\n")
  os.exit(1)
end

local client = copilot.client()
local options = copilot.decode(os.getenv("COPILOT_SESSION_JSON") or "{}")
local session = try("create", client.session, client, options) -- starts the CLI
print(try("ask", session.ask, session, arg[1] or "Say hello.", 120000) or "(no answer)")
client:stop()
