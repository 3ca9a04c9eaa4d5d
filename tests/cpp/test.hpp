// What the C++ tests have in common, above tests/c/test.h: calls that must work or must fail, written alike for every
// way in which copilot.hpp tells of failure, and lambdas that count their ends.
#ifndef TEST_HPP
#define TEST_HPP

#include "../c/test.h"

#include <copilot.hpp>

namespace test {

constexpr copilot::milliseconds patience{PATIENCE};

template <class T> void demand(const copilot::result<T> &made, const char *file, int line, const char *what) {
  if (made) return;
  test_fail(file, line, what, made.error().what());
  std::exit(1);
}
template <class T> T value(copilot::result<T> made, const char *file, int line, const char *what) {
  demand(made, file, line, what);
  return *std::move(made);
}
inline void value(const copilot::result<void> &made, const char *file, int line, const char *what) {
  demand(made, file, line, what);
}

template <class T>
void fails(const copilot::result<T> &made, copilot_status code, const char *part, const char *file, int line) {
  test_int(file, line, "the code", code, made.error().code());
  if (part) test_contains(file, line, part, made.error().what());
}

/// Something that a lambda holds: how often it was destroyed, moves left aside.
class Owned {
  int *destroyed_;

public:
  explicit Owned(int *destroyed) noexcept : destroyed_(destroyed) {}
  Owned(Owned &&other) noexcept : destroyed_(std::exchange(other.destroyed_, nullptr)) {}
  Owned(const Owned &) = delete;
  Owned &operator=(Owned &&) = delete;
  ~Owned() {
    if (destroyed_) __sync_fetch_and_add(destroyed_, 1);
  }
};

inline int count(int &counter) { return __sync_fetch_and_add(&counter, 0); }

} // namespace test

// A call that must work; its value.
#define MUST(call) test::value(copilot::attempt([&] { return call; }), __FILE__, __LINE__, #call)
// A call that must fail, with a code and a part of the message.
#define FAILS(code, part, call) \
  test::fails(copilot::attempt([&] { return call; }), code, part, __FILE__, __LINE__)
#define CHECK_STRING(expected, actual) CHECK_TEXT(expected, std::string(actual).c_str())

namespace test {

/// A client of the fake runtime with this script (tests/testbed/RUNTIME.md).
inline copilot::client fake(const copilot::json_arg &script, const copilot::json_arg &options = nullptr) {
  const char *const program = std::getenv("FAKE_RUNTIME_PROGRAM");
  REQUIRE(program);
  fake_forget_log();
  copilot::client_options made = MUST(copilot::client_options::make(options));
  MUST(made.set("/cliPath", program));
  MUST(made.set("/env/FAKE_RUNTIME", script.c_str()));
  MUST(made.set("/env/FAKE_RUNTIME_LOG", fake_log_path()));
  return MUST(copilot::client::make(made));
}

inline copilot::session_config config() { return MUST(copilot::session_config::make()); }

inline copilot::session open(const copilot::client &client, const copilot::session_config &config) {
  return MUST(client.create_session(config, patience));
}

/// Runs a turn, which must end with the text "done".
inline void turn(const copilot::session &session) {
  const copilot::json answer = MUST(session.send_and_wait(copilot::prompt("p"), patience));
  CHECK_STRING("done", answer.get_string("/event/data/content"));
}

/// A turn in which the server asks this, and then says "done".
inline std::string asks(const std::string &question, int protocol = 3) {
  return "{\"protocol\":" + std::to_string(protocol) + ",\"turns\":[[" + question + ",{\"text\":\"done\"}]]}";
}

constexpr const char *tool_call = R"({"tool":{"name":"t","arguments":{"n":7,"text":"seven"}}})";
constexpr const char *permission = R"({"permission":{"kind":"shell","fullCommandText":"ls"}})";
constexpr const char *tool = R"({"name":"t","description":"d"})";

} // namespace test

#endif
