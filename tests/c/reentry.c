/* What hosts do inside callbacks though they were told not to, or only just may: every answer is as documented, and
 * nothing hangs. (deadlock.c.py has the calls that block, destroy.c has everything freed inside a callback.) */
#include "test.h"

struct host {
    copilot_client *client;
    copilot_queue *queue, *other;
    int called, other_called;
    int32_t inside, meanwhile;
    copilot_status status;
};

static struct host host_of(const char *script)
{
    struct host host;
    memset(&host, 0, sizeof host);
    host.client = fake_client(script);
    host.queue = copilot_queue_ref(copilot_client_queue(host.client));
    CHECK_INT(0, copilot_client_start(host.client, PATIENCE, NULL));
    while (copilot_queue_dispatch(host.queue, -1, 0) > 0) continue;
    return host;
}

static void leave(struct host *host)
{
    copilot_client_free(host->client);
    copilot_queue_free(host->queue);
}

static void ping(struct host *host, copilot_op_cb callback)
{
    copilot_op *op = copilot_client_ping_async(host->client, NULL, callback, host, NULL, NULL);
    REQUIRE(op);
    copilot_op_free(op);
}

static void serve(struct host *host, int calls)
{
    int64_t deadline = test_now_ms() + PATIENCE;
    while (host->called < calls && test_now_ms() < deadline) copilot_queue_dispatch(host->queue, 1, 100);
    CHECK_INT(calls, host->called);
}

static void count(copilot_op *op, void *user_data)
{
    (void)op;
    ((struct host *)user_data)->called++;
}

static void count_other(copilot_op *op, void *user_data)
{
    (void)op;
    ((struct host *)user_data)->other_called++;
}

/* Its own queue: refused, and what waits stays where it is. */
static void dispatch_inside(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    ping(host, count);
    CHECK_SOON(copilot_queue_length(host->queue) >= 1);
    host->inside = copilot_queue_dispatch(host->queue, -1, 0);
    CHECK_INT(0, host->called);
    count(op, user_data);
}

static void a_dispatch_in_a_dispatch(void)
{
    struct host host = host_of("{}");
    ping(&host, dispatch_inside);
    serve(&host, 2);
    CHECK_INT(COPILOT_E_INVALID_STATE, host.inside);
    leave(&host);
}

/* Another queue is another matter. */
static void dispatch_other(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    host->inside = copilot_queue_dispatch(host->other, -1, PATIENCE);
    CHECK_INT(1, host->other_called);
    count(op, user_data);
}

static void a_dispatch_of_another_queue(void)
{
    struct host host = host_of("{}"), other = host_of("{}");
    copilot_op *op = copilot_client_ping_async(other.client, NULL, count_other, &host, NULL, NULL);
    copilot_op_free(op);
    host.other = other.queue;
    ping(&host, dispatch_other);
    serve(&host, 1);
    CHECK_INT(1, host.inside);
    leave(&other);
    leave(&host);
}

/* A second thread that dispatches meanwhile waits for its time and runs nothing. */
static void *dispatch_meanwhile(void *user_data)
{
    struct host *host = user_data;
    host->meanwhile = copilot_queue_dispatch(host->queue, -1, 50);
    return NULL;
}

static void wait_for_the_other(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    pthread_t thread;
    ping(host, count);
    CHECK_SOON(copilot_queue_length(host->queue) >= 1);
    host->meanwhile = -1;
    REQUIRE(pthread_create(&thread, NULL, dispatch_meanwhile, host) == 0);
    pthread_join(thread, NULL);
    CHECK_INT(0, host->called);
    count(op, user_data);
}

static void two_dispatchers(void)
{
    struct host host = host_of("{}");
    ping(&host, wait_for_the_other);
    serve(&host, 2);
    CHECK_INT(0, host.meanwhile);
    leave(&host);
}

/* Takes by hand what waits, inside a callback: allowed when it does not wait. */
static void next_inside(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    copilot_event *event = NULL;
    ping(host, count);
    CHECK_SOON(copilot_queue_length(host->queue) >= 1);
    CHECK_INT(COPILOT_OK, copilot_queue_next(host->queue, 0, &event, NULL));
    CHECK_INT(1, copilot_event_deliver(event)); /* one callback inside the other, because it was asked for */
    CHECK_INT(1, host->called);
    CHECK_INT(1, copilot_event_deliver(event) >= 0); /* twice is no crash */
    copilot_event_free(event);
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next(host->queue, 0, &event, NULL));
    count(op, user_data);
}

static void taking_in_a_callback(void)
{
    struct host host = host_of("{}");
    ping(&host, next_inside);
    serve(&host, 2);
    leave(&host);
}

/* A queue that is closed by its own callback: what waited still runs, and then it is over. */
static void close_inside(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    ping(host, count);
    CHECK_SOON(copilot_queue_length(host->queue) >= 1);
    copilot_queue_close(host->queue);
    copilot_queue_close(host->queue);
    count(op, user_data);
}

static void closed_by_its_own_callback(void)
{
    struct host host = host_of("{}");
    copilot_event *event = NULL;
    ping(&host, close_inside);
    serve(&host, 2);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_dispatch(host.queue, -1, PATIENCE));
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next(host.queue, PATIENCE, &event, NULL));
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_start_thread(host.queue, NULL));
    leave(&host);
}

/* A thread that a callback starts waits until the dispatch that runs it is over. */
static void start_thread_inside(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    ping(host, count);
    host->status = copilot_queue_start_thread(host->queue, NULL);
    CHECK_SOON(copilot_queue_length(host->queue) >= 1);
    CHECK_INT(0, host->called);
    count(op, user_data);
}

static void a_thread_from_a_callback(void)
{
    struct host host = host_of("{}");
    ping(&host, start_thread_inside);
    while (!host.called) copilot_queue_dispatch(host.queue, 1, 100);
    CHECK_SOON(*(volatile int *)&host.called == 2);
    CHECK_INT(COPILOT_OK, host.status);
    CHECK_INT(0, copilot_queue_stop_thread(host.queue, NULL));
    leave(&host);
}

/* Cancelling what has ended, and waking the queue that one is in: nothing, and the end of the next wait. */
static void cancel_and_wake_inside(copilot_op *op, void *user_data)
{
    struct host *host = user_data;
    copilot_op_cancel(op);
    host->status = copilot_op_get_state(op);
    copilot_queue_wake(host->queue);
    count(op, user_data);
}

static void what_is_late(void)
{
    struct host host = host_of("{}");
    int64_t begun;
    ping(&host, cancel_and_wake_inside);
    while (!host.called) copilot_queue_dispatch(host.queue, 1, PATIENCE);
    CHECK_INT(COPILOT_OP_DONE, host.status);
    begun = test_now_ms();
    CHECK_INT(0, copilot_queue_dispatch(host.queue, -1, PATIENCE));
    CHECK(test_now_ms() - begun < PATIENCE / 2);
    leave(&host);
}

int main(void)
{
    a_dispatch_in_a_dispatch();
    a_dispatch_of_another_queue();
    two_dispatchers();
    taking_in_a_callback();
    closed_by_its_own_callback();
    a_thread_from_a_callback();
    what_is_late();
    return test_end();
}
