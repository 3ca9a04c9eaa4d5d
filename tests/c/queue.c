/* Queues as hosts serve them: next, dispatch, a thread, a descriptor, a wakeup function; wake, close, and what each
 * status tells. Items are made by pings, whose completions come to the client's queue. */
#include "test.h"
#include <poll.h>

static void on_op(copilot_op *op, void *user_data)
{
    (void)op;
    __sync_fetch_and_add((int *)user_data, 1);
}

static int count(int *counter) { return __sync_fetch_and_add(counter, 0); }

static void ping(copilot_client *client, int *counter)
{
    copilot_op *op = copilot_client_ping_async(client, NULL, counter ? on_op : NULL, counter, NULL, NULL);
    REQUIRE(op);
    copilot_op_free(op);
}

/* A client whose queue takes everything, connected, with nothing waiting. */
static copilot_client *items_client(void)
{
    copilot_client *client = fake_client_with("{}", "{\"queue\":{\"mode\":\"items\"}}");
    copilot_event *event = NULL;
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
    while (copilot_queue_next(copilot_client_queue(client), 0, &event, NULL) == COPILOT_OK) copilot_event_free(event);
    return client;
}

static void *wake_later(void *queue)
{
    usleep(20000);
    copilot_queue_wake(queue);
    return NULL;
}

static void *close_later(void *queue)
{
    usleep(20000);
    copilot_queue_close(queue);
    return NULL;
}

static void next_tells_why(void)
{
    copilot_error *error = (copilot_error *)(void *)&error; /* never read */
    copilot_queue *queue = copilot_queue_new("{\"mode\":\"items\"}", NULL);
    copilot_event *event = (copilot_event *)(void *)&event;
    pthread_t thread;
    int64_t begun = test_now_ms();
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next(queue, 0, &event, &error));
    CHECK(event == NULL && error == NULL);
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next(queue, 50, &event, &error));
    CHECK(test_now_ms() - begun >= 50 && error == NULL);
    copilot_queue_wake(queue); /* sticky: ends the next wait */
    CHECK_INT(COPILOT_E_CANCELLED, copilot_queue_next(queue, PATIENCE, &event, &error));
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next(queue, 0, &event, &error)); /* one wait, not two */
    REQUIRE(pthread_create(&thread, NULL, wake_later, queue) == 0);
    CHECK_INT(COPILOT_E_CANCELLED, copilot_queue_next(queue, COPILOT_WAIT_FOREVER, &event, &error));
    pthread_join(thread, NULL);
    copilot_queue_wake(queue);
    CHECK_INT(0, copilot_queue_dispatch(queue, -1, PATIENCE));
    REQUIRE(pthread_create(&thread, NULL, close_later, queue) == 0);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next(queue, COPILOT_WAIT_FOREVER, &event, &error));
    pthread_join(thread, NULL);
    CHECK(event == NULL && error == NULL);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_dispatch(queue, -1, PATIENCE));
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_start_thread(queue, &error));
    CHECK_ERROR(COPILOT_E_CLOSED, NULL, error);
    copilot_queue_close(queue); /* twice is nothing */
    copilot_queue_free(queue);
}

