/* Runs scenarios of tests/testbed/README.md through the C ABI: one client, a session for each row, all at the same
 * time, and one thread.
 *
 *   scenario CLIENT.json ROW.json...
 *
 * CLIENT.json has the client's options, each ROW.json a row that was bound to its place. For each row a line of JSON
 * is printed, with what was seen: {"name", "events", "calls", "asked", "turns"}. "turns" has, for each input,
 * what copilot_session_send_and_wait_async() yielded, or {"error": status, "message": "..."}. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ROWS 64
#define MAX_TOOLS 4
#define MAX_WAITING 8
#define PATIENCE_SECONDS 100

struct run;

/* A tool of a row, and the calls of it that wait for more. */
struct tool {
  struct run *run;
  const copilot_json *json;
  copilot_request *waiting[MAX_WAITING];
  size_t waiting_count;
};

/* A row on its way. */
struct run {
  copilot_json *row;
  copilot_json *seen;
  copilot_session_config *config;
  copilot_session *session;
  struct tool tools[MAX_TOOLS];
  size_t asked; /* how many permissions were */
  size_t sent;  /* how many inputs were */
  size_t idle;  /* how often the session was */
  size_t ended; /* how many turns have */
};

static int over_count; /* how many rows are done with */

static void die(const char *what, copilot_error *error) {
  fprintf(stderr, "scenario: %s: %s\n", what, copilot_error_message(error));
  exit(1);
}

static void check(const char *what, copilot_status status, copilot_error *error) {
  if (status < 0) die(what, error);
}

static char *new_text(size_t size) {
  char *text = malloc(size);
  if (!text) {
    fputs("scenario: out of memory\n", stderr);
    exit(1);
  }
  return text;
}

static copilot_json *read_json(const char *path) {
  FILE *file = fopen(path, "rb");
  long size;
  char *text;
  copilot_json *json;
  copilot_error *error = NULL;
  if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
    perror(path);
    exit(1);
  }
  rewind(file);
  text = new_text((size_t)size + 1);
  text[fread(text, 1, (size_t)size, file)] = '\0';
  fclose(file);
  json = copilot_json_parse(text, &error);
  free(text);
  if (!json) die(path, error);
  return json;
}

/* Appends a value to one of the lists of what was seen. */
static void note(struct run *run, const char *list, const char *text) {
  copilot_error *error = NULL;
  check(list, copilot_json_set_json(run->seen, list, text, &error), error);
}

/* ---- Tools ---- */

/* The text that stands for an argument inside of a JSON string; to be freed. */
static char *escaped(const copilot_json *argument) {
  copilot_json *holder = copilot_json_new_object();
  const char *value = copilot_json_get_string(argument, "", NULL);
  const char *quoted;
  char *text;
  size_t length;
  copilot_error *error = NULL;
  if (!value) value = copilot_json_text(argument, NULL);
  check("argument", copilot_json_set_string(holder, "/value", value, &error), error);
  quoted = copilot_json_text(copilot_json_at(holder, "/value"), &length);
  text = new_text(length);
  memcpy(text, quoted + 1, length - 2);
  text[length - 2] = '\0';
  copilot_json_free(holder);
  return text;
}

/* The reply, in which the first ${/pointer} that names an argument is replaced by it; NULL when none does. */
static char *with_next_argument(const char *reply, const copilot_json *arguments) {
  const char *from, *to;
  for (from = strstr(reply, "${/"); from && (to = strchr(from, '}')) != NULL; from = strstr(to, "${/")) {
    size_t before = (size_t)(from - reply), size = (size_t)(to - from) - 2;
    char *pointer = new_text(size + 1), *value, *text;
    const copilot_json *argument;
    memcpy(pointer, from + 2, size);
    pointer[size] = '\0';
    argument = copilot_json_at(arguments, pointer);
    free(pointer);
    if (!argument) continue;
    value = escaped(argument);
    text = new_text(before + strlen(value) + strlen(to));
    memcpy(text, reply, before);
    strcpy(text + before, value);
    strcat(text, to + 1);
    free(value);
    return text;
  }
  return NULL;
}

