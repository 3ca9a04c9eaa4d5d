/* Queues by the batch: as an array of items and as one JSON text; what a text cannot hold comes as an item. */
#include "test.h"

enum { DELTAS = 5000 };

struct bed {
    copilot_client *client;
    copilot_queue *queue;
    copilot_session_config *config;
    copilot_session *session;
};

/* A session that delivers to a queue of its own, in which nothing waits. */
static struct bed begin(const char *script, const char *tool, const char *mode)
{
    struct bed bed;
    copilot_event *event = NULL;
    bed.client = fake_client(script);
    bed.queue = copilot_queue_new(mode, NULL);
    bed.config = config_of("{\"streaming\":true}");
    CHECK_INT(0, copilot_session_config_set_queue(bed.config, bed.queue, NULL));
    if (tool) CHECK_INT(0, copilot_session_config_add_tool(bed.config, tool, NULL, NULL, NULL, NULL));
    bed.session = session_of(bed.client, bed.config);
    while (copilot_queue_next(bed.queue, 0, &event, NULL) == COPILOT_OK) copilot_event_free(event);
    return bed;
}

static void end(struct bed *bed)
{
    copilot_session_free(bed->session);
    copilot_session_config_free(bed->config);
    copilot_client_free(bed->client);
    copilot_queue_free(bed->queue);
}

