// One question, one answer.
//
//   ./ask "What is a monad?"
//
// COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your own; without it the
// CLI's GitHub login is used.
#include <copilot.hpp>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  using namespace std::chrono_literals;
  try {
    copilot::client client = copilot::client::make();
    copilot::session_config config = copilot::session_config::make(std::getenv("COPILOT_SESSION_JSON"));
    copilot::session session = client.create_session(config, 60s); // starts the CLI
    const copilot::json answer = session.send_and_wait(copilot::prompt(argc > 1 ? argv[1] : "Say hello."), 120s);
    std::puts(answer.get_string("/event/data/content").c_str());
    client.stop(10s);
    return 0;
  } catch (const copilot::error &error) {
    std::fprintf(stderr, "ask: %s\n", error.what());
    return 1;
  }
}
