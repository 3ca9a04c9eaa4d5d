/* What the client does with what comes: it looks at the type, reads the text, counts, and checks the order. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

enum { STAMP_DIGITS = 20, SESSION_DIGITS = 6 };

/* One of the awaited has come. */
static void arrived(struct bench *bench) {
  if (--bench->awaited == 0) sem_post(&bench->done);
}

static uint64_t number(const char *digits, int count) {
  uint64_t value = 0;
  while (count-- > 0) value = value * 10 + (uint64_t)(*digits++ - '0');
  return value;
}

/* Its deltas are counted anew. */
void begin_turn(struct stream *stream) { memset(stream->next, '0', INDEX_DIGITS); }

static void count_up(char *digits, int count) {
  while (count-- > 0) {
    if (++digits[count] <= '9') return;
    digits[count] = '0';
  }
}

static void on_delta(struct stream *stream, const copilot_event *event) {
  struct bench *bench = stream->bench;
  size_t length = 0;
  const char *text = copilot_json_get_string(copilot_event_json(event), "/data/deltaContent", &length);
  if (!text || length != (size_t)bench->size) {
    bench->out_of_order = 1;
    return;
  }
  bench->received++;
  bench->received_bytes += (long)length;
  if (bench->stamped)
    bench->latency[bench->latencies++] = (double)(now_ns() - number(text, STAMP_DIGITS)) / 1e3;
  else if (length >= INDEX_DIGITS && memcmp(text, stream->next, INDEX_DIGITS) != 0)
    bench->out_of_order = 1;
  count_up(stream->next, INDEX_DIGITS);
}

static void on_message(struct bench *bench, const copilot_event *event) {
  size_t length = 0;
  if (copilot_json_get_bytes(copilot_event_json(event), "/data/content", &length) && bench->size == 0)
    bench->received_bytes += (long)length;
}

void on_event(const copilot_event *event, void *user_data) {
  struct stream *stream = user_data;
  const char *type = copilot_event_type(event);
  if (strcmp(type, "assistant.message_delta") == 0) {
    on_delta(stream, event);
  } else if (strcmp(type, "assistant.message") == 0) {
    on_message(stream->bench, event);
  } else if (strcmp(type, "session.idle") == 0) {
    begin_turn(stream);
    arrived(stream->bench);
  }
}

void on_tool(copilot_request *request, void *user_data) {
  struct bench *bench = user_data;
  const copilot_json *params = copilot_request_params(request);
  int64_t a = 0, b = 0;
  char sum[32];
  copilot_error *error = NULL;
  if (!copilot_json_get_int(params, "/arguments/a", &a) || !copilot_json_get_int(params, "/arguments/b", &b))
    die("a tool call without its arguments", NULL);
  snprintf(sum, sizeof sum, "%lld", (long long)(a + b));
  bench->received++;
  if (copilot_request_respond_text(request, sum, &error) < 0) die("respond", error);
}

/* Sends one of the pings that are to be sent, if any is left. */
void start_ping(struct bench *bench) {
  copilot_error *error = NULL;
  copilot_op *op;
  if (bench->to_start == 0) return;
  bench->to_start--;
  op = copilot_client_ping_async(bench->client, NULL, on_pong, bench, NULL, &error);
  if (!op) die("ping", error);
  copilot_op_free(op);
}

void on_pong(copilot_op *op, void *user_data) {
  struct bench *bench = user_data;
  if (copilot_op_get_state(op) != COPILOT_OP_DONE) die("a ping failed", NULL);
  bench->received++;
  start_ping(bench);
  arrived(bench);
}

/* Sessions are told apart by the number at the end of their ids (open_session). */
static struct stream *stream_of(struct bench *bench, const copilot_event *event) {
  const char *id = copilot_event_session_id(event);
  long index = id ? (long)number(id + strlen(id) - SESSION_DIGITS, SESSION_DIGITS) : -1;
  return index >= 0 && index < bench->stream_count ? &bench->streams[index] : NULL;
}

/* An item that was taken from a queue of mode "items". */
void take_event(struct bench *bench, copilot_event *event) {
  copilot_event_kind kind = copilot_event_get_kind(event);
  if (kind == COPILOT_EVENT_SESSION) {
    struct stream *stream = stream_of(bench, event);
    if (stream) on_event(event, stream);
  } else if (kind == COPILOT_EVENT_REQUEST) {
    copilot_request *request = copilot_event_take_request(event);
    if (copilot_request_get_kind(request) == COPILOT_REQUEST_TOOL) on_tool(request, bench);
    copilot_request_free(request);
  } else if (kind == COPILOT_EVENT_COMPLETION) {
    copilot_event_deliver(event);
  }
}
