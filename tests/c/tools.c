/* Questions and their answers, in both protocols: at once, later from another thread, twice, from many threads at once,
 * never, by default, after the end. The fake runtime's log tells what the server really got. */
#include "test.h"

static int protocol;

/* A turn in which the server calls the tool "t" with {"n":7}, and then says "done". */
static const char TOOL_TURN[] = "{\"protocol\":%d,\"turns\":[[{\"tool\":{\"name\":\"t\",\"arguments\":{\"n\":7}}},"
                                "{\"text\":\"done\"}]]}";
static const char PERMISSION_TURN[] = "{\"protocol\":%d,\"turns\":[[{\"permission\":{\"kind\":\"shell\","
                                      "\"fullCommandText\":\"ls\"}},{\"text\":\"done\"}]]}";

struct bed {
    copilot_client *client;
    copilot_session *session;
};

static copilot_client *client_for(const char *turn)
{
    char script[512];
    snprintf(script, sizeof script, turn, protocol);
    fake_forget_log();
    return fake_client(script);
}

/* Runs one turn to its end. */
static void ask(copilot_session *session)
{
    copilot_error *error = NULL;
    copilot_json *answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
    if (!answer) test_fail(__FILE__, __LINE__, "no answer", copilot_error_message(error));
    CHECK_TEXT("done", copilot_json_get_string(answer, "/event/data/content", NULL));
    copilot_error_free(error);
    copilot_json_free(answer);
}

static void free_bed(struct bed *bed)
{
    copilot_session_free(bed->session);
    copilot_client_free(bed->client);
}

static struct bed tool_bed(copilot_request_cb callback, void *user_data)
{
    struct bed bed;
    copilot_session_config *config = config_of(NULL);
    bed.client = client_for(TOOL_TURN);
    REQUIRE(copilot_session_config_add_tool(config, "{\"name\":\"t\",\"description\":\"d\"}", callback, user_data, NULL,
                                            NULL) == COPILOT_OK);
    bed.session = session_of(bed.client, config);
    copilot_session_config_free(config);
    return bed;
}

/* One turn with this tool; the server must then have got `answer` as the tool's. */
static void tool(copilot_request_cb callback, void *user_data, const char *answer)
{
    struct bed bed = tool_bed(callback, user_data);
    ask(bed.session);
    if (fake_logged("\"answered\":\"tool\"", answer) != 1) test_fail(__FILE__, __LINE__, "the tool did not answer", answer);
    free_bed(&bed);
}

/* ---- At once ---- */

static void what_is_asked(copilot_request *request, void *user_data)
{
    const copilot_json *params = copilot_request_params(request);
    int64_t n = 0;
    (void)user_data;
    CHECK_INT(COPILOT_REQUEST_TOOL, copilot_request_get_kind(request));
    CHECK_TEXT("t", copilot_request_tool_name(request));
    CHECK(copilot_request_session_id(request) && copilot_request_method(request));
    CHECK(copilot_request_id(request) > 0);
    CHECK_INT(0, copilot_request_is_cancelled(request));
    CHECK(copilot_json_get_int(params, "/arguments/n", &n) && n == 7);
    CHECK(copilot_json_get_string(params, "/toolCallId", NULL) != NULL);
    CHECK_TEXT("t", copilot_json_get_string(params, "/toolName", NULL));
    CHECK_INT(COPILOT_OK, copilot_request_respond_text(request, "seven", NULL));
}

static void answer_twice(copilot_request *request, void *user_data)
{
    copilot_error *error = NULL;
    (void)user_data;
    /* A wrong answer is refused and leaves the question open. */
    CHECK_INT(COPILOT_E_INVALID_JSON, copilot_request_respond(request, "{", &error));
    CHECK_ERROR(COPILOT_E_INVALID_JSON, NULL, error);
    CHECK_INT(COPILOT_E_INVALID_ARGUMENT,
              copilot_request_respond(request, "{\"textResultForLlm\":7}", &error));
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "/textResultForLlm", error);
    CHECK_INT(COPILOT_OK, copilot_request_respond(request, "{\"textResultForLlm\":\"first\",\"resultType\":\"success\"}", NULL));
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_request_respond_text(request, "second", &error));
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "answered", error);
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_request_fail(request, "third", &error));
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "answered", error);
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_request_decline(request, NULL));
    CHECK_INT(COPILOT_E_INVALID_STATE, copilot_request_on_cancel(request, NULL, NULL, NULL, NULL));
}

