// What lambdas throw: it never enters the library, and it is never lost. A tool has then failed; everything else comes
// out of the call that ran the lambda.
#include "test.hpp"

#ifdef COPILOT_NO_EXCEPTIONS
int main() { return 0; }
#else

#include <stdexcept>
#include <sys/wait.h>

using copilot::json_view;
using copilot::request;

struct Oops : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Runs it, and returns what it throws.
template <class F> static std::string thrown(F f) {
  try {
    f();
  } catch (const copilot::error &e) {
    return std::string("error: ") + e.what();
  } catch (const std::exception &e) {
    return e.what();
  } catch (int number) {
    return std::to_string(number);
  }
  return "";
}

static std::string turn_with(const std::string &script, copilot::session_config &config) {
  const copilot::client client = test::fake(script);
  const copilot::session session = test::open(client, config);
  return thrown([&] { session.send_and_wait(copilot::prompt("p"), test::patience); });
}

template <class F> static std::string tool(F lambda) {
  copilot::session_config config = test::config();
  config.add_tool(test::tool, lambda);
  return turn_with(test::asks(test::tool_call), config);
}

static void tools() {
  CHECK_STRING("", tool([](json_view) -> std::string { throw Oops("the well is dry"); }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "the well is dry"));
  CHECK_STRING("", tool([](request) { throw 42; }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "no std::exception"));
  CHECK_STRING("", tool([](request) { throw Oops("\xff"); }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "the handler failed"));
  // An answer that is refused.
  CHECK_STRING("", tool([](json_view) { return copilot::json_text{"{\"textResultForLlm\":7}"}; }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "/textResultForLlm"));
  CHECK_STRING("", tool([](json_view) { return "\xff"; }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "UTF-8"));
  // It has answered already, so that nobody would hear of it.
  CHECK_STRING("too late to fail", tool([](const request &r) {
    r.respond_text("fine");
    throw Oops("too late to fail");
  }));
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "fine"));
  CHECK_CONTAINS("answered", tool([](const request &r) {
    r.respond_text("first");
    return "second";
  }).c_str());
}

static void questions() {
  copilot::session_config config = test::config();
  config.on_permission([](json_view) -> bool { throw Oops("no opinion"); });
  CHECK_STRING("no opinion", turn_with(test::asks(test::permission), config));
  CHECK_INT(1, fake_logged("\"answered\"", "user-not-available"));

  config = test::config();
  config.on_user_input([](json_view) -> const char * { throw 42; });
  CHECK_STRING("42", turn_with(test::asks(R"({"request":{"method":"userInput.request","params":{"question":"?"}}})"), config));
  CHECK_INT(1, fake_logged("\"answered\"", "no std::exception"));

  config = test::config();
  config.on_permission([](json_view) { return copilot::json_text{"{\"kind\":\"whatever\"}"}; });
  CHECK_CONTAINS("error: ", turn_with(test::asks(test::permission), config).c_str());
}

static void events_and_ends() {
  const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}],[{"text":"done"}]]})");
  const copilot::queue queue = client.get_queue();
  const copilot::session session = test::open(client, test::config());
  int calls = 0;
  const auto subscription = session.on_event("assistant.message", [&](copilot::event_view) {
    calls++;
    throw Oops("in an event");
  });
  // Out of a blocking call, after all that it had to do.
  CHECK_STRING("in an event", thrown([&] { session.send_and_wait(copilot::prompt("p"), test::patience); }));
  CHECK_INT(1, calls);
  // Out of a dispatch; the first of two.
  session.on_event("assistant.message", [&](copilot::event_view) {
    calls++;
    throw 42;
  });
  const copilot::op turn = session.send_and_wait_async(copilot::prompt("p"), [&](copilot::op) {
    calls++;
    throw Oops("in an end");
  });
  std::string all;
  while (calls < 4) all += thrown([&] { REQUIRE(queue.dispatch(1, test::patience) == 1); });
  CHECK_STRING("in an eventin an end", all);
  CHECK(turn.wait(test::patience));
  session.off_event(subscription);
  // The next calls know nothing of it.
  CHECK_STRING("", thrown([&] { client.ping("x", test::patience); }));
}

