/* 02: one question, one answer.
 *
 *   ./02_ask "What is a monad?"
 *
 * COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your
 * own; without it the CLI's GitHub login is used. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *answer;
  const char *text;

  if (!client || !config) return fail("options", error);
  session = copilot_session_create(client, config, 60000, &error); /* starts the CLI */
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Say hello.", NULL);
  answer = copilot_session_send_and_wait(session, copilot_json_text(message, NULL), 120000, &error);
  if (!answer) return fail("ask", error);
  text = copilot_json_get_string(answer, "/event/data/content", NULL);
  printf("%s\n", text ? text : "(no answer)");

  copilot_json_free(answer);
  copilot_json_free(message);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
