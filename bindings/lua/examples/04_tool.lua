-- 04: a Lua function as a tool of the model.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/../?.lua;" .. package.path
local copilot = require("copilot")

local function try(what, fn, ...)
  local results = { pcall(fn, ...) }
  if results[1] then return unpack(results, 2) end
  io.stderr:write(what, ": ", results[2].message or results[2], "\n")
  os.exit(1)
end

-- Runs on this thread, inside the call that waits. What it returns is the answer, and so is an error; one that is to
-- come later is announced by request:later() and given by request:respond().
local function on_add(arguments)
  local a, b = arguments.a, arguments.b
  assert(type(a) == "number" and type(b) == "number", "a and b must be integers")
  print(("[add(%d, %d) = %d]"):format(a, b, a + b))
  return tostring(a + b)
end

local integer = { type = "integer" }
local options = copilot.decode(os.getenv("COPILOT_SESSION_JSON") or "{}")
options.tools = {
  {
    name = "add",
    description = "Adds two integers",
    skipPermission = true,
    parameters = { type = "object", required = { "a", "b" }, properties = { a = integer, b = integer } },
    handler = on_add,
  },
}
-- CLIs before 1.0 ask for permission for every tool.
function options.on_permission() return true end

local client = copilot.client()
local session = try("create", client.session, client, options)
print(try("ask", session.ask, session, arg[1] or "Use add: what is 19 + 23?", 120000) or "(no answer)")
client:stop()
