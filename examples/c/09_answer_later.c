/* 09: a tool that takes its time. Its callback keeps the request and returns; a thread of the program answers much
 * later, and nothing waits for it: here a whole other conversation takes place while the tool is at work. */
#define _POSIX_C_SOURCE 200809L
#include <copilot.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

static const char BUILD[] = "{\"name\":\"build\",\"description\":\"Builds the project\",\"skipPermission\":true}";

static sem_t finished; /* stands for the work, which is done when somebody posts */
static pthread_t worker;
static int working;

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void *work(void *kept) {
  sem_wait(&finished);
  copilot_request_respond_text(kept, "no errors", NULL); /* on any thread, once */
  copilot_request_free(kept);
  return NULL;
}

static void on_build(copilot_request *request, void *user_data) {
  (void)user_data;
  printf("[the build begins]\n");
  working = pthread_create(&worker, NULL, work, copilot_request_ref(request)) == 0;
}

/* Starts a turn; its answer comes from `tell` when the operation has ended. */
static copilot_op *ask(copilot_session *session, const char *message, copilot_error **error) {
  return session ? copilot_session_send_and_wait_async(session, message, NULL, NULL, NULL, error) : NULL;
}

static int tell(copilot_op *op, copilot_error **error) {
  copilot_json *answer;
  if (!op || copilot_op_wait(op, 120000, error) < 0) return -1;
  answer = copilot_op_take_result(op, error);
  printf("%s\n", copilot_json_get_string(answer, "/event/data/content", NULL));
  copilot_json_free(answer);
  return 0;
}

int main(void) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *first = NULL, *second = NULL;
  copilot_op *slow, *quick;

  sem_init(&finished, 0, 0);
  copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, copilot_approve_all, NULL, NULL, NULL);
  second = copilot_session_create(client, config, 60000, &error);
  if (second && copilot_session_config_add_tool(config, BUILD, on_build, NULL, NULL, &error) == 0)
    first = copilot_session_create(client, config, 60000, &error);
  if (!first) return fail("create", error);

  slow = ask(first, "{\"prompt\":\"Run build.\"}", &error);
  while (slow && !working) copilot_queue_dispatch(copilot_client_queue(client), 1, 60000);
  quick = ask(second, "{\"prompt\":\"How are you meanwhile?\"}", &error);
  if (tell(quick, &error) < 0) return fail("the other question", error);
  sem_post(&finished);
  if (tell(slow, &error) < 0) return fail("the build", error);
  pthread_join(worker, NULL);

  copilot_op_free(quick);
  copilot_op_free(slow);
  copilot_session_free(first);
  copilot_session_free(second);
  copilot_session_config_free(config);
  copilot_client_free(client);
  return 0;
}