// A call inside of a lambda throws out of that lambda, and what it threw comes out of the outer one.
static void nested() {
  const copilot::client client = test::fake("{}", R"({"queue":{"mode":"items"}})");
  const copilot::queue queue = client.get_queue();
  client.ping_async("x", [&](copilot::op) {
    copilot::json::parse("{");
  });
  copilot::event item;
  REQUIRE(queue.next(test::patience, item) == COPILOT_OK);
  while (item.kind() != COPILOT_EVENT_COMPLETION) REQUIRE(queue.next(test::patience, item) == COPILOT_OK);
  CHECK_CONTAINS("error: ", thrown([&] { item.deliver(); }).c_str());
  client.ping_async("x", [&](copilot::op) { thrown([] { copilot::json::parse("{"); }); });
  REQUIRE(queue.next(test::patience, item) == COPILOT_OK);
  CHECK_STRING("", thrown([&] { CHECK(item.deliver()); }));
}

// A tool whose question was withdrawn may throw: nobody waits for it. Not so the lambda that is told of it.
static void withdrawn() {
  const copilot::client client = test::fake(test::asks(test::tool_call));
  const copilot::queue queue = client.get_queue();
  copilot::session_config config = test::config();
  bool asked = false;
  config.add_tool(test::tool, [&](request r) {
    r.on_cancel([r = r.ref()] { throw Oops("withdrawn"); });
    asked = true;
  });
  const copilot::session session = test::open(client, config);
  const copilot::op turn = session.send_and_wait_async(copilot::prompt("p"));
  while (!asked) REQUIRE(queue.dispatch(-1, test::patience) > 0);
  std::string all = thrown([&] { session.abort(test::patience); });
  all += thrown([&] { turn.wait(test::patience); });
  CHECK_CONTAINS("withdrawn", all.c_str());
}

[[noreturn]] static void terminated() {
  std::string what;
  try {
    throw;
  } catch (const std::exception &e) {
    what = e.what();
  }
  _exit(what == "nobody hears it" ? 42 : 1);
}

// Where no call of this layer could throw it, the program ends as it does when a std::thread throws.
template <class F> static void terminates(const char *where, F f) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::set_terminate(terminated);
    f();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WEXITSTATUS(status) != 42) test_fail(__FILE__, __LINE__, "it did not end the program", where);
}

static void without_a_call() {
  terminates("a library thread", [] {
    const copilot::client client = test::fake("{}");
    client.get_queue().start_thread();
    const copilot::op op = client.ping_async("x", [](copilot::op) { throw Oops("nobody hears it"); });
    op.wait(test::patience);
  });
  terminates("the wakeup function", [] {
    const copilot::client client = test::fake("{}");
    client.get_queue().set_wakeup([] { throw Oops("nobody hears it"); });
    const copilot::op op = client.ping_async("x", [](copilot::op) {});
    op.wait(test::patience);
  });
  terminates("the log function", [] {
    copilot::set_log(COPILOT_LOG_TRACE, [](copilot_log_level, copilot::string_ref, copilot::string_ref) {
      throw Oops("nobody hears it");
    });
    tool([](request) {}); // which is logged
  });
  terminates("a call of C", [] {
    const copilot::client client = test::fake("{}");
    const copilot::op op = client.ping_async("x", [](copilot::op) { throw Oops("nobody hears it"); });
    copilot_queue_dispatch(client.get_queue().get(), 1, PATIENCE); // a call of C
  });
}

// An error is an exception like any other, and lives as long as its copies.
static void errors() {
  try {
    copilot::json::parse("{");
    test_fail(__FILE__, __LINE__, "nothing was thrown", nullptr);
  } catch (const std::exception &e) {
    CHECK_CONTAINS("line 1", e.what());
  }
  copilot::error kept;
  try {
    copilot::client_options::make(R"({"cliPaht":"x"})");
  } catch (const copilot::error &e) {
    kept = e;
  }
  CHECK_INT(COPILOT_E_INVALID_ARGUMENT, kept.code());
  CHECK_CONTAINS("cliPath", kept.what());
  CHECK_STRING("COPILOT_E_INVALID_ARGUMENT", kept.name());
}

int main() {
  without_a_call(); // first: it forks, before there are threads
  tools();
  questions();
  events_and_ends();
  nested();
  withdrawn();
  errors();
  return test_end();
}
#endif