/* One item of each kind, and what is in it. */
static void items(void)
{
    copilot_client *client = items_client();
    copilot_queue *queue = copilot_client_queue(client);
    copilot_event *event = NULL, *again;
    copilot_op *op = copilot_client_ping_async(client, "x", NULL, NULL, NULL, NULL), *same;
    copilot_json *result;
    int64_t number = 0;
    CHECK_INT(COPILOT_OK, copilot_queue_next(queue, PATIENCE, &event, NULL));
    CHECK_INT(COPILOT_EVENT_COMPLETION, copilot_event_get_kind(event));
    CHECK_TEXT("completion", copilot_event_type(event));
    CHECK(copilot_event_session_id(event) == NULL);
    CHECK_TEXT("done", copilot_json_get_string(copilot_event_json(event), "/state", NULL));
    CHECK(copilot_json_get_int(copilot_event_json(event), "/operation", &number));
    CHECK(number > 0 && (uint64_t)number == copilot_op_id(op));
    same = copilot_event_op(event);
    CHECK(copilot_op_id(same) == copilot_op_id(op));
    again = copilot_event_ref(event);
    CHECK(again == event);
    copilot_event_free(event);
    CHECK_TEXT("completion", copilot_event_type(again));
    CHECK(copilot_event_take_request(again) == NULL);
    CHECK_INT(0, copilot_event_deliver(again)); /* it has no callback */
    copilot_event_free(again);
    result = copilot_op_take_result(same, NULL);
    CHECK_TEXT("pong: x", copilot_json_get_string(result, "/message", NULL));
    copilot_json_free(result);
    copilot_op_free(same);
    copilot_op_free(op);

    CHECK_INT(0, copilot_client_stop(client, PATIENCE, NULL));
    CHECK_INT(COPILOT_OK, copilot_queue_next(queue, PATIENCE, &event, NULL));
    CHECK_INT(COPILOT_EVENT_STATE, copilot_event_get_kind(event));
    CHECK_TEXT("state", copilot_event_type(event));
    CHECK_TEXT("disconnected", copilot_json_get_string(copilot_event_json(event), "/state", NULL));
    CHECK_TEXT("connected", copilot_json_get_string(copilot_event_json(event), "/previous", NULL));
    copilot_event_free(event);
    copilot_client_free(client);
}

/* After close what was queued can still be taken, and then CLOSED comes for ever. */
static void closed_with_items(void)
{
    copilot_client *client = items_client();
    copilot_queue *queue = copilot_queue_ref(copilot_client_queue(client));
    copilot_event *event = NULL;
    ping(client, NULL);
    CHECK_SOON(copilot_queue_length(queue) == 1);
    copilot_queue_close(queue);
    CHECK_INT(COPILOT_OK, copilot_queue_next(queue, 0, &event, NULL));
    copilot_event_free(event);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next(queue, PATIENCE, &event, NULL));
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next(queue, PATIENCE, &event, NULL));
    copilot_client_free(client);
    copilot_queue_free(queue);
}

/* In a queue of mode "callbacks" nothing piles up that nobody would run. */
static void nothing_piles_up(void)
{
    copilot_client *client = fake_client("{}");
    int called = 0, i;
    for (i = 0; i < 10; i++) ping(client, NULL);
    ping(client, &called);
    CHECK_SOON(copilot_queue_length(copilot_client_queue(client)) > 0);
    CHECK_INT(1, copilot_queue_length(copilot_client_queue(client)));
    CHECK_INT(1, copilot_queue_dispatch(copilot_client_queue(client), -1, PATIENCE));
    CHECK_INT(1, called);
    CHECK_INT(0, copilot_queue_dispatch(copilot_client_queue(client), -1, 0));
    copilot_client_free(client);
}

static void dispatch_counts(void)
{
    copilot_client *client = fake_client("{}");
    copilot_queue *queue = copilot_client_queue(client);
    int called = 0, i;
    for (i = 0; i < 10; i++) ping(client, &called);
    CHECK_SOON(copilot_queue_length(queue) == 10);
    CHECK_INT(0, called);
    CHECK_INT(0, copilot_queue_dispatch(queue, 0, 0));
    CHECK_INT(3, copilot_queue_dispatch(queue, 3, 0));
    CHECK_INT(3, called);
    CHECK_INT(7, copilot_queue_dispatch(queue, -1, COPILOT_WAIT_FOREVER));
    CHECK_INT(10, called);
    copilot_client_free(client);
}

static int readable(int fd)
{
    struct pollfd poller = {0, POLLIN, 0};
    poller.fd = fd;
    return poll(&poller, 1, 0) == 1;
}

