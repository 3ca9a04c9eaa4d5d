--- Part of copilot.lua: queues. Everything that happens comes through one, and your functions are called from here.

local ffi = require("ffi")

local N = ...
local lib, errors, int = N.lib, N.errors, N.int
local item = ffi.new("copilot_event *[1]")

local Queue = N.handle({}, "queue")
N.Queue = Queue

--- Makes a queue, for `queue` in the options of clients and sessions. `mode = "items"`: nothing is served for you, take
-- everything with queue:next(). `on_error(error, traceback)` hears of the errors in your functions, which are else
-- thrown by whatever serves the queue.
function N.queue(options)
  options = options or {}
  local weak = function(mode) return setmetatable({}, { __mode = mode }) end
  local queue = setmetatable({
    pulled = options.mode == "items", on_error = options.on_error,
    _ops = {}, _deadlines = {}, _requests = weak("v"), _sessions = weak("v"), _clients = weak("k"),
  }, Queue)
  local given = N.without(options, { on_error = true })
  if given.mode == nil or given.mode == "callbacks" then given.mode = "items" end
  queue:_own(N.checked(lib.copilot_queue_new(N.encode(given), errors)))
  return queue
end

--- The descriptor that is readable while items wait. Watch it, never read it.
function Queue:fd() return lib.copilot_queue_fd(self:_get()) end

--- Ends one wait, now or the next.
function Queue:wake() lib.copilot_queue_wake(self:_get()) end

--- Refuses what comes from now on.
function Queue:close() lib.copilot_queue_close(self:_get()) end

--- How many items wait.
function Queue:length() return tonumber(lib.copilot_queue_length(self:_get())) end

--- Milliseconds until the next timeout of a coroutine that waits: call queue:dispatch() then at the latest. nil: none.
function Queue:timeout()
  local first
  for op, deadline in pairs(self._deadlines) do
    if not op.settled then first = math.min(first or math.huge, deadline) end
  end
  return first and math.max(0, math.ceil(first - N.now()))
end

