// Lambdas that answer: what they may take and return, at once or later, and what the server gets of it.
#include "test.hpp"

#include <thread>

using copilot::json_view;
using copilot::request;

// One turn with this tool, in both protocols; the server must have got `answer`.
template <class F> static void tool(const char *answer, F lambda) {
  for (const int protocol : {2, 3}) {
    const copilot::client client = test::fake(test::asks(test::tool_call, protocol));
    copilot::session_config config = test::config();
    MUST(config.add_tool(test::tool, lambda));
    test::turn(test::open(client, config));
    if (fake_logged("\"answered\":\"tool\"", answer) != 1) test_fail(__FILE__, __LINE__, "not the tool's answer", answer);
  }
}

static copilot::json three() {
  copilot::json made = copilot::json::object();
  MUST(made.set("/three", 3));
  return made;
}

static void tools() {
  tool("seven", [](json_view arguments) { return arguments.get_string("/text").str(); });
  tool("seven", [](json_view arguments) { return arguments.get_string("/text"); });
  tool("literal", [](json_view) { return "literal"; });
  tool("14", [](json_view arguments) { return arguments.get_int("/n") * 2; });
  tool("true", [](json_view arguments) { return arguments.get_int("/n") == 7; });
  tool("{\\\"three\\\":3}", [](json_view) { return three(); });
  tool("{\\\"n\\\":7", [](json_view arguments) { return arguments; });
  tool("with\\u0000NUL", [](json_view) { return std::string("with\0NUL", 8); });
  tool("seven!", [](request r) { return r.arguments().get_string("/text").str() + "!"; });
  tool("\"failure\"", [](json_view) { return copilot::tool_result("the model reads this", "failure"); });
  tool("by hand", [](const request &r) { MUST(r.respond_text("by hand")); });
  tool("by hand", [](const request &r) { return r.respond_text("by hand"); });
  tool("NUL\\u0000", [](const request &r) { MUST(r.respond_text(std::string("NUL\0", 4))); });
  tool("dry", [](const request &r) { MUST(r.fail("the well is dry")); });
  tool("no answer", [](const request &) {});
  tool("no answer", [](json_view) {});
  tool("a result", [](json_view) { return copilot::result<std::string>("a result"); });
  tool("nothing at", [](json_view) { // an error as the answer
    return copilot::attempt([] { return copilot::json::copy_of(three(), "/no/such"); });
  });
}

static void what_is_asked() {
  tool("checked", [](const request &r) {
    CHECK_INT(COPILOT_REQUEST_TOOL, r.kind());
    CHECK_STRING("t", r.tool_name());
    CHECK(!r.session_id().empty() && !r.method().empty() && r.id() > 0 && !r.is_cancelled());
    CHECK_INT(7, r.params().get_int("/arguments/n"));
    CHECK_INT(7, r.arguments().get_int("/n"));
    MUST(r.respond(copilot::json_text{"\"checked\""}));
    FAILS(COPILOT_E_INVALID_STATE, "answered", r.respond_text("twice"));
    FAILS(COPILOT_E_INVALID_STATE, nullptr, r.decline());
    FAILS(COPILOT_E_INVALID_STATE, nullptr, r.on_cancel([] {}));
  });
}

// Kept, and answered by a thread.
static void later() {
  std::thread worker;
  const copilot::client client = test::fake(test::asks(test::tool_call));
  copilot::session_config config = test::config();
  MUST(config.add_tool(test::tool, [&worker](request r) {
    worker = std::thread([](request kept) { MUST(kept.respond_text("from a thread")); }, std::move(r));
  }));
  test::turn(test::open(client, config));
  worker.join();
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "from a thread"));
}

template <class F> static void question(const std::string &asked, const char *part, const char *answer, F prepare) {
  const copilot::client client = test::fake(test::asks(asked));
  copilot::session_config config = test::config();
  prepare(config);
  test::turn(test::open(client, config));
  if (fake_logged("\"answered\"", part) < 1 || fake_logged("\"answered\"", answer) != 1)
    test_fail(__FILE__, __LINE__, "not the answer", answer);
}

template <class F> static void permission(const char *answer, F lambda) {
  question(test::permission, "permission.requested", answer,
           [&](copilot::session_config &config) { MUST(config.on_permission(lambda)); });
}

static void permissions() {
  permission("approve-once", [](json_view asked) { return asked.get_string("/permissionRequest/kind") == "shell"; });
  permission("does not allow", [](json_view) { return false; });
  permission("approve-once", [](const request &) { return copilot::approve_once(); });
  permission("approve-for-session", [](json_view) { return copilot::approve_for_session(); });
  permission("not \\\"here\\\"", [](json_view) { return copilot::reject("not \"here\""); });
  question(test::permission, "permission", "approve-once",
           [](copilot::session_config &config) { MUST(config.approve_all()); });
  question(test::permission, "permission", "reject", [](copilot::session_config &config) { MUST(config.deny_all()); });
}

static void other_questions() {
  question(R"({"request":{"method":"userInput.request","params":{"question":"Which?"}}})", "userInput", "blue",
           [](copilot::session_config &config) {
             MUST(config.on_user_input([](json_view asked) {
               CHECK_STRING("Which?", asked.get_string("/question"));
               return "blue";
             }));
           });
  question(R"({"request":{"method":"canvas.open","params":{}}})", "canvas.open", "http://x",
           [](copilot::session_config &config) {
             MUST(config.on_method("canvas.*", [](json_view) { return copilot::json_text{R"({"url":"http://x"})"}; }));
           });
  question(R"({"request":{"method":"exitPlanMode.request","params":{}}})", "exitPlanMode", "\"approved\":false",
           [](copilot::session_config &config) {
             MUST(config.on_request(COPILOT_REQUEST_EXIT_PLAN_MODE, [](json_view) { return false; }));
           });
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, test::config().on_request(COPILOT_REQUEST_TOOL, [](json_view) {}));
}

static void withdrawn() {
  int calls = 0, destroyed = 0;
  request kept;
  const copilot::client client = test::fake(test::asks(test::tool_call));
  copilot::session_config config = test::config();
  MUST(config.add_tool(test::tool, [&](request r) {
    MUST(r.on_cancel([&calls, end = test::Owned(&destroyed)] { calls++; }));
    kept = std::move(r);
  }));
  const copilot::session session = test::open(client, config);
  const copilot::op turn = MUST(session.send_and_wait_async(copilot::prompt("p")));
  const copilot::queue queue = client.get_queue();
  while (!kept) REQUIRE(MUST(queue.dispatch(-1, test::patience)) > 0);
  MUST(session.abort(test::patience));
  static_cast<void>(copilot::attempt([&] { return turn.wait(test::patience); }));
  CHECK_SOON((MUST(queue.dispatch()), calls == 1));
  CHECK(kept.is_cancelled());
  FAILS(COPILOT_E_CANCELLED, nullptr, kept.respond_text("too late"));
  kept.reset();
  CHECK_INT(1, destroyed);
}

int main() {
  tools();
  what_is_asked();
  later();
  permissions();
  other_questions();
  withdrawn();
  return test_end();
}