static void answer_tool(const struct tool *tool, copilot_request *request) {
  const copilot_json *arguments = copilot_json_at(copilot_request_params(request), "/arguments");
  const char *failure = copilot_json_get_string(tool->json, "/fail", NULL);
  char *reply, *next;
  copilot_error *error = NULL;
  if (failure) {
    check("fail", copilot_request_fail(request, failure, &error), error);
    return;
  }
  reply = new_text(strlen(copilot_json_text(copilot_json_at(tool->json, "/reply"), NULL)) + 1);
  strcpy(reply, copilot_json_text(copilot_json_at(tool->json, "/reply"), NULL));
  while ((next = with_next_argument(reply, arguments)) != NULL) {
    free(reply);
    reply = next;
  }
  check("respond", copilot_request_respond(request, reply, &error), error);
  free(reply);
}

static void on_call(copilot_request *request, void *user_data) {
  struct tool *tool = user_data;
  const copilot_json *params = copilot_request_params(request);
  copilot_json *call = copilot_json_new_object();
  int64_t together = 1;
  size_t i;
  copilot_error *error = NULL;
  check("call", copilot_json_set_string(call, "/tool", copilot_request_tool_name(request), &error), error);
  if (copilot_json_at(params, "/arguments"))
    check("call", copilot_json_set_json(call, "/arguments",
                                        copilot_json_text(copilot_json_at(params, "/arguments"), NULL), &error),
          error);
  note(tool->run, "/calls/-", copilot_json_text(call, NULL));
  copilot_json_free(call);

  if (tool->waiting_count == MAX_WAITING) die("more calls wait than expected", NULL);
  tool->waiting[tool->waiting_count++] = copilot_request_ref(request);
  copilot_json_get_int(tool->json, "/together", &together);
  if (tool->waiting_count < (size_t)together) return;
  for (i = 0; i < tool->waiting_count; i++) {
    answer_tool(tool, tool->waiting[i]);
    copilot_request_free(tool->waiting[i]);
  }
  tool->waiting_count = 0;
}

/* ---- Permissions ---- */

/* The row's answer to the permission request of this number: the only one, or the last that there is. */
static const copilot_json *decision(const struct run *run) {
  const copilot_json *answers = copilot_json_at(run->row, "/permissions");
  size_t count = copilot_json_count(answers, "");
  if (copilot_json_type_at(answers, "") != COPILOT_JSON_ARRAY) return answers;
  return copilot_json_item(answers, run->asked < count ? run->asked : count - 1);
}

static void on_permission(copilot_request *request, void *user_data) {
  struct run *run = user_data;
  const copilot_json *answer = decision(run);
  const char *word = copilot_json_get_string(answer, "", NULL);
  const char *feedback = copilot_json_get_string(answer, "/feedback", NULL);
  copilot_json *result = copilot_json_new_object();
  int approved = word && strcmp(word, "approve") == 0;
  copilot_error *error = NULL;
  note(run, "/asked/-",
       copilot_json_text(copilot_json_at(copilot_request_params(request), "/permissionRequest"), NULL));
  run->asked++;
  check("decision", copilot_json_set_string(result, "/kind", approved ? "approve-once" : "reject", &error), error);
  if (feedback) check("feedback", copilot_json_set_string(result, "/feedback", feedback, &error), error);
  check("respond", copilot_request_respond(request, copilot_json_text(result, NULL), &error), error);
  copilot_json_free(result);
}

/* ---- Turns ---- */

static void on_end(copilot_op *op, void *user_data);

static void send_next(struct run *run) {
  const copilot_json *input = copilot_json_item(copilot_json_at(run->row, "/inputs"), run->sent);
  const copilot_json *more = copilot_json_at(input, "/with");
  copilot_json *message;
  copilot_op *op;
  copilot_error *error = NULL;
  if (!input) {
    over_count++;
    return;
  }
  run->sent++;
  message = more ? copilot_json_copy(more, "", &error) : copilot_json_new_object();
  if (!message) die("message", error);
  check("message",
        copilot_json_set_string(message, "/prompt", copilot_json_get_string(input, "/send", NULL), &error), error);
  op = copilot_session_send_and_wait_async(run->session, copilot_json_text(message, NULL), on_end, run, NULL, &error);
  if (!op) die("send", error);
  copilot_op_free(op); /* it goes on */
  copilot_json_free(message);
}

/* A wait may end before the session is idle: with the first event that tells that the turn failed. */
static void go_on_when_over(struct run *run) {
  if (run->ended == run->sent && run->idle >= run->sent) send_next(run);
}

