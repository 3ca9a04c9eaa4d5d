package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot

T.run {
  options_are_checked = function()
    local why = T.fails("COPILOT_E_INVALID_ARGUMENT", copilot.client, { cliPth = "x" })
    T.has(why.message, 'did you mean "cliPath"?')
    T.has(tostring(why), "(COPILOT_E_INVALID_ARGUMENT)")
    T.equal(-1, why.code)
    T.fails("COPILOT_E_INVALID_ARGUMENT", copilot.queue, { mode = "loud" })
    local client = T.client()
    T.fails("COPILOT_E_INVALID_ARGUMENT", client.session, client, { modle = "x" })
    why = T.fails("COPILOT_E_INVALID_ARGUMENT", client.session, client, { tools = { { name = "mute" } } })
    T.has(why.message, "the tool mute has no handler")
    why = T.fails("COPILOT_E_INVALID_ARGUMENT", client.session, client, { on_permission = true })
    T.has(why.message, "on_permission")
    T.fails("COPILOT_E_INVALID_ARGUMENT", client.ping, client, 7)
  end,

  a_cli_that_is_not_there = function()
    local client = copilot.client { cliPath = "/nowhere/copilot" }
    local why = T.fails("COPILOT_E_SPAWN", client.start, client)
    T.has(why.message, "/nowhere/copilot")
    T.equal("failed", client:state())
  end,

  what_the_server_refuses = function()
    local client = T.client()
    local session = client:session()
    local why = T.fails("COPILOT_E_RPC", session.call, session, "session.nope", { a = 1 })
    T.equal(-32601, why.rpc_code)
    assert(not why.fatal and why.data.rpc.code == -32601)
  end,

  a_turn_that_fails = function()
    local failure = { errorType = "quota", message = "no money", statusCode = 402 }
    local client = T.client { turns = { { { error = failure } } } }
    local session = client:session()
    local why = T.fails("COPILOT_E_SESSION", session.ask, session, "p", T.patience)
    T.equal("quota", why.class)
    T.has(why.message, "no money")
  end,

  a_cli_that_dies = function()
    local client = T.client { turns = { { { exit = 3, stderr = "boom" } } } }
    local session = client:session()
    local why = T.fails("COPILOT_E_TRANSPORT", session.ask, session, "p", T.patience)
    T.has(why.data.exit.stderrTail, "boom")
    T.equal("transport", why.class)
  end,

  timeouts = function()
    local client = T.client { turns = { { { hang = true } } } }
    local session = client:session()
    T.fails("COPILOT_E_TIMEOUT", session.ask, session, "p", 50)
    T.fails("COPILOT_E_TIMEOUT", copilot.await, session:ask_async("q"), 50)
    local pulled = copilot.queue { mode = "items" }
    local other = T.client({ on = { ping = { hang = true } } }, { queue = pulled })
    T.fails("COPILOT_E_TIMEOUT", other.ping, other, "x", 50)
  end,

  what_is_freed_says_so = function()
    local client = T.client()
    local session = client:session()
    local queue = client:queue()
    session:free()
    session:free()
    T.has(T.fails("COPILOT_E_CLOSED", session.ask, session, "p").message, "this session was freed")
    client:free()
    T.fails("COPILOT_E_CLOSED", client.ping, client)
    queue:free()
    T.fails("COPILOT_E_CLOSED", queue.dispatch, queue)
  end,

  a_closed_queue = function()
    local client = T.client { turns = { { { hang = true } } } }
    local session = client:session()
    local op = session:ask_async("p")
    client:queue():close()
    T.fails("COPILOT_E_CLOSED", op.wait, op)
    local count, why = client:queue():dispatch(-1)
    assert(count == 0 and why == "closed")
  end,
}
