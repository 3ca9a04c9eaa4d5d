/* libcopilot in a libuv loop: a question, a tool whose work is done by libuv's threads, a permission, and a timer that
 * goes on ticking.
 *
 *   cc ask.c $(pkg-config --cflags --libs libuv) -lcopilot -o ask */
#define _POSIX_C_SOURCE 200809L
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static const char WEIGH[] = "{\"name\":\"weigh\",\"description\":\"Reads the scales\",\"skipPermission\":true}";

static uv_poll_t poller;
static uv_timer_t timer;
static uv_work_t job;
static copilot_session *session;
static const char *prompt = "Use weigh.";
static int ticks, failed;

/* Closes what keeps the loop running. */
static void leave(const char *what, copilot_error *error) {
  if (error) fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  failed = error != NULL;
  copilot_error_free(error);
  uv_close((uv_handle_t *)&poller, NULL);
  uv_close((uv_handle_t *)&timer, NULL);
}

/* The descriptor is readable while something waits; there is nothing to read from it. */
static void on_readable(uv_poll_t *handle, int status, int events) {
  (void)status, (void)events;
  copilot_queue_dispatch(handle->data, 64, 0);
}

static void on_tick(uv_timer_t *handle) {
  (void)handle;
  ticks++;
}

static void weigh(uv_work_t *work) {
  (void)work;
  uv_sleep(100);
}

static void on_weighed(uv_work_t *work, int status) {
  (void)status;
  printf("[the clock ticked while the tool worked: %s]\n", ticks > 1 ? "yes" : "no");
  copilot_request_respond_text(work->data, "two pounds", NULL);
  copilot_request_free(work->data);
}

static void on_weigh(copilot_request *request, void *user_data) {
  (void)user_data;
  ticks = 0;
  job.data = copilot_request_ref(request);
  uv_queue_work(uv_default_loop(), &job, weigh, on_weighed);
}

static void on_permission(copilot_request *request, void *user_data) {
  const char *kind = copilot_json_get_string(copilot_request_params(request), "/permissionRequest/kind", NULL);
  (void)user_data;
  if (kind && strcmp(kind, "custom-tool") != 0) printf("[%s: allowed]\n", kind);
  copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL);
}

static void on_answer(copilot_op *op, void *user_data) {
  copilot_error *error = NULL;
  copilot_json *answer = copilot_op_take_result(op, &error);
  (void)user_data;
  if (answer) printf("%s\n", copilot_json_get_string(answer, "/event/data/content", NULL));
  copilot_json_free(answer);
  leave("ask", error);
}

static void on_session(copilot_op *op, void *user_data) {
  copilot_error *error = NULL;
  copilot_json *message = copilot_json_new_object();
  (void)user_data;
  copilot_json_set_string(message, "/prompt", prompt, NULL);
  session = copilot_op_take_session(op, &error);
  if (session)
    copilot_op_free(copilot_session_send_and_wait_async(session, copilot_json_text(message, NULL), on_answer, NULL,
                                                        NULL, &error));
  if (error) leave("create", error);
  copilot_json_free(message);
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_queue *queue = copilot_client_queue(client);

  if (argc > 1) prompt = argv[1];
  uv_poll_init(uv_default_loop(), &poller, copilot_queue_fd(queue));
  poller.data = queue;
  uv_poll_start(&poller, UV_READABLE, on_readable);
  uv_timer_init(uv_default_loop(), &timer);
  uv_timer_start(&timer, on_tick, 0, 20);
  copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, NULL);
  if (copilot_session_config_add_tool(config, WEIGH, on_weigh, NULL, NULL, &error) == 0)
    copilot_op_free(copilot_session_create_async(client, config, on_session, NULL, NULL, &error));
  copilot_session_config_free(config);
  if (error) leave("options", error);

  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  uv_loop_close(uv_default_loop());
  copilot_session_free(session);
  copilot_client_free(client);
  return failed;
}
