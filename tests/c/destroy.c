/* User data is destroyed exactly once, after the last call of its callback has returned: every registration of the header
 * at once, through every way in which it can end. (arguments.c.py has the failing registrations.) */
#include "test.h"

/* The user data of one registration. */
struct owned {
    const char *name;
    int calls, running, destroyed;
};

enum registration {
    LOG, WAKEUP, START, CALL, CLIENT_EVENT, CLIENT_REQUEST, CONFIG_EVENT, CONFIG_DIRECT, CONFIG_REQUEST, TOOL, CREATE,
    SESSION_EVENT, SESSION_DIRECT, SEND_AND_WAIT, ON_CANCEL, REGISTRATIONS
};
static const char *const NAMES[] = {"set_log", "set_wakeup", "start_async", "call_async", "client_on_event",
    "client_on_request", "config_on_event", "config_on_event_direct", "config_on_request", "add_tool", "create_async",
    "session_on_event", "session_on_event_direct", "send_and_wait_async", "request_on_cancel"};

enum ending {
    ORDERLY, /* the turn ends, everything is freed */
    STOPPED, FORCE_STOPPED, QUEUE_CLOSED, CLI_KILLED, /* in the middle of the turn */
    JUST_FREED, /* in the middle of the turn */
    FREED_IN_A_CALLBACK, REPLACED, ENDINGS
};
static const char *const ENDING_NAMES[] = {"orderly", "stopped", "force-stopped", "queue closed", "CLI killed",
    "just freed", "freed in a callback", "replaced"};

static struct world {
    struct owned owned[REGISTRATIONS];
    enum ending ending;
    int threaded, asked, slow;
    copilot_client *client;
    copilot_session *session;
    copilot_queue *queue;
    copilot_session_config *config;
    copilot_request *kept;
    copilot_op *create, *turn;
    int64_t session_subscription, direct_subscription, client_subscription;
    pthread_mutex_t lock;
} w;

static void complain(const struct owned *owned, const char *what)
{
    printf("%s, %s, %s: %s\n", NAMES[owned - w.owned], ENDING_NAMES[w.ending], w.threaded ? "thread" : "dispatch", what);
    test_failures++;
}

static void destroy(void *user_data)
{
    struct owned *owned = user_data;
    pthread_mutex_lock(&w.lock);
    if (owned->running) complain(owned, "destroyed while its callback runs");
    owned->destroyed++;
    pthread_mutex_unlock(&w.lock);
}

static void begin(void *user_data)
{
    struct owned *owned = user_data;
    pthread_mutex_lock(&w.lock);
    if (owned->destroyed) complain(owned, "called after it was destroyed");
    owned->calls++;
    owned->running++;
    pthread_mutex_unlock(&w.lock);
    if (w.slow) usleep(2000);
}

static void end(void *user_data)
{
    pthread_mutex_lock(&w.lock);
    ((struct owned *)user_data)->running--;
    pthread_mutex_unlock(&w.lock);
}

static void on_log(copilot_log_level level, const char *target, const char *message, void *user_data)
{
    (void)level, (void)target, (void)message;
    begin(user_data);
    end(user_data);
}

static void on_wakeup(void *user_data)
{
    begin(user_data);
    end(user_data);
}

static void on_op(copilot_op *op, void *user_data)
{
    (void)op;
    begin(user_data);
    end(user_data);
}

static void free_everything(void)
{
    copilot_session_free(w.session);
    copilot_client_free(w.client);
    copilot_queue_free(w.queue);
    copilot_session_config_free(w.config);
    copilot_request_free(w.kept);
    copilot_op_free(w.create);
    copilot_op_free(w.turn);
    w.session = NULL;
    w.client = NULL;
    w.queue = NULL;
    w.config = NULL;
    w.kept = NULL;
    w.create = w.turn = NULL;
}

static void on_event(const copilot_event *event, void *user_data)
{
    (void)event;
    begin(user_data);
    end(user_data);
}

static void on_cancel(copilot_request *request, void *user_data)
{
    (void)request;
    begin(user_data);
    end(user_data);
}

/* The tool is answered at once where the turn is to end, and kept where the end is to come first. */
static void on_tool(copilot_request *request, void *user_data)
{
    begin(user_data);
    if (w.ending == ORDERLY || w.ending == REPLACED) {
        CHECK_INT(COPILOT_OK, copilot_request_respond_text(request, "fine", NULL));
    } else {
        copilot_request *kept = copilot_request_ref(request);
        CHECK_INT(COPILOT_OK, copilot_request_on_cancel(kept, on_cancel, &w.owned[ON_CANCEL], destroy, NULL));
        pthread_mutex_lock(&w.lock);
        w.kept = kept;
        pthread_mutex_unlock(&w.lock);
        if (w.ending == FREED_IN_A_CALLBACK) free_everything();
    }
    pthread_mutex_lock(&w.lock);
    w.asked = 1;
    pthread_mutex_unlock(&w.lock);
    end(user_data);
}

