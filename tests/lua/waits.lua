package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot

T.run {
  operations_and_their_ends = function()
    local client = T.client()
    local heard
    local op = client:ping_async("a"):on_done(function(why, result) heard = { why or copilot.null, result } end)
    assert(not op:done())
    T.equal("pong: a", op:wait(T.patience).message)
    assert(op:done() and heard[1] == copilot.null)
    T.equal("pong: a", op:wait().message, "a second wait")
    local hung = T.client { on = { ping = { hang = true } } }
    local cancelled = hung:ping_async("b")
    cancelled:cancel()
    T.fails("COPILOT_E_CANCELLED", cancelled.wait, cancelled, T.patience)
  end,

  spawned_functions_wait_side_by_side = function()
    local slow = { { sleep_ms = 100 }, { builtin = true } }
    local client = T.client { once = { ping = slow } }
    local order = {}
    for _, name in ipairs { "first", "second" } do
      copilot.spawn(function(given)
        if name == "first" then client:ping("slow") else client:status() end
        order[#order + 1] = given
      end, name)
    end
    T.equal("[]", copilot.encode(copilot.array(order)), "nothing has ended at once")
    T.wait_for(client:queue(), function() return #order == 2 end, "two ends")
    T.equal({ "second", "first" }, order)
  end,

  coroutines_of_any_origin = function()
    local client = T.client()
    local result
    local co = coroutine.create(function() result = copilot.await(client:ping_async("co"), T.patience) end)
    assert(coroutine.resume(co))
    assert(not result)
    T.wait_for(client:queue(), function() return result end, "an answer")
    T.equal("pong: co", result.message)
    -- A generator of the program's blocks in a plain wait: what it yields is none of ours.
    local values = coroutine.wrap(function() coroutine.yield(client:ping("g").message) end)
    T.equal("pong: g", values())
  end,

  a_coroutines_time_runs_out = function()
    local client = T.client { on = { ping = { hang = true } } }
    local why
    copilot.spawn(function() why = T.fails("COPILOT_E_TIMEOUT", client.ping, client, "x", 30) end)
    assert(client:queue():timeout() <= 30)
    T.wait_for(client:queue(), function() return why end, "the end of the time")
    assert(client:queue():timeout() == nil)
  end,

  functions_may_wait = function()
    local script = { turns = { { { tool = { name = "look" } }, { text = "done" } } } }
    local client, records = T.client(script)
    local pongs = {}
    local session
    session = client:session {
      tools = { { name = "look", handler = function() return client:ping("tool").message end } },
      on_event = function(event)
        if event.type ~= "assistant.message" then return end
        local pong = client:ping("event")
        pongs[1] = pong.message .. " " .. event.data.content -- the event is still there
      end,
    }
    T.equal("done", session:ask("p", T.patience))
    T.wait_for(client:queue(), function() return pongs[1] end, "the event's pong")
    T.equal("pong: event done", pongs[1])
    T.has(T.record(records, '"answered":"tool"').answer.result.textResultForLlm, "pong: tool")
  end,

  what_would_wait_for_itself = function()
    local client = T.client()
    local why
    client:session { on_event = function()
      local inner = coroutine.wrap(function() why = why or T.fails("COPILOT_E_WOULD_DEADLOCK", client.ping, client) end)
      inner()
    end }:ask("p", T.patience)
    T.has(why.message, "copilot.spawn()")
  end,

  errors_of_functions = function()
    local client = T.client()
    local bad = function(event) if event.type == "assistant.message" then error("in my function", 0) end end
    local session = client:session { on_event = bad }
    local ok, why = pcall(session.ask, session, "p", T.patience)
    assert(not ok)
    T.equal("in my function", why)
    local heard = {}
    local queue = copilot.queue { on_error = function(wrong, traceback) heard = { wrong, traceback } end }
    local other = T.client({}, { queue = queue })
    T.equal("p", other:session({ on_event = bad }):ask("p", T.patience))
    T.equal("in my function", heard[1])
    T.has(heard[2], "waits.lua")
    assert(not pcall(copilot.spawn, function() error("at once") end))
  end,

  pulling = function()
    local queue = copilot.queue { mode = "items" }
    local client = T.client({ turns = { { { tool = { name = "clock" } }, { text = "late" } } } }, { queue = queue })
    local session = client:session { tools = { { name = "clock" } } }
    session:send("p")
    local seen, over = {}, false
    while not over do
      local item = assert(queue:next(T.patience))
      local request = item:request()
      if request then
        T.equal("clock", request.tool)
        request:respond("nine")
      end
      if item.kind == "session" then seen[item.type] = item:json().data end
      over = item.type == "session.idle"
    end
    T.equal("late", seen["assistant.message"].content)
    local nothing, why = queue:next(0)
    while nothing do nothing, why = queue:next(0) end
    T.equal("timeout", why)
    queue:wake()
    T.equal("cancelled", select(2, queue:next(-1)))
    T.equal("cancelled", (function() queue:wake(); return select(2, queue:dispatch(-1)) end)())
  end,

  the_descriptor_tells = function()
    local client = T.client()
    local queue = client:queue()
    assert(queue:fd() > 2)
    T.equal("pong: x", client:ping("x").message)
    assert(queue:length() == 0 or queue:dispatch() > 0)
  end,
}
