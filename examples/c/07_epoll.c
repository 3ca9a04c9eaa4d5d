/* 07: several clients in one epoll loop. Nothing blocks: every step is an operation, and what comes of it is told to a
 * callback, which runs when the descriptor of the client's queue is readable. There is nothing to read from it. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { CLIENTS = 3 };
static int left = CLIENTS, failed;

/* One conversation: its client, its session and what it asks. */
struct talk {
  copilot_client *client;
  copilot_session *session;
  char prompt[64], answer[256];
};

static void end(const char *what, copilot_error *error) {
  left--;
  if (!error) return;
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  failed = 1;
}

static void on_answer(copilot_op *op, void *user_data) {
  struct talk *talk = user_data;
  copilot_error *error = NULL;
  copilot_json *answer = copilot_op_take_result(op, &error);
  const char *text = copilot_json_get_string(answer, "/event/data/content", NULL);
  if (text) snprintf(talk->answer, sizeof talk->answer, "%s", text);
  copilot_json_free(answer);
  end("ask", error);
}

static void on_session(copilot_op *op, void *user_data) {
  struct talk *talk = user_data;
  copilot_error *error = NULL;
  copilot_json *message = copilot_json_new_object();
  copilot_json_set_string(message, "/prompt", talk->prompt, NULL);
  talk->session = copilot_op_take_session(op, &error);
  if (talk->session) /* NULL gives NULL to free, which is nothing; the operation goes on without its handle */
    copilot_op_free(copilot_session_send_and_wait_async(talk->session, copilot_json_text(message, NULL), on_answer,
                                                        talk, NULL, &error));
  if (error) end("create", error);
  copilot_json_free(message);
}

int main(void) {
  static struct talk talks[CLIENTS];
  struct epoll_event ready[CLIENTS], watched = {EPOLLIN, {NULL}};
  copilot_error *error = NULL;
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  int loop = epoll_create1(EPOLL_CLOEXEC), i, count;

  for (i = 0; i < CLIENTS && !error; i++) {
    sprintf(talks[i].prompt, "Hello number %d", i + 1);
    talks[i].client = copilot_client_new(NULL, &error);
    watched.data.ptr = copilot_client_queue(talks[i].client);
    epoll_ctl(loop, EPOLL_CTL_ADD, copilot_queue_fd(watched.data.ptr), &watched);
    if (!error) /* starts the CLI too */
      copilot_op_free(copilot_session_create_async(talks[i].client, config, on_session, &talks[i], NULL, &error));
  }
  if (error) end("options", error);
  while (left > 0 && !failed) { /* other descriptors of the program may be watched by the same loop */
    count = epoll_wait(loop, ready, CLIENTS, 120000);
    for (i = 0; i < count; i++) copilot_queue_dispatch(ready[i].data.ptr, 64, 0);
    if (count == 0) failed = 1;
  }
  copilot_session_config_free(config);
  for (i = 0; i < CLIENTS; i++) {
    if (!failed) printf("%d: %s\n", i + 1, talks[i].answer);
    copilot_session_free(talks[i].session);
    copilot_client_free(talks[i].client);
  }
  return failed;
}
