--- Part of copilot.lua: the coroutines that your functions run in, and the operations that they wait for.

local ffi = require("ffi")

local N = ...
local lib = N.lib

local FINISHED, ours, idle = {}, setmetatable({}, { __mode = "k" }), {}
local failures = {}

--- The coroutine that is running; nil in the main program.
function N.running()
  local co, main = coroutine.running()
  if not main then return co end
end

local function worker(fn, a, b, c)
  while true do
    fn(a, b, c)
    fn, a, b, c = nil, nil, nil, nil -- or it would keep them alive while it is idle
    idle[#idle + 1] = coroutine.running()
    fn, a, b, c = coroutine.yield(FINISHED)
  end
end

--- Keeps an error of yours for raise().
function N.failed(what, traceback) failures[#failures + 1] = { error = what, traceback = traceback } end

--- Goes on with a coroutine; true when its function has returned. An error is kept for raise().
local function resume(co, ...)
  local ok, what = coroutine.resume(co, ...)
  if not ok then N.failed(what, debug.traceback(co)) end
  return not ok or what == FINISHED
end

function N.run(fn, a, b, c)
  local co = table.remove(idle)
  if not co then
    co = coroutine.create(worker)
    ours[co] = true
  end
  return resume(co, fn, a, b, c)
end

--- Gives the errors of your functions to on_error, or throws the first.
function N.raise(on_error)
  while failures[1] do
    local failed = table.remove(failures, 1)
    if not on_error then error(failed.error, 0) end
    on_error(failed.error, failed.traceback)
  end
end

--- Calls a function in a coroutine in which every call that would block waits instead, while the queue is served.
function N.spawn(fn, ...)
  local arguments, count = { ... }, select("#", ...)
  N.run(function() fn(unpack(arguments, 1, count)) end)
  N.raise()
end

local Op = N.handle({}, "op")
local free = Op.free

--- Lets the operation run on without anybody hearing of its end.
function Op:free()
  if not self.settled then self.queue._ops[self.id], self.queue._deadlines[self] = nil, nil end
  free(self)
end

--- Keeps an operation that has begun until it has ended.
function N.begin(queue, pointer, take, owner)
  local op = setmetatable({ queue = queue, take = take, owner = owner, waiters = {}, listeners = {} }, Op)
  op:_own(N.checked(pointer))
  op.id = tonumber(lib.copilot_op_id(pointer))
  queue._ops[op.id] = op
  return op
end

function Op:_settle()
  if self.settled then return end
  local ok, result = pcall(self.take, self._pointer)
  if ok then
    self.result = result
  elseif self.late then
    self.error = N.failure(ffi.C.COPILOT_E_TIMEOUT, "the time given was up first")
  else
    self.error = result
  end
  self.settled = true
  self.queue._ops[self.id], self.queue._deadlines[self], self.owner = nil, nil, nil
  free(self)
  for _, listener in ipairs(self.listeners) do N.run(listener, self.error, self.result) end
  for _, co in ipairs(self.waiters) do
    if coroutine.status(co) == "suspended" then resume(co) end
  end
end

--- Ends the operation now: it fails with COPILOT_E_CANCELLED. A message that was sent is not recalled.
function Op:cancel() if not self.settled then lib.copilot_op_cancel(self:_get()) end end

--- Whether it has ended, as far as the queue was served.
function Op:done() return self.settled == true end

--- Calls `fn(error, result)` when it has ended.
function Op:on_done(fn)
  if self.settled then fn(self.error, self.result) else self.listeners[#self.listeners + 1] = fn end
  return self
end

function Op:_expire()
  self.queue._deadlines[self], self.late = nil, true
  lib.copilot_op_cancel(self:_get())
end

--- What it yielded; throws what it failed with.
function Op:_outcome()
  if self.error then error(self.error, 0) end
  return self.result
end

--- Lets the coroutine that is running sleep until the operation has ended.
local function park(op, co)
  op.waiters[#op.waiters + 1] = co
  while not op.settled do coroutine.yield(op) end
end

--- A queue of mode "items" is served by nobody but its program.
local function wait_unserved(op, timeout)
  local status = lib.copilot_op_wait(op:_get(), timeout or -1, nil)
  if status == ffi.C.COPILOT_E_TIMEOUT then op:_expire() end
  op:_settle()
  N.raise(op.queue.on_error)
end

--- Waits until it has ended, and returns its result or throws its error. In a coroutine of copilot.spawn(), and in
-- every function that this module calls, only that coroutine waits. After `timeout` milliseconds it is cancelled.
function Op:wait(timeout)
  if not self.settled then
    self:_get() -- one that was freed would never end
    local co, queue = N.running(), self.queue
    local sleeps = co and ours[co]
    if timeout and timeout >= 0 and (sleeps or not queue.pulled) then queue._deadlines[self] = N.now() + timeout end
    if sleeps then
      park(self, co)
    elseif queue.pulled then
      wait_unserved(self, timeout)
    else
      queue:_serve(-1, math.huge, self)
    end
  end
  return self:_outcome()
end

--- Op:wait() for coroutines of any origin: they yield, and are resumed when the queue is served.
function N.await(op, timeout)
  local co = N.running()
  if not co or op.settled then return op:wait(timeout) end
  op:_get()
  if timeout and timeout >= 0 then op.queue._deadlines[op] = N.now() + timeout end
  park(op, co)
  return op:_outcome()
end
