--- libcopilot for LuaJIT 2.1: the GitHub Copilot CLI's agents, from Lua.
--
--     local copilot = require("copilot")
--     local client = copilot.client()
--     local session = client:session { model = "gpt-5" }
--     print(session:ask("What is a monad?"))
--
-- The README beside this file is the manual, and include/copilot.h the one of everything below it.
--
-- There is no FFI callback here, not one. Every queue is of mode "items": the library hands out what happens, this
-- module takes it with copilot_queue_next() and calls your functions from there. So they run on the thread that calls
-- into this module, inside a blocking call or queue:dispatch(), and never when a thread of the library's likes; and
-- what LuaJIT cannot have in a callback (compiled code around it, errors, yields) is all allowed.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\][^/\\]*$") or "."

--- What the parts share. They are loaded by their place, for other modules called "copilot" are about.
local N = { timeout = 60000 }
for _, part in ipairs { "native", "errors", "json", "ops", "items", "queue", "session", "client" } do
  assert(loadfile(("%s/copilot/%s.lua"):format(here, part)))(N, here)
end

local M = {
  client = N.client, queue = N.queue,
  spawn = N.spawn, await = N.await,
  null = N.null, array = N.array, encode = N.encode, decode = N.decode,
  abi = N.ABI,
}

--- Sets for how many milliseconds a call waits that is given no timeout of its own; at first it is a minute.
function M.set_timeout(milliseconds) N.timeout = milliseconds end

--- The version of the library.
function M.version() return N.text(N.lib.copilot_version_string()) end

--- What the library was built from.
function M.build_info() return N.decode(N.text(N.lib.copilot_build_info())) end

--- How many objects of the library are alive.
function M.live_objects() return tonumber(N.lib.copilot_debug_live_objects()) end

--- Stops the library's threads, when every client was freed.
function M.shutdown(timeout) N.succeeded(N.lib.copilot_shutdown(timeout or 10000, N.errors)) end

return M
