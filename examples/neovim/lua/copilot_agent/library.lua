--- Finds bindings/lua/copilot.lua. It is loaded by its path: other plug-ins have modules called "copilot" too.

local function candidates()
  local here = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h")
  local found = { here .. "/../../../../bindings/lua/copilot.lua" }
  for pattern in package.path:gmatch("[^;]+") do
    found[#found + 1] = (pattern:gsub("%?", "copilot"))
  end
  return found
end

local given = vim.g.copilot_agent_module
if given then return dofile(vim.fn.expand(given)) end
for _, path in ipairs(candidates()) do
  if vim.fn.filereadable(path) == 1 then return dofile(path) end
end
error("copilot_agent: where is copilot.lua? Set vim.g.copilot_agent_module to the path of libcopilot's", 0)
