"""Prints a program that calls every blocking function of the header inside a callback of the queue that it would wait
for: each must say COPILOT_E_WOULD_DEADLOCK at once, and its _async twin must be accepted."""

from declarations import functions

VALUES = {
    "error": "&error", "timeout_ms": "PATIENCE", "client": "client", "session": "session", "config": "config", "op": "op",
    "queue": "queue", "event": "&event", "session_id": '"s"', "method": '"status.get"', "model_id": '"m"',
    "message_json": '"{\\"prompt\\":\\"p\\"}"', "callback": "NULL", "user_data": "NULL", "destroy": "NULL",
    "message": '"m"', "events": "&event", "capacity": "1", "count": "&count", "max_items": "-1", "batch": "&batch",
}
# Where another value is needed.
OTHERWISE = {"copilot_session_select": {"options_json": '"[\\"x\\"]"'}}
# These wait for no reply but say the same.
ALSO = {"copilot_queue_stop_thread", "copilot_queue_next", "copilot_op_wait", "copilot_shutdown"}
# Twins that would end what the test runs on, or that the server is not to be bothered with here.
NOT_BEGUN = {"copilot_client_stop_async", "copilot_session_disconnect_async", "copilot_session_abort_async"}


def call(f):
    values = VALUES | OTHERWISE.get(f.name.removesuffix("_async"), {})
    return f"{f.name}({', '.join(values.get(p.name, 'NULL') for p in f.parameters)})"


print('''#include "test.h"

static copilot_client *client;
static copilot_session *session;
static copilot_session_config *config;
static copilot_queue *queue;
static copilot_op *op;
static int checked;

static void judge(const char *function, const char *where, int64_t begun, copilot_error **error)
{
    int64_t took = test_now_ms() - begun;
    checked++;
    if (copilot_error_code(*error) != COPILOT_E_WOULD_DEADLOCK) test_fail(where, 0, function, copilot_error_message(*error));
    if (took > 1000) test_fail(where, 0, function, "took more than a second");
    copilot_error_free(*error);
    *error = NULL;
}

static void block(const char *where, copilot_status dispatched)
{
    copilot_error *error = NULL;
    copilot_event *event;
    copilot_json *batch;
    size_t count;
    int64_t begun;''')
count = 0
for f in functions():
    blocking = f.reports and any(p.name == "timeout_ms" for p in f.parameters) and not f.name.endswith("_async")
    if blocking or f.name in ALSO:
        count += 1
        print("    begun = test_now_ms();")
        if f.result.endswith("*"):
            print(f"    if ({call(f)}) test_fail(where, 0, \"{f.name}\", \"gave a result\");")
        else:
            print(f"    if ({call(f)} >= 0) test_fail(where, 0, \"{f.name}\", \"succeeded\");")
        print(f'    judge("{f.name}", where, begun, &error);')
print('''    CHECK_INT(dispatched, copilot_queue_dispatch(queue, -1, PATIENCE));
}

static void begin_all(const char *where)
{
    copilot_error *error = NULL;
    copilot_op *begun;''')
for f in functions():
    if f.name.endswith("_async") and f.name not in NOT_BEGUN:
        print(f"    begun = {call(f)};")
        print(f'    if (!begun) test_fail(where, 0, "{f.name}", copilot_error_message(error));')
        print("    copilot_op_free(begun);")
print('''}

static int ready, done[4];

static void on_event(const copilot_event *event, void *user_data)
{
    (void)event, (void)user_data;
    /* Not while the session is being made. */
    if (!__sync_fetch_and_add(&ready, 0) || done[0]) return;
    done[0] = 1;
    block("in an event callback", COPILOT_E_INVALID_STATE);
    begin_all("in an event callback");
}

/* On the thread that reads whatever a blocking call would wait for. */
static void on_direct(const copilot_event *event, void *user_data)
{
    (void)event, (void)user_data;
    if (!__sync_fetch_and_add(&ready, 0) || done[3]) return;
    block("in a direct callback", COPILOT_E_WOULD_DEADLOCK);
    begin_all("in a direct callback");
    done[3] = 1;
}

static void on_tool(copilot_request *request, void *user_data)
{
    (void)user_data;
    if (!done[1]) block("in a request callback", COPILOT_E_INVALID_STATE);
    done[1] = 1;
    copilot_request_respond_text(request, "fine", NULL);
}

static void on_end(copilot_op *ended, void *user_data)
{
    (void)ended, (void)user_data;
    block("in a completion callback", COPILOT_E_INVALID_STATE);
    CHECK_INT(0, copilot_op_wait(ended, PATIENCE, NULL)); /* it has ended: nothing to wait for */
    done[2] = 1;
}

static void run(int threaded)
{
    copilot_error *error = NULL;
    copilot_json *answer;
    copilot_op *ping;
    int i;
    ready = 0;
    memset(done, 0, sizeof done);
    client = fake_client("{\\"on\\":{\\"slow\\":{\\"hang\\":true}},\\"turns\\":[[{\\"tool\\":{\\"name\\":\\"t\\"}},{\\"text\\":\\"done\\"}]]}");
    queue = copilot_client_queue(client);
    if (threaded) CHECK_INT(0, copilot_queue_start_thread(queue, NULL));
    config = config_of(NULL);
    CHECK_INT(0, copilot_session_config_on_event(config, NULL, on_event, NULL, NULL, NULL));
    CHECK_INT(0, copilot_session_config_on_event_direct(config, NULL, on_direct, NULL, NULL, NULL));
    CHECK_INT(0, copilot_session_config_add_tool(config, "{\\"name\\":\\"t\\"}", on_tool, NULL, NULL, NULL));
    session = session_of(client, config);
    op = copilot_client_call_async(client, "slow", NULL, NULL, NULL, NULL, NULL);
    __sync_fetch_and_add(&ready, 1);
    answer = copilot_session_send_and_wait(session, "{\\"prompt\\":\\"p\\"}", PATIENCE, &error);
    if (!answer) test_fail(__FILE__, __LINE__, "no answer", copilot_error_message(error));
    copilot_json_free(answer);
    ping = copilot_client_ping_async(client, NULL, on_end, NULL, NULL, NULL);
    CHECK_INT(0, copilot_op_wait(ping, PATIENCE, &error));
    copilot_op_free(ping);
    for (i = 0; i < 4; i++) {
        if (threaded) CHECK_SOON(((volatile int *)done)[i]);
        else CHECK_SOON((copilot_queue_dispatch(queue, -1, 0), done[i]));
    }
    if (threaded) CHECK_INT(0, copilot_queue_stop_thread(queue, NULL));
    copilot_op_cancel(op);
    copilot_op_free(op);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_force_stop(client);
    copilot_client_free(client);
}

int main(void)
{
    run(0);
    run(1);''')
print(f"    CHECK_INT({count} * 4 * 2, checked);")
print("    return test_end();\n}")
