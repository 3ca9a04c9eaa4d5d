/* Events on the thread that reads them: all of them, in order, before anybody else has them; and whatever a callback does
 * there that is not waiting. */
#include "test.h"

enum { DELTAS = 20000 };

static char *burst(int count)
{
    static char script[96];
    sprintf(script, "{\"turns\":[[{\"burst\":{\"count\":%d,\"size\":20}},{\"text\":\"done\"}]]}", count);
    return script;
}

static void send(copilot_session *session)
{
    copilot_json *sent = copilot_session_send(session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    REQUIRE(sent);
    copilot_json_free(sent);
}

static int count(int *counter) { return __sync_fetch_and_add(counter, 0); }

/* What a callback sees; another thread looks when `over` says so. */
struct heard {
    pthread_t thread;
    int started, threads, deltas, disorder, over;
    copilot_event *kept;
    char kept_id[64];
};

/* Parents of events tell nothing of deltas, so order is told by their texts: they are numbered. */
static void hear(const copilot_event *event, void *user_data)
{
    struct heard *heard = user_data;
    const char *type = copilot_event_type(event);
    const copilot_json *json = copilot_event_json(event);
    if (!heard->threads || !pthread_equal(heard->thread, pthread_self())) heard->threads++;
    heard->thread = pthread_self();
    heard->started += strcmp(type, "session.start") == 0;
    if (strcmp(type, "assistant.message_delta") == 0) {
        const char *text = copilot_json_get_string(json, "/data/deltaContent", NULL);
        if (!text || !*text) heard->disorder++;
        if (++heard->deltas == 100) {
            heard->kept = copilot_event_ref(event);
            strncpy(heard->kept_id, copilot_json_get_string(json, "/id", NULL), 63);
        }
    }
    if (strcmp(type, "session.idle") == 0) __sync_fetch_and_add(&heard->over, 1);
}

/* Nobody serves the queue, and nothing waits in it. */
static void a_stream(void)
{
    struct heard heard;
    copilot_client *client = fake_client(burst(test_rounds(DELTAS)));
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    memset(&heard, 0, sizeof heard);
    CHECK_INT(0, copilot_session_config_on_event_direct(config, NULL, hear, &heard, NULL, NULL));
    session = session_of(client, config);
    send(session);
    CHECK_SOON(count(&heard.over));
    CHECK_INT(1, heard.threads);
    CHECK(!pthread_equal(heard.thread, pthread_self()));
    CHECK_INT(1, heard.started); /* from the very first event on */
    CHECK(heard.deltas >= test_rounds(DELTAS));
    CHECK_INT(0, heard.disorder);
    CHECK_INT(0, (int)copilot_queue_length(copilot_client_queue(client)));
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
    CHECK_TEXT("assistant.message_delta", copilot_event_type(heard.kept));
    CHECK_TEXT(heard.kept_id, copilot_json_get_string(copilot_event_json(heard.kept), "/id", NULL));
    CHECK_INT(0, copilot_event_deliver(heard.kept));
    copilot_event_free(heard.kept);
}

struct both {
    int direct, queued, late;
};

static void on_direct(const copilot_event *event, void *user_data)
{
    (void)event;
    __sync_fetch_and_add(&((struct both *)user_data)->direct, 1);
}

static void on_queued(const copilot_event *event, void *user_data)
{
    struct both *both = user_data;
    (void)event;
    both->queued++;
    if (count(&both->direct) < both->queued) both->late++;
}

/* The session's other callbacks, and a queue that takes everything, get theirs, after the direct ones. */
static void beside_a_queue(void)
{
    struct both both = {0, 0, 0};
    copilot_client *client = fake_client(burst(test_rounds(2000)));
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    copilot_json *answer;
    CHECK_INT(0, copilot_session_config_on_event(config, "assistant.message_delta", on_queued, &both, NULL, NULL));
    CHECK_INT(0, copilot_session_config_on_event_direct(config, "assistant.messageDelta", on_direct, &both, NULL, NULL));
    session = session_of(client, config);
    answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    CHECK_TEXT("done", copilot_json_get_string(answer, "/event/data/content", NULL));
    CHECK(both.queued >= test_rounds(2000));
    CHECK_INT(both.queued, count(&both.direct));
    CHECK_INT(0, both.late);
    copilot_json_free(answer);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

static void poisoned(const copilot_event *event, void *user_data)
{
    (void)event;
    if (*(volatile int *)user_data != 42) test_fail(__FILE__, __LINE__, "called after it was removed", NULL);
}

/* After off_event nothing of it runs: the user data is poisoned at once. */
static void quiescence(void)
{
    copilot_client *client = fake_client(burst(test_rounds(60000)));
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session = session_of(client, config);
    struct both both = {0, 0, 0};
    int i, rounds = test_rounds(1000), destroyed = 0;
    CHECK(copilot_session_on_event_direct(session, "session.idle", on_direct, &both, NULL, NULL) > 0);
    send(session);
    for (i = 0; i < rounds; i++) {
        int live = 42;
        int64_t subscription = copilot_session_on_event_direct(session, NULL, poisoned, &live, NULL, NULL);
        REQUIRE(subscription > 0);
        CHECK_INT(0, copilot_session_off_event(session, subscription, NULL));
        live = -1;
        destroyed++;
    }
    CHECK_INT(rounds, destroyed);
    CHECK_SOON(count(&both.direct));
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

enum deed { ENDS_ITSELF, SENDS, FREES_THE_SESSION, FREES_ALL, FORCE_STOPS, STOPS, PARTS, CLOSES_THE_QUEUE, DEEDS };

static struct doer {
    enum deed deed;
    int calls, destroyed, destroyed_inside, answered;
    pthread_t reader;
    int64_t subscription;
    copilot_client *client;
    copilot_session *session;
    copilot_op *turn;
} d;

static void on_destroy(void *user_data)
{
    struct doer *doer = user_data;
    if (pthread_equal(doer->reader, pthread_self())) doer->destroyed_inside++;
    __sync_fetch_and_add(&doer->destroyed, 1);
}

static void on_answer(copilot_op *op, void *user_data)
{
    (void)op;
    __sync_fetch_and_add(&((struct doer *)user_data)->answered, 1);
}

static void act(const copilot_event *event, void *user_data)
{
    struct doer *doer = user_data;
    copilot_op *op;
    (void)event;
    if (doer->calls++) return;
    doer->reader = pthread_self();
    switch (doer->deed) {
    case ENDS_ITSELF: CHECK_INT(0, copilot_session_off_event(doer->session, doer->subscription, NULL)); break;
    case SENDS:
        op = copilot_client_ping_async(doer->client, "x", on_answer, doer, NULL, NULL);
        CHECK(op != NULL);
        copilot_op_free(op);
        break;
    case FREES_THE_SESSION: copilot_session_free(doer->session); break;
    case FREES_ALL:
        copilot_session_free(doer->session);
        copilot_client_free(doer->client);
        break;
    /* Begun here, on the thread that both wait for. */
    case STOPS:
        op = copilot_client_stop_async(doer->client, PATIENCE, on_answer, doer, NULL, NULL);
        CHECK(op != NULL);
        copilot_op_free(op);
        break;
    case PARTS:
        op = copilot_session_disconnect_async(doer->session, on_answer, doer, NULL, NULL);
        CHECK(op != NULL);
        copilot_op_free(op);
        break;
    case CLOSES_THE_QUEUE: copilot_queue_close(copilot_client_queue(doer->client)); break;
    default: copilot_client_force_stop(doer->client);
    }
    __sync_fetch_and_add(&doer->answered, doer->deed != SENDS && doer->deed != STOPS && doer->deed != PARTS);
}

/* Whatever a callback does there, its user data is destroyed once, after it, and not by the thread that reads. */
static void deeds(void)
{
    int deed;
    for (deed = 0; deed < DEEDS; deed++) {
        copilot_queue *queue;
        copilot_session_config *config = config_of("{\"streaming\":true}");
        memset(&d, 0, sizeof d);
        d.deed = (enum deed)deed;
        d.client = fake_client(burst(1000));
        queue = copilot_queue_ref(copilot_client_queue(d.client));
        d.session = session_of(d.client, config);
        copilot_session_config_free(config);
        d.subscription =
            copilot_session_on_event_direct(d.session, "assistant.message_delta", act, &d, on_destroy, NULL);
        d.turn = copilot_session_send_async(d.session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
        REQUIRE(d.turn);
        CHECK_SOON((copilot_queue_dispatch(queue, -1, 0), count(&d.answered)));
        copilot_op_free(d.turn);
        if (deed != FREES_THE_SESSION && deed != FREES_ALL) copilot_session_free(d.session);
        if (deed != FREES_ALL) copilot_client_free(d.client);
        /* What no queue takes any more goes when a handle is freed. */
        CHECK_SOON((copilot_queue_dispatch(queue, -1, 0), copilot_queue_free(copilot_queue_ref(queue)), count(&d.destroyed)));
        copilot_queue_free(queue);
        CHECK_INT(1, d.destroyed);
        CHECK_INT(0, d.destroyed_inside);
        if (deed == SENDS || deed == ENDS_ITSELF) CHECK_INT(deed == SENDS, d.calls > 1);
    }
}

int main(void)
{
    a_stream();
    beside_a_queue();
    quiescence();
    deeds();
    return test_end();
}
