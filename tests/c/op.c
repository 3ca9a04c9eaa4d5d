/* Operations: begun, polled, waited for, cancelled, their results taken once; let run without a handle. */
#include "test.h"

static void on_end(copilot_op *op, void *user_data)
{
    copilot_op_state *state = user_data;
    *state = copilot_op_get_state(op);
}

static void results(copilot_client *client)
{
    copilot_error *error = NULL;
    copilot_op_state told = COPILOT_OP_PENDING;
    copilot_op *op = copilot_client_ping_async(client, "x", on_end, &told, NULL, &error), *other;
    copilot_session *session;
    copilot_json *result;
    REQUIRE(op && !error);
    other = copilot_client_ping_async(client, "y", NULL, NULL, NULL, NULL);
    CHECK(copilot_op_id(op) > 0 && copilot_op_id(op) != copilot_op_id(other));
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, &error));
    CHECK_INT(COPILOT_OP_DONE, copilot_op_get_state(op));
    CHECK_INT(0, copilot_op_wait(op, 0, &error)); /* only looks */
    session = copilot_op_take_session(op, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "copilot_op_take_result", error);
    result = copilot_op_take_result(op, &error);
    CHECK_TEXT("pong: x", copilot_json_get_string(result, "/message", NULL));
    copilot_json_free(result);
    result = copilot_op_take_result(op, &error);
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "taken", error);
    copilot_op_cancel(op); /* too late: nothing changes */
    CHECK_INT(COPILOT_OP_DONE, copilot_op_get_state(op));
    CHECK_SOON((copilot_queue_dispatch(copilot_client_queue(client), -1, 0), told == COPILOT_OP_DONE));
    CHECK_INT(0, copilot_op_wait(other, PATIENCE, NULL));
    copilot_op_free(other);
    copilot_op_free(op);
}

static void failures(copilot_client *client)
{
    copilot_error *error = NULL;
    copilot_op_state told = COPILOT_OP_PENDING;
    copilot_op *op = copilot_client_call_async(client, "no.such", NULL, on_end, &told, NULL, NULL);
    copilot_json *result;
    int i;
    for (i = 0; i < 2; i++) { /* waiting does not use the error up */
        CHECK_INT(COPILOT_E_RPC, copilot_op_wait(op, PATIENCE, &error));
        CHECK_ERROR(COPILOT_E_RPC, "no.such", error);
    }
    CHECK_INT(COPILOT_OP_FAILED, copilot_op_get_state(op));
    result = copilot_op_take_result(op, &error);
    CHECK(result == NULL);
    CHECK_INT(-32601, copilot_error_rpc_code(error));
    CHECK_ERROR(COPILOT_E_RPC, "no.such", error);
    CHECK_SOON((copilot_queue_dispatch(copilot_client_queue(client), -1, 0), told == COPILOT_OP_FAILED));
    copilot_op_free(op);
}

static void cancelling(copilot_client *client)
{
    copilot_error *error = NULL;
    copilot_op_state told = COPILOT_OP_PENDING;
    copilot_op *op = copilot_client_call_async(client, "slow", NULL, on_end, &told, NULL, NULL);
    copilot_json *result;
    int64_t begun = test_now_ms();
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_op_wait(op, 0, &error));
    CHECK_ERROR(COPILOT_E_TIMEOUT, NULL, error);
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_op_wait(op, 50, &error));
    CHECK_ERROR(COPILOT_E_TIMEOUT, NULL, error);
    CHECK(test_now_ms() - begun >= 50);
    result = copilot_op_take_result(op, &error);
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, NULL, error);
    CHECK_INT(COPILOT_OP_PENDING, copilot_op_get_state(op)); /* it goes on */
    copilot_op_cancel(op);
    copilot_op_cancel(op);
    CHECK_INT(COPILOT_OP_CANCELLED, copilot_op_get_state(op));
    CHECK_INT(COPILOT_E_CANCELLED, copilot_op_wait(op, PATIENCE, &error));
    CHECK_ERROR(COPILOT_E_CANCELLED, NULL, error);
    CHECK_SOON((copilot_queue_dispatch(copilot_client_queue(client), -1, 0), told == COPILOT_OP_CANCELLED));
    copilot_op_free(op);
}

