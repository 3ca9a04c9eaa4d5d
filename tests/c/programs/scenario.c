/* Runs scenarios of tests/testbed/README.md through the C ABI: one client, a session for each row, several at the same
 * time, and one thread.
 *
 *   scenario CLIENT.json ROW.json...
 *
 * CLIENT.json has the client's options, each ROW.json a row that was bound to its place. For each row a line of JSON
 * is printed, with what was seen: {"name", "events", "calls", "asked", "replies", "turns", "faults"}. "turns" has, for
 * each message that was waited for, what copilot_session_send_and_wait_async() yielded, or {"error": status,
 * "message": "..."}. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_ROWS 256
#define AT_ONCE 16
#define PATIENCE_SECONDS 200

static const char nothing_seen[] =
    "{\"events\":[],\"calls\":[],\"replies\":[],\"turns\":[],\"faults\":[],\"asked\":{\"permission\":[],"
    "\"userInput\":[],\"elicitation\":[],\"hook\":[],\"command\":[],\"exitPlanMode\":[],\"systemMessage\":[]}}";

static void on_event(const copilot_event *event, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
  note(run, "/events/-", copilot_json_text(copilot_event_json(event), NULL));
  run->events++;
  if (run->wants_idle && strcmp(copilot_event_type(event), "session.idle") == 0) {
    run->wants_idle = 0;
    run->passed = run->events;
  }
  go_on(run);
}

static void on_created(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  copilot_error *error = NULL;
  run->session = copilot_op_take_session(op, &error);
  run->pending = 0;
  if (run->over)
    copilot_error_free(error);
  else if (run->session)
    go_on(run);
  else
    give_up(run, "create", error);
}

static void begin(struct run *run, copilot_client *client, const char *path) {
  copilot_error *error = NULL;
  copilot_op *op;
  run->client = client;
  run->row = read_json(path);
  run->seen = copilot_json_parse(nothing_seen, &error);
  if (!run->seen) die("seen", error);
  check("name",
        copilot_json_set_string(run->seen, "/name", copilot_json_get_string(run->row, "/name", NULL), &error), error);
  run->config =
      copilot_session_config_new(copilot_json_text(copilot_json_at(run->row, "/session"), NULL), &error);
  if (!run->config) {
    give_up(run, "configuration", error);
    return;
  }
  add_answers(run);
  check("on_event", copilot_session_config_on_event(run->config, NULL, on_event, run, NULL, &error), error);
  run->pending = 1;
  op = copilot_session_create_async(client, run->config, on_created, run, NULL, &error);
  if (!op) die("create", error);
  copilot_op_free(op);
}

/* Prints what was seen, and lets everything go. What is still on its way for the row finds that it is over. */
static void finish(struct run *run) {
  puts(copilot_json_text(run->seen, NULL));
  free_answers(run);
  copilot_session_free(run->session);
  copilot_session_config_free(run->config);
  copilot_json_free(run->seen);
  copilot_json_free(run->row);
  run->session = NULL;
}

static copilot_client *new_client(const char *path) {
  copilot_error *error = NULL;
  copilot_json *json = read_json(path);
  copilot_client_options *options = copilot_client_options_new(copilot_json_text(json, NULL), &error);
  copilot_client *client = options ? copilot_client_new(options, &error) : NULL;
  if (!client) die(path, error);
  copilot_client_options_free(options);
  copilot_json_free(json);
  return client;
}

/* Serves the client until so few of the rows that were begun are not over; returns how many are not. */
static int serve(copilot_client *client, struct run **running, int at_most, time_t deadline) {
  int i, count;
  for (;;) {
    for (i = 0, count = 0; i < AT_ONCE; i++) {
      if (running[i] && running[i]->over) {
        finish(running[i]);
        running[i] = NULL;
      }
      count += running[i] != NULL;
    }
    if (count <= at_most || time(NULL) >= deadline) return count;
    check("dispatch", copilot_queue_dispatch(copilot_client_queue(client), 1, 1000), NULL);
  }
}

int main(int argc, char **argv) {
  static struct run runs[MAX_ROWS];
  struct run *running[AT_ONCE] = {NULL};
  int i, place, left = 0;
  time_t deadline = time(NULL) + PATIENCE_SECONDS;
  copilot_client *client;
  copilot_error *error = NULL;
  if (argc < 3 || argc - 2 > MAX_ROWS) {
    fputs("usage: scenario CLIENT.json ROW.json...\n", stderr);
    return 2;
  }
  client = new_client(argv[1]);
  for (i = 0; i < argc - 2 && left < AT_ONCE; i++) {
    for (place = 0; running[place];) place++;
    running[place] = &runs[i];
    begin(&runs[i], client, argv[i + 2]);
    left = serve(client, running, AT_ONCE - 1, deadline);
  }
  left = serve(client, running, 0, deadline);
  for (place = 0; place < AT_ONCE; place++) {
    if (!running[place]) continue;
    give_up(running[place], "the program's patience", NULL);
    finish(running[place]);
  }
  check("stop", copilot_client_stop(client, 10000, &error), error);
  copilot_client_free(client);
  check("shutdown", copilot_shutdown(10000, &error), error);
  if (copilot_debug_live_objects() != 0) {
    fprintf(stderr, "scenario: %ld objects are left\n", (long)copilot_debug_live_objects());
    return 1;
  }
  return left != 0;
}