static void on_permission(copilot_request *request, void *user_data)
{
    begin(user_data);
    CHECK_INT(COPILOT_OK, copilot_request_respond(request, "{\"kind\":\"approve-once\"}", NULL));
    end(user_data);
}

static void on_request(copilot_request *request, void *user_data)
{
    begin(user_data);
    CHECK_INT(COPILOT_OK, copilot_request_respond(request, "{}", NULL));
    end(user_data);
}

static int was_asked(void)
{
    int asked;
    pthread_mutex_lock(&w.lock);
    asked = w.asked;
    pthread_mutex_unlock(&w.lock);
    return asked;
}

static int was_called(enum registration which)
{
    int calls;
    pthread_mutex_lock(&w.lock);
    calls = w.owned[which].calls;
    pthread_mutex_unlock(&w.lock);
    return calls;
}

/* Serves the queue where no thread does. */
static void serve(void)
{
    copilot_queue *queue = copilot_queue_ref(w.queue);
    if (w.threaded) test_pause();
    else copilot_queue_dispatch(queue, 1, 10);
    copilot_queue_free(queue);
}

static void wait_for(copilot_op *op)
{
    int64_t deadline = test_now_ms() + PATIENCE;
    while (copilot_op_get_state(op) == COPILOT_OP_PENDING && test_now_ms() < deadline) serve();
    if (copilot_op_get_state(op) == COPILOT_OP_PENDING) test_fail(__FILE__, __LINE__, "hangs", ENDING_NAMES[w.ending]);
}

static void begin_world(enum ending ending, int threaded, int slow)
{
    int i;
    copilot_error *error = NULL;
    copilot_client_options *options = fake_options(
        "{\"turns\":[[{\"request\":{\"method\":\"canvas.open\",\"params\":{}}},"
        "{\"permission\":{\"kind\":\"shell\",\"fullCommandText\":\"ls\"}},"
        "{\"tool\":{\"name\":\"t\"}},{\"text\":\"done\"}]],"
        "\"on\":{\"die\":{\"kill\":9}}}", NULL);
    memset(&w, 0, sizeof w);
    pthread_mutex_init(&w.lock, NULL);
    w.ending = ending;
    w.threaded = threaded;
    w.slow = slow;
    for (i = 0; i < REGISTRATIONS; i++) w.owned[i].name = NAMES[i];
    CHECK_INT(0, copilot_set_log(COPILOT_LOG_TRACE, on_log, &w.owned[LOG], destroy, &error));
    w.queue = copilot_queue_new(NULL, NULL);
    CHECK_INT(0, copilot_queue_set_wakeup(w.queue, on_wakeup, &w.owned[WAKEUP], destroy, &error));
    CHECK_INT(0, copilot_client_options_set_queue(options, w.queue, &error));
    if (threaded) CHECK_INT(0, copilot_queue_start_thread(w.queue, &error));
    w.client = copilot_client_new(options, &error);
    REQUIRE(w.client);
    copilot_client_options_free(options);
}

static void begin_turn(void)
{
    copilot_op *op;
    w.client_subscription = copilot_client_on_event(w.client, NULL, on_event, &w.owned[CLIENT_EVENT], destroy, NULL);
    CHECK(w.client_subscription > 0);
    CHECK_INT(0, copilot_client_on_request(w.client, "canvas.open", on_request, &w.owned[CLIENT_REQUEST], destroy, NULL));
    op = copilot_client_start_async(w.client, on_op, &w.owned[START], destroy, NULL);
    REQUIRE(op);
    wait_for(op);
    copilot_op_free(op);
    op = copilot_client_call_async(w.client, "status.get", NULL, on_op, &w.owned[CALL], destroy, NULL);
    REQUIRE(op);
    wait_for(op);
    copilot_op_free(op);
    w.config = config_of(NULL);
    CHECK_INT(0, copilot_session_config_on_event(w.config, NULL, on_event, &w.owned[CONFIG_EVENT], destroy, NULL));
    CHECK_INT(0, copilot_session_config_on_event_direct(w.config, NULL, on_event, &w.owned[CONFIG_DIRECT], destroy, NULL));
    CHECK_INT(0, copilot_session_config_on_request(w.config, COPILOT_REQUEST_PERMISSION, on_permission,
                                                   &w.owned[CONFIG_REQUEST], destroy, NULL));
    CHECK_INT(0, copilot_session_config_add_tool(w.config, "{\"name\":\"t\"}", on_tool, &w.owned[TOOL], destroy, NULL));
    w.create = copilot_session_create_async(w.client, w.config, on_op, &w.owned[CREATE], destroy, NULL);
    REQUIRE(w.create);
    wait_for(w.create);
    w.session = copilot_op_take_session(w.create, NULL);
    REQUIRE(w.session);
    w.session_subscription = copilot_session_on_event(w.session, NULL, on_event, &w.owned[SESSION_EVENT], destroy, NULL);
    CHECK(w.session_subscription > 0);
    w.direct_subscription =
        copilot_session_on_event_direct(w.session, NULL, on_event, &w.owned[SESSION_DIRECT], destroy, NULL);
    CHECK(w.direct_subscription > 0);
    w.turn = copilot_session_send_and_wait_async(w.session, "{\"prompt\":\"p\"}", on_op, &w.owned[SEND_AND_WAIT], destroy,
                                                 NULL);
    REQUIRE(w.turn);
}

