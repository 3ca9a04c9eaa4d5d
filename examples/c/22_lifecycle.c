/* 22: what happens to connection and sessions, and what a server keeps of them. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void on_state(const copilot_event *event, void *user_data) {
  (void)user_data;
  printf("the client is %s\n", copilot_json_get_string(copilot_event_json(event), "/state", NULL));
}

/* Lifecycle events tell of every client's sessions, and may come more than once. */
static void on_lifecycle(const copilot_event *event, void *user_data) {
  int *told = user_data;
  const char *id = copilot_json_get_string(copilot_event_json(event), "/sessionId", NULL);
  if (id && strcmp(id, "lifecycle-demo") == 0 && !*told) printf("%s\n", copilot_event_type(event));
  *told = 1;
}

/* Whether the server has a session of this name on disk. */
static int is_listed(copilot_client *client, const char *id) {
  copilot_json *sessions = copilot_client_list_sessions(client, NULL, 60000, NULL);
  const copilot_json *list = copilot_json_at(sessions, "/sessions");
  size_t i, found = 0;
  for (i = 0; i < copilot_json_count(list, NULL); i++)
    found += strcmp(copilot_json_get_string(copilot_json_item(list, i), "/sessionId", NULL), id) == 0;
  copilot_json_free(sessions);
  return found > 0;
}

int main(void) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *answer;
  int created = 0, deleted = 0;
  int64_t states;

  if (!client || !config) return fail("options", error);
  copilot_json_set_string(copilot_session_config_json(config), "/sessionId", "lifecycle-demo", NULL);
  copilot_client_start(client, 60000, &error);
  if (error) return fail("create", error);
  states = copilot_client_on_event(client, "state", on_state, NULL, NULL, NULL);
  copilot_client_on_event(client, "session.created", on_lifecycle, &created, NULL, NULL);
  copilot_client_on_event(client, "session.deleted", on_lifecycle, &deleted, NULL, NULL);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);
  answer = copilot_session_send_and_wait(session, "{\"prompt\":\"Say hello.\"}", 120000, &error);
  if (!answer) return fail("ask", error);
  copilot_session_disconnect(session, 60000, NULL); /* its data stays */
  printf("listed: %s\n", is_listed(client, "lifecycle-demo") ? "yes" : "no");
  if (copilot_client_delete_session(client, "lifecycle-demo", 60000, &error) < 0) return fail("delete", error);
  printf("listed: %s\n", is_listed(client, "lifecycle-demo") ? "yes" : "no");
  copilot_client_stop(client, 10000, NULL);
  copilot_client_off_event(client, states, NULL);

  copilot_json_free(answer);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_free(client);
  return 0;
}
