--- A hundred thousand events through queue:dispatch() in compiled code. Where a callback came from C, LuaJIT would end
-- the process with "bad callback"; and one from a thread of the library's would break it at once.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local jit = require("jit")

local COUNT, BURSTS = 100000, 20

T.run {
  a_hundred_thousand_events = function()
    jit.on()
    assert(jit.status(), "the compiler is off")
    local traces = 0
    jit.attach(function(what) if what == "stop" then traces = traces + 1 end end, "trace")
    local turn = {}
    for i = 1, BURSTS do turn[i] = { burst = { count = COUNT / BURSTS, size = 20 } } end
    local client = T.client { turns = { turn } }
    local heard, bytes = 0, 0
    local session = client:session { streaming = true }
    session:on("assistant.message_delta", function(event)
      heard = heard + 1
      bytes = bytes + #event.data.deltaContent
    end)
    local ended
    session:ask_async({ prompt = "p" }):on_done(function(why) ended = why or true end)
    local began, memory = os.clock(), collectgarbage("count")
    T.wait_for(client:queue(), function() return ended end, "the end of the turn", 10 * T.patience)
    assert(ended == true, tostring(ended))
    T.equal(COUNT, heard)
    T.equal(COUNT * 20, bytes)
    assert(traces > 0, "nothing was compiled")
    collectgarbage()
    local grown = collectgarbage("count") - memory
    assert(grown < 4096, grown .. " KiB are left")
    print(("%d events, %.1f us of this thread's and the library's time for each, %d traces"):format(
      heard, (os.clock() - began) / heard * 1e6, traces))
    jit.attach(function() end)
  end,

  declared_once_loaded_twice = function()
    package.loaded.copilot = nil
    local again = require("copilot")
    assert(again ~= T.copilot)
    assert(again.version() == T.copilot.version())
  end,

  no_callback_is_made = function()
    local folder = package.searchpath("copilot", package.path):gsub("%.lua$", "")
    local parts = io.popen("cat " .. folder .. "/*.lua"):read("*a")
    assert(#parts > 10000)
    for _, word in ipairs { "_cb%(", "ffi.cast", ":set%(" } do assert(not parts:find(word), word) end
  end,
}
