/* What ends does not run any more: each way to end a callback, a thousand times while events pour in. What a callback
 * uses is poisoned and freed as soon as the call that ends it has returned, so that a late one is caught by its value, and
 * by valgrind and the sanitizers. */
#include "test.h"

#define LIVE 42
#define POISON -1

/* So many deltas are in a stream: enough for a second and more. */
#define STREAM (test_rounds(20000) + 4000)

static volatile int destroyed, called, streamed;

/* User data on the heap. */
static int *live(void)
{
    int *data = malloc(sizeof *data);
    REQUIRE(data);
    *data = LIVE;
    return data;
}

static void poison(int *data)
{
    *(volatile int *)data = POISON;
    free(data);
}

static void look(void *data, const char *when)
{
    if (*(volatile int *)data != LIVE) test_fail(__FILE__, __LINE__, "a callback ran after its end", when);
}

/* Looks twice, so that one that is not waited for is seen as well as one that comes late. */
static void on_event(const copilot_event *event, void *data)
{
    (void)event;
    look(data, "event");
    __sync_fetch_and_add(&called, 1);
    usleep(50);
    look(data, "event that was running");
}

/* Runs with every event, so that all of them wait and the stream does not end before the test. */
static void slowly(const copilot_event *event, void *data)
{
    (void)event;
    (void)data;
    __sync_fetch_and_add(&streamed, 1);
    usleep(100);
}

/* True once an event has come after this many, so that what follows happens in the middle of the stream. */
static int in_the_stream(int before)
{
    int64_t begun = test_now_ms();
    while (__sync_fetch_and_add(&called, 0) == before) {
        if (test_now_ms() - begun > PATIENCE) return 0;
        usleep(20); /* valgrind runs one thread at a time, and a busy one would keep its turn */
    }
    return 1;
}

static void on_wakeup(void *data) { look(data, "wakeup"); }

static void on_op(copilot_op *op, void *data)
{
    (void)op;
    look(data, "completion");
}

static void on_destroy(void *data)
{
    look(data, "destroy");
    poison(data);
    __sync_fetch_and_add(&destroyed, 1);
}

struct bed {
    copilot_client *client;
    copilot_queue *queue;
    copilot_session *session;
};

/* A client whose session streams so many deltas, with a thread that serves it. */
static struct bed streaming(int deltas)
{
    char script[128];
    struct bed bed;
    copilot_session_config *config = config_of("{\"streaming\":true}");
    sprintf(script, "{\"turns\":[[{\"burst\":{\"count\":%d,\"size\":20}},{\"hang\":true}]]}", deltas);
    streamed = 0;
    CHECK(copilot_session_config_on_event(config, NULL, slowly, NULL, NULL, NULL) >= 0);
    bed.client = fake_client(script);
    bed.queue = copilot_queue_ref(copilot_client_queue(bed.client));
    bed.session = session_of(bed.client, config);
    copilot_session_config_free(config);
    CHECK_INT(0, copilot_queue_start_thread(bed.queue, NULL));
    copilot_json_free(copilot_session_send(bed.session, "{\"prompt\":\"p\"}", PATIENCE, NULL));
    return bed;
}

static void end(struct bed bed)
{
    copilot_session_free(bed.session);
    copilot_client_free(bed.client);
    copilot_queue_free(bed.queue);
}

/* True when another stream should begin: on a busy machine one does not last for every round. */
static int is_ebbing(void) { return __sync_fetch_and_add(&streamed, 0) > STREAM / 2; }

/* Each registration ends by the call that removes it. */
static void removed(int rounds)
{
    struct bed bed = streaming(STREAM);
    int i;
    for (i = 0; i < rounds; i++) {
        int *heard = live(), *woken = live();
        int before = called;
        int64_t subscription;
        if (is_ebbing()) {
            end(bed);
            bed = streaming(STREAM);
        }
        subscription = copilot_session_on_event(bed.session, NULL, on_event, heard, NULL, NULL);
        CHECK_INT(0, copilot_queue_set_wakeup(bed.queue, on_wakeup, woken, NULL, NULL));
        REQUIRE(in_the_stream(before));
        CHECK_INT(0, copilot_session_off_event(bed.session, subscription, NULL));
        poison(heard);
        CHECK_INT(0, copilot_queue_set_wakeup(bed.queue, NULL, NULL, NULL, NULL));
        poison(woken);
    }
    end(bed);
}

