/* 03: the answer as it is written. The callback runs on this thread, inside the call that waits. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void on_delta(const copilot_event *event, void *user_data) {
  size_t *bytes = user_data;
  size_t length = 0;
  const char *text = copilot_json_get_string(copilot_event_json(event), "/data/deltaContent", &length);
  if (!text) return;
  fwrite(text, 1, length, stdout);
  fflush(stdout);
  *bytes += length;
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *answer;
  size_t bytes = 0;

  if (!client || !config) return fail("options", error);
  copilot_json_set_bool(copilot_session_config_json(config), "/streaming", 1, NULL);
  if (copilot_session_config_on_event(config, "assistant.message_delta", on_delta, &bytes, NULL, &error) < 0)
    return fail("subscribe", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Write a haiku about pipes.", NULL);
  answer = copilot_session_send_and_wait(session, copilot_json_text(message, NULL), 120000, &error);
  if (!answer) return fail("ask", error);
  printf("\n(%lu bytes streamed)\n", (unsigned long)bytes);

  copilot_json_free(answer);
  copilot_json_free(message);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
