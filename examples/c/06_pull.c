/* 06: no callback at all. Everything comes as items of a queue, which this loop takes one by one. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char CLOCK[] = "{\"name\":\"clock\",\"description\":\"Tells the time\",\"skipPermission\":true}";

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void answer(copilot_request *request) {
  if (copilot_request_get_kind(request) == COPILOT_REQUEST_TOOL) {
    printf("[%s]\n", copilot_request_tool_name(request));
    copilot_request_respond_text(request, "a quarter to nine", NULL);
  } else {
    copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL);
  }
  copilot_request_free(request);
}

/* Handles one item; 1 when the turn is over. */
static int handle(copilot_event *event) {
  const char *type = copilot_event_type(event);
  if (copilot_event_get_kind(event) == COPILOT_EVENT_REQUEST) {
    answer(copilot_event_take_request(event));
  } else if (strcmp(type, "assistant.message_delta") == 0) {
    fputs(copilot_json_get_string(copilot_event_json(event), "/data/deltaContent", NULL), stdout);
    fflush(stdout);
  }
  return strcmp(type, "session.idle") == 0;
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_queue *queue = copilot_queue_new("{\"mode\":\"items\"}", &error);
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *sent;
  copilot_event *event;
  int over = 0;

  if (!queue || !client || !config) return fail("options", error);
  copilot_json_set_bool(copilot_session_config_json(config), "/streaming", 1, NULL);
  if (copilot_session_config_set_queue(config, queue, &error) < 0 ||
      copilot_session_config_add_tool(config, CLOCK, NULL, NULL, NULL, &error) < 0 ||
      copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, NULL, NULL, NULL, &error) < 0)
    return fail("config", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Ask the clock for the time.", NULL);
  sent = copilot_session_send(session, copilot_json_text(message, NULL), 60000, &error);
  if (!sent) return fail("send", error);
  while (!over) {
    if (copilot_queue_next(queue, 120000, &event, &error) < 0) return fail("next", error);
    over = handle(event);
    copilot_event_free(event);
  }
  printf("\n");

  copilot_json_free(sent);
  copilot_json_free(message);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  copilot_queue_free(queue);
  return 0;
}
