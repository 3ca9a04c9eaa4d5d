// A single-threaded loop that never blocks for long, as in a game or an editor: it dispatches what has arrived, does its
// own work, and cancels the answer that has become too long. Nothing here throws; what can fail says so in a result.
//
//   ./loop WORDS "Count to a hundred."
#define COPILOT_NO_EXCEPTIONS
#include <copilot.hpp>
#include <cstdio>
#include <cstdlib>

// All that the loop and its lambdas share.
struct World {
  long budget = 20; // of words, after which the answer is cut off
  long words = 0;
  bool is_cut = false;
  bool is_over = false;
  copilot::session session;
};

static int fail(const char *what, const copilot::error &error) {
  std::fprintf(stderr, "%s: %s\n", what, error.what());
  return 1;
}

static void on_delta(World &world, copilot::event_view event) {
  for (const char c : event.json().get_string("/data/deltaContent").str()) {
    if (world.is_cut) return; // what was on its way
    world.is_cut = c == ' ' && ++world.words == world.budget;
    if (!world.is_cut) std::putchar(c);
    else world.is_over = !world.session.abort_async(); // the end of the turn comes through the loop
  }
  std::fflush(stdout);
}

int main(int argc, char **argv) {
  World world;
  if (argc > 1) world.budget = std::atol(argv[1]);
  auto client = copilot::client::make();
  auto config = copilot::session_config::make(std::getenv("COPILOT_SESSION_JSON"));
  if (!client) return fail("client", client.error());
  if (!config) return fail("config", config.error());
  const auto streaming = config->set("/streaming", true);
  if (!streaming) return fail("config", streaming.error());
  const auto deltas = config->on_event("assistant.message_delta",
                                 [&world](copilot::event_view event) { on_delta(world, event); });
  if (!deltas) return fail("subscribe", deltas.error());

  // Everything that takes time is begun here and goes on in the loop.
  const std::string prompt = argc > 2 ? argv[2] : "Count to a hundred.";
  copilot::error failed;
  auto on_end = [&](copilot::op turn) {
    const auto answer = turn.take_result();
    if (!answer && answer.error().reason() != "aborted") failed = answer.error();
    world.is_over = true;
  };
  auto on_created = [&](copilot::op op) {
    auto session = op.take_session();
    world.session = *std::move(session); // an empty one when it failed, which the next call refuses
    const auto turn = world.session.send_and_wait_async(copilot::prompt(prompt), on_end);
    if (!turn) failed = session ? turn.error() : session.error();
    world.is_over = !turn;
  };
  const auto created = client->create_session_async(*config, on_created);
  if (!created) return fail("create", created.error());

  const copilot::queue queue = client->get_queue();
  while (!world.is_over) {
    const auto ran = queue.dispatch(32, copilot::milliseconds(16)); // a frame; where there is other work, 0
    if (!ran || *ran < 0) break;
  }
  if (failed.code() != COPILOT_OK) return fail("ask", failed);
  std::printf("\n[%s]\n", world.is_cut ? "cut off" : "done");
  static_cast<void>(client->stop(std::chrono::seconds(10)));
  return 0;
}
