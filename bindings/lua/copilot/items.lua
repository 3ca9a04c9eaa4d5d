--- Part of copilot.lua: what comes out of a queue: events, and the requests in them.

local ffi = require("ffi")

local N = ...
local lib, errors, size = N.lib, N.errors, N.size

local KINDS = {
  [ffi.C.COPILOT_EVENT_SESSION] = "session", [ffi.C.COPILOT_EVENT_LIFECYCLE] = "lifecycle",
  [ffi.C.COPILOT_EVENT_STATE] = "state", [ffi.C.COPILOT_EVENT_REQUEST] = "request",
  [ffi.C.COPILOT_EVENT_COMPLETION] = "completion", [ffi.C.COPILOT_EVENT_REQUEST_CANCELLED] = "request_cancelled",
  [ffi.C.COPILOT_EVENT_LOG] = "log", [ffi.C.COPILOT_EVENT_OVERFLOW] = "overflow",
  [ffi.C.COPILOT_EVENT_NOTIFICATION] = "notification", [ffi.C.COPILOT_EVENT_POLICY] = "policy",
}

local Event = N.handle({}, "event")

--- `data` is read when it is asked for: of most events one string is wanted.
function Event.__index(self, key)
  local method = Event[key]
  if method ~= nil or key ~= "data" then return method end
  local value = N.decode_at(lib.copilot_event_json(self:_get()), self.kind == "session" and "/data" or nil)
  rawset(self, "data", value)
  return value
end

function N.event_of(pointer)
  local session = lib.copilot_event_session_id(pointer)
  return setmetatable({
    _pointer = pointer,
    kind = KINDS[lib.copilot_event_get_kind(pointer)] or "unknown",
    type = ffi.string(lib.copilot_event_type(pointer)),
    session_id = session ~= nil and ffi.string(session) or nil,
  }, Event)
end

--- One value by its JSON pointer, such as "/data/deltaContent" or "/timestamp"; nil where there is none.
function Event:get(pointer)
  local json = lib.copilot_event_json(self:_get())
  local string = lib.copilot_json_get_string(json, pointer, size)
  if string ~= nil then return ffi.string(string, size[0]) end
  return N.decode_at(json, pointer)
end

--- The whole JSON as a table.
function Event:json() return N.decode_at(lib.copilot_event_json(self:_get()), nil) end

local free_event = Event.free

--- Frees it now. One that was not kept belongs to whoever called the function, and is only let go of.
function Event:free()
  if self.kept then free_event(self) else self._pointer = nil end
end

--- Keeps the event beyond its function, until event:free() or the collector takes it.
function Event:keep()
  if not self.kept then
    self:_own(lib.copilot_event_ref(self:_get()))
    self.kept = true
  end
  return self
end

local Request = N.handle({}, "request")

function Request.__index(self, key)
  local method = Request[key]
  if method ~= nil then return method end
  if key == "params" then
    rawset(self, key, N.decode_at(lib.copilot_request_params(self:_get()), nil) or {})
  elseif key == "arguments" then
    rawset(self, key, self.params.arguments or {})
  end
  return rawget(self, key)
end

--- The request of an item, or nil when there is none. It keeps itself until it is answered or collected.
function N.request_of(queue, pointer)
  local taken = lib.copilot_event_take_request(pointer)
  if taken == nil then return end
  local request = setmetatable({
    kind = ffi.string(lib.copilot_event_type(pointer)),
    method = N.text(lib.copilot_request_method(taken)),
    tool = N.text(lib.copilot_request_tool_name(taken)),
    session_id = N.text(lib.copilot_request_session_id(taken)),
    id = tonumber(lib.copilot_request_id(taken)),
  }, Request)
  request:_own(taken)
  queue._requests[request.id] = request
  return request
end

--- Takes the request out of an item of queue:next(): answer it now or later. nil for other items.
function Event:request()
  if self.kind ~= "request" or not self._queue then return end
  self._taken = self._taken or N.request_of(self._queue, self:_get())
  return self._taken
end

function Request:_answered(status)
  N.succeeded(status)
  self.answered = true
end

--- Answers: with what copilot_request_respond() takes, as a table, a string or copilot.null. For a permission true,
-- false and the word alone will do.
function Request:respond(value)
  if self.kind == "permission" then
    if value == true then value = "approve-once" end
    if value == false then value = { kind = "reject", feedback = "The user has refused it." } end
    if type(value) == "string" then value = { kind = value } end
  elseif self.kind == "command" and value == true then
    value = N.null
  end
  self:_answered(lib.copilot_request_respond(self:_get(), N.encode(value), errors))
end

--- Answers that it could not be done.
function Request:fail(message)
  self:_answered(lib.copilot_request_fail(self:_get(), message and tostring(message), errors))
end

--- Leaves it to another client of the session.
function Request:decline() self:_answered(lib.copilot_request_decline(self:_get(), errors)) end

--- Says that it will be answered after its function has returned. It is held meanwhile by whoever is to answer.
function Request:later() self.kept = true end

--- Whether nobody waits for an answer any more.
function Request:is_cancelled() return lib.copilot_request_is_cancelled(self:_get()) == 1 end

--- Calls a function when it is withdrawn.
function Request:on_cancel(fn) self._on_cancel = fn end

local GONE = { [ffi.C.COPILOT_E_CANCELLED] = true, [ffi.C.COPILOT_E_CLOSED] = true }

--- Answers with what a function returns, or with its error. An error of a tool is an answer as good as any; every
-- other one is the program's to hear of.
function N.answer(request, fn, argument)
  local ok, result = pcall(fn, argument, request)
  local mine = request._pointer and not request.answered and not request.kept
  if ok and mine and result ~= nil then ok, result = pcall(request.respond, request, result) end
  if not ok and getmetatable(result) == N.Error and GONE[result.code] then
    ok = true -- withdrawn while the function was at it
  elseif not ok and request._pointer and not request.answered then
    pcall(request.fail, request, result)
  elseif mine and not request.answered and request.kind == "tool" then
    pcall(request.fail, request, "the function of this tool returned nothing")
  end
  if not request.kept or request.answered then request:free() end
  if not ok and request.kind ~= "tool" then error(result, 0) end
end
