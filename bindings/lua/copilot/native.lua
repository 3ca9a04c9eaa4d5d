--- Part of copilot.lua: the declarations, the library, and what every other part needs.

local ffi = require("ffi")

local N, here = ...

--- The ABI number that this is written for.
N.ABI = 0

local function declarations()
  local tried = {}
  local folders = { here, here .. "/../../include", here .. "/../../../include", "/usr/local/include", "/usr/include" }
  for _, folder in ipairs(folders) do
    local path = folder .. "/copilot.cdef.h"
    local file = io.open(path)
    if file then
      local text = file:read("*a")
      file:close()
      return text
    end
    tried[#tried + 1] = "\n\t" .. path
  end
  error("copilot.cdef.h is not there; put it beside copilot.lua. Looked for:" .. table.concat(tried), 0)
end

-- Declared names stay for the life of the process; a module that is loaded anew finds them.
if not pcall(ffi.typeof, "copilot_client") then
  ffi.cdef(declarations())
  -- Under a name of its own, so that no other module's declaration is in the way.
  ffi.cdef('int copilot_lua_clock(int, long *) __asm__("clock_gettime");')
end

local function load_library()
  local given = os.getenv("COPILOT_LIBRARY")
  if given and given ~= "" then return ffi.load(given) end
  local file = ffi.os == "OSX" and "libcopilot.dylib" or "libcopilot.so"
  local why
  for _, name in ipairs { here .. "/" .. file, "copilot", file .. "." .. N.ABI } do
    local ok, lib = pcall(ffi.load, name)
    if ok then return lib end
    why = why or (name:find("/", 1, true) == nil and lib) or nil
  end
  error("libcopilot is not there; install it, or name its file in COPILOT_LIBRARY. " .. tostring(why), 0)
end

local lib = load_library()
if lib.copilot_abi_version() ~= N.ABI then
  error(("this copilot.lua is for libcopilot's ABI %d, and the one loaded has %d; take both from one release")
    :format(N.ABI, lib.copilot_abi_version()), 0)
end

-- Boxes for what C returns through pointers. One of each will do: C never calls back into Lua.
N.lib, N.errors, N.size = lib, ffi.new("copilot_error *[1]"), ffi.new("size_t[1]")
N.int, N.double, N.boolean = ffi.new("int64_t[1]"), ffi.new("double[1]"), ffi.new("int32_t[1]")

local clock, MONOTONIC = ffi.new("long[2]"), ffi.os == "OSX" and 6 or 1

--- Milliseconds of a clock that only goes forward.
function N.now()
  ffi.C.copilot_lua_clock(MONOTONIC, clock)
  return tonumber(clock[0]) * 1000 + tonumber(clock[1]) / 1e6
end

--- A C string, or nil.
function N.text(pointer)
  if pointer ~= nil then return ffi.string(pointer) end
end

--- A table without some of its members.
function N.without(options, names)
  local rest = {}
  for key, value in pairs(options) do
    if not names[key] then rest[key] = value end
  end
  return rest
end
