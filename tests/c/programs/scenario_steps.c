/* A row's steps, one after the other. */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

void give_up(struct run *run, const char *what, copilot_error *error) {
  copilot_json *fault = copilot_json_new_object();
  check("fault", copilot_json_set_string(fault, "/step", what, NULL), NULL);
  check("fault", copilot_json_set_string(fault, "/message", copilot_error_message(error), NULL), NULL);
  note(run, "/faults/-", copilot_json_text(fault, NULL));
  copilot_json_free(fault);
  copilot_error_free(error);
  run->over = 1;
}

/* Lets an operation go on by itself: its end is told to its callback. */
static void leave(struct run *run, const char *what, copilot_op *op, copilot_error *error) {
  if (!op) {
    give_up(run, what, error);
    return;
  }
  run->pending = 1;
  copilot_op_free(op);
}

static void ended(struct run *run) {
  run->pending = 0;
  go_on(run); /* which does nothing when the row is over */
}

/* Whether an ended operation has failed, which ends the row. */
static int has_failed(struct run *run, const char *what, copilot_op *op) {
  copilot_error *error = NULL;
  if (copilot_op_get_state(op) == COPILOT_OP_DONE) return 0;
  copilot_op_wait(op, 0, &error);
  give_up(run, what, error);
  return 1;
}

/* The end of an operation that must not fail and whose result does not matter. */
static void on_end(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
  if (has_failed(run, "operation", op)) return;
  ended(run);
}

/* ---- Messages ---- */

static void on_turn(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
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
  ended(run);
}

static copilot_json *message_of(const copilot_json *input, const char *prompt) {
  const copilot_json *more = copilot_json_at(input, "/with");
  copilot_error *error = NULL;
  copilot_json *message = more ? copilot_json_copy(more, "", &error) : copilot_json_new_object();
  if (!message) die("message", error);
  check("message", copilot_json_set_string(message, "/prompt", prompt, &error), error);
  return message;
}

static void begin_send(struct run *run, const copilot_json *input, const char *prompt) {
  copilot_json *message = message_of(input, prompt);
  copilot_error *error = NULL;
  run->wants_idle = 1;
  leave(run, "send",
        copilot_session_send_and_wait_async(run->session, copilot_json_text(message, NULL), on_turn, run, NULL,
                                            &error),
        error);
  copilot_json_free(message);
}

static void begin_post(struct run *run, const copilot_json *input, const char *prompt) {
  copilot_json *message = message_of(input, prompt);
  copilot_error *error = NULL;
  leave(run, "post",
        copilot_session_send_async(run->session, copilot_json_text(message, NULL), on_end, run, NULL, &error), error);
  copilot_json_free(message);
}

/* ---- Calls ---- */

static void on_reply(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
  copilot_error *error = NULL;
  copilot_json *result = copilot_op_take_result(op, &error), *reply = copilot_json_new_object();
  if (result)
    check("reply", copilot_json_set_json(reply, "/result", copilot_json_text(result, NULL), NULL), NULL);
  else
    check("reply", copilot_json_set_string(reply, "/error", copilot_error_message(error), NULL), NULL);
  note(run, "/replies/-", copilot_json_text(reply, NULL));
  copilot_json_free(reply);
  copilot_json_free(result);
  copilot_error_free(error);
  ended(run);
}

static const copilot_json *last_item(const copilot_json *list) {
  size_t count = copilot_json_count(list, "");
  return count ? copilot_json_item(list, count - 1) : NULL;
}

static const copilot_json *last_event(const struct run *run, const char *type) {
  const copilot_json *events = copilot_json_at(run->seen, "/events");
  size_t i;
  for (i = run->events; i-- > 0;) {
    const copilot_json *event = copilot_json_item(events, i);
    const char *of = copilot_json_get_string(event, "/type", NULL);
    if (of && strcmp(of, type) == 0) return event;
  }
  return NULL;
}

/* "reply/pointer" is a part of the last reply, "type/pointer" of the last event of this type. */
static const copilot_json *part_of_seen(const char *name, void *context) {
  struct run *run = context;
  const char *slash = strchr(name, '/');
  size_t size = slash ? (size_t)(slash - name) : 0;
  char *source;
  const copilot_json *json;
  if (!slash) return NULL;
  source = new_text(size + 1);
  memcpy(source, name, size);
  source[size] = '\0';
  if (strcmp(source, "reply") == 0)
    json = copilot_json_at(last_item(copilot_json_at(run->seen, "/replies")), "/result");
  else
    json = last_event(run, source);
  free(source);
  return copilot_json_at(json, slash);
}