/* Readable exactly while items wait, with nothing to drain. */
static void descriptor(void)
{
    copilot_client *client = items_client();
    copilot_queue *queue = copilot_client_queue(client);
    struct pollfd poller = {0, POLLIN, 0};
    int fd = copilot_queue_fd(queue), i, rounds = test_rounds(500), taken = 0;
    copilot_event *event = NULL;
    unsigned random = 1;
    CHECK(fd >= 0 && fd == copilot_queue_fd(queue));
    CHECK(!readable(fd));
    poller.fd = fd;
    ping(client, NULL);
    CHECK_INT(1, poll(&poller, 1, PATIENCE));
    CHECK(readable(fd));
    CHECK_INT(COPILOT_OK, copilot_queue_next(queue, 0, &event, NULL));
    copilot_event_free(event);
    CHECK(!readable(fd));
    for (i = 0; i < rounds; i++) {
        int sent = (int)((random = random * 1103515245 + 12345) >> 16) % 4 + 1, left = sent;
        while (left--) ping(client, NULL);
        for (left = sent; left; left--, taken++) {
            REQUIRE(poll(&poller, 1, PATIENCE) == 1);
            REQUIRE(copilot_queue_next(queue, 0, &event, NULL) == COPILOT_OK);
            copilot_event_free(event);
        }
        REQUIRE(copilot_queue_length(queue) == 0 && !readable(fd));
    }
    CHECK(taken >= rounds);
    copilot_client_free(client);
}

/* A storm of events, taken in handfuls of random size: whatever poll() says is so. There is one taker, so what
 * is readable has an item, and where one waits it is readable; what is silent may only have become readable since. */
static void descriptor_in_a_storm(void)
{
    enum { BURSTS = 50 };
    char script[BURSTS * 48 + 32], *at = script;
    copilot_client *client;
    copilot_queue *queue = copilot_queue_new("{\"mode\":\"items\"}", NULL);
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    copilot_json *sent;
    copilot_event *event = NULL;
    struct pollfd poller = {0, POLLIN, 0};
    unsigned random = 1;
    int size = test_rounds(1000), seen = 0, over = 0, handful, i;
    at += sprintf(at, "{\"turns\":[[");
    for (i = 0; i < BURSTS; i++) at += sprintf(at, "%s{\"burst\":{\"count\":%d,\"size\":4}}", i ? "," : "", size);
    sprintf(at, "]]}");
    client = fake_client(script);
    CHECK_INT(0, copilot_session_config_set_queue(config, queue, NULL));
    session = session_of(client, config);
    poller.fd = copilot_queue_fd(queue);
    sent = copilot_session_send(session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    while (!over && poll(&poller, 1, PATIENCE) == 1) {
        handful = (int)((random = random * 1103515245 + 12345) >> 16) % 8 + 1;
        do {
            REQUIRE(copilot_queue_next(queue, 0, &event, NULL) == COPILOT_OK);
            seen += strcmp(copilot_event_type(event), "assistant.message_delta") == 0;
            over = strcmp(copilot_event_type(event), "session.idle") == 0;
            copilot_event_free(event);
        } while (--handful && copilot_queue_length(queue) > 0);
        if (copilot_queue_length(queue) > 0) REQUIRE(readable(poller.fd));
    }
    CHECK(over);
    CHECK_INT(BURSTS * size, seen);
    while (copilot_queue_next(queue, 0, &event, NULL) == COPILOT_OK) copilot_event_free(event);
    CHECK(!readable(poller.fd));
    copilot_json_free(sent);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
    copilot_queue_free(queue);
}

struct post {
    copilot_queue *queue;
    int posts, destroyed;
};

static void post(void *user_data)
{
    struct post *box = user_data;
    __sync_fetch_and_add(&box->posts, 1);
    copilot_queue_wake(box->queue); /* the one function that is allowed here */
}

static void count_destroyed(void *user_data) { ((struct post *)user_data)->destroyed++; }

/* Once for each time it is armed, and armed again by what serves the queue. */
static void wakeup(void)
{
    copilot_client *client = fake_client("{}");
    struct post box = {NULL, 0, 0};
    int called = 0, i;
    box.queue = copilot_client_queue(client);
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
    CHECK_INT(0, copilot_queue_set_wakeup(box.queue, post, &box, count_destroyed, NULL));
    CHECK_INT(0, count(&box.posts));
    for (i = 0; i < 5; i++) ping(client, &called);
    CHECK_SOON(copilot_queue_length(box.queue) == 5);
    CHECK_INT(1, count(&box.posts));
    CHECK_INT(2, copilot_queue_dispatch(box.queue, 2, 0)); /* returns with three left: posts again */
    CHECK_INT(2, count(&box.posts));
    CHECK_INT(3, copilot_queue_dispatch(box.queue, -1, 0));
    CHECK_INT(2, count(&box.posts)); /* empty: nothing to tell */
    ping(client, &called);
    CHECK_SOON(count(&box.posts) == 3);
    CHECK_INT(0, copilot_queue_set_wakeup(box.queue, NULL, NULL, NULL, NULL));
    CHECK_INT(1, box.destroyed);
    CHECK_SOON(copilot_queue_length(box.queue) == 1);
    /* Set while something waits: posted at once. */
    CHECK_INT(0, copilot_queue_set_wakeup(box.queue, post, &box, count_destroyed, NULL));
    CHECK_INT(4, count(&box.posts));
    copilot_queue_dispatch(box.queue, -1, 0);
    CHECK_INT(6, called);
    copilot_client_free(client);
    CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
    CHECK_INT(2, box.destroyed);
}

static void note_thread(copilot_op *op, void *user_data)
{
    (void)op;
    *(pthread_t *)user_data = pthread_self();
}

/* The library's thread runs callbacks until it is stopped; then the caller may again. */
static void library_thread(void)
{
    copilot_client *client = fake_client("{}");
    copilot_queue *queue = copilot_client_queue(client);
    copilot_error *error = NULL;
    pthread_t ran_on = pthread_self();
    int called = 0, i;
    copilot_op *op;
    CHECK_INT(0, copilot_queue_stop_thread(queue, &error)); /* there is none */
    CHECK_INT(0, copilot_queue_start_thread(queue, &error));
    CHECK_INT(0, copilot_queue_start_thread(queue, &error));
    op = copilot_client_ping_async(client, NULL, note_thread, &ran_on, NULL, &error);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, &error));
    copilot_op_free(op);
    for (i = 0; i < 20; i++) ping(client, &called);
    CHECK_SOON(count(&called) == 20);
    CHECK(!pthread_equal(ran_on, pthread_self()));
    CHECK_INT(0, copilot_queue_stop_thread(queue, &error));
    ping(client, &called);
    CHECK_SOON(copilot_queue_length(queue) == 1);
    CHECK_INT(20, count(&called));
    CHECK_INT(1, copilot_queue_dispatch(queue, -1, 0));
    CHECK_INT(21, count(&called));
    copilot_client_free(client);
}

