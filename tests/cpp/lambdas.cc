// Lambdas as callbacks: what they hold is destroyed exactly once, after the last call, however the registration ends.
#include "test.hpp"

#include <atomic>
#include <memory>
#include <thread>

using copilot::event_view;
using copilot::json_view;
using copilot::op;
using copilot::request;
using test::Owned;

// Every registration that a configuration, a session, a client and the process have.
enum Place {
  TOOL,
  QUESTION,
  METHOD,
  CONFIG_EVENT,
  CONFIG_DIRECT,
  SESSION_EVENT,
  SESSION_DIRECT,
  CLIENT_EVENT,
  CLIENT_METHOD,
  WAKEUP,
  LOG,
  END,
  ASKED_LATER,
  PLACES
};

static int destroyed[PLACES];

static void configure(copilot::session_config &config) {
  MUST(config.add_tool(test::tool, [o = Owned(&destroyed[TOOL])](request r) {
    MUST(r.on_cancel([o = Owned(&destroyed[ASKED_LATER])] {}));
    MUST(r.respond_text("x"));
  }));
  MUST(config.on_permission([o = Owned(&destroyed[QUESTION])](json_view) { return true; }));
  MUST(config.on_method("canvas.open", [o = Owned(&destroyed[METHOD])](json_view) { return copilot::json(); }));
  MUST(config.on_event(nullptr, [o = Owned(&destroyed[CONFIG_EVENT])](event_view) {}));
  MUST(config.on_event_direct(nullptr, [o = Owned(&destroyed[CONFIG_DIRECT])](event_view) {}));
}

static void expect(int times, std::initializer_list<Place> places) {
  for (const Place place : places)
    if (test::count(destroyed[place]) != times) {
      const std::string told = std::to_string(place) + ": " + std::to_string(destroyed[place]);
      test_fail(__FILE__, __LINE__, "it was destroyed otherwise", told.c_str());
    }
}

static void each_once() {
  {
    const copilot::client client = test::fake(test::asks(test::tool_call));
    copilot::session_config config = test::config();
    configure(config);
    MUST(client.on_event(nullptr, [o = Owned(&destroyed[CLIENT_EVENT])](event_view) {}));
    MUST(client.on_request("x.y", [o = Owned(&destroyed[CLIENT_METHOD])](request) {}));
    copilot::session session = test::open(client, config);
    MUST(session.on_event(nullptr, [o = Owned(&destroyed[SESSION_EVENT])](event_view) {}));
    MUST(session.on_event_direct(nullptr, [o = Owned(&destroyed[SESSION_DIRECT])](event_view) {}));
    test::turn(session);
    expect(1, {ASKED_LATER});
    {
      const op ping = MUST(client.ping_async("x", [o = Owned(&destroyed[END])](op) {}));
      CHECK(MUST(ping.wait(test::patience)));
    }
    expect(1, {END});
    config.reset();
    expect(0, {TOOL, QUESTION, METHOD, CONFIG_EVENT, CONFIG_DIRECT, SESSION_EVENT, SESSION_DIRECT}); // the session has them
    session.reset();
    expect(1, {TOOL, QUESTION, METHOD, CONFIG_EVENT, CONFIG_DIRECT, SESSION_EVENT, SESSION_DIRECT});
    MUST(client.get_queue().set_wakeup([o = Owned(&destroyed[WAKEUP])] {}));
    MUST(client.get_queue().set_wakeup(nullptr));
    expect(1, {WAKEUP});
    expect(0, {CLIENT_EVENT, CLIENT_METHOD});
  }
  expect(1, {CLIENT_EVENT, CLIENT_METHOD});
  MUST(copilot::set_log(COPILOT_LOG_INFO,
                        [o = Owned(&destroyed[LOG])](copilot_log_level, copilot::string_ref, copilot::string_ref) {}));
  MUST(copilot::set_log(COPILOT_LOG_OFF, nullptr));
  expect(1, {LOG});
}

