/* 11: a conversation that outlives the program. Run it twice:
 *
 *   ./11_resume my-notes "Use add: what is 19 + 23?"
 *   ./11_resume my-notes "Use add: what is 20 + 23?"
 *
 * The server keeps the history on disk. Tools and callbacks are the program's, so they are given again. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>

static const char ADD[] = "{\"name\":\"add\",\"description\":\"Adds two integers\",\"skipPermission\":true,"
                          "\"parameters\":{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{"
                          "\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}}}}";

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void on_add(copilot_request *request, void *user_data) {
  const copilot_json *params = copilot_request_params(request);
  int64_t a = 0, b = 0;
  char text[32];
  (void)user_data;
  copilot_json_get_int(params, "/arguments/a", &a);
  copilot_json_get_int(params, "/arguments/b", &b);
  sprintf(text, "%ld", (long)(a + b));
  copilot_request_respond_text(request, text, NULL);
}

/* CLIs before 1.0 ask for permission for every tool. */
static void on_permission(copilot_request *request, void *user_data) {
  (void)user_data;
  copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL);
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *answer;
  const char *text;
  const char *id = argc > 1 ? argv[1] : "my-notes";

  if (!client || !config) return fail("options", error);
  if (copilot_session_config_add_tool(config, ADD, on_add, NULL, NULL, &error) < 0) return fail("tool", error);
  if (copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, &error) < 0)
    return fail("permission", error);
  session = copilot_session_resume(client, id, config, 60000, &error);
  if (session) {
    printf("(going on with %s)\n", copilot_session_id(session));
  } else if (copilot_error_code(error) == COPILOT_E_RPC) { /* the server has no such session */
    copilot_error_free(error);
    copilot_json_set_string(copilot_session_config_json(config), "/sessionId", id, NULL);
    session = copilot_session_create(client, config, 60000, &error);
    if (session) printf("(a new session: %s)\n", copilot_session_id(session));
  }
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 2 ? argv[2] : "Use add: what is 19 + 23?", NULL);
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