static void fails(copilot_request *request, void *user_data)
{
    (void)user_data;
    CHECK_INT(COPILOT_OK, copilot_request_fail(request, "the well is dry", NULL));
}

static void says_nothing(copilot_request *request, void *user_data)
{
    (void)request;
    ++*(int *)user_data;
}

/* ---- Later, from other threads ---- */

struct later {
    copilot_request *request;
    pthread_t thread;
};

static void *answer_later(void *argument)
{
    struct later *later = argument;
    usleep(20000);
    CHECK_INT(COPILOT_OK, copilot_request_respond_text(later->request, "from a thread", NULL));
    copilot_request_free(later->request);
    return NULL;
}

static void keep_for_a_thread(copilot_request *request, void *user_data)
{
    struct later *later = user_data;
    later->request = copilot_request_ref(request);
    REQUIRE(pthread_create(&later->thread, NULL, answer_later, later) == 0);
}

#define RACERS 8
static pthread_barrier_t line_up;
static int winners, losers;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *race(void *argument)
{
    copilot_status status;
    pthread_barrier_wait(&line_up);
    status = copilot_request_respond_text(argument, "the winner", NULL);
    pthread_mutex_lock(&lock);
    winners += status == COPILOT_OK;
    losers += status == COPILOT_E_INVALID_STATE;
    pthread_mutex_unlock(&lock);
    copilot_request_free(argument);
    return NULL;
}

static void eight_at_once(copilot_request *request, void *user_data)
{
    pthread_t threads[RACERS];
    int i;
    (void)user_data;
    pthread_barrier_init(&line_up, NULL, RACERS);
    winners = losers = 0;
    for (i = 0; i < RACERS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, race, copilot_request_ref(request)) == 0);
    for (i = 0; i < RACERS; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&line_up);
    CHECK_INT(1, winners);
    CHECK_INT(RACERS - 1, losers);
}

static void let_go(copilot_request *request, void *user_data)
{
    copilot_request **kept = user_data;
    *kept = copilot_request_ref(request);
}

static void keep(copilot_request *request, void *user_data)
{
    copilot_request **kept = user_data;
    if (*kept) return;
    *kept = copilot_request_ref(request);
}