static void on_end(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  copilot_error *error = NULL;
  copilot_json *result = copilot_op_take_result(op, &error);
  if (!result) {
    result = copilot_json_new_object();
    check("turn", copilot_json_set_int(result, "/error", copilot_error_code(error), NULL), NULL);
    check("turn", copilot_json_set_string(result, "/message", copilot_error_message(error), NULL), NULL);
    copilot_error_free(error);
  }
  note(run, "/turns/-", copilot_json_text(result, NULL));
  copilot_json_free(result);
  run->ended++;
  go_on_when_over(run);
}

static void on_event(const copilot_event *event, void *user_data) {
  struct run *run = user_data;
  note(run, "/events/-", copilot_json_text(copilot_event_json(event), NULL));
  if (strcmp(copilot_event_type(event), "session.idle") == 0) {
    run->idle++;
    go_on_when_over(run);
  }
}

/* ---- Rows ---- */

static void on_created(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  copilot_error *error = NULL;
  run->session = copilot_op_take_session(op, &error);
  if (!run->session) die(copilot_json_get_string(run->row, "/name", NULL), error);
  send_next(run);
}

static void add_tools(struct run *run) {
  const copilot_json *tools = copilot_json_at(run->row, "/tools");
  size_t i;
  copilot_error *error = NULL;
  if (copilot_json_count(tools, "") > MAX_TOOLS) die("more tools than expected", NULL);
  for (i = 0; i < copilot_json_count(tools, ""); i++) {
    struct tool *tool = &run->tools[i];
    tool->run = run;
    tool->json = copilot_json_item(tools, i);
    check("tool",
          copilot_session_config_add_tool(run->config, copilot_json_text(copilot_json_at(tool->json, "/tool"), NULL),
                                          on_call, tool, NULL, &error),
          error);
  }
}

static void begin(struct run *run, copilot_client *client, const char *path) {
  copilot_error *error = NULL;
  copilot_op *op;
  run->row = read_json(path);
  run->seen = copilot_json_parse("{\"events\":[],\"calls\":[],\"asked\":[],\"turns\":[]}", &error);
  if (!run->seen) die("seen", error);
  check("name",
        copilot_json_set_string(run->seen, "/name", copilot_json_get_string(run->row, "/name", NULL), &error), error);
  run->config =
      copilot_session_config_new(copilot_json_text(copilot_json_at(run->row, "/session"), NULL), &error);
  if (!run->config) die(path, error);
  add_tools(run);
  check("on_request",
        copilot_session_config_on_request(run->config, COPILOT_REQUEST_PERMISSION, on_permission, run, NULL, &error),
        error);
  check("on_event", copilot_session_config_on_event(run->config, NULL, on_event, run, NULL, &error), error);
  op = copilot_session_create_async(client, run->config, on_created, run, NULL, &error);
  if (!op) die("create", error);
  copilot_op_free(op);
}

/* Prints what was seen, and lets everything go. */
static void finish(struct run *run) {
  size_t i, j;
  puts(copilot_json_text(run->seen, NULL));
  for (i = 0; i < MAX_TOOLS; i++)
    for (j = 0; j < run->tools[i].waiting_count; j++) copilot_request_free(run->tools[i].waiting[j]);
  copilot_session_free(run->session);
  copilot_session_config_free(run->config);
  copilot_json_free(run->seen);
  copilot_json_free(run->row);
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

int main(int argc, char **argv) {
  static struct run runs[MAX_ROWS];
  int count = argc - 2, i;
  time_t deadline = time(NULL) + PATIENCE_SECONDS;
  copilot_client *client;
  copilot_error *error = NULL;
  if (count < 1 || count > MAX_ROWS) {
    fputs("usage: scenario CLIENT.json ROW.json...\n", stderr);
    return 2;
  }
  client = new_client(argv[1]);
  for (i = 0; i < count; i++) begin(&runs[i], client, argv[i + 2]);
  while (over_count < count && time(NULL) < deadline)
    check("dispatch", copilot_queue_dispatch(copilot_client_queue(client), 100, 1000), NULL);
  if (over_count < count)
    fprintf(stderr, "scenario: %d of %d rows are not over after %d s\n", count - over_count, count, PATIENCE_SECONDS);
  for (i = 0; i < count; i++) finish(&runs[i]);
  check("stop", copilot_client_stop(client, 10000, &error), error);
  copilot_client_free(client);
  check("shutdown", copilot_shutdown(10000, &error), error);
  if (copilot_debug_live_objects() != 0) {
    fprintf(stderr, "scenario: %ld objects are left\n", (long)copilot_debug_live_objects());
    return 1;
  }
  return over_count < count;
}