/* A blocking call whose time is up is over for the caller; the client can be used further. */
static void timeouts(copilot_client *client)
{
    copilot_error *error = NULL;
    int64_t begun = test_now_ms();
    copilot_json *result = copilot_client_call(client, "slow", "{}", 50, &error);
    CHECK(result == NULL && test_now_ms() - begun >= 50);
    CHECK(copilot_error_is_retriable(error) && !copilot_error_is_fatal(error));
    CHECK_ERROR(COPILOT_E_TIMEOUT, "50 ms", error);
    result = copilot_client_ping(client, NULL, PATIENCE, &error);
    CHECK(result != NULL);
    copilot_json_free(result);
}

static void *cancel_later(void *op)
{
    usleep(20000);
    copilot_op_cancel(op);
    return NULL;
}

static void cancelled_from_another_thread(copilot_client *client)
{
    copilot_error *error = NULL;
    copilot_op *op = copilot_client_call_async(client, "slow", NULL, NULL, NULL, NULL, NULL);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, cancel_later, op) == 0);
    CHECK_INT(COPILOT_E_CANCELLED, copilot_op_wait(op, COPILOT_WAIT_FOREVER, &error));
    CHECK_ERROR(COPILOT_E_CANCELLED, NULL, error);
    pthread_join(thread, NULL);
    copilot_op_free(op);
}

static void sessions(copilot_client *client)
{
    copilot_error *error = NULL;
    copilot_session_config *config = config_of("{\"sessionId\":\"mine\"}");
    copilot_op *op = copilot_session_create_async(client, config, NULL, NULL, NULL, &error), *turn;
    copilot_json *result;
    copilot_session *session;
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, &error));
    result = copilot_op_take_result(op, &error);
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "copilot_op_take_session", error);
    session = copilot_op_take_session(op, &error);
    CHECK_TEXT("mine", copilot_session_id(session));
    CHECK(copilot_op_take_session(op, NULL) == NULL);
    copilot_op_free(op);

    /* A turn, cancelled with "abortOnCancel", is aborted at the server too. */
    turn = copilot_session_send_and_wait_async(session, "{\"prompt\":\"p\",\"abortOnCancel\":true}", NULL, NULL, NULL, NULL);
    CHECK_SOON(fake_logged("\"session.send\"", NULL) > 0);
    copilot_op_cancel(turn);
    CHECK_SOON(fake_logged("\"session.abort\"", NULL) > 0);
    copilot_op_free(turn);
    copilot_session_free(session);

    /* A session that nobody takes goes with the operation. */
    CHECK_INT(0, copilot_json_set_string(copilot_session_config_json(config), "/sessionId", "nobodys", NULL));
    op = copilot_session_create_async(client, config, NULL, NULL, NULL, NULL);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, &error));
    copilot_op_free(op);
    CHECK_SOON(fake_logged("\"session.detach\"", "nobodys") > 0);
    copilot_session_config_free(config);
}

/* Freed at once, an operation goes on, and its function is still called. */
static void let_run(copilot_client *client)
{
    copilot_op_state told = COPILOT_OP_PENDING;
    copilot_op_free(copilot_client_ping_async(client, NULL, on_end, &told, NULL, NULL));
    CHECK_SOON((copilot_queue_dispatch(copilot_client_queue(client), -1, 0), told == COPILOT_OP_DONE));
}

int main(void)
{
    copilot_client *client = fake_client("{\"on\":{\"slow\":{\"hang\":true}},\"turns\":[[{\"hang\":true}]]}");
    results(client);
    failures(client);
    timeouts(client);
    cancelling(client);
    cancelled_from_another_thread(client);
    sessions(client);
    let_run(client);
    CHECK_INT(0, copilot_client_stop(client, PATIENCE, NULL));
    copilot_client_free(client);
    return test_end();
}
