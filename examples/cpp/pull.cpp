// No callback at all: everything comes as items of a queue, which a range-based for takes one by one.
#include <copilot.hpp>
#include <cstdio>
#include <cstdlib>

static const char clock_tool[] = R"({"name":"clock","description":"Tells the time","skipPermission":true})";

static void answer(const copilot::request &request) {
  if (request.kind() != COPILOT_REQUEST_TOOL) return request.respond(copilot::approve_once());
  std::printf("[%s]\n", request.tool_name().c_str());
  request.respond_text("a quarter to nine"); // or later, from another thread: the request can be kept
}

// Handles one item; true when the turn is over.
static bool handle(const copilot::event &event) {
  if (event.kind() == COPILOT_EVENT_REQUEST) {
    answer(event.take_request());
  } else if (event.type() == "assistant.message_delta") {
    std::printf("%s", event.json().get_string("/data/deltaContent").c_str());
    std::fflush(stdout);
  }
  return event.type() == "session.idle";
}

static int run(const char *prompt) {
  using namespace std::chrono_literals;
  const copilot::queue queue = copilot::queue::make(R"({"mode":"items"})");
  copilot::client client = copilot::client::make();
  copilot::session_config config = copilot::session_config::make(std::getenv("COPILOT_SESSION_JSON"));
  config.set("/streaming", true);
  config.set_queue(queue);
  config.add_tool(clock_tool); // without a lambda: its calls are items
  config.on_permission();
  copilot::session session = client.create_session(config, 60s);

  session.send(copilot::prompt(prompt), 60s);
  copilot::queue::range items = queue.items(120s);
  for (copilot::event &event : items)
    if (handle(event)) break;
  if (items.status() != COPILOT_OK) {
    std::fprintf(stderr, "pull: %s\n", copilot::status_text(items.status()).c_str());
    return 1;
  }
  std::puts("");
  client.stop(10s);
  return 0;
}

int main(int argc, char **argv) {
  try {
    return run(argc > 1 ? argv[1] : "Ask the clock for the time.");
  } catch (const copilot::error &error) {
    std::fprintf(stderr, "pull: %s\n", error.what());
    return 1;
  }
}
