--- What the agent can do in the editor. The functions run in the editor's own thread, between two keys.

local api = vim.api
local answer = require("copilot_agent.answer")
local M = {}

--- The buffer the user works in: the current one, but not that of the answers.
local function working_buffer()
  local current = api.nvim_get_current_buf()
  if current ~= answer.buffer then return current end
  local alternate = vim.fn.bufnr("#")
  return alternate ~= -1 and alternate or current
end

local function read_buffer(arguments)
  local buffer = working_buffer()
  local count = api.nvim_buf_line_count(buffer)
  local first = math.max(1, arguments.first or 1)
  local last = math.min(count, arguments.last or count)
  if first > last then error(("there are no lines %d to %d; the buffer has %d"):format(first, last, count), 0) end
  return {
    file = api.nvim_buf_get_name(buffer),
    filetype = vim.bo[buffer].filetype,
    modified = vim.bo[buffer].modified,
    first = first,
    last = last,
    lines = count,
    text = table.concat(api.nvim_buf_get_lines(buffer, first - 1, last, false), "\n"),
  }
end

M.list = {
  {
    name = "read_buffer",
    description = "Reads the buffer that the user is editing, with changes that were not written to its file yet",
    skipPermission = true,
    parameters = {
      type = "object",
      properties = {
        first = { type = "integer", description = "The first line, from 1 on; the beginning without it" },
        last = { type = "integer", description = "The last line; the end without it" },
      },
    },
    handler = read_buffer,
  },
}

--- Whether a tool is one of these that needs no permission.
function M.is_harmless(name)
  for _, tool in ipairs(M.list) do
    if tool.name == name then return tool.skipPermission end
  end
end

return M
