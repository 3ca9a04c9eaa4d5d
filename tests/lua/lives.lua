package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot

--- All orders of a list.
local function orders(list)
  if #list == 0 then return { {} } end
  local found = {}
  for i, first in ipairs(list) do
    local rest = { unpack(list) }
    table.remove(rest, i)
    for _, order in ipairs(orders(rest)) do
      table.insert(order, 1, first)
      found[#found + 1] = order
    end
  end
  return found
end

local function collect()
  collectgarbage()
  collectgarbage()
end

--- One of each handle, all in use.
local function one_of_each()
  local queue = copilot.queue { mode = "items" }
  local client = T.client({ turns = { { { text = "a" }, { tool = { name = "look" } } } } }, { queue = queue })
  local session = client:session { tools = { { name = "look" } } }
  local op = session:ask_async("p")
  local event, request
  repeat
    local item = assert(queue:next(T.patience))
    if item.type == "assistant.message" then event = item end
    request = request or item:request()
  until event and request
  return { client = client, session = session, queue = queue, op = op, event = event, request = request }
end

local NAMES = { "client", "session", "queue", "op", "event", "request" }

T.run {
  the_librarys_log_comes_as_items = function()
    local script = { on = { ping = { { stderr = "a line of the CLI's\n" }, { builtin = true } } } }
    local client = T.client(script, { queue = { log = "debug" } })
    local said
    client:on("log", function(event)
      if event.data.target == "cli" then said = { event.data.level, event.data.message } end
    end)
    client:ping("x")
    T.wait_for(client:queue(), function() return said end, "a message")
    T.equal({ "debug", "a line of the CLI's" }, said)
  end,

  freed_in_many_orders = function()
    local all = orders(NAMES)
    assert(#all == 720)
    for n = 1, #all, 31 do -- the C tests do all of them; here it is the module's own books that matter
      local handles = one_of_each()
      for _, name in ipairs(all[n]) do handles[name]:free() end
    end
  end,

  collected_in_many_orders = function()
    local all = orders(NAMES)
    for n = 7, #all, 53 do
      local handles = one_of_each()
      for _, name in ipairs(all[n]) do
        handles[name] = nil
        collect()
      end
    end
  end,

  a_session_dropped_in_a_turn = function()
    local turn = { { burst = { count = 50, size = 10 } }, { sleep_ms = 50 }, { hang = true } }
    local client, records = T.client { turns = { turn } }
    local heard = 0
    local session = client:session { streaming = true, on_event = function() heard = heard + 1 end }
    session:send("p")
    T.wait_for(client:queue(), function() return heard > 20 end, "events")
    session = nil
    collect()
    local before = heard
    T.wait_for(client:queue(), function() return T.record(records, '"session.detach"') end, "the detaching")
    client:queue():dispatch(20)
    T.equal(before, heard, "events after the end")
    T.equal("pong: still here", client:ping("still here").message)
  end,

  a_turn_holds_its_session = function()
    local client = T.client { turns = { { { sleep_ms = 50 }, { text = "done" } } } }
    local turn = client:session():ask_async("p")
    collect()
    T.equal("done", turn:wait(T.patience))
  end,

  everything_dropped_in_a_turn = function()
    local client = T.client { turns = { { { hang = true } } } }
    client:session({ on_event = function() end }):ask_async("p")
    client:ping_async("unheard"):free()
    client:queue():dispatch(20)
  end,

  events_that_are_kept = function()
    local client = T.client()
    local kept, passing
    local session = client:session { on_event = { ["assistant.message"] = function(event)
      if not kept then kept = event:keep() else passing = event end
    end } }
    session:ask("first", T.patience)
    session:ask("second", T.patience)
    collect()
    T.equal("first", kept.data.content)
    T.equal("first", kept:get("/data/content"))
    T.has(T.fails("COPILOT_E_CLOSED", passing.get, passing, "/data/content").message, "this event was freed")
  end,

  events_that_are_freed_at_once = function()
    local client = T.client()
    local types = {}
    local function hear(event)
      types[#types + 1] = event.type
      event:free()
      event:free()
    end
    client:session({ on_event = { ["assistant.message"] = hear } }):ask("p", T.patience)
    local function hear_kept(event) hear(event:keep()) end
    client:session({ on_event = { ["assistant.message"] = hear_kept } }):ask("q", T.patience)
    T.equal({ "assistant.message", "assistant.message" }, types)
  end,

  pulled_events_are_delivered = function()
    local queue = copilot.queue { mode = "items" }
    local client = T.client({}, { queue = queue })
    local kept, states = nil, 0
    client:on("state", function() states = states + 1 end)
    local session = client:session { on_event = { ["assistant.message"] = function(event) kept = event:keep() end } }
    local turn = session:ask_async("p")
    while not turn:done() do
      local item = assert(queue:next(T.patience))
      queue:deliver(item)
      item:free()
    end
    T.equal("p", kept.data.content)
    assert(states > 0)
  end,

  subscriptions_end = function()
    local client = T.client()
    local session = client:session()
    local types, states = {}, {}
    local off = session:on("assistant.message", function(event) types[#types + 1] = event.type end)
    client:on("state", function(event) states[#states + 1] = event.data.state end)
    session:ask("p", T.patience)
    off()
    session:ask("p", T.patience)
    T.equal({ "assistant.message" }, types)
    client:stop()
    T.wait_for(client:queue(), function() return states[#states] == "disconnected" end, "the end")
    T.equal("disconnected", client:state())
  end,

  sessions_are_told_apart = function()
    local client = T.client()
    local heard = {}
    local function session(name)
      local function hear(event) heard[name] = event.data.content end
      return client:session { on_event = { ["assistant.message"] = hear } }
    end
    local a, b = session("a"), session("b")
    local turns = { a:ask_async("one"), b:ask_async("two") }
    for _, turn in ipairs(turns) do turn:wait(T.patience) end
    T.equal({ a = "one", b = "two" }, heard)
    local id = a:id()
    a:disconnect()
    a:free()
    local again = client:resume(id, { on_event = { ["assistant.message"] = function() heard.a = "again" end } })
    T.equal(id, again:id())
    again:ask("three", T.patience)
    T.equal("again", heard.a)
    T.fails("COPILOT_E_INVALID_ARGUMENT", client.resume, client, nil)
  end,

  the_calls = function()
    local client = T.client { sessions = { "old" } }
    local session = client:session()
    assert(client:status().version and #client:list_models().models == 1)
    assert(client:auth_status() and client:stats() and session:info() and copilot.build_info().version)
    assert(#client:list_sessions().sessions >= 1)
    assert(#session:messages().events >= 1)
    session:abort()
    session:set_model("gpt-5")
    T.fails("COPILOT_E_SESSION", client.set_foreground_session, client, session:id())
    client:get_foreground_session()
    client:last_session_id()
    client:delete_session(session:id())
    client:force_stop()
  end,
}
