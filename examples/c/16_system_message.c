/* 16: the system message.
 *
 *   ./16_system_message append "Answer in French."          after the agent's own, which stays
 *   ./16_system_message replace "You are a parrot."         in place of all of it, safety rules included
 *   ./16_system_message customize "Speak like a pirate."    in place of one of its sections, the tone */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  const char *mode = argc > 1 ? argv[1] : "append";
  const char *words = argc > 2 ? argv[2] : "Answer in one word.";
  copilot_json *options;

  if (!client || !config) return fail("options", error);
  options = copilot_session_config_json(config);
  copilot_json_set_string(options, "/systemMessage/mode", mode, NULL);
  if (strcmp(mode, "customize") == 0) {
    copilot_json_set_string(options, "/systemMessage/sections/tone/action", "replace", NULL);
    copilot_json_set_string(options, "/systemMessage/sections/tone/content", words, NULL);
  } else {
    copilot_json_set_string(options, "/systemMessage/content", words, NULL);
  }
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 3 ? argv[3] : "Who are you?", NULL);
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
