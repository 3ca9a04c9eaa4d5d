/* 13: rules instead of a callback. They are judged before anybody is asked; what they do not settle is denied here,
 * because there is no callback for permissions. docs/permissions.md is about what they promise. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>

static const char POLICY[] =
    "{\"deny\":[{\"command\":\"rm\",\"reason\":\"Nothing is deleted here.\"},"
    "{\"path\":\"/**/.ssh/**\"}],"
    "\"ask\":[{\"command\":\"git push\"}],"
    "\"allow\":[{\"command\":\"ls\"},{\"command\":\"git status\"},"
    "{\"kind\":\"read\",\"path\":\"./**\"},"
    "{\"host\":\"docs.github.com\"}]}";

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void on_verdict(const copilot_event *event, void *user_data) {
  const copilot_json *json = copilot_event_json(event);
  const char *what = copilot_json_get_string(json, "/permissionRequest/fullCommandText", NULL);
  if (!what) what = copilot_json_get_string(json, "/permissionRequest/intention", NULL);
  (void)user_data;
  printf("[%s by %s: %s]\n", copilot_json_get_string(json, "/decision", NULL),
         copilot_json_get_string(json, "/rule", NULL), what ? what : "(no details)");
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
  if (copilot_json_set_json(copilot_session_config_json(config), "/permissionPolicy", POLICY, &error) < 0 ||
      copilot_session_config_on_event(config, "permission.policy", on_verdict, NULL, NULL, &error) < 0)
    return fail("policy", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "List the files, then delete them.", NULL);
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
