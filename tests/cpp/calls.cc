// Every call over the wire, blocking and as an operation: its parameters reach the right place of the wire.
#include "test.hpp"

using copilot::op;

static const copilot::milliseconds patience = test::patience;

// One line of the log has both.
static void sent(const char *method, const char *part) {
  const std::string quoted = std::string("\"method\":\"") + method + "\"";
  if (fake_logged(quoted.c_str(), part) < 1) test_fail(__FILE__, __LINE__, method, part);
}

// Waits for an operation; what it yields.
static copilot::json end(const op &operation) {
  CHECK(MUST(operation.wait(patience)));
  return MUST(operation.take_result());
}

static void clients() {
  const copilot::client client = test::fake(R"({"sessions":["old","older"]})");
  CHECK_INT(COPILOT_JSON_NULL, end(MUST(client.start_async())).type());
  CHECK_STRING("pong: a", MUST(client.ping("a", patience)).get_string("/message"));
  CHECK_STRING("pong: b", end(MUST(client.ping_async("b"))).get_string("/message"));
  CHECK(MUST(client.status(patience)).has("/version") && end(MUST(client.status_async())).has("/version"));
  CHECK(MUST(client.auth_status(patience)).has("/isAuthenticated"));
  CHECK(end(MUST(client.auth_status_async())).has("/isAuthenticated"));
  CHECK(MUST(client.list_models(patience)) && end(MUST(client.list_models_async())));
  CHECK(MUST(client.list_sessions(nullptr, patience)) && end(MUST(client.list_sessions_async(R"({"cwd":"/here"})"))));
  sent("session.list", "/here");
  FAILS(COPILOT_E_SESSION, nullptr, client.set_foreground_session("old", patience)); // it shows none
  sent("session.setForeground", "\"old\"");
  const op shown = MUST(client.set_foreground_session_async("older"));
  FAILS(COPILOT_E_SESSION, "older", shown.wait(patience));
  CHECK(MUST(client.get_foreground_session(patience)) && end(MUST(client.get_foreground_session_async(nullptr))));
  CHECK(MUST(client.last_session_id(patience)) && end(MUST(client.last_session_id_async())));
  MUST(client.delete_session("old", patience));
  end(MUST(client.delete_session_async("older")));
  sent("session.delete", "\"old\"");
  sent("session.delete", "\"older\"");
  CHECK(MUST(client.call("status.get", "{}", patience)).has("/version"));
  CHECK(end(MUST(client.call_async("status.get", nullptr))).has("/version"));
  CHECK(MUST(client.stats()).type() == COPILOT_JSON_OBJECT);
  MUST(client.stop(patience));
  end(MUST(client.stop_async(patience)));
  client.force_stop();
  CHECK_INT(COPILOT_CLIENT_DISCONNECTED, client.ref().state());
}

static void states() {
  const copilot::client client = test::fake("{}");
  std::string seen;
  const auto subscription = MUST(client.on_event("state", [&seen](copilot::event_view e) {
    CHECK_INT(COPILOT_EVENT_STATE, e.kind());
    seen += e.json().get_string("/state").str() + " ";
  }));
  MUST(client.start(patience));
  MUST(client.off_event(subscription));
  MUST(client.stop(patience));
  CHECK_STRING("connecting connected ", seen);
}

static void sessions() {
  const copilot::client client = test::fake(R"({"sessions":["old","older"]})");
  copilot::session_config config = MUST(copilot::session_config::make(R"({"model":"first"})"));
  copilot::session session = MUST(client.resume_session("old", config, patience));
  CHECK_STRING("old", session.id());
  const op resumed = MUST(client.resume_session_async("older", copilot::session_config()));
  CHECK(MUST(resumed.wait(patience)));
  CHECK_STRING("older", MUST(resumed.take_session()).id());
  CHECK(MUST(session.send(copilot::prompt("one"), patience)).has("/messageId"));
  sent("session.send", "\"one\"");
  CHECK(MUST(session.get_messages(patience)) && end(MUST(session.get_messages_async())));
  MUST(session.set_model("second", R"({"reasoningEffort":"high"})", patience));
  sent("session.model.switchTo", "\"second\"");
  sent("session.model.switchTo", "\"high\"");
  end(MUST(session.set_model_async("third", nullptr)));
  sent("session.model.switchTo", "\"third\"");
  CHECK(MUST(session.info()).type() == COPILOT_JSON_OBJECT);
  FAILS(COPILOT_E_RPC, nullptr, session.call("session.no.such", R"({"a":1})", patience));
  sent("session.no.such", "\"a\":1");
  const op unknown = MUST(session.call_async("session.none", R"({"b":2})"));
  FAILS(COPILOT_E_RPC, nullptr, unknown.wait(patience));
  MUST(session.abort(patience));
  end(MUST(session.abort_async()));
  MUST(config.add_tool(test::tool, [](copilot::json_view) { return "x"; }));
  MUST(session.set_tools(config, patience));
  end(MUST(session.set_tools_async(config)));
  MUST(session.reopen(config, patience));
  end(MUST(session.reopen_async(config)));
  const copilot::session again = session.ref();
  MUST(again.disconnect(patience));
  end(MUST(session.disconnect_async()));
}

// Forms for the user; a server without them says so.
static void forms() {
  const copilot::client client = test::fake("{}");
  const copilot::session session = test::open(client, test::config());
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, session.confirm("Sure?", patience));
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, session.select("Which?", R"(["a","b"])", patience));
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, session.input("Name?", nullptr, patience));
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, MUST(session.confirm_async("Sure?")).wait(patience));
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, MUST(session.select_async("Which?", R"(["a"])")).wait(patience));
  FAILS(COPILOT_E_UNSUPPORTED, nullptr, MUST(session.input_async("Name?", nullptr)).wait(patience));
}

int main() {
  clients();
  states();
  sessions();
  forms();
  return test_end();
}
