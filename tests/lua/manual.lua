--- Runs the snippets of the manuals. Those that are no whole programs have `client` and `session`.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot
local root = arg[0]:match("^(.*)/tests/lua/[^/]*$") or "."

local function snippets(page)
  local found = {}
  local file = assert(io.open(root .. "/" .. page))
  for code in file:read("*a"):gmatch("\n```lua\n(.-)\n```") do found[#found + 1] = code end
  file:close()
  return found
end

--- Runs a snippet; what it prints comes into the list that this returns.
local function run(code, globals)
  local printed = {}
  globals.print = function(...) printed[#printed + 1] = table.concat({ ... }, "\n") end
  globals.io = { write = globals.print }
  setmetatable(globals, { __index = _G })
  setfenv(assert(loadstring(code)), globals)()
  return printed
end

T.run {
  of_the_module = function()
    local codes = snippets("bindings/lua/README.md")
    local expected = { "What is a monad?", "Are you there?", "What is 19 + 23?", "Hello?", "COPILOT_E_RPC" }
    T.equal(#expected, #codes)
    for i, code in ipairs(codes) do
      local client = T.client()
      local globals = { copilot = copilot, client = client, session = client:session() }
      local printed = run(code:gsub("copilot%.client%(%)", "client"), globals)
      local function said() return table.concat(printed):gsub("\n", ""):find(expected[i], 1, true) end
      if not said() then T.wait_for(client:queue(), said, expected[i]) end
    end
  end,

  of_the_plug_in = function()
    local codes = snippets("examples/neovim/README.md")
    assert(#codes > 0)
    for _, code in ipairs(codes) do
      local function setup(options) assert(options.client and options.session) end
      run(code, { require = function() return { setup = setup } end })
    end
  end,

  every_call_is_named = function()
    local manual = assert(io.open(root .. "/bindings/lua/README.md")):read("*a")
    local client = T.client()
    for class, object in pairs { client = client, session = client:session() } do
      for name in pairs(getmetatable(object)) do
        local own = name:match("^_") or name:match("_async$") or name == "free"
        if not own and not manual:find("`" .. name, 1, true) then
          error(("the %s's %s() is not in the manual"):format(class, name))
        end
      end
    end
    for name in pairs(copilot) do
      if not manual:find("copilot." .. name, 1, true) then error("copilot." .. name .. " is not in the manual") end
    end
  end,
}
