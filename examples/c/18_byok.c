/* 18: a model provider of your own, instead of a GitHub login.
 *
 *   OPENAI_API_KEY=... ./18_byok openai gpt-5 https://api.openai.com/v1
 *   AZURE_OPENAI_API_KEY=... ./18_byok azure my-deployment https://my-resource.openai.azure.com
 *   ANTHROPIC_API_KEY=... ./18_byok anthropic claude-sonnet-4.5 https://api.anthropic.com
 *   ./18_byok ollama llama3.2
 *
 * Azure takes the host alone: the path and the API version are added for you. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name, *type, *key, *url; } PROVIDERS[] = {
  {"openai", "openai", "OPENAI_API_KEY", "https://api.openai.com/v1"},
  {"azure", "azure", "AZURE_OPENAI_API_KEY", NULL},
  {"anthropic", "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com"},
  {"ollama", "openai", NULL, "http://localhost:11434/v1"},
};

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

/* Writes the keys "model" and "provider" into the configuration; 0 when there is no such provider. */
static int choose(copilot_json *options, const char *name, const char *model, const char *url) {
  size_t i;
  for (i = 0; i < sizeof PROVIDERS / sizeof PROVIDERS[0]; i++) {
    const char *key = PROVIDERS[i].key ? getenv(PROVIDERS[i].key) : NULL;
    if (strcmp(name, PROVIDERS[i].name) != 0) continue;
    if (!url) url = PROVIDERS[i].url;
    if (!url) return 0;
    copilot_json_set_string(options, "/model", model, NULL);
    copilot_json_set_string(options, "/provider/type", PROVIDERS[i].type, NULL);
    copilot_json_set_string(options, "/provider/baseUrl", url, NULL);
    if (key) copilot_json_set_string(options, "/provider/apiKey", key, NULL);
    if (strcmp(name, "azure") == 0)
      copilot_json_set_string(options, "/provider/azure/apiVersion", "2024-10-21", NULL);
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(NULL, &error);
  copilot_session *session;
  copilot_json *answer;
  const char *text;

  if (!client || !config) return fail("options", error);
  if (!choose(copilot_session_config_json(config), argc > 1 ? argv[1] : "ollama", argc > 2 ? argv[2] : "llama3.2",
              argc > 3 ? argv[3] : NULL)) {
    fprintf(stderr, "usage: %s openai|azure|anthropic|ollama MODEL [URL]\n", argv[0]);
    return 2;
  }
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  answer = copilot_session_send_and_wait(session, "{\"prompt\":\"Say hello.\"}", 120000, &error);
  if (!answer) return fail("ask", error);
  text = copilot_json_get_string(answer, "/event/data/content", NULL);
  printf("%s\n", text ? text : "(no answer)");

  copilot_json_free(answer);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
