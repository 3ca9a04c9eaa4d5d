/* 05: the agent asks before it acts. Reading is allowed, everything else is asked on the terminal.
 *
 * Without such a callback whatever needs approval is denied. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static int asks_user(const char *kind, const copilot_json *params) {
  char line[16];
  const char *what = copilot_json_get_string(params, "/permissionRequest/fullCommandText", NULL);
  if (!what) what = copilot_json_get_string(params, "/permissionRequest/intention", NULL);
  printf("The agent wants to use %s: %s\nAllow? [y/n] ", kind, what ? what : "(no details)");
  fflush(stdout);
  return fgets(line, sizeof line, stdin) && line[0] == 'y';
}

static void on_permission(copilot_request *request, void *user_data) {
  const copilot_json *params = copilot_request_params(request);
  const char *kind = copilot_json_get_string(params, "/permissionRequest/kind", NULL);
  (void)user_data;
  if (kind && (strcmp(kind, "read") == 0 || asks_user(kind, params))) {
    printf("[%s: allowed]\n", kind);
    copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL);
  } else {
    printf("[%s: refused]\n", kind ? kind : "unknown");
    copilot_request_respond(request, "{\"kind\":\"reject\",\"feedback\":\"The user said no.\"}", NULL);
  }
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
  if (copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, &error) < 0)
    return fail("permission", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Which files are in this folder?", NULL);
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
