/* 21: an agent of your own. The main agent hands work to it; its events carry an "agentId". */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char AGENTS[] =
  "[{\"name\":\"poet\",\"displayName\":\"Poet\",\"description\":\"Writes short poems\","
  "\"prompt\":\"You are a poet. Answer in two lines that rhyme.\",\"tools\":[]}]";

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

/* The types "subagent.started", "subagent.completed" and "subagent.failed". */
static void on_agent(const copilot_event *event, void *user_data) {
  const char *name = copilot_json_get_string(copilot_event_json(event), "/data/agentDisplayName", NULL);
  (void)user_data;
  printf("[%s: %s]\n", name ? name : "agent", strchr(copilot_event_type(event), '.') + 1);
}

/* What the agents say, whoever speaks. */
static void on_message(const copilot_event *event, void *user_data) {
  const copilot_json *json = copilot_event_json(event);
  const char *text = copilot_json_get_string(json, "/data/content", NULL);
  const char *agent = copilot_json_get_string(json, "/agentId", NULL);
  (void)user_data;
  if (text && *text) printf("%s: %s\n", agent && *agent ? "poet" : "main", text);
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *answer;

  if (!client || !config) return fail("options", error);
  copilot_json_set_json(copilot_session_config_json(config), "/customAgents", AGENTS, NULL);
  if (copilot_session_config_on_event(config, "subagent.started", on_agent, NULL, NULL, &error) < 0 ||
      copilot_session_config_on_event(config, "subagent.completed", on_agent, NULL, NULL, &error) < 0 ||
      copilot_session_config_on_event(config, "subagent.failed", on_agent, NULL, NULL, &error) < 0 ||
      copilot_session_config_on_event(config, "assistant.message", on_message, NULL, NULL, &error) < 0)
    return fail("subscribe", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "Let the poet write about C.", NULL);
  answer = copilot_session_send_and_wait(session, copilot_json_text(message, NULL), 120000, &error);
  if (!answer) return fail("ask", error);

  copilot_json_free(answer);
  copilot_json_free(message);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