/* The thread that runs callbacks ends; the registrations stay, and run again when it is back. */
static void stopped(int rounds)
{
    struct bed bed = streaming(STREAM);
    int heard = LIVE, i;
    copilot_session_on_event(bed.session, NULL, on_event, &heard, NULL, NULL);
    for (i = 0; i < rounds; i++) {
        int before;
        if (is_ebbing()) {
            end(bed);
            bed = streaming(STREAM);
            copilot_session_on_event(bed.session, NULL, on_event, &heard, NULL, NULL);
        }
        before = called;
        REQUIRE(in_the_stream(before));
        CHECK_INT(0, copilot_queue_stop_thread(bed.queue, NULL));
        *(volatile int *)&heard = POISON;
        usleep(20);
        *(volatile int *)&heard = LIVE;
        CHECK_INT(0, copilot_queue_start_thread(bed.queue, NULL));
    }
    CHECK_INT(0, copilot_queue_stop_thread(bed.queue, NULL));
    end(bed);
}

/* The last reference of the queue goes while its thread runs completions; each user data is destroyed once. */
static void queue_freed(int rounds)
{
    copilot_client_options *options = fake_options("{}", NULL);
    int i, j, given = 0, before = destroyed;
    for (i = 0; i < rounds; i++) {
        copilot_queue *queue = copilot_queue_new(NULL, NULL);
        int *woken = live();
        CHECK_INT(0, copilot_queue_start_thread(queue, NULL));
        CHECK_INT(0, copilot_queue_set_wakeup(queue, on_wakeup, woken, NULL, NULL));
        if (i % 20 == 0) {
            copilot_client *client;
            CHECK_INT(0, copilot_client_options_set_queue(options, queue, NULL));
            client = copilot_client_new(options, NULL);
            REQUIRE(client);
            for (j = 0; j < 5; j++, given++)
                copilot_op_free(copilot_client_ping_async(client, NULL, on_op, live(), on_destroy, NULL));
            copilot_client_free(client);
            CHECK_INT(0, copilot_client_options_set_queue(options, NULL, NULL));
            CHECK_SOON(destroyed - before == given);
        }
        copilot_queue_free(queue);
        if (i % 20) poison(woken); /* that was the last reference: nobody else has been given it */
        else CHECK_INT(0, copilot_shutdown(PATIENCE, NULL)), poison(woken);
    }
    copilot_client_options_free(options);
}

/* The client ends in the middle of a stream, one way or another. */
static void client_ended(int rounds)
{
    int i;
    for (i = 0; i < rounds; i++) {
        struct bed bed = streaming(500);
        int before = destroyed;
        copilot_session_on_event(bed.session, NULL, on_event, live(), on_destroy, NULL);
        copilot_client_on_event(bed.client, NULL, on_event, live(), on_destroy, NULL);
        copilot_op_free(copilot_client_ping_async(bed.client, NULL, on_op, live(), on_destroy, NULL));
        switch (i % 3) {
        case 0: CHECK_INT(0, copilot_client_stop(bed.client, PATIENCE, NULL)); break;
        case 1: copilot_client_force_stop(bed.client); break;
        }
        if (i % 2) CHECK_INT(0, copilot_queue_stop_thread(bed.queue, NULL));
        end(bed);
        CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
        CHECK_INT(before + 3, destroyed);
    }
}

int main(void)
{
    int rounds = test_rounds(1000);
    removed(rounds);
    stopped(rounds);
    queue_freed(rounds);
    client_ended(rounds / 20);
    return test_end();
}
