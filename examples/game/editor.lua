-- The lamplighter in Neovim: what he says streams into the current buffer, and the editor goes on meanwhile.
--
--   EDITOR_LIBRARY=./libeditor.so EDITOR_WORDS="Light the lamps" nvim -c "luafile examples/game/editor.lua"
--
-- With EDITOR_SHOW the buffer goes to that file when he has fallen silent, and Neovim ends.
local ffi = require("ffi")
local uv = vim.uv or vim.loop

ffi.cdef [[
  struct editor *editor_open(void);
  void editor_close(struct editor *);
  int editor_fd(struct editor *);
  void editor_hear(struct editor *, const char *words);
  const char *editor_serve(struct editor *);
  int editor_is_silent(const struct editor *);
  void editor_describe(const struct editor *, char *text, size_t size);
]]

local lamplighter = ffi.load(assert(os.getenv("EDITOR_LIBRARY"), "EDITOR_LIBRARY names the shared object"))
local editor = lamplighter.editor_open()
assert(editor ~= nil, "there can be no client")
local poll = assert(uv.new_poll(lamplighter.editor_fd(editor)))
local view = ffi.new("char[256]")

local function append(text)
  local last = vim.api.nvim_buf_get_lines(0, -2, -1, true)[1]
  vim.api.nvim_buf_set_lines(0, -2, -1, true, vim.split(last .. text, "\n", { plain = true }))
end

local function close()
  if editor == nil then return end
  poll:close()
  lamplighter.editor_close(editor)
  editor = nil
end

local function show(file)
  lamplighter.editor_describe(editor, view, ffi.sizeof(view))
  append("\n" .. ffi.string(view))
  vim.fn.writefile(vim.api.nvim_buf_get_lines(0, 0, -1, true), file)
  close()
  vim.cmd("qall!")
end

-- The descriptor stays readable until the queue is served, which must wait until buffers may be changed.
local wake
local function serve()
  if editor == nil then return end
  append(ffi.string(lamplighter.editor_serve(editor)))
  local file = os.getenv("EDITOR_SHOW")
  if file and lamplighter.editor_is_silent(editor) ~= 0 then return show(file) end
  poll:start("r", wake)
end

function wake()
  poll:stop()
  vim.schedule(serve)
end

vim.api.nvim_create_autocmd("VimLeavePre", { callback = close })
lamplighter.editor_hear(editor, os.getenv("EDITOR_WORDS") or "Good evening")
poll:start("r", wake)
