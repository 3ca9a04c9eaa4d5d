package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local T = require("support")
local copilot = T.copilot

local function refused(part, value)
  local ok, why = pcall(copilot.encode, value)
  assert(not ok, part)
  T.has(why, part)
end

T.run {
  what_goes_out = function()
    local function says(json, value) assert(copilot.encode(value) == json, copilot.encode(value)) end
    says("{}", {})
    says("[]", copilot.array())
    says("[]", copilot.array {})
    says("[1,null,true]", { 1, copilot.null, true })
    says('{"a":false,"b":{"c":[]}}', { b = { c = copilot.array() }, a = false })
    says("null", copilot.null)
    says([["\u0000\u001f\n\"\\ü"]], "\0\31\n\"\\ü")
    says("9007199254740992", 2 ^ 53)
    says("-9223372036854775807", -9223372036854775807LL)
    says("18446744073709551615", 18446744073709551615ULL)
    says("0.1", 0.1)
    says("1e+300", 1e300)
    assert(tonumber(copilot.encode(1 / 3)) == 1 / 3)
  end,

  what_cannot_be_said = function()
    local round = {}
    round.round = round
    refused("within itself", round)
    refused("/a: nan", { a = 0 / 0 })
    refused("/a/1: ", { a = { 1, print } })
    refused("/a: an array with gaps", { a = { 1, nil, 3, 4, x = 5 } })
    refused("the key 2 is no string", { [2] = 1 })
    refused("inf", math.huge)
  end,

  what_comes_in = function()
    local value = copilot.decode(
      [[{"a":[],"o":{},"n":null,"t":[null,"x\u0000y"],"big":9223372036854775807,]]
        .. [["f":-1.5e3,"b":false,"ü":"\ud83d\ude00"}]]
    )
    T.equal("[]", copilot.encode(value.a))
    T.equal("{}", copilot.encode(value.o))
    assert(value.n == nil and value.b == false and value.f == -1500)
    assert(value.t[1] == copilot.null and value.t[2] == "x\0y" and #value.t == 2)
    assert(value.big == 9223372036854775807LL)
    T.equal("😀", value["ü"])
    assert(copilot.decode("null") == copilot.null)
    local again = copilot.decode(copilot.encode(value))
    T.equal(value, again)
  end,

  what_is_no_json = function()
    local why = T.fails("COPILOT_E_INVALID_JSON", copilot.decode, '{"a":}')
    T.has(why.message, "line 1")
    T.fails("COPILOT_E_INVALID_UTF8", copilot.decode, '"\255"')
  end,
}
