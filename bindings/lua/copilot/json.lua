--- Part of copilot.lua: JSON. The library reads it; here it becomes tables, and tables become text.

local ffi = require("ffi")

local N = ...
local lib, size, int, double, boolean = N.lib, N.size, N.int, N.double, N.boolean

--- JSON's null, where it must be said: in arrays, and in what is sent.
N.null = setmetatable({}, { __tostring = function() return "null" end })

local Array = { __name = "copilot.array" }

--- Marks a table as an array, which an empty table is not: `copilot.array()` is `[]` and `{}` is `{}`.
function N.array(list) return setmetatable(list or {}, Array) end

local encode
local int64, uint64 = ffi.typeof("int64_t"), ffi.typeof("uint64_t")
local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(value)
  return '"' .. value:gsub('[%c"\\%z]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function encode_number(value)
  if value ~= value or value == math.huge or value == -math.huge then return nil end
  if value % 1 == 0 and math.abs(value) <= 2 ^ 53 then return ("%.0f"):format(value) end
  local short = ("%.15g"):format(value)
  return tonumber(short) == value and short or ("%.17g"):format(value)
end

local function encode_table(value, path, depth)
  if depth > 200 then error(path .. ": nested too deeply, or within itself", 0) end
  local parts = {}
  if getmetatable(value) == Array or value[1] ~= nil then
    local keys = 0
    for _ in pairs(value) do keys = keys + 1 end
    for i = 1, keys do
      if value[i] == nil then error(path .. ": an array with gaps, or with names among its elements", 0) end
      parts[i] = encode(value[i], path .. "/" .. i - 1, depth + 1)
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= "string" then error(path .. ": the key " .. tostring(key) .. " is no string", 0) end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    parts[i] = quote(key) .. ":" .. encode(value[key], path .. "/" .. key, depth + 1)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, path, depth)
  local kind, result = type(value), nil
  if value == N.null or kind == "userdata" then -- vim.NIL and cjson.null are userdata
    result = "null"
  elseif kind == "string" then
    result = quote(value)
  elseif kind == "number" then
    result = encode_number(value)
  elseif kind == "boolean" then
    result = tostring(value)
  elseif kind == "table" then
    result = encode_table(value, path, depth)
  elseif kind == "cdata" and (ffi.istype(int64, value) or ffi.istype(uint64, value)) then
    result = tostring(value):match("^-?%d+")
  end
  return result or error(("%s: %s cannot be said in JSON"):format(path, tostring(value)), 0)
end

--- The JSON text of a Lua value.
function N.encode(value) return encode(value, "", 0) end

local decode

local function decode_number(view)
  if lib.copilot_json_get_int(view, nil, int) == 1 then
    local value = tonumber(int[0])
    return math.abs(value) < 2 ^ 53 and value or int64(int[0])
  end
  return lib.copilot_json_get_double(view, nil, double) == 1 and double[0] or nil
end

local readers = {
  [ffi.C.COPILOT_JSON_MISSING] = function() end,
  [ffi.C.COPILOT_JSON_NULL] = function() return N.null end,
  [ffi.C.COPILOT_JSON_BOOL] = function(view)
    return lib.copilot_json_get_bool(view, nil, boolean) == 1 and boolean[0] ~= 0
  end,
  [ffi.C.COPILOT_JSON_NUMBER] = decode_number,
  [ffi.C.COPILOT_JSON_STRING] = function(view)
    return ffi.string(lib.copilot_json_get_string(view, nil, size), size[0])
  end,
  [ffi.C.COPILOT_JSON_ARRAY] = function(view)
    local list = N.array()
    for i = 1, tonumber(lib.copilot_json_count(view, nil)) do list[i] = decode(lib.copilot_json_item(view, i - 1)) end
    return list
  end,
  [ffi.C.COPILOT_JSON_OBJECT] = function(view)
    local object = {}
    for i = 0, tonumber(lib.copilot_json_count(view, nil)) - 1 do
      local value = decode(lib.copilot_json_item(view, i))
      if value ~= N.null then object[ffi.string(lib.copilot_json_key(view, nil, i))] = value end
    end
    return object
  end,
}

function decode(view) return readers[lib.copilot_json_type_at(view, nil)](view) end

--- The value at a pointer, null as nil.
function N.decode_at(json, pointer)
  local view = lib.copilot_json_at(json, pointer)
  local value = view ~= nil and decode(view) or nil
  if value ~= N.null then return value end
end

N.decode_view = decode

--- Reads JSON text. null is copilot.null, but for members of objects, which are left out.
function N.decode(json)
  local parsed = N.checked(lib.copilot_json_parse(json, N.errors))
  local ok, value = pcall(decode, parsed)
  lib.copilot_json_free(parsed)
  if not ok then error(value, 0) end
  return value
end

--- Decodes a JSON value that is ours, and frees it; null is nil.
function N.consume(json)
  local ok, value = pcall(decode, json)
  lib.copilot_json_free(json)
  if not ok then error(value, 0) end
  if value ~= N.null then return value end
end