/* Kept and freed without an answer: the default goes out then, and the turn goes on. */
static void freed_unanswered(void)
{
    copilot_request *kept = NULL;
    struct bed bed = tool_bed(let_go, &kept);
    copilot_op *op = copilot_session_send_and_wait_async(bed.session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
    REQUIRE(op);
    while (!kept) REQUIRE(copilot_queue_dispatch(copilot_client_queue(bed.client), -1, PATIENCE) > 0);
    CHECK_INT(COPILOT_OP_PENDING, copilot_op_get_state(op));
    copilot_request_free(kept);
    CHECK_INT(COPILOT_OK, copilot_op_wait(op, PATIENCE, NULL));
    CHECK_INT(1, fake_logged("\"answered\":\"tool\"", "no answer"));
    copilot_op_free(op);
    free_bed(&bed);
}

/* ---- After the end ---- */

static int withdrawn;
static void on_withdrawn(copilot_request *request, void *user_data)
{
    (void)user_data;
    CHECK_INT(1, copilot_request_is_cancelled(request));
    withdrawn++;
}

enum ending { ABORT, DISCONNECT, STOP, FORCE_STOP, FREE_ALL, ENDINGS };

/* A question that nobody waits for any more refuses every answer, and says why. */
static void answered_too_late(enum ending ending)
{
    copilot_error *error = NULL;
    copilot_request *kept = NULL;
    struct bed bed = tool_bed(keep, &kept);
    copilot_status status;
    copilot_op *op = copilot_session_send_and_wait_async(bed.session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
    REQUIRE(op);
    while (!kept) REQUIRE(copilot_queue_dispatch(copilot_client_queue(bed.client), -1, PATIENCE) > 0);
    withdrawn = 0;
    CHECK_INT(COPILOT_OK, copilot_request_on_cancel(kept, on_withdrawn, NULL, NULL, NULL));
    switch (ending) {
    case ABORT: CHECK_INT(COPILOT_OK, copilot_session_abort(bed.session, PATIENCE, NULL)); break;
    case DISCONNECT: CHECK_INT(COPILOT_OK, copilot_session_disconnect(bed.session, PATIENCE, NULL)); break;
    case STOP: CHECK_INT(COPILOT_OK, copilot_client_stop(bed.client, PATIENCE, NULL)); break;
    case FORCE_STOP: copilot_client_force_stop(bed.client); break;
    default: break;
    }
    if (ending == FREE_ALL) {
        free_bed(&bed);
        bed.client = NULL;
        bed.session = NULL;
    } else {
        /* Ends, one way or another, and takes the withdrawal along. */
        CHECK(copilot_op_wait(op, PATIENCE, NULL) != COPILOT_E_TIMEOUT);
        CHECK_SOON((copilot_queue_dispatch(copilot_client_queue(bed.client), -1, 0), withdrawn == 1));
    }
    CHECK_SOON(copilot_request_is_cancelled(kept));
    status = copilot_request_respond_text(kept, "too late", &error);
    if (status != COPILOT_E_CANCELLED && status != COPILOT_E_CLOSED)
        test_fail(__FILE__, __LINE__, "answered after the end", copilot_status_name(status));
    CHECK(error && copilot_error_message(error)[0]);
    copilot_error_free(error);
    CHECK_TEXT("t", copilot_request_tool_name(kept)); /* it can still be read */
    copilot_request_free(kept);
    copilot_op_free(op);
    free_bed(&bed);
    CHECK_INT(0, fake_logged("too late", NULL));
}

/* ---- Permission ---- */

static void answer_permission(copilot_request *request, void *user_data)
{
    const copilot_json *params = copilot_request_params(request);
    CHECK_INT(COPILOT_REQUEST_PERMISSION, copilot_request_get_kind(request));
    CHECK_TEXT("shell", copilot_json_get_string(params, "/permissionRequest/kind", NULL));
    CHECK_TEXT("ls", copilot_json_get_string(params, "/permissionRequest/fullCommandText", NULL));
    if (user_data) CHECK_INT(COPILOT_OK, copilot_request_respond(request, user_data, NULL));
}

/* `callback` NULL registers nobody. */
static void permission(copilot_request_cb callback, char *answer, const char *protocol2, const char *protocol3)
{
    struct bed bed;
    copilot_session_config *config = config_of(NULL);
    const char *expected = protocol == 2 ? protocol2 : protocol3;
    bed.client = client_for(PERMISSION_TURN);
    if (callback)
        REQUIRE(copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, callback, answer, NULL, NULL) == 0);
    bed.session = session_of(bed.client, config);
    copilot_session_config_free(config);
    ask(bed.session);
    if (fake_logged("\"answered\":\"permission.request", expected) != 1)
        test_fail(__FILE__, __LINE__, "permission was not answered so", expected);
    free_bed(&bed);
}

int main(void)
{
    for (protocol = 2; protocol <= 3; protocol++) {
        struct later later;
        int called = 0;
        enum ending ending;
        tool(what_is_asked, NULL, "seven");
        tool(answer_twice, NULL, "first");
        CHECK_INT(0, fake_logged("second", NULL));
        tool(fails, NULL, "the well is dry");
        tool(says_nothing, &called, "no answer");
        CHECK_INT(1, called);
        tool(keep_for_a_thread, &later, "from a thread");
        pthread_join(later.thread, NULL);
        tool(eight_at_once, NULL, "the winner");
        freed_unanswered();
        for (ending = ABORT; ending < ENDINGS; ending++) answered_too_late(ending);
        permission(answer_permission, "{\"kind\":\"approve-once\"}", "\"approved\"", "\"approve-once\"");
        permission(answer_permission, "{\"kind\":\"approved\"}", "\"approved\"", "\"approve-once\"");
        permission(answer_permission, "{\"kind\":\"reject\",\"feedback\":\"not today\"}", "\"denied-interactively-by-user\"",
                   "not today");
        permission(answer_permission, NULL, "denied-no-approval-rule", "\"user-not-available\"");
        permission(NULL, NULL, "denied-no-approval-rule", "\"user-not-available\"");
    }
    return test_end();
}
