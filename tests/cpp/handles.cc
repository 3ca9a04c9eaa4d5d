// Handles: one pointer wide, moved, freed once, in any order; and what failure looks like.
#include "test.hpp"

#include <algorithm>

using copilot::client;

template <class H> static void pointer_like() {
  static_assert(sizeof(H) == sizeof(void *), "a handle is one pointer");
  static_assert(std::is_nothrow_move_constructible<H>::value && std::is_nothrow_move_assignable<H>::value, "it moves");
  static_assert(!std::is_copy_constructible<H>::value && !std::is_copy_assignable<H>::value, "it is not copied");
  static_assert(std::is_nothrow_default_constructible<H>::value, "it may be empty");
  const H empty;
  CHECK(!empty && empty.get() == nullptr);
}

static void moves() {
  copilot::queue a = MUST(copilot::queue::make()), b;
  copilot_queue *const c_handle = a.get();
  b = std::move(a);
  CHECK(!a && b.get() == c_handle);
  copilot::queue &same = b;
  b = std::move(same);
  CHECK(b.get() == c_handle);
  copilot::queue second = b.ref();
  CHECK(second && second.get() == c_handle);
  b.reset();
  CHECK_INT(1, copilot::live_objects());
  copilot::queue third(second.release());
  CHECK(!second && third);
  std::swap(second, third);
  CHECK(second && !third);
  second = MUST(copilot::queue::make()); // the former one is freed
  CHECK_INT(1, copilot::live_objects());
  second.reset();
  CHECK_INT(0, copilot::live_objects());
}

// Five handles of one turn, freed in every order.
static void any_order() {
  int order[] = {0, 1, 2, 3, 4};
  const client outer = test::fake("{}");
  copilot::queue queue = MUST(copilot::queue::make(R"({"mode":"items"})"));
  copilot::session_config config = test::config();
  MUST(config.set_queue(queue));
  const std::int64_t before = copilot::live_objects();
  do {
    client connection = outer.ref();
    copilot::session session = test::open(connection, config);
    copilot::op op = MUST(session.send_async(copilot::prompt("p")));
    copilot::event item;
    REQUIRE(MUST(queue.next(test::patience, item)) == COPILOT_OK);
    copilot::queue again = queue.ref();
    for (const int which : order) switch (which) {
        case 0: connection.reset(); break;
        case 1: session.reset(); break;
        case 2: op.reset(); break;
        case 3: item.reset(); break;
        default: again.reset(); break;
      }
    while (MUST(queue.next(copilot::milliseconds(0), item)) == COPILOT_OK) {}
  } while (std::next_permutation(order, order + (getenv("TEST_SLOW") ? 3 : 5)));
  config.reset();
  queue.reset();
  CHECK(copilot::live_objects() < before);
}

static void options() {
  copilot::client_options options = MUST(copilot::client_options::make(R"({"cliArgs":["--x"]})"));
  MUST(options.set("/env/NAME", "value"));
  CHECK_STRING("value", options.view().get_string("/env/NAME"));
  CHECK_STRING("--x", options.view().get_string("/cliArgs/0"));
  const copilot::queue queue = MUST(copilot::queue::make());
  MUST(options.set_queue(queue));
  const client made = MUST(client::make(options));
  CHECK(made.get_queue().get() == queue.get());
  CHECK_INT(COPILOT_CLIENT_DISCONNECTED, made.state());
  copilot::session_config config = MUST(copilot::session_config::make(nullptr));
  MUST(config.set("/streaming", true));
  CHECK(config.view().get_bool("/streaming"));
  CHECK(MUST(client::make()) && MUST(client::make(R"({"autoStart":false})")));
  FAILS(COPILOT_E_INVALID_ARGUMENT, "autoStart", client::make(R"({"autostart":false})"));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, copilot::queue::make(R"({"mode":"x"})"));
}

static void results() {
  const copilot::result<client> refused = copilot::attempt([] { return client::make("{"); });
  CHECK(!refused && !*refused && refused.error().code() == COPILOT_E_INVALID_JSON);
  CHECK_STRING("COPILOT_E_INVALID_JSON", refused.error().name());
  const copilot::error shared = refused.error();
  CHECK(shared.get() == refused.error().get());
  // What cannot be has no facts, and every getter is quiet about it.
  CHECK(shared.error_class().empty() && shared.reason().empty() && !shared.data());
  CHECK(shared.status_code() == 0 && shared.retry_after() < copilot::milliseconds(0) && shared.rpc_code() == 0);
  CHECK(!shared.is_retriable() && !shared.is_fatal());
  const copilot::error none;
  CHECK(none.code() == COPILOT_OK && none.what() != nullptr);
  copilot::result<client> made = copilot::attempt([] { return client::make(); });
  CHECK(made && made->state() == COPILOT_CLIENT_DISCONNECTED);
  const client taken = *std::move(made);
  CHECK(taken && !*made);
  const copilot::result<void> fine = copilot::attempt([] { return copilot::shutdown(copilot::milliseconds(0)); });
  CHECK(!fine && fine.error().code() == COPILOT_E_INVALID_STATE); // a client lives
}

// An error of a turn, with its facts.
static void facts() {
  const client client = test::fake(
      R"({"turns":[[{"error":{"errorType":"rate_limit","message":"slow down","statusCode":429}}]]})");
  const copilot::session session = test::open(client, test::config());
  const auto failed = copilot::attempt([&] { return session.send_and_wait(copilot::prompt("p"), test::patience); });
  CHECK_INT(COPILOT_E_SESSION, failed.error().code());
  CHECK_STRING("rate_limit", failed.error().error_class());
  CHECK_STRING("error", failed.error().reason());
  CHECK_INT(429, failed.error().status_code());
  CHECK(failed.error().is_retriable());
  FAILS(COPILOT_E_RPC, "no.such", client.call("no.such", "{}", test::patience));
  const auto refused = copilot::attempt([&] { return client.call("no.such", nullptr, test::patience); });
  CHECK_INT(-32601, refused.error().rpc_code());
}

static void library() {
  CHECK(copilot::check_abi() && copilot::abi_version() == COPILOT_ABI_VERSION);
  CHECK_STRING(COPILOT_VERSION_STRING, copilot::version());
  CHECK_INT(COPILOT_VERSION_NUMBER, copilot::version_number());
  CHECK(copilot::protocol_version() > 0 && !copilot::has_feature("no such feature"));
  CHECK_STRING(COPILOT_VERSION_STRING, MUST(copilot::json::parse(copilot::build_info())).get_string("/version"));
  CHECK_STRING("COPILOT_E_TIMEOUT", copilot::status_name(COPILOT_E_TIMEOUT));
  CHECK(!copilot::status_text(COPILOT_E_TIMEOUT).empty());
}

int main() {
  pointer_like<client>();
  pointer_like<copilot::session>();
  pointer_like<copilot::session_config>();
  pointer_like<copilot::client_options>();
  pointer_like<copilot::request>();
  pointer_like<copilot::event>();
  pointer_like<copilot::queue>();
  pointer_like<copilot::json>();
  pointer_like<copilot::op>();
  moves();
  any_order();
  options();
  results();
  facts();
  library();
  return test_end();
}
