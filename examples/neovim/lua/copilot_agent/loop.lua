--- Serves a queue from the editor's own loop.

local uv = vim.uv or vim.loop
local M = {}

-- So many items at most between two keys of the user's.
local AT_ONCE = 64

--- Watches the queue's descriptor; returns a function that ends it.
--
-- The descriptor stays readable until the queue is served, and that must wait until the editor is in a state in which
-- buffers may be changed. So the watch pauses meanwhile, or it would be told of the same items all the time.
function M.watch(queue, on_error)
  local poll = assert(uv.new_poll(queue:fd()))
  local wake

  local function serve()
    if poll:is_closing() then return end
    local ok, why = pcall(queue.dispatch, queue, 0, AT_ONCE)
    if not ok then on_error(why) end
    if not poll:is_closing() then poll:start("r", wake) end
  end

  function wake()
    poll:stop()
    vim.schedule(serve)
  end

  poll:start("r", wake)
  return function()
    if poll:is_closing() then return end
    poll:stop()
    poll:close()
  end
end

return M
