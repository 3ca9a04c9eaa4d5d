/* copilot_shutdown(): refuses while handles are there, ends every thread, closes what the library had opened, and lets
 * everything begin anew. */
#include "test.h"

#include <sys/wait.h>

static void on_event(const copilot_event *event, void *seen)
{
    (void)event;
    (*(int *)seen)++;
}

static void one_life(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{}");
    copilot_queue *queue = copilot_queue_ref(copilot_client_queue(client));
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    int seen = 0, seen_before;
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_shutdown(PATIENCE, &error));
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "1", error);
    CHECK_INT(0, copilot_queue_start_thread(queue, NULL));
    CHECK_INT(0, copilot_session_config_on_event(config, NULL, on_event, &seen, NULL, NULL));
    session = session_of(client, config);
    copilot_client_free(client);
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_shutdown(PATIENCE, &error)); /* the session still is */
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "1", error);
    copilot_session_free(session);
    copilot_session_config_free(config);
    CHECK_INT(0, copilot_shutdown(PATIENCE, &error)); /* the queue may stay */
    CHECK_INT(1, test_threads());
    /* What was queued too late for the thread may still be there, but its session and callback are gone. */
    seen_before = seen;
    CHECK_INT(1, copilot_queue_dispatch(queue, -1, 0) >= 0);
    CHECK_INT(seen_before, seen);
    copilot_queue_free(queue);
    CHECK_INT(0, copilot_debug_live_objects());
}

/* A CLI that does not end in time: TIMEOUT, and trying again works. */
static void a_slow_end(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{\"on\":{\"runtime.shutdown\":{\"sleep_ms\":500}}}");
    copilot_status status;
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
    copilot_client_free(client);
    status = copilot_shutdown(1, &error);
    CHECK_ERROR(COPILOT_E_TIMEOUT, NULL, error);
    CHECK_INT(COPILOT_E_TIMEOUT, status);
    CHECK_INT(0, copilot_shutdown(PATIENCE, &error));
    CHECK_INT(1, test_threads());
}

/* A session that the server never opens does not keep its CLI once the program has given it up. */
static void a_session_that_never_came(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{\"on\":{\"session.create\":{\"hang\":true}}}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    int64_t begun;
    fake_forget_log();
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL)); /* on a busy machine that alone takes more than 100 ms */
    session = copilot_session_create(client, config, 100, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_TIMEOUT, NULL, error);
    copilot_op_free(copilot_session_create_async(client, config, NULL, NULL, NULL, NULL));
    copilot_session_config_free(config);
    copilot_client_free(client);
    begun = test_now_ms();
    CHECK_INT(0, copilot_shutdown(PATIENCE, &error));
    CHECK(test_now_ms() - begun < PATIENCE / 2);
    CHECK_INT(1, fake_logged("\"exit\":0", NULL));
    CHECK_INT(1, test_threads());
}

/* One that an operation holds is not freed before the operation is. */
static void a_session_that_nobody_took(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{}");
    copilot_session_config *config = config_of(NULL);
    copilot_op *op = copilot_session_create_async(client, config, NULL, NULL, NULL, NULL);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, NULL));
    copilot_session_config_free(config);
    copilot_client_free(client);
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_shutdown(PATIENCE, &error));
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "operations", error);
    copilot_op_free(op);
    CHECK_INT(0, copilot_shutdown(PATIENCE, &error));
}

/* One that was killed a moment ago is waited for, and leaves neither a zombie nor a thread that would wait for it. */
static void a_process_that_was_killed(void)
{
    int round, rounds = getenv("TEST_SLOW") ? 5 : 40;
    for (round = 0; round < rounds; round++) {
        copilot_client *client = fake_client("{}");
        CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
        copilot_client_force_stop(client);
        copilot_client_free(client);
        CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
        CHECK_INT(1, test_threads());
        CHECK_INT(-1, waitpid(-1, NULL, WNOHANG)); /* no child is left */
    }
}

int main(void)
{
    int descriptors = test_descriptors(), round;
    CHECK_INT(0, copilot_shutdown(0, NULL)); /* nothing was begun */
    CHECK_INT(1, test_threads());
    for (round = 0; round < 3; round++) one_life();
    a_slow_end();
    a_session_that_never_came();
    a_session_that_nobody_took();
    a_process_that_was_killed();
    CHECK_INT(descriptors, test_descriptors());
    CHECK_INT(0, copilot_shutdown(0, NULL)); /* twice is nothing */
    return test_end();
}
