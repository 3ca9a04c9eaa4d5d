--- Part of copilot.lua: errors, and the handles that own what the library gives.

local ffi = require("ffi")

local N = ...
local lib, errors = N.lib, N.errors

local Error = { __name = "copilot.error" }
N.Error = Error
Error.__index = Error
Error.__tostring = function(self) return ("%s (%s)"):format(self.message, self.name) end

function N.failure(code, message)
  return setmetatable({ code = code, name = N.text(lib.copilot_status_name(code)), message = message }, Error)
end

--- The error that the last call has left, as what error() throws.
function N.take_error()
  local pointer = errors[0]
  errors[0] = nil
  if pointer == nil then return N.failure(ffi.C.COPILOT_E_INTERNAL, "the library gave no reason") end
  local result = N.failure(lib.copilot_error_code(pointer), N.text(lib.copilot_error_message(pointer)))
  local data = lib.copilot_error_data(pointer)
  result.data = data ~= nil and N.decode_view(data) or {}
  result.class = result.data.class
  result.rpc_code = tonumber(lib.copilot_error_rpc_code(pointer))
  result.retriable = lib.copilot_error_is_retriable(pointer) == 1
  result.fatal = lib.copilot_error_is_fatal(pointer) == 1
  lib.copilot_error_free(pointer)
  return result
end

function N.checked(pointer)
  if pointer == nil then error(N.take_error(), 0) end
  return pointer
end

function N.succeeded(status)
  if status < 0 then error(N.take_error(), 0) end
end

--- Makes a class of handles: a pointer that is freed once, by :free() or by the collector.
function N.handle(class, name)
  class.__index = class
  class.__name = "copilot." .. name
  local free = lib["copilot_" .. name .. "_free"]
  function class:_own(pointer) self._pointer = ffi.gc(pointer, free) end
  function class:_get()
    return self._pointer or error(N.failure(ffi.C.COPILOT_E_CLOSED, "this " .. name .. " was freed"), 0)
  end
  --- Frees it now. Doing it twice is nothing; what is called afterwards fails.
  function class:free()
    local pointer = self._pointer
    self._pointer = nil
    if pointer then free(ffi.gc(pointer, nil)) end
  end
  return class
end