static void send(struct bed *bed)
{
    copilot_json *sent = copilot_session_send(bed->session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    REQUIRE(sent);
    copilot_json_free(sent);
}

static char *burst(void)
{
    static char script[64];
    sprintf(script, "{\"turns\":[[{\"burst\":{\"count\":%d,\"size\":20}}]]}", test_rounds(DELTAS));
    return script;
}

/* All of a stream, in its order, whatever the room. */
static void arrays(void)
{
    static const size_t rooms[] = {1, 7, 64};
    size_t r;
    for (r = 0; r < 3; r++) {
        struct bed bed = begin(burst(), NULL, "{\"mode\":\"items\"}");
        copilot_event *events[64], *kept = NULL;
        copilot_error *error = NULL;
        size_t count = 7, i, largest = 0;
        int seen = 0, over = 0;
        char last[64] = "";
        send(&bed);
        CHECK_SOON(copilot_queue_length(bed.queue) >= 64);
        while (!over) {
            REQUIRE(copilot_queue_next_batch(bed.queue, PATIENCE, events, rooms[r], &count, &error) == COPILOT_OK);
            REQUIRE(count >= 1 && count <= rooms[r]);
            if (count > largest) largest = count;
            for (i = 0; i < count; i++) {
                const char *type = copilot_event_type(events[i]);
                seen += strcmp(type, "assistant.message_delta") == 0;
                over |= strcmp(type, "session.idle") == 0;
                CHECK_TEXT(copilot_session_id(bed.session), copilot_event_session_id(events[i]));
                /* One in the middle outlives all the others. */
                if (seen == 100 && !kept) kept = copilot_event_ref(events[i]);
                if (seen == 100) strncpy(last, copilot_json_get_string(copilot_event_json(kept), "/id", NULL), 63);
                copilot_event_free(events[i]);
            }
        }
        CHECK_INT(test_rounds(DELTAS), seen);
        CHECK(largest == rooms[r]);
        CHECK_TEXT(last, copilot_json_get_string(copilot_event_json(kept), "/id", NULL));
        copilot_event_free(kept);
        end(&bed);
    }
}

/* A turn with a tool by texts: the request comes as an item, between the texts that it lies between. */
static void texts(void)
{
    struct bed bed = begin("{\"turns\":[[{\"tool\":{\"name\":\"t\"}},{\"text\":\"done\"}]]}",
                           "{\"name\":\"t\",\"skipPermission\":true}", "{\"mode\":\"items\"}");
    copilot_json *batch = NULL;
    copilot_event *event = NULL;
    copilot_error *error = NULL;
    copilot_request *request;
    copilot_op *turn, *same;
    int requests = 0, completions = 0, over = 0, items = 0;
    char said[64] = "";
    turn = copilot_session_send_and_wait_async(bed.session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
    REQUIRE(turn);
    while (!over || !completions) {
        size_t i, count, length = 0;
        REQUIRE(copilot_queue_next_batch_json(bed.queue, PATIENCE, -1, &batch, &event, &error) == COPILOT_OK);
        count = copilot_json_count(batch, "");
        CHECK(count > 0 || event);
        CHECK(copilot_json_text(batch, &length)[length - 1] == ']');
        for (i = 0; i < count; i++) {
            const copilot_json *item = copilot_json_item(batch, i);
            const char *type = copilot_json_get_string(item, "/type", NULL);
            int64_t kind = 0;
            items++;
            CHECK(copilot_json_get_int(item, "/kind", &kind));
            if (kind != COPILOT_EVENT_SESSION) continue;
            CHECK_TEXT(copilot_session_id(bed.session), copilot_json_get_string(item, "/sessionId", NULL));
            CHECK_TEXT(type, copilot_json_get_string(item, "/event/type", NULL));
            over |= strcmp(type, "session.idle") == 0;
            if (strcmp(type, "assistant.message") == 0)
                strncpy(said, copilot_json_get_string(item, "/event/data/content", NULL), 63);
        }
        if (event && copilot_event_get_kind(event) == COPILOT_EVENT_REQUEST) {
            request = copilot_event_take_request(event);
            CHECK_INT(COPILOT_OK, copilot_request_respond_text(request, "fine", NULL));
            copilot_request_free(request);
            requests++;
        } else if (event) {
            CHECK_INT(COPILOT_EVENT_COMPLETION, copilot_event_get_kind(event));
            same = copilot_event_op(event);
            CHECK(copilot_op_id(same) == copilot_op_id(turn));
            copilot_op_free(same);
            completions++;
        }
        copilot_json_free(batch);
        copilot_event_free(event);
    }
    CHECK_INT(1, requests);
    CHECK_TEXT("done", said);
    CHECK(items > 5);
    copilot_op_free(turn);
    end(&bed);
}

static int heard;

static void on_event(const copilot_event *event, void *user_data)
{
    (void)event, (void)user_data;
    heard++;
}

/* What has a callback is not told past it: it comes as an item, which copilot_event_deliver() runs. */
static void callbacks(void)
{
    struct bed bed = begin("{\"turns\":[[{\"text\":\"done\"}]]}", NULL, "{\"mode\":\"items\"}");
    copilot_json *batch = NULL;
    copilot_event *event = NULL;
    int over = 0, delivered = 0;
    heard = 0;
    CHECK(copilot_session_on_event(bed.session, "assistant.message", on_event, NULL, NULL, NULL) > 0);
    send(&bed);
    while (!over) {
        REQUIRE(copilot_queue_next_batch_json(bed.queue, PATIENCE, 3, &batch, &event, NULL) == COPILOT_OK);
        CHECK(copilot_json_count(batch, "") <= 3);
        CHECK(strstr(copilot_json_text(batch, NULL), "\"type\":\"assistant.message\",\"sessionId\"") == NULL);
        over = strstr(copilot_json_text(batch, NULL), "\"session.idle\"") != NULL;
        if (event) {
            CHECK_TEXT("assistant.message", copilot_event_type(event));
            CHECK_INT(1, copilot_event_deliver(event));
            delivered++;
        }
        copilot_json_free(batch);
        copilot_event_free(event);
    }
    CHECK_INT(1, delivered);
    CHECK_INT(1, heard);
    end(&bed);
}

static void *close_later(void *queue)
{
    usleep(20000);
    copilot_queue_close(queue);
    return NULL;
}

static void why_there_is_none(void)
{
    copilot_queue *queue = copilot_queue_new("{\"mode\":\"items\"}", NULL);
    copilot_event *events[2], *event;
    copilot_json *batch;
    copilot_error *error = NULL;
    size_t count = 7;
    pthread_t thread;
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next_batch(queue, 0, events, 2, &count, &error));
    CHECK(count == 0);
    copilot_queue_wake(queue);
    CHECK_INT(COPILOT_E_CANCELLED, copilot_queue_next_batch(queue, PATIENCE, events, 2, &count, &error));
    copilot_queue_wake(queue);
    CHECK_INT(COPILOT_E_CANCELLED, copilot_queue_next_batch_json(queue, PATIENCE, 2, &batch, &event, &error));
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_queue_next_batch_json(queue, 20, 2, &batch, &event, &error));
    REQUIRE(pthread_create(&thread, NULL, close_later, queue) == 0);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next_batch(queue, COPILOT_WAIT_FOREVER, events, 2, &count, &error));
    pthread_join(thread, NULL);
    CHECK_INT(COPILOT_E_CLOSED, copilot_queue_next_batch_json(queue, PATIENCE, 2, &batch, &event, &error));
    CHECK(count == 0 && batch == NULL && event == NULL && error == NULL);
    CHECK_INT(COPILOT_E_INVALID_ARGUMENT, copilot_queue_next_batch(queue, 0, events, 0, &count, &error));
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "capacity", error);
    CHECK_INT(COPILOT_E_INVALID_ARGUMENT, copilot_queue_next_batch_json(queue, 0, 0, &batch, &event, &error));
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "max_items", error);
    copilot_queue_free(queue);
}

int main(void)
{
    arrays();
    texts();
    callbacks();
    why_there_is_none();
    return test_end();
}
