/* 20: the tools of an MCP server, which the CLI starts and speaks to.
 *
 *   ./20_mcp "List my notes." npx -y some-mcp-server --its-option
 *
 * The server is called "notes" here, so the model sees its tools as "notes-<tool>". */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

/* Tools of MCP servers ask for permission, unless they say that they only read. */
static void on_permission(copilot_request *request, void *user_data) {
  const copilot_json *asked = copilot_json_at(copilot_request_params(request), "/permissionRequest");
  const char *kind = copilot_json_get_string(asked, "/kind", NULL);
  const char *server = copilot_json_get_string(asked, "/serverName", NULL);
  const char *tool = copilot_json_get_string(asked, "/toolName", NULL);
  (void)user_data;
  if (kind && strcmp(kind, "mcp") == 0 && server && strcmp(server, "notes") == 0) {
    printf("[%s: allowed]\n", tool ? tool : "?");
    copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL);
  } else {
    copilot_request_respond(request, "{\"kind\":\"reject\",\"feedback\":\"Only the notes.\"}", NULL);
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
  copilot_json *server = copilot_json_new_object();
  int i;

  if (!client || !config) return fail("options", error);
  copilot_json_set_string(server, "/type", "stdio", NULL);
  copilot_json_set_string(server, "/command", argc > 2 ? argv[2] : "notes-mcp-server", NULL);
  copilot_json_set_json(server, "/args", "[]", NULL);
  for (i = 3; i < argc; i++) copilot_json_set_string(server, "/args/-", argv[i], NULL);
  copilot_json_set_json(server, "/tools", "[\"*\"]", NULL);
  copilot_json_set_json(copilot_session_config_json(config), "/mcpServers/notes", copilot_json_text(server, NULL),
                        NULL);
  copilot_json_free(server);
  if (copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, &error) < 0)
    return fail("permission", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "List my notes.", NULL);
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
