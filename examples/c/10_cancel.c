/* 10: three ways to give up a turn, and what the error says of each. The turn is held up by a tool that does not
 * answer; when the turn is aborted, the tool hears that nobody waits for it any more. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>

static const char DIG[] = "{\"name\":\"dig\",\"description\":\"Digs a hole\",\"skipPermission\":true}";

static copilot_client *client;
static int digging;

static void on_withdrawn(copilot_request *request, void *user_data) {
  (void)user_data;
  copilot_request_free(request); /* the reference that was kept */
  digging = 0;
}

static void on_dig(copilot_request *request, void *user_data) {
  (void)user_data;
  copilot_request_on_cancel(copilot_request_ref(request), on_withdrawn, NULL, NULL, NULL);
  digging = 1;
}

/* Runs callbacks until the tool works, or does not any more. */
static void await_digging(int wanted) {
  while (digging != wanted && copilot_queue_dispatch(copilot_client_queue(client), 1, 60000) > 0) continue;
}

/* Waits for the end of a turn, and says how it came. */
static void tell(const char *way, copilot_op *op) {
  copilot_error *error = NULL;
  copilot_status waited = copilot_op_wait(op, 60000, NULL);
  copilot_json *answer = waited == COPILOT_E_TIMEOUT ? NULL : copilot_op_take_result(op, &error);
  const char *text = copilot_json_get_string(answer, "/event/data/content", NULL);
  const char *reason = copilot_json_get_string(copilot_error_data(error), "/reason", NULL);
  printf("%s: %s", way, text ? text : copilot_status_name(copilot_error_code(error)));
  printf("%s%s\n", reason ? ", reason " : "", reason ? reason : "");
  copilot_json_free(answer);
  copilot_error_free(error);
  copilot_op_free(op);
  await_digging(0);
}

int main(void) {
  static const char dig[] = "{\"prompt\":\"Use dig.\",\"abortOnTimeout\":true,\"abortOnCancel\":true}";
  copilot_error *error = NULL;
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session = NULL;
  copilot_op *op;

  client = copilot_client_new(NULL, &error);
  copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, copilot_approve_all, NULL, NULL, NULL);
  if (copilot_session_config_add_tool(config, DIG, on_dig, NULL, NULL, &error) == 0)
    session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fprintf(stderr, "create: %s\n", copilot_error_message(error)), 1;

  op = copilot_session_send_and_wait_async(session, dig, NULL, NULL, NULL, NULL);
  await_digging(1);
  copilot_op_cancel(op); /* 1. Without "abortOnCancel" the turn would go on unheard. */
  tell("cancelled", op);

  op = copilot_session_send_and_wait_async(session, dig, NULL, NULL, NULL, NULL);
  await_digging(1);
  copilot_session_abort(session, 10000, NULL); /* 2. Ends the turn for everybody who waits for it. */
  tell("aborted", op);

  /* 3. A blocking call gives up when its time is up; so it does with "inactivityTimeoutMs" in the message. */
  if (!copilot_session_send_and_wait(session, dig, 3000, &error))
    printf("the time is up: %s\n", copilot_status_name(copilot_error_code(error)));
  copilot_error_free(error);
  await_digging(0);

  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_free(client);
  return 0;
}
