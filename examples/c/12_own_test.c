/* 12: a test of your own tools and permission rules, without a model: a scripted server asks what you want,
 * and its events tell what it was answered. The server is this repository's: `cargo build -p testbed --bin fake-runtime`
 * makes it, tests/testbed/RUNTIME.md is its manual. Run `COPILOT_CLI_PATH=target/debug/fake-runtime ./12_own_test`. */
#include <copilot.h>
#include <stdio.h>
#include <string.h>

/* ---- What is to be tested: two callbacks of a program ---- */

static void on_price(copilot_request *request, void *user_data) {
  const char *item = copilot_json_get_string(copilot_request_params(request), "/arguments/item", NULL);
  (void)user_data;
  if (item && strcmp(item, "tea") == 0) copilot_request_respond_text(request, "3", NULL);
  else copilot_request_fail(request, "no such item", NULL);
}

static void only_reading(copilot_request *request, void *user_data) {
  const char *kind = copilot_json_get_string(copilot_request_params(request), "/permissionRequest/kind", NULL);
  int reads = kind && strcmp(kind, "read") == 0;
  (void)user_data;
  copilot_request_respond(request, reads ? "{\"kind\":\"approve-once\"}" : "{\"kind\":\"reject\"}", NULL);
}

/* ---- The test: what the server asks, and what it must have been answered, one after the other ---- */

static const char SCRIPT[] = "{\"turns\":[["
                             "{\"tool\":{\"name\":\"price\",\"arguments\":{\"item\":\"tea\"}}},"
                             "{\"tool\":{\"name\":\"price\",\"arguments\":{\"item\":\"gold\"}}},"
                             "{\"permission\":{\"kind\":\"read\",\"path\":\"/etc/hosts\"}},"
                             "{\"permission\":{\"kind\":\"shell\",\"fullCommandText\":\"rm -rf .\"}}]]}";

static const struct {
  const char *about, *event, *pointer, *text;
} EXPECTED[] = {
    {"tea has a price", "tool.execution_complete", "/data/result/content", "3"},
    {"gold has none", "tool.execution_complete", "/data/error/code", "failure"},
    {"reading is allowed", "permission.completed", "/data/result/kind", "approve-once"},
    {"deleting is not", "permission.completed", "/data/result/kind", "reject"},
};
enum { EXPECTATIONS = sizeof EXPECTED / sizeof EXPECTED[0] };
static int told, failed;

static void on_event(const copilot_event *event, void *user_data) {
  const char *text;
  int right;
  (void)user_data;
  if (told == EXPECTATIONS || strcmp(copilot_event_type(event), EXPECTED[told].event) != 0) return;
  text = copilot_json_get_string(copilot_event_json(event), EXPECTED[told].pointer, NULL);
  right = text && strcmp(text, EXPECTED[told].text) == 0;
  printf("%s %d - %s\n", right ? "ok" : "not ok", told + 1, EXPECTED[told].about);
  failed += !right;
  told++;
}

int main(void) {
  copilot_error *error = NULL;
  copilot_client_options *options = copilot_client_options_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(NULL, &error);
  copilot_client *client;
  copilot_session *session = NULL;

  copilot_json_set_string(copilot_client_options_json(options), "/env/FAKE_RUNTIME", SCRIPT, NULL);
  client = copilot_client_new(options, &error);
  copilot_client_options_free(options);
  copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, only_reading, NULL, NULL, NULL);
  copilot_session_config_on_event(config, NULL, on_event, NULL, NULL, NULL);
  if (copilot_session_config_add_tool(config, "{\"name\":\"price\"}", on_price, NULL, NULL, &error) == 0)
    session = copilot_session_create(client, config, 10000, &error);
  if (session) copilot_json_free(copilot_session_send_and_wait(session, "{\"prompt\":\"Go.\"}", 10000, &error));
  if (error) fprintf(stderr, "%s\n", copilot_error_message(error));

  printf("1..%d\n", EXPECTATIONS);
  copilot_error_free(error);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_free(client);
  return failed || told != EXPECTATIONS;
}
