// One thread and no loop: a lambda as a tool, a lambda that permits, and the answer. The call that waits runs both.
//
//   ./ask_with_tool "Use add: what is 19 + 23?"
//
// COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your own.
#include <copilot.hpp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

static const char add[] = R"({
  "name": "add", "description": "Adds two integers", "skipPermission": true,
  "parameters": {
    "type": "object", "required": ["a", "b"],
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}
  }
})";

static int run(const char *prompt) {
  using namespace std::chrono_literals;
  int sums = 0; // lambdas run on this thread, so they may use what is here

  copilot::client client = copilot::client::make();
  copilot::session_config config = copilot::session_config::make(std::getenv("COPILOT_SESSION_JSON"));
  config.add_tool(add, [&sums](copilot::json_view arguments) {
    long a = 0, b = 0;
    if (!arguments.read("/a", a) || !arguments.read("/b", b))
      throw std::invalid_argument("a and b must be integers"); // the tool has failed, and the turn goes on
    sums++;
    std::printf("[add(%ld, %ld) = %ld]\n", a, b, a + b);
    return a + b;
  });
  config.on_permission([](copilot::json_view asked) {
    const copilot::string_ref kind = asked.get_string("/permissionRequest/kind");
    if (kind == "custom-tool") return copilot::approve_once(); // CLIs before 1.0 ask for every tool
    std::printf("[%s: refused]\n", kind.c_str());
    return copilot::reject("Only the tools of this program may run.");
  });

  copilot::session session = client.create_session(config, 60s); // starts the CLI
  const copilot::json answer = session.send_and_wait(copilot::prompt(prompt), 120s);
  std::printf("%s\n(%d added)\n", answer.get_string("/event/data/content").c_str(), sums);
  client.stop(10s);
  return 0;
}

int main(int argc, char **argv) {
  try {
    return run(argc > 1 ? argv[1] : "Use add: what is 19 + 23?");
  } catch (const copilot::error &error) {
    std::fprintf(stderr, "%s: %s\n", error.name().c_str(), error.what());
    return 1;
  }
}
