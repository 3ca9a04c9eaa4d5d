/* 14: the agent asks the user. With a callback for USER_INPUT it gets the tool "ask_user". */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

/* A number chooses; anything else is an answer in the user's own words, where they are allowed. */
static void on_question(copilot_request *request, void *user_data) {
  const copilot_json *params = copilot_request_params(request);
  const copilot_json *choices = copilot_json_at(params, "/choices");
  copilot_json *answer = copilot_json_new_object();
  const char *chosen;
  char line[256];
  size_t i;
  (void)user_data;
  printf("%s\n", copilot_json_get_string(params, "/question", NULL));
  for (i = 0; i < copilot_json_count(choices, NULL); i++)
    printf("  %lu %s\n", (unsigned long)i + 1, copilot_json_get_string(copilot_json_item(choices, i), NULL, NULL));
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) line[0] = '\0';
  line[strcspn(line, "\n")] = '\0';
  chosen = copilot_json_get_string(copilot_json_item(choices, strtoul(line, NULL, 10) - 1), NULL, NULL);
  copilot_json_set_string(answer, "/answer", chosen ? chosen : line, NULL);
  copilot_json_set_bool(answer, "/wasFreeform", !chosen, NULL);
  copilot_request_respond(request, copilot_json_text(answer, NULL), NULL);
  copilot_json_free(answer);
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
  if (copilot_session_config_on_request(config, COPILOT_REQUEST_USER_INPUT, on_question, NULL, NULL, &error) < 0)
    return fail("question", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Ask me which colour I like.", NULL);
  answer = copilot_session_send_and_wait(session, copilot_json_text(message, NULL), COPILOT_WAIT_FOREVER, &error);
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