/* After stop_thread, off_event and set_wakeup(NULL) nothing of it runs: the user data is poisoned at once. */
static void storm(const copilot_event *event, void *user_data)
{
    (void)event;
    if (*(volatile int *)user_data != 42) test_fail(__FILE__, __LINE__, "called after it was removed", NULL);
}

static void storm_wakeup(void *user_data)
{
    if (*(volatile int *)user_data != 42) test_fail(__FILE__, __LINE__, "woken after it was removed", NULL);
}

static void quiescence(void)
{
    char script[128];
    copilot_client *client;
    copilot_queue *queue;
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    int i, rounds = test_rounds(1000);
    copilot_op *turn;
    sprintf(script, "{\"turns\":[[{\"burst\":{\"count\":%d,\"size\":20}}]]}", test_rounds(60000));
    client = fake_client(script);
    queue = copilot_client_queue(client);
    session = session_of(client, config);
    CHECK_INT(0, copilot_queue_start_thread(queue, NULL));
    turn = copilot_session_send_and_wait_async(session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
    REQUIRE(turn);
    for (i = 0; i < rounds; i++) {
        int live = 42;
        int64_t subscription = copilot_session_on_event(session, NULL, storm, &live, NULL, NULL);
        CHECK_INT(0, copilot_queue_set_wakeup(queue, storm_wakeup, &live, NULL, NULL));
        if (i % 3 == 0) CHECK_INT(0, copilot_queue_stop_thread(queue, NULL));
        CHECK_INT(0, copilot_session_off_event(session, subscription, NULL));
        CHECK_INT(0, copilot_queue_set_wakeup(queue, NULL, NULL, NULL, NULL));
        live = -1;
        if (i % 3 == 0) CHECK_INT(0, copilot_queue_start_thread(queue, NULL));
    }
    CHECK_INT(0, copilot_op_wait(turn, PATIENCE, NULL));
    copilot_op_free(turn);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

int main(void)
{
    next_tells_why();
    items();
    closed_with_items();
    nothing_piles_up();
    dispatch_counts();
    descriptor();
    descriptor_in_a_storm();
    wakeup();
    library_thread();
    quiescence();
    return test_end();
}