static void begin_call(struct run *run, const copilot_json *input, const char *method, int of_session) {
  const copilot_json *given = copilot_json_at(input, "/params");
  char *params = given ? filled(given, part_of_seen, run) : NULL;
  copilot_error *error = NULL;
  copilot_op *op = of_session
                       ? copilot_session_call_async(run->session, method, params, on_reply, run, NULL, &error)
                       : copilot_client_call_async(run->client, method, params, on_reply, run, NULL, &error);
  leave(run, method, op, error);
  free(params);
}

/* ---- Leaving and coming back ---- */

static void on_resumed(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
  copilot_error *error = NULL;
  run->session = copilot_op_take_session(op, &error);
  if (run->session)
    ended(run);
  else
    give_up(run, "resume", error);
}

static void change_config(struct run *run, const copilot_json *members) {
  copilot_json *config = copilot_session_config_json(run->config);
  size_t i;
  copilot_error *error = NULL;
  for (i = 0; i < copilot_json_count(members, ""); i++) {
    const char *key = copilot_json_key(members, "", i);
    char *pointer = new_text(strlen(key) + 2);
    strcpy(pointer, "/");
    strcat(pointer, key);
    check(key, copilot_json_set_json(config, pointer, copilot_json_text(copilot_json_item(members, i), NULL), &error),
          error);
    free(pointer);
  }
}

static void on_left(copilot_op *op, void *user_data) {
  struct run *run = user_data;
  if (run->over) return;
  const copilot_json *input = copilot_json_item(copilot_json_at(run->row, "/inputs"), run->step - 1);
  copilot_error *error = NULL;
  if (has_failed(run, "disconnect", op)) return;
  copilot_session_free(run->session);
  run->session = NULL;
  change_config(run, copilot_json_at(input, "/resume"));
  leave(run, "resume",
        copilot_session_resume_async(run->client, copilot_json_get_string(run->row, "/session/sessionId", NULL),
                                     run->config, on_resumed, run, NULL, &error),
        error);
}

/* ---- Steps ---- */

static void begin(struct run *run, const copilot_json *input) {
  const char *text;
  copilot_error *error = NULL;
  if ((text = copilot_json_get_string(input, "/send", NULL)) != NULL) {
    begin_send(run, input, text);
  } else if ((text = copilot_json_get_string(input, "/post", NULL)) != NULL) {
    begin_post(run, input, text);
  } else if ((text = copilot_json_get_string(input, "/call", NULL)) != NULL) {
    begin_call(run, input, text, 1);
  } else if ((text = copilot_json_get_string(input, "/clientCall", NULL)) != NULL) {
    begin_call(run, input, text, 0);
  } else if (copilot_json_at(input, "/wait")) {
    run->wants = copilot_json_at(input, "/wait");
  } else if (copilot_json_at(input, "/abort")) {
    leave(run, "abort", copilot_session_abort_async(run->session, on_end, run, NULL, &error), error);
  } else if (copilot_json_at(input, "/resume")) {
    leave(run, "disconnect", copilot_session_disconnect_async(run->session, on_left, run, NULL, &error), error);
  } else {
    give_up(run, "a step without an action", NULL);
  }
}

/* Whether an event that no wait has passed has the values that are waited for; passes it. */
static int pass(struct run *run) {
  const copilot_json *events = copilot_json_at(run->seen, "/events");
  size_t i;
  for (i = run->passed; i < run->events; i++) {
    if (has_values(copilot_json_item(events, i), run->wants)) {
      run->passed = i + 1;
      run->wants = NULL;
      return 1;
    }
  }
  return 0;
}

void go_on(struct run *run) {
  const copilot_json *inputs = copilot_json_at(run->row, "/inputs");
  while (!run->over && !run->pending && !run->wants_idle && (!run->wants || pass(run))) {
    if (run->step == copilot_json_count(inputs, ""))
      run->over = 1;
    else
      begin(run, copilot_json_item(inputs, run->step++));
  }
}
