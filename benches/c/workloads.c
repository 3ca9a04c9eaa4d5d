/* The workloads: each has a run that is measured, with the count that it is given. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A window is as many events as fit into the queues of every SDK. */
enum { WINDOW = 900, IN_FLIGHT = 32 };

static const char add_tool[] =
    "{\"name\":\"add\",\"description\":\"Adds two whole numbers\",\"skipPermission\":true,"
    "\"parameters\":{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{"
    "\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}}}}";

static char *json_object(const char *key, const char *value) {
  copilot_json *json = copilot_json_new_object();
  char *text;
  if (copilot_json_set_string(json, key, value, NULL) < 0) die(key, NULL);
  text = strdup(copilot_json_text(json, NULL));
  copilot_json_free(json);
  if (!text) die("memory", NULL);
  return text;
}

void connect_client(struct bench *bench) {
  copilot_error *error = NULL;
  char *json = json_object("/cliPath", bench->mock);
  copilot_client_options *options = copilot_client_options_new(json, &error);
  if (!options) die("options", error);
  bench->queue = copilot_queue_new(bench->delivery->queue_options, &error);
  if (!bench->queue) die("queue", error);
  if (copilot_client_options_set_queue(options, bench->queue, &error) < 0) die("set_queue", error);
  bench->client = copilot_client_new(options, &error);
  if (!bench->client) die("client", error);
  bench->delivery->begin(bench);
  if (copilot_client_start(bench->client, TIMEOUT_MS, &error) < 0) die("start", error);
  copilot_client_options_free(options);
  free(json);
}

copilot_session *open_session(struct bench *bench, long index) {
  copilot_error *error = NULL;
  copilot_session *session;
  copilot_session_config *config;
  char json[128];
  snprintf(json, sizeof json, "{\"streaming\":true,\"sessionId\":\"8d8e3e8c-1111-4222-8333-444455%06ld\"}", index);
  config = copilot_session_config_new(json, &error);
  if (!config) die("config", error);
  if (bench->workload->sessions == TOOL_SESSION &&
      copilot_session_config_add_tool(config, add_tool, on_tool, bench, NULL, &error) < 0)
    die("add_tool", error);
  if (bench->delivery->on_event(config, NULL, on_event, &bench->streams[index], NULL, &error) < 0)
    die("on_event", error);
  session = copilot_session_create(bench->client, config, TIMEOUT_MS, &error);
  if (!session) die("create", error);
  copilot_session_config_free(config);
  return session;
}

static void on_sent(copilot_op *op, void *user_data) {
  (void)user_data;
  if (copilot_op_get_state(op) != COPILOT_OP_DONE) die("a prompt was refused", NULL);
}

/*
 * Sends a prompt and serves the queue until `turns` sessions are idle again. The blocking form would serve it too, and
 * not in the way that is to be measured.
 */
static void turns(struct bench *bench, const char *prompt, long turns) {
  copilot_error *error = NULL;
  char *message = json_object("/prompt", prompt);
  copilot_op *op;
  bench->awaited = turns;
  op = copilot_session_send_async(bench->streams[0].session, message, on_sent, NULL, NULL, &error);
  if (!op) die("send", error);
  copilot_op_free(op);
  free(message);
  bench->delivery->until_done(bench);
}

static void turn(struct bench *bench, const char *prompt) { turns(bench, prompt, 1); }

static char *prompt(const char *word, long first, long second) {
  static char text[96];
  snprintf(text, sizeof text, "%s %ld %ld", word, first, second);
  return text;
}

static void expect_size(struct bench *bench) { bench->size = (int)bench->numbers[1]; }

static void run_burst(struct bench *bench, long count) { turn(bench, prompt("burst", count, bench->size)); }

static void run_mix(struct bench *bench, long count) { turn(bench, prompt("mix", count, bench->size)); }

static void run_windows(struct bench *bench, long count) {
  for (; count > 0; count -= WINDOW) run_burst(bench, count < WINDOW ? count : WINDOW);
}

static void expect_stamps(struct bench *bench) {
  bench->size = bench->numbers[1] < 20 ? 20 : (int)bench->numbers[1];
  bench->stamped = 1;
}

static void run_paced(struct bench *bench, long count) {
  char text[96];
  snprintf(text, sizeof text, "paced %ld %d %ld", count, bench->size, bench->numbers[2]);
  turn(bench, text);
}

static void expect_size_of_streams(struct bench *bench) { bench->size = (int)bench->numbers[2]; }

