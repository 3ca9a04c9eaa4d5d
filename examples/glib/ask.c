/* libcopilot in a GLib main loop: a question, a tool that answers later, a permission, and a clock that ticks on.
 *
 *   cc ask.c $(pkg-config --cflags --libs glib-2.0) -lcopilot -o ask */
#include "queue_source.h"

#include <stdio.h>
#include <stdlib.h>

static const char WEIGH[] = "{\"name\":\"weigh\",\"description\":\"Reads the scales\",\"skipPermission\":true}";

static GMainLoop *loop;
static copilot_session *session;
static const char *prompt = "Use weigh.";
static int ticks, failed;

static void leave(const char *what, copilot_error *error) {
  if (error) fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  failed = error != NULL;
  copilot_error_free(error);
  g_main_loop_quit(loop);
}

static gboolean on_tick(gpointer user_data) {
  (void)user_data;
  ticks++;
  return G_SOURCE_CONTINUE;
}

/* The scales have settled: some ticks later, on the same thread. */
static gboolean on_weighed(gpointer kept) {
  printf("[the clock ticked while the tool worked: %s]\n", ticks > 1 ? "yes" : "no");
  copilot_request_respond_text(kept, "two pounds", NULL);
  copilot_request_free(kept);
  return G_SOURCE_REMOVE;
}

static void on_weigh(copilot_request *request, void *user_data) {
  (void)user_data;
  ticks = 0;
  g_timeout_add(100, on_weighed, copilot_request_ref(request));
}

/* Where a program asks its user it keeps the request too, and answers it when the dialog is closed. */
static void on_permission(copilot_request *request, void *user_data) {
  const char *kind = copilot_json_get_string(copilot_request_params(request), "/permissionRequest/kind", NULL);
  (void)user_data;
  if (g_strcmp0(kind, "custom-tool") != 0) printf("[%s: allowed]\n", kind);
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
  GSource *source;

  if (argc > 1) prompt = argv[1];
  loop = g_main_loop_new(NULL, FALSE);
  source = queue_source_new(copilot_client_queue(client));
  g_source_attach(source, NULL);
  g_timeout_add(20, on_tick, NULL);
  copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, on_permission, NULL, NULL, NULL);
  if (copilot_session_config_add_tool(config, WEIGH, on_weigh, NULL, NULL, &error) == 0)
    copilot_op_free(copilot_session_create_async(client, config, on_session, NULL, NULL, &error));
  copilot_session_config_free(config);
  if (error) leave("options", error);
  else g_main_loop_run(loop);

  g_source_destroy(source);
  g_source_unref(source);
  g_main_loop_unref(loop);
  copilot_session_free(session);
  copilot_client_free(client);
  return failed;
}
