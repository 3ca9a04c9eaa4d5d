--- What the tests of bindings/lua share: checks, and clients of the fake runtime.
local root = arg[0]:match("^(.*)/tests/lua/[^/]*$") or "."
package.path = root .. "/bindings/lua/?.lua;" .. package.path

local copilot = require("copilot")
local jit = require("jit")

local T = { copilot = copilot, patience = 30000 }

local function show(value)
  local ok, json = pcall(copilot.encode, value)
  return value == nil and "nil" or ok and json or tostring(value)
end

--- Ends the test unless the two are the same; tables by what they hold.
function T.equal(expected, got, what)
  if show(expected) ~= show(got) then
    error(("%sexpected %s, got %s"):format(what and what .. ": " or "", show(expected), show(got)), 2)
  end
end

--- Ends the test unless the text has this part.
function T.has(text, part)
  if not tostring(text):find(part, 1, true) then error(("%q is not in %q"):format(part, tostring(text)), 2) end
end

--- Calls what must fail with this code, and returns the error.
function T.fails(name, fn, ...)
  local ok, why = pcall(fn, ...)
  if ok then error("it should have failed with " .. name, 2) end
  if type(why) ~= "table" then error(("it should have failed with %s, but: %s"):format(name, tostring(why)), 2) end
  T.equal(name, why.name, why.message)
  return why
end

local logs = 0

--- A client of a fake runtime that plays this script, and a function that reads its log.
function T.client(script, options)
  logs = logs + 1
  local log = ("%s/log-%d"):format(os.getenv("TEST_DIR"), logs)
  local all = { cliPath = os.getenv("FAKE_RUNTIME_PROGRAM") }
  all.env = { FAKE_RUNTIME = copilot.encode(script or {}), FAKE_RUNTIME_LOG = log }
  for key, value in pairs(options or {}) do all[key] = value end
  local function records()
    local list = {}
    for line in io.lines(log) do list[#list + 1] = line end
    return list
  end
  return copilot.client(all), records
end

--- The last record of a log in which there is this text, read as JSON.
function T.record(records, part)
  local found
  for _, line in ipairs(records()) do
    if line:find(part, 1, true) then found = line end
  end
  return found and copilot.decode(found)
end

--- Serves a queue until something is so.
function T.wait_for(queue, is_so, what, patience)
  local deadline = os.time() + (patience or T.patience) / 1000
  while not is_so() do
    if os.time() > deadline then error("it never came to " .. what, 2) end
    queue:dispatch(100)
  end
end

--- Nothing of the library's may be left when everything was let go of. What runs on in its threads ends soon.
function T.nothing_left()
  local deadline = os.time() + 20
  repeat
    jit.flush() -- compiled code holds the functions that it was compiled for, and what they hold
    collectgarbage()
    collectgarbage()
    if copilot.live_objects() == 0 then return end
  until os.time() > deadline
  error(copilot.live_objects() .. " objects are left", 2)
end

--- Runs tests by name, each with nothing left behind.
function T.run(tests)
  local names = {}
  for name in pairs(tests) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if not arg[1] or arg[1] == name then
      local ok, why = xpcall(tests[name], function(why) return debug.traceback(tostring(why)) end)
      if ok then ok, why = pcall(T.nothing_left) end
      if not ok then
        io.stderr:write("FAILED ", name, ": ", tostring(why), "\n")
        os.exit(1)
      end
      print("ok " .. name)
    end
  end
end

return T
