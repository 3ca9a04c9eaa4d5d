--- Part of copilot.lua: clients.

local ffi = require("ffi")

local N = ...
local lib, errors = N.lib, N.errors

local Client = N.handle({}, "client")
local OWN_OF_CLIENT = { queue = true, on_event = true, methods = true }

--- Makes a client. The options are those of copilot_client_options_new() and besides `queue`, one of copilot.queue();
-- `on_event`, a function or one for each type; `methods`, functions for requests of the server by method.
function N.client(options)
  options = options or {}
  local told = N.encode(N.without(options, OWN_OF_CLIENT))
  local given = options.queue
  local queue = getmetatable(given) == N.Queue and given or N.queue(given)
  local settings = ffi.gc(N.checked(lib.copilot_client_options_new(told, errors)),
    lib.copilot_client_options_free)
  N.succeeded(lib.copilot_client_options_set_queue(settings, queue:_get(), errors))
  local client = setmetatable({ _queue = queue, _listeners = {}, _methods = options.methods or {} }, Client)
  client:_own(N.checked(lib.copilot_client_new(settings, errors)))
  N.subscribe_all(client, options.on_event)
  for name in pairs(client._methods) do
    N.succeeded(lib.copilot_client_on_request(client:_get(), name, nil, nil, nil, errors))
  end
  queue._clients[client] = true
  return client
end

--- The queue on which everything of the client's arrives.
function Client:queue() return self._queue end

--- client:on("session.created", fn), or client:on(fn) for all. Returns a function that ends it.
Client.on = N.subscribe

local STATES = { [0] = "disconnected", "connecting", "connected", "failed" }

--- "disconnected", "connecting", "connected" or "failed".
function Client:state() return STATES[lib.copilot_client_get_state(self:_get())] end

--- Counts of bytes, frames, events and requests.
function Client:stats() return N.consume(N.checked(lib.copilot_client_stats(self:_get(), errors))) end

--- Kills the CLI now.
function Client:force_stop() lib.copilot_client_force_stop(self:_get()) end

N.define(Client, "client", "start", "start")
N.define(Client, "client", "stop", "stop", { function(timeout) return timeout or 10000 end }, nil, -1)
N.define(Client, "client", "call", "call", { N.string_argument, N.json_argument })
N.define(Client, "client", "ping", "ping", { N.string_argument })
N.define(Client, "client", "status", "status")
N.define(Client, "client", "auth_status", "auth_status")
N.define(Client, "client", "list_models", "list_models")
N.define(Client, "client", "list_sessions", "list_sessions", { N.json_argument })
N.define(Client, "client", "last_session_id", "last_session_id")
N.define(Client, "client", "delete_session", "delete_session", { N.string_argument })
N.define(Client, "client", "get_foreground_session", "get_foreground_session")
N.define(Client, "client", "set_foreground_session", "set_foreground_session", { N.string_argument })

--- Begins to create a session. See client:session().
function Client:session_async(options)
  local with_id = {}
  for key, value in pairs(options or {}) do with_id[key] = value end
  if with_id.sessionId == nil and with_id.session_id == nil then with_id.sessionId = N.new_id() end
  return N.open(self, with_id, function(config)
    return lib.copilot_session_create_async(self:_get(), config, nil, nil, nil, errors)
  end)
end

--- Creates a session. The options are those of copilot_session_config_new() and besides `tools`, each with its
-- `handler(arguments, request)`; `on_permission(request)` and the other questions; `on_event`; `methods`; `queue`.
-- The session lives as long as you hold it.
function Client:session(options, timeout) return self:session_async(options):wait(timeout or N.timeout) end

--- Begins to open a session of an id. See client:resume().
function Client:resume_async(id, options)
  N.string_argument(id)
  local with_id = { sessionId = id }
  for key, value in pairs(options or {}) do with_id[key] = value end
  return N.open(self, with_id, function(config)
    return lib.copilot_session_resume_async(self:_get(), id, config, nil, nil, nil, errors)
  end)
end

--- Opens a session that was there before, with options as client:session() takes them.
function Client:resume(id, options, timeout) return self:resume_async(id, options):wait(timeout or N.timeout) end
