--- The scratch buffer that questions and answers are written into.

local api = vim.api
local M = {}

local function make()
  local buffer = api.nvim_create_buf(false, true)
  api.nvim_buf_set_name(buffer, "copilot://answers")
  vim.bo[buffer].bufhidden = "hide"
  vim.bo[buffer].filetype = "markdown"
  return buffer
end

--- Shows the buffer; the cursor stays where it is.
function M.show()
  if not (M.buffer and api.nvim_buf_is_valid(M.buffer)) then M.buffer = make() end
  if vim.fn.bufwinid(M.buffer) ~= -1 then return end
  local window = api.nvim_get_current_win()
  vim.cmd("botright vsplit")
  api.nvim_win_set_buf(0, M.buffer)
  vim.wo.wrap = true
  api.nvim_set_current_win(window)
end

--- Adds text to the end, and keeps the end in sight.
function M.append(text)
  if not (M.buffer and api.nvim_buf_is_valid(M.buffer)) then return end
  local last = api.nvim_buf_line_count(M.buffer) - 1
  local column = #api.nvim_buf_get_lines(M.buffer, last, -1, false)[1]
  api.nvim_buf_set_text(M.buffer, last, column, last, column, vim.split(text, "\n", { plain = true }))
  local window = vim.fn.bufwinid(M.buffer)
  if window ~= -1 then api.nvim_win_set_cursor(window, { api.nvim_buf_line_count(M.buffer), 0 }) end
end

--- Begins a paragraph: an empty line before it, unless it is the first.
function M.paragraph(text)
  local lines = api.nvim_buf_get_lines(M.buffer, 0, -1, false)
  local gap = #lines == 1 and lines[1] == "" and "" or lines[#lines] == "" and "\n" or "\n\n"
  M.append(gap .. text)
end

return M