function Queue:_expire()
  if next(self._deadlines) == nil then return end
  local time, late = N.now(), {}
  for op, deadline in pairs(self._deadlines) do
    if deadline <= time then late[#late + 1] = op end
  end
  for _, op in ipairs(late) do op:_expire() end
end

local REASONS = {
  [ffi.C.COPILOT_E_TIMEOUT] = "timeout", [ffi.C.COPILOT_E_CANCELLED] = "cancelled", [ffi.C.COPILOT_E_CLOSED] = "closed",
}

--- The next item's pointer, or nil and why there is none.
function Queue:_take(timeout)
  local limit = self:timeout()
  if limit and (timeout < 0 or limit < timeout) then timeout = limit end
  local status = lib.copilot_queue_next(self:_get(), timeout, item, errors)
  if status == 0 then return item[0] end
  return nil, REASONS[status] or error(N.take_error(), 0)
end

--- The function for a question's method: the most exact name is asked.
local function find_method(methods, name)
  return methods[name] or methods[(name:match("^(.*)%.[^.]*$") or "") .. ".*"] or methods["*"]
end

local function find_answer(queue, session, kind, pointer)
  if kind == "tool" then
    local json = lib.copilot_event_json(pointer)
    return session and session._tools[N.text(lib.copilot_json_get_string(json, "/toolName", nil))]
  elseif kind ~= "other" then
    return session and session._answers[kind]
  end
  local name = N.text(lib.copilot_json_get_string(lib.copilot_event_json(pointer), "/method", nil))
  local fn = session and find_method(session._methods, name)
  if fn then return fn end
  for client in pairs(queue._clients) do
    fn = find_method(client._methods, name)
    if fn then return fn end
  end
end

function Queue:_ask(pointer)
  local kind, id = ffi.string(lib.copilot_event_type(pointer)), N.text(lib.copilot_event_session_id(pointer))
  local fn = find_answer(self, id and self._sessions[id], kind, pointer)
  local request = fn and N.request_of(self, pointer)
  if not request then return false end
  N.run(N.answer, request, fn, kind == "tool" and request.arguments or request)
  return true
end

--- Calls the functions that listen to an event; it is theirs until the last has returned.
local function tell(listeners, type, event)
  local heard = false
  for _, name in ipairs { type, "*" } do
    -- A copy: a function may end its own subscription.
    for _, fn in ipairs { unpack(listeners[name] or {}) } do
      heard = true
      if not N.run(fn, event) then event:keep() end
    end
  end
  return heard
end

function Queue:_hear(pointer, kind)
  local type = ffi.string(lib.copilot_event_type(pointer))
  local of_session = kind == ffi.C.COPILOT_EVENT_SESSION or kind == ffi.C.COPILOT_EVENT_POLICY
  local event, heard
  local function listen(listeners)
    if not listeners[type] and not listeners["*"] then return end
    event = event or N.event_of(pointer)
    heard = tell(listeners, type, event) or heard
  end
  if of_session then
    local session = self._sessions[N.text(lib.copilot_event_session_id(pointer)) or ""]
    if session then listen(session._listeners) end
  else
    -- A list first: a function may make a client.
    local all = {}
    for client in pairs(self._clients) do all[#all + 1] = client._listeners end
    for _, listeners in ipairs(all) do listen(listeners) end
  end
  if event and not event.kept then event:free() end
  return heard or false
end

--- Does what an item is for. Says whether there was a function for it.
function Queue:_deliver(pointer)
  local kind = lib.copilot_event_get_kind(pointer)
  if kind == ffi.C.COPILOT_EVENT_COMPLETION then
    local ended = lib.copilot_event_op(pointer)
    local op = self._ops[tonumber(lib.copilot_op_id(ended))]
    lib.copilot_op_free(ended)
    if op then op:_settle() end
    return op ~= nil
  elseif kind == ffi.C.COPILOT_EVENT_REQUEST then
    return self:_ask(pointer)
  elseif kind == ffi.C.COPILOT_EVENT_REQUEST_CANCELLED then
    local known = lib.copilot_json_get_int(lib.copilot_event_json(pointer), "/request", int) == 1
    local request = known and self._requests[tonumber(int[0])]
    if request and request._on_cancel then N.run(request._on_cancel, request) end
    return request ~= nil
  end
  return self:_hear(pointer, kind)
end

function Queue:_step(timeout)
  local pointer, why = self:_take(timeout)
  self:_expire()
  if not pointer then return why end
  local ok, wrong = pcall(self._deliver, self, pointer)
  lib.copilot_event_free(pointer)
  if not ok then N.failed(wrong, "") end
end

--- Takes items and calls functions: until nothing waits, or `max` were taken, or the operation `op` has ended.
function Queue:_serve(timeout, max, op)
  if self._serving then
    local message = "this would wait for the function that it is called from; use copilot.spawn() or copilot.await()"
    error(N.failure(ffi.C.COPILOT_E_WOULD_DEADLOCK, message), 0)
  end
  local deadline, count, why = timeout >= 0 and N.now() + timeout, 0, nil
  self._serving = true
  local ok, wrong = pcall(function()
    while count < max and not (op and op.settled) do
      local wait = (count > 0 and not op) and 0 or deadline and math.max(0, deadline - N.now()) or -1
      why = self:_step(wait)
      N.raise(self.on_error)
      if not why then
        count = count + 1
      elseif why ~= "timeout" or (deadline and deadline <= N.now()) or (count > 0 and not op) then
        if not (op and why == "cancelled") then break end
      end
    end
  end)
  self._serving = false
  if not ok then error(wrong, 0) end
  if op and not op.settled and why == "closed" then
    error(N.failure(ffi.C.COPILOT_E_CLOSED, "the queue was closed before the operation had ended"), 0)
  end
  return count, why
end

--- Serves the queue: waits up to `timeout` milliseconds (0 without it, negative for ever) for something to happen, and
-- calls your functions for it and for what else is waiting, up to `max` items. Returns how many, and when none waits
-- any more why: "timeout", "cancelled" by queue:wake(), or "closed".
function Queue:dispatch(timeout, max) return self:_serve(timeout or 0, max or math.huge) end

--- Takes the next item without calling anything: an event, or nil and "timeout", "cancelled" or "closed". Without
-- `timeout` it waits for ever. Free it with event:free(), or leave it to the collector.
function Queue:next(timeout)
  local deadline = timeout and timeout >= 0 and N.now() + timeout
  while true do
    local pointer, why = self:_take(deadline and math.max(0, deadline - N.now()) or -1)
    self:_expire()
    if pointer then
      local event = N.event_of(pointer)
      event:_own(pointer)
      event.kept, event._queue = true, self
      if event.kind == "completion" then self:_deliver(pointer) end
      return event
    end
    if why ~= "timeout" or (deadline and deadline <= N.now()) then return nil, why end
  end
end

--- Calls the functions that there are for an item of queue:next(); whether there was one.
function Queue:deliver(event)
  local heard = event.kind ~= "completion" and self:_deliver(event:_get())
  N.raise(self.on_error)
  return heard
end
