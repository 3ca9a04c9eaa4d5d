-- 06: no function is called for you. Everything comes as items of a queue, which this loop takes one by one.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/../?.lua;" .. package.path
local copilot = require("copilot")

local function try(what, fn, ...)
  local results = { pcall(fn, ...) }
  if results[1] then return unpack(results, 2) end
  io.stderr:write(what, ": ", results[2].message or results[2], "\n")
  os.exit(1)
end

local function answer(request)
  if request.kind == "tool" then
    print(("[%s]"):format(request.tool))
    request:respond("a quarter to nine")
  else
    request:respond(true)
  end
  request:free()
end

local queue = copilot.queue { mode = "items" }
local client = copilot.client { queue = queue }
local options = copilot.decode(os.getenv("COPILOT_SESSION_JSON") or "{}")
options.streaming = true
options.tools = { { name = "clock", description = "Tells the time", skipPermission = true } }
options.on_permission = true -- asked for, and answered below
local session = try("create", client.session, client, options)

try("send", session.send, session, arg[1] or "Ask the clock for the time.")
local over
repeat
  local item = try("next", queue.next, queue, 120000)
  if not item then error("nothing came for two minutes") end
  if item.kind == "request" then
    answer(item:request())
  elseif item.type == "assistant.message_delta" then
    io.write(item:get("/data/deltaContent"))
    io.flush()
  end
  over = item.type == "session.idle"
  item:free()
until over
print()
client:stop()
