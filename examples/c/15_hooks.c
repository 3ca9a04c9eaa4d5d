/* 15: hooks see and change what the agent does. This one rewrites a prompt and forbids a tool. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

/* Says more to the model than the user typed. */
static void on_prompt(copilot_request *request, const copilot_json *input) {
  copilot_json *output = copilot_json_new_object();
  const char *prompt = copilot_json_get_string(input, "/prompt", NULL);
  char longer[512];
  sprintf(longer, "%.400s Be brief.", prompt ? prompt : "");
  copilot_json_set_string(output, "/modifiedPrompt", longer, NULL);
  copilot_request_respond(request, copilot_json_text(output, NULL), NULL);
  copilot_json_free(output);
}

static void on_tool(copilot_request *request, const copilot_json *input) {
  const char *tool = copilot_json_get_string(input, "/toolName", NULL);
  int forbidden = tool && strcmp(tool, "bash") == 0;
  printf("[%s: %s]\n", tool ? tool : "unknown", forbidden ? "forbidden" : "no opinion");
  copilot_request_respond(request,
                          forbidden ? "{\"permissionDecision\":\"deny\","
                                      "\"permissionDecisionReason\":\"This machine has no shell for you.\"}"
                                    : "null",
                          NULL);
}

/* Every kind of hook comes here. One that is not answered has no opinion. */
static void on_hook(copilot_request *request, void *user_data) {
  const copilot_json *params = copilot_request_params(request);
  const copilot_json *input = copilot_json_at(params, "/input");
  const char *type = copilot_json_get_string(params, "/hookType", NULL);
  (void)user_data;
  if (type && strcmp(type, "userPromptSubmitted") == 0) on_prompt(request, input);
  else if (type && strcmp(type, "preToolUse") == 0) on_tool(request, input);
  else copilot_request_respond(request, "null", NULL);
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
  if (copilot_session_config_on_request(config, COPILOT_REQUEST_HOOK, on_hook, NULL, NULL, &error) < 0)
    return fail("hook", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Which files are here?", NULL);
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
