// Queues as hosts serve them, and operations.
#include "test.hpp"

#include <atomic>
#include <future>
#include <poll.h>
#include <thread>

using copilot::milliseconds;
using copilot::op;

static copilot::client items_client(const char *script = "{}") {
  copilot::client client = test::fake(script, R"({"queue":{"mode":"items"}})");
  MUST(client.start(test::patience));
  for (copilot::event &item : client.get_queue().items(milliseconds(0))) CHECK_STRING("state", item.type());
  return client;
}

static void next_tells_why() {
  const copilot::queue queue = MUST(copilot::queue::make(R"({"mode":"items"})"));
  copilot::event item;
  CHECK_INT(COPILOT_E_TIMEOUT, MUST(queue.next(milliseconds(0), item)));
  queue.wake();
  CHECK_INT(COPILOT_E_CANCELLED, MUST(queue.next(copilot::forever, item)));
  queue.wake();
  CHECK_INT(0, MUST(queue.dispatch(-1, copilot::forever)));
  copilot::queue::range none = queue.items(milliseconds(0));
  CHECK(none.begin() == none.end());
  CHECK_INT(COPILOT_E_TIMEOUT, none.status());
  queue.close();
  CHECK_INT(COPILOT_E_CLOSED, MUST(queue.next(copilot::forever, item)));
  CHECK_INT(COPILOT_E_CLOSED, MUST(queue.dispatch()));
  CHECK(!item);
  FAILS(COPILOT_E_CLOSED, nullptr, queue.start_thread());
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, copilot::queue().next(milliseconds(0), item));
}

// A whole turn by items, in a range-based for.
static void items() {
  const copilot::client client = items_client(R"({"turns":[[{"tool":{"name":"t"}},{"text":"done"}]]})");
  const copilot::queue queue = client.get_queue();
  copilot::session_config config = test::config();
  MUST(config.add_tool(test::tool));
  MUST(config.on_permission());
  const copilot::session session = test::open(client, config);
  const op sent = MUST(session.send_async(copilot::prompt("p")));
  std::string said;
  int completed = 0, asked = 0;
  copilot::queue::range all = queue.items(test::patience);
  for (copilot::event &item : all) {
    if (item.kind() == COPILOT_EVENT_COMPLETION) {
      CHECK(item.operation().id() == sent.id());
      completed++;
    } else if (item.kind() == COPILOT_EVENT_REQUEST) {
      const copilot::request request = item.take_request();
      CHECK(request && !item.take_request());
      MUST(request.respond_text("answered by the loop"));
      asked++;
    } else if (item.type() == "assistant.message") {
      said += item.json().get_string("/data/content");
    } else if (item.type() == "session.idle") {
      break;
    }
  }
  CHECK_INT(COPILOT_OK, all.status());
  CHECK_INT(1, completed);
  CHECK_INT(1, asked);
  CHECK_STRING("done", said);
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "answered by the loop"));
}

// The same turn by the batch: as a vector, and as texts with what they cannot hold between them.
static void batches() {
  const copilot::client client = items_client(R"({"turns":[[{"tool":{"name":"t"}},{"text":"one"}],[{"tool":{"name":"t"}},{"text":"two"}]]})");
  const copilot::queue queue = client.get_queue();
  copilot::session_config config = test::config();
  MUST(config.add_tool(test::tool));
  MUST(config.on_permission());
  const copilot::session session = test::open(client, config);
  std::vector<copilot::event> batch;
  std::string said;
  CHECK_INT(COPILOT_OK, MUST(queue.next_batch(test::patience, batch)));
  MUST(session.send(copilot::prompt("p"), test::patience));
  for (bool over = false; !over;) {
    REQUIRE(MUST(queue.next_batch(test::patience, batch)) == COPILOT_OK);
    CHECK(!batch.empty());
    for (copilot::event &item : batch) {
      if (item.kind() == COPILOT_EVENT_REQUEST) MUST(item.take_request().respond_text("answered by the batch"));
      if (item.type() == "assistant.message") said += item.json().get_string("/data/content");
      over = over || item.type() == "session.idle";
    }
  }
  CHECK_STRING("one", said);

  copilot::json text;
  copilot::event last;
  int asked = 0;
  MUST(session.send(copilot::prompt("p"), test::patience));
  for (bool over = false; !over;) {
    REQUIRE(MUST(queue.next_batch_json(test::patience, text, last)) == COPILOT_OK);
    CHECK(text.size() > 0 || last);
    for (std::size_t i = 0; i < text.size(); i++) {
      const copilot::json_view item = text[i];
      if (item.get_string("/type") == "assistant.message") said += item.get_string("/event/data/content");
      over = over || item.get_string("/type") == "session.idle";
    }
    if (last && last.kind() == COPILOT_EVENT_REQUEST) {
      MUST(last.take_request().respond_text("answered behind the batch"));
      asked++;
    }
  }
  CHECK_STRING("onetwo", said);
  CHECK_INT(1, asked);
  CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "answered behind the batch"));
  while (MUST(queue.next_batch(milliseconds(0), batch)) == COPILOT_OK) {
  }
  CHECK(batch.empty());
  queue.wake();
  CHECK_INT(COPILOT_E_CANCELLED, MUST(queue.next_batch_json(copilot::forever, text, last)));
  CHECK(!text && !last);
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, copilot::queue().next_batch(milliseconds(0), batch));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, queue.next_batch_json(milliseconds(0), text, last, 0));
}

