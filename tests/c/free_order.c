/* Handles are independent references: client, session, queue, event, request and operation freed in every order, while
 * a turn waits for an answer and a call for its reply. Nothing is left afterwards. */
#include "test.h"

enum handle { CLIENT, SESSION, QUEUE, EVENT, REQUEST, OP, HANDLES };

struct world {
    copilot_client *client;
    copilot_session *session;
    copilot_queue *queue;
    copilot_event *event;
    copilot_request *request;
    copilot_op *op;
};

static struct world make(void)
{
    struct world w = {NULL, NULL, NULL, NULL, NULL, NULL};
    copilot_session_config *config = config_of(NULL);
    copilot_json *sent;
    w.client = fake_client_with("{\"on\":{\"slow.call\":{\"hang\":true}},\"turns\":[[{\"tool\":{\"name\":\"t\"}}]]}",
                                "{\"queue\":{\"mode\":\"items\"}}");
    w.queue = copilot_queue_ref(copilot_client_queue(w.client));
    REQUIRE(copilot_session_config_add_tool(config, "{\"name\":\"t\"}", NULL, NULL, NULL, NULL) == COPILOT_OK);
    w.session = session_of(w.client, config);
    copilot_session_config_free(config);
    w.op = copilot_client_call_async(w.client, "slow.call", NULL, NULL, NULL, NULL, NULL);
    REQUIRE(w.op);
    sent = copilot_session_send(w.session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    REQUIRE(sent);
    copilot_json_free(sent);
    while (!w.request) {
        REQUIRE(copilot_queue_next(w.queue, PATIENCE, &w.event, NULL) == COPILOT_OK);
        w.request = copilot_event_take_request(w.event);
        if (!w.request) copilot_event_free(w.event);
    }
    CHECK_INT(COPILOT_OP_PENDING, copilot_op_get_state(w.op));
    return w;
}

/* What is left must be usable while others are gone already. */
static void use(const struct world *w, enum handle handle)
{
    switch (handle) {
    case CLIENT: CHECK_INT(COPILOT_CLIENT_CONNECTED, copilot_client_get_state(w->client)); break;
    case SESSION: CHECK(copilot_session_id(w->session) != NULL); break;
    case QUEUE: (void)copilot_queue_length(w->queue); break;
    case EVENT: CHECK_TEXT("tool", copilot_event_type(w->event)); break;
    case REQUEST: CHECK_TEXT("t", copilot_request_tool_name(w->request)); break;
    default: CHECK(copilot_op_id(w->op) > 0); break;
    }
}

static void release(const struct world *w, enum handle handle)
{
    switch (handle) {
    case CLIENT: copilot_client_free(w->client); break;
    case SESSION: copilot_session_free(w->session); break;
    case QUEUE: copilot_queue_free(w->queue); break;
    case EVENT: copilot_event_free(w->event); break;
    case REQUEST: copilot_request_free(w->request); break;
    default: copilot_op_free(w->op); break;
    }
}

/* The n-th order of the six. */
static void order_of(int n, enum handle order[HANDLES])
{
    enum handle left[HANDLES];
    int i, j;
    for (i = 0; i < HANDLES; i++) left[i] = (enum handle)i;
    for (i = 0; i < HANDLES; i++) {
        int count = HANDLES - i, at = n % count;
        n /= count;
        order[i] = left[at];
        for (j = at; j + 1 < count; j++) left[j] = left[j + 1];
    }
}

int main(void)
{
    int rounds = test_rounds(720), round;
    for (round = 0; round < rounds; round++) {
        enum handle order[HANDLES];
        struct world w = make();
        int i, j;
        order_of(round * 720 / rounds, order);
        for (i = 0; i < HANDLES; i++) {
            for (j = i; j < HANDLES; j++) use(&w, order[j]);
            release(&w, order[i]);
        }
        if (round % 60 == 59) CHECK_SOON(copilot_debug_live_objects() == 0);
    }
    return test_end();
}
