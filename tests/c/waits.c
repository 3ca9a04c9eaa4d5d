/* How a wait for a turn ends: the result names the model, the error the reason and what happened last. Event types may
 * be spelled as in the first SDKs' documents. */
#include "test.h"

struct row {
    const char *turn;
    const char *message;
    copilot_status code;
    const char *reason;
    const char *last; /* NULL where several events may be the last */
};

static void reasons(void)
{
    static const struct row ROWS[] = {
        {"{\"hang\":true}", "{\"prompt\":\"p\",\"inactivityTimeoutMs\":200,\"abortOnTimeout\":true}", COPILOT_E_TIMEOUT,
         "inactivity", "assistant.turn_start"},
        {"[{\"error\":{\"errorType\":\"quota\",\"message\":\"no\"}}]", "{\"prompt\":\"p\"}", COPILOT_E_SESSION, "error", NULL},
        {"[{\"idle\":{\"aborted\":true}}]", "{\"prompt\":\"p\"}", COPILOT_E_CANCELLED, "aborted", "session.idle"},
        {"[{\"event\":{\"type\":\"session.shutdown\",\"data\":{}}},{\"hang\":true}]", "{\"prompt\":\"p\"}",
         COPILOT_E_SESSION, "shutdown", "session.shutdown"},
        {"[{\"kill\":9}]", "{\"prompt\":\"p\"}", COPILOT_E_TRANSPORT, "exit", "assistant.turn_start"},
        {"[{\"close_stdout\":true}]", "{\"prompt\":\"p\"}", COPILOT_E_TRANSPORT, "disconnected", NULL},
    };
    copilot_session_config *config = config_of(NULL);
    size_t i;
    for (i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char script[256];
        int64_t ago = -1;
        copilot_error *error = NULL;
        copilot_client *client;
        copilot_session *session;
        copilot_json *answer;
        const copilot_json *data;
        const char *last;
        snprintf(script, sizeof script, "{\"turns\":[%s]}", ROWS[i].turn);
        client = fake_client(script);
        session = session_of(client, config);
        answer = copilot_session_send_and_wait(session, ROWS[i].message, PATIENCE, &error);
        CHECK(answer == NULL);
        data = copilot_error_data(error);
        CHECK_TEXT(ROWS[i].reason, copilot_json_get_string(data, "/reason", NULL));
        last = copilot_json_get_string(data, "/lastActivity/event", NULL);
        CHECK(last != NULL);
        if (ROWS[i].last) CHECK_TEXT(ROWS[i].last, last);
        CHECK(copilot_json_get_int(data, "/lastActivity/agoMs", &ago) && ago >= 0 && ago < PATIENCE);
        CHECK_ERROR(ROWS[i].code, NULL, error);
        copilot_session_free(session);
        copilot_client_free(client);
    }
    copilot_session_config_free(config);
}

static void count(const copilot_event *event, void *user_data)
{
    CHECK_TEXT("assistant.message_delta", copilot_event_type(event)); /* the wire's spelling */
    ++*(int *)user_data;
}

static void a_result(void)
{
    int deltas = 0;
    copilot_error *error = NULL;
    copilot_client *client = fake_client(
        "{\"turns\":[[{\"event\":{\"type\":\"assistant.usage\",\"data\":{\"model\":\"m\"}}},{\"text\":\"hi\",\"chunks\":2}]]}");
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    copilot_json *answer;
    CHECK_INT(COPILOT_OK,
              copilot_session_config_on_event(config, "assistant.message.delta", count, &deltas, NULL, NULL));
    session = session_of(client, config);
    answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
    CHECK_TEXT("answer", copilot_json_get_string(answer, "/outcome", NULL));
    CHECK_TEXT("m", copilot_json_get_string(answer, "/model", NULL));
    CHECK_INT(2, deltas);
    copilot_json_free(answer);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

int main(void)
{
    reasons();
    a_result();
    return test_end();
}