static void a_descriptor() {
  const copilot::client client = items_client();
  const copilot::queue queue = client.get_queue();
  pollfd poller{};
  poller.fd = queue.fd();
  poller.events = POLLIN;
  CHECK_INT(0, poll(&poller, 1, 0));
  const op ping = MUST(client.ping_async("x"));
  CHECK_INT(1, poll(&poller, 1, PATIENCE));
  CHECK_INT(1, queue.length());
  copilot::event item;
  CHECK_INT(COPILOT_OK, MUST(queue.next(milliseconds(0), item)));
  CHECK_INT(0, poll(&poller, 1, 0));
}

static void a_wakeup_and_a_frame() {
  const copilot::client client = test::fake("{}");
  const copilot::queue queue = client.get_queue();
  std::atomic<int> woken{0};
  int ended = 0;
  MUST(client.start(test::patience));
  MUST(queue.set_wakeup([&woken] { woken++; }));
  for (int i = 0; i < 5; i++) MUST(client.ping_async("x", [&ended](op) { ended++; }));
  CHECK_SOON(queue.length() == 5);
  CHECK_INT(1, woken);
  CHECK_INT(2, MUST(queue.dispatch(2)));
  CHECK_INT(2, ended);
  CHECK_INT(3, MUST(queue.dispatch()));
  MUST(queue.set_wakeup(nullptr));
}

static void a_thread() {
  const copilot::client client = test::fake("{}");
  const copilot::queue queue = client.get_queue();
  std::promise<copilot::json> promise;
  std::future<copilot::json> future = promise.get_future();
  std::thread::id ran_on;
  MUST(queue.start_thread());
  MUST(client.ping_async("later", [&ran_on, promise = std::move(promise)](op o) mutable {
    ran_on = std::this_thread::get_id();
    promise.set_value(MUST(o.take_result()));
  }));
  REQUIRE(future.wait_for(test::patience) == std::future_status::ready);
  CHECK_STRING("pong: later", future.get().get_string("/message"));
  MUST(queue.stop_thread());
  CHECK(ran_on != std::thread::id() && ran_on != std::this_thread::get_id());
}

static void operations() {
  const copilot::client client = test::fake(R"({"on":{"status.get":{"hang":true}},"once":{"ping":{"hang":true}}})");
  MUST(client.start(test::patience));
  const op slow = MUST(client.status_async());
  CHECK(slow.is_pending() && slow.id() > 0);
  CHECK(!MUST(slow.wait(milliseconds(0))));
  CHECK(!MUST(slow.wait(milliseconds(20))));
  FAILS(COPILOT_E_INVALID_STATE, nullptr, slow.take_result());
  const op same = slow.ref();
  same.cancel();
  FAILS(COPILOT_E_CANCELLED, nullptr, slow.wait(test::patience));
  CHECK_INT(COPILOT_OP_CANCELLED, slow.state());
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, op().wait(milliseconds(0)));
}

// Everything has an asynchronous form; sessions come out of theirs.
static void sessions_by_operation() {
  const copilot::client client = test::fake(R"({"turns":[[{"text":"done"}]]})");
  const copilot::queue queue = client.get_queue();
  copilot::session session;
  const op created = MUST(client.create_session_async(test::config(), [&session](op o) { session = MUST(o.take_session()); }));
  while (!session) REQUIRE(MUST(queue.dispatch(-1, test::patience)) >= 0);
  FAILS(COPILOT_E_INVALID_STATE, nullptr, created.take_session());
  std::string said;
  MUST(session.send_and_wait_async(copilot::prompt("p"), [&said](op o) {
    said = MUST(o.take_result()).get_string("/event/data/content");
  }));
  while (said.empty()) REQUIRE(MUST(queue.dispatch(-1, test::patience)) >= 0);
  CHECK_STRING("done", said);
  const op stopped = MUST(client.stop_async(test::patience));
  CHECK(MUST(stopped.wait(test::patience)));
}

// An operation that itself ends with COPILOT_E_TIMEOUT has ended, and is no wait that was too short.
static void an_end_by_timeout() {
  const copilot::client client = test::fake(R"({"turns":[[{"hang":true}]]})");
  const copilot::session session = test::open(client, test::config());
  const op turn = MUST(session.send_and_wait_async(R"({"prompt":"p","inactivityTimeoutMs":50})"));
  FAILS(COPILOT_E_TIMEOUT, nullptr, turn.wait(test::patience));
  FAILS(COPILOT_E_TIMEOUT, nullptr, turn.wait(milliseconds(0)));
  CHECK_INT(COPILOT_OP_FAILED, turn.state());
}

// What a blocking call does inside of a lambda of its own queue.
static void no_deadlock() {
  const copilot::client client = test::fake("{}");
  int ran = 0;
  const op ping = MUST(client.ping_async("x", [&](op) {
    FAILS(COPILOT_E_WOULD_DEADLOCK, nullptr, client.ping("y", test::patience));
    ran++;
  }));
  CHECK(MUST(ping.wait(test::patience)));
  CHECK_INT(1, ran);
}

static void timeouts() {
  const copilot::client client = test::fake(R"({"on":{"ping":{"hang":true}}})");
  MUST(client.start(std::chrono::hours(24 * 365))); // as long as there is
  MUST(client.status(milliseconds::min())); // negative: for ever
  FAILS(COPILOT_E_TIMEOUT, nullptr, client.ping("x", milliseconds(20)));
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, client.ping("x", milliseconds(0)));
}

int main() {
  next_tells_why();
  items();
  batches();
  a_descriptor();
  a_wakeup_and_a_frame();
  a_thread();
  operations();
  sessions_by_operation();
  an_end_by_timeout();
  no_deadlock();
  timeouts();
  return test_end();
}