static void gone_now(enum registration which)
{
    if (w.owned[which].destroyed != 1) complain(&w.owned[which], "not destroyed when the replacing call returned");
}

/* What replaces or removes outside of callbacks has destroyed the former when it returns. */
static void replace(void)
{
    CHECK_INT(0, copilot_session_off_event(w.session, w.session_subscription, NULL));
    gone_now(SESSION_EVENT);
    CHECK_INT(COPILOT_E_NOT_FOUND, copilot_session_off_event(w.session, w.session_subscription, NULL));
    CHECK_INT(0, copilot_session_off_event(w.session, w.direct_subscription, NULL));
    gone_now(SESSION_DIRECT);
    CHECK_INT(COPILOT_E_NOT_FOUND, copilot_session_off_event(w.session, w.direct_subscription, NULL));
    CHECK_INT(0, copilot_client_off_event(w.client, w.client_subscription, NULL));
    gone_now(CLIENT_EVENT);
    CHECK_INT(0, copilot_client_on_request(w.client, "canvas.open", NULL, NULL, NULL, NULL));
    gone_now(CLIENT_REQUEST);
    CHECK_INT(0, copilot_queue_set_wakeup(w.queue, NULL, NULL, NULL, NULL));
    gone_now(WAKEUP);
    CHECK_INT(0, copilot_set_log(COPILOT_LOG_OFF, NULL, NULL, NULL, NULL));
    gone_now(LOG);
}

static void run(enum ending ending, int threaded, int slow)
{
    copilot_error *error = NULL;
    int64_t deadline = test_now_ms() + PATIENCE;
    int i;
    begin_world(ending, threaded, slow);
    begin_turn();
    if (ending == ORDERLY || ending == REPLACED) {
        wait_for(w.turn);
        /* The operation has ended; its callback comes with the next item. */
        CHECK_SOON((serve(), was_called(SEND_AND_WAIT)));
    }
    else if (ending == FREED_IN_A_CALLBACK && !threaded) {
        /* The callback frees the last reference to this queue while it is dispatched. */
        copilot_queue *queue = w.queue;
        while (!was_asked()) copilot_queue_dispatch(queue, 1, PATIENCE);
    } else {
        while (!was_asked() && test_now_ms() < deadline)
            if (ending == FREED_IN_A_CALLBACK) test_pause();
            else serve();
    }
    if (!was_asked()) test_fail(__FILE__, __LINE__, "the tool was not called", ENDING_NAMES[ending]);
    switch (ending) {
    case STOPPED: CHECK_INT(0, copilot_client_stop(w.client, PATIENCE, NULL)); break;
    case FORCE_STOPPED: copilot_client_force_stop(w.client); break;
    case QUEUE_CLOSED: copilot_queue_close(w.queue); break;
    case CLI_KILLED: copilot_op_free(copilot_client_call_async(w.client, "die", NULL, NULL, NULL, NULL, NULL)); break;
    case REPLACED: replace(); break;
    default: break;
    }
    if (ending == STOPPED || ending == FORCE_STOPPED || ending == CLI_KILLED) wait_for(w.turn);
    free_everything();
    if (copilot_shutdown(PATIENCE, &error) != COPILOT_OK) test_fail(__FILE__, __LINE__, "shutdown", copilot_error_message(error));
    copilot_error_free(error);
    /* Not before: what it is told of comes with the last answers of the CLI. */
    CHECK_INT(0, copilot_set_log(COPILOT_LOG_OFF, NULL, NULL, NULL, &error));
    for (i = 0; i < REGISTRATIONS; i++) {
        int registered = i != ON_CANCEL || (ending != ORDERLY && ending != REPLACED);
        if (w.owned[i].destroyed != registered) {
            printf("destroyed %d times:\n", w.owned[i].destroyed);
            complain(&w.owned[i], "not exactly once");
        }
        if (ending == ORDERLY && registered && !w.owned[i].calls) complain(&w.owned[i], "was never called");
    }
    CHECK_INT(0, copilot_debug_live_objects());
}

int main(void)
{
    int ending, threaded;
    for (ending = 0; ending < ENDINGS; ending++)
        for (threaded = 0; threaded < 2; threaded++) {
            run((enum ending)ending, threaded, 0);
            run((enum ending)ending, threaded, 1);
        }
    return test_end();
}