// A registration that fails destroys its lambda too.
static void refused() {
  int gone = 0;
  copilot::session_config config = test::config();
  copilot::session none;
  FAILS(COPILOT_E_INVALID_JSON, nullptr, config.add_tool("{", [o = Owned(&gone)](request) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, config.on_request(4711, [o = Owned(&gone)](request) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, config.on_method("", [o = Owned(&gone)](request) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, none.on_event(nullptr, [o = Owned(&gone)](event_view) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, none.on_event_direct(nullptr, [o = Owned(&gone)](event_view) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, config.on_event_direct("", [o = Owned(&gone)](event_view) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, none.send_async("{}", [o = Owned(&gone)](op) {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, copilot::queue().set_wakeup([o = Owned(&gone)] {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, copilot::request().on_cancel([o = Owned(&gone)] {}));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr,
        copilot::set_log(99, [o = Owned(&gone)](copilot_log_level, copilot::string_ref, copilot::string_ref) {}));
  CHECK_INT(10, gone);
}

// Ended in its own call, which goes on unharmed.
static void ended_inside() {
  int gone = 0, calls = 0;
  std::int64_t subscription = 0;
  const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}]]})");
  copilot::session session = test::open(client, test::config());
  subscription = MUST(session.on_event("assistant.message", [&, o = Owned(&gone), kept = std::make_shared<int>(7)](event_view) {
    MUST(session.off_event(subscription));
    CHECK_INT(0, test::count(gone));
    CHECK_INT(7, *kept);
    calls++;
  }));
  test::turn(session);
  CHECK_INT(1, calls);
  CHECK_INT(1, gone);
  FAILS(COPILOT_E_NOT_FOUND, nullptr, session.off_event(subscription));
}

// On the thread that reads, before the queue has it; what would wait there says so.
static void direct() {
  std::atomic<int> heard{0};
  int late = 0;
  std::thread::id ran_on;
  const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}],[{"text":"done"}]]})");
  const copilot::session session = test::open(client, test::config());
  MUST(session.on_event("assistant.message", [&](event_view) { late += heard == 0; }));
  const std::int64_t subscription = MUST(session.on_event_direct("assistant.message", [&](event_view e) {
    FAILS(COPILOT_E_WOULD_DEADLOCK, nullptr, client.ping("x", test::patience));
    CHECK_STRING("done", e.json().get_string("/data/content"));
    ran_on = std::this_thread::get_id();
    heard++;
  }));
  test::turn(session);
  CHECK_INT(1, heard);
  CHECK_INT(0, late);
  CHECK(ran_on != std::thread::id() && ran_on != std::this_thread::get_id());
  MUST(session.off_event(subscription));
  test::turn(session);
  CHECK_INT(1, heard);
}

static int plain_calls;
static void plain(event_view) { plain_calls++; }

// Functions, lambdas with state, and lambdas that are used again.
static void kinds_of_lambdas() {
  const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}]]})");
  copilot::session_config config = test::config();
  int last = 0;
  auto counter = [&last, own = 0](event_view) mutable { last = ++own; };
  MUST(config.on_event("assistant.message", plain));
  MUST(config.on_event("assistant.message", counter)); // copied
  MUST(config.on_event("assistant.message", counter));
  MUST(config.on_event("assistant.message", [](event_view e) { return copilot::json::copy_of(e.json()); })); // what it returns is nobody's
  test::turn(test::open(client, config));
  CHECK_INT(1, plain_calls);
  CHECK_INT(1, last);
}

// An event that is kept outlives its call and its session.
static void kept_events() {
  copilot::event kept;
  {
    const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}]]})");
    copilot::session_config config = test::config();
    MUST(config.on_event("assistant.message", [&](event_view e) {
      CHECK_INT(COPILOT_EVENT_SESSION, e.kind());
      CHECK(!e.operation() && !e.session_id().empty());
      kept = e.keep();
    }));
    test::turn(test::open(client, config));
  }
  const copilot::event again = kept.ref();
  kept.reset();
  CHECK_STRING("assistant.message", again.type());
  CHECK_STRING("done", again.json().get_string("/data/content"));
}

int main() {
  each_once();
  refused();
  ended_inside();
  direct();
  kinds_of_lambdas();
  kept_events();
  const int status = test_end();
  expect(1, {TOOL, QUESTION, METHOD, CONFIG_EVENT, CONFIG_DIRECT, SESSION_EVENT, SESSION_DIRECT, CLIENT_EVENT,
             CLIENT_METHOD, WAKEUP, LOG, END});
  return status | (test_failures ? 1 : 0);
}