static void run_streams(struct bench *bench, long count) {
  turns(bench, prompt("streams", count, bench->size), bench->stream_count);
}

static void run_mixstreams(struct bench *bench, long count) {
  turns(bench, prompt("mixstreams", count, bench->size), bench->stream_count);
}

static void run_pings(struct bench *bench, long count) {
  for (; count > 0; count--) {
    copilot_error *error = NULL;
    uint64_t start = now_ns();
    copilot_json *pong = copilot_client_ping(bench->client, NULL, TIMEOUT_MS, &error);
    if (!pong) die("ping", error);
    copilot_json_free(pong);
    bench->latency[bench->latencies++] = (double)(now_ns() - start) / 1e3;
    bench->received++;
  }
}

static void run_pings_in_flight(struct bench *bench, long count) {
  long first;
  bench->awaited = bench->to_start = count;
  for (first = 0; first < IN_FLIGHT; first++) start_ping(bench);
  bench->delivery->until_done(bench);
}

static void run_tools(struct bench *bench, long count) {
  char text[96];
  snprintf(text, sizeof text, "tools %ld", count);
  turn(bench, text);
}

static void run_large(struct bench *bench, long bytes) {
  char text[96];
  snprintf(text, sizeof text, "large %ld", bytes);
  turn(bench, text);
  bench->received++;
}

static void make_history(struct bench *bench) { turn(bench, prompt("history", bench->numbers[0], bench->numbers[1])); }

static void run_history(struct bench *bench, long count) {
  copilot_error *error = NULL;
  copilot_json *history = copilot_session_get_messages(bench->streams[0].session, TIMEOUT_MS, &error);
  size_t index, events;
  if (!history) die("get_messages", error);
  events = copilot_json_count(history, "/events");
  if (events != (size_t)count) die("a history of another length", NULL);
  for (index = 0; index < events; index++) {
    size_t length = 0;
    const copilot_json *event = copilot_json_item(copilot_json_at(history, "/events"), index);
    if (!copilot_json_get_string(event, "/data/content", &length)) die("an event without text", NULL);
    bench->received++;
    bench->received_bytes += (long)length;
  }
  copilot_json_free(history);
}

static void run_create(struct bench *bench, long count) {
  for (; count > 0; count--) {
    copilot_error *error = NULL;
    uint64_t start = now_ns();
    copilot_session *session = open_session(bench, 0);
    if (copilot_session_disconnect(session, TIMEOUT_MS, &error) < 0) die("disconnect", error);
    copilot_session_free(session);
    bench->latency[bench->latencies++] = (double)(now_ns() - start) / 1e3;
    bench->received++;
  }
}

static void run_idle(struct bench *bench, long count) {
  for (; bench->received < count; bench->received++)
    bench->streams[bench->received].session = open_session(bench, bench->received);
}

/* The run of "connect" is in main.c: it begins with the start of the program. */
const struct workload workloads[] = {
    {"burst", {"n", "bytes"}, ONE_SESSION, 1000, expect_size, run_burst},
    {"window", {"n", "bytes"}, ONE_SESSION, 1000, expect_size, run_windows},
    {"mix", {"n", "bytes"}, ONE_SESSION, 1000, expect_size, run_mix},
    {"paced", {"n", "bytes", "rate"}, ONE_SESSION, 0, expect_stamps, run_paced},
    {"streams", {"sessions", "n", "bytes"}, GIVEN_SESSIONS, 2, expect_size_of_streams, run_streams},
    {"mixstreams", {"sessions", "n", "bytes"}, GIVEN_SESSIONS, 2, expect_size_of_streams, run_mixstreams},
    {"ping", {"n"}, NO_SESSION, 200, NULL, run_pings},
    {"ping32", {"n"}, NO_SESSION, 200, NULL, run_pings_in_flight},
    {"tools", {"n"}, TOOL_SESSION, 50, NULL, run_tools},
    {"large", {"bytes"}, ONE_SESSION, 1000, NULL, run_large},
    {"history", {"n", "bytes"}, ONE_SESSION, 0, make_history, run_history},
    {"create", {"n"}, NO_SESSION, 10, NULL, run_create},
    {"idle", {"n"}, OWN_SESSIONS, 0, NULL, run_idle},
    {"connect", {NULL}, NO_SESSION, 0, NULL, NULL},
    {NULL, {NULL}, NO_SESSION, 0, NULL, NULL},
};
