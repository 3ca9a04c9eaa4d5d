/* 23: a chat in the terminal. "/model NAME" changes the model, "/quit" ends it, Ctrl-C stops an answer. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>

static const char APPROVE[] = "{\"kind\":\"approve-once\"}";
static const char REJECT[] = "{\"kind\":\"reject\",\"feedback\":\"The user said no.\"}";
static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { signal(number, on_interrupt), interrupted = 1; }

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void on_delta(const copilot_event *event, void *user_data) {
  const char *text = copilot_json_get_string(copilot_event_json(event), "/data/deltaContent", NULL);
  (void)user_data;
  fputs(text ? text : "", stdout);
  fflush(stdout);
}

static void on_permission(copilot_request *request, void *user_data) {
  const copilot_json *asked = copilot_json_at(copilot_request_params(request), "/permissionRequest");
  const char *what = copilot_json_get_string(asked, "/fullCommandText", NULL);
  const char *kind = copilot_json_get_string(asked, "/kind", NULL);
  char line[16];
  (void)user_data;
  printf("[%s: %s] allow? ", kind ? kind : "?", what ? what : copilot_json_text(asked, NULL));
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) line[0] = 'n';
  copilot_request_respond(request, line[0] == 'y' ? APPROVE : REJECT, NULL);
}

/* Callbacks run inside copilot_op_wait(), which returns now and then to see about Ctrl-C. */
static void turn(copilot_session *session, const char *prompt) {
  copilot_json *message = copilot_json_new_object();
  copilot_error *error = NULL;
  copilot_op *op;
  copilot_json_set_string(message, "/prompt", prompt, NULL);
  op = copilot_session_send_and_wait_async(session, copilot_json_text(message, NULL), NULL, NULL, NULL, &error);
  for (interrupted = 0; op && copilot_op_wait(op, 100, &error) == COPILOT_E_TIMEOUT; error = NULL) {
    copilot_error_free(error);
    if (interrupted) copilot_session_abort(session, 10000, NULL);
  }
  printf("%s\n", error ? copilot_error_message(error) : "");
  copilot_error_free(error);
  copilot_op_free(op);
  copilot_json_free(message);
}

int main(void) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  char line[4096];
  if (!client || !config) return fail("options", error);
  copilot_json_set_bool(copilot_session_config_json(config), "/streaming", 1, NULL);
  if (copilot_session_config_on_event(config, "assistant.message_delta", on_delta, NULL, NULL, &error) < 0 ||
      copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, &error) < 0)
    return fail("config", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);
  signal(SIGINT, on_interrupt);
  while (printf("> "), fflush(stdout), fgets(line, sizeof line, stdin) && strcmp(line, "/quit\n") != 0) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "/model ", 7) != 0) turn(session, line);
    else copilot_json_free(copilot_session_set_model(session, line + 7, NULL, 10000, NULL));
  }
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
