/* CLIs that do not do their part: missing, not executable, ended, garbled, too new, silent, dead in the middle of a turn.
 * The status is the documented one, the message says what to do, and nothing hangs or is left. */
#include "test.h"
#include <sys/stat.h>

struct row {
    const char *script;
    copilot_status code;
    const char *part;
};

static copilot_client *client_of(const char *cli)
{
    copilot_client_options *options = copilot_client_options_new(NULL, NULL);
    copilot_client *client;
    REQUIRE(copilot_json_set_string(copilot_client_options_json(options), "/cliPath", cli, NULL) == COPILOT_OK);
    client = copilot_client_new(options, NULL);
    copilot_client_options_free(options);
    REQUIRE(client);
    return client;
}

static void must_not_start(copilot_client *client, copilot_status code, const char *part)
{
    copilot_error *error = NULL;
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    int64_t begun = test_now_ms();
    CHECK_INT(code, copilot_client_start(client, PATIENCE, &error));
    CHECK_ERROR(code, part, error);
    CHECK_INT(COPILOT_CLIENT_FAILED, copilot_client_get_state(client));
    /* A call that starts the CLI by itself says the same. */
    session = copilot_session_create(client, config, PATIENCE, &error);
    CHECK(session == NULL);
    CHECK_ERROR(code, part, error);
    CHECK(test_now_ms() - begun < PATIENCE / 2); /* both at once, not when the time was up */
    copilot_session_config_free(config);
    copilot_client_free(client);
}

static void no_cli(void)
{
    char path[4096];
    FILE *file;
    must_not_start(client_of("/nonexistent/copilot"), COPILOT_E_SPAWN, "/nonexistent/copilot");
    must_not_start(client_of("no-such-program-anywhere"), COPILOT_E_SPAWN, "no-such-program-anywhere");
    must_not_start(client_of("/"), COPILOT_E_SPAWN, "/");
    snprintf(path, sizeof path, "%s/text", getenv("TEST_DIR"));
    file = fopen(path, "w");
    REQUIRE(file);
    fputs("this is no program\n", file);
    fclose(file);
    REQUIRE(chmod(path, 0644) == 0);
    must_not_start(client_of(path), COPILOT_E_SPAWN, "chmod");
    REQUIRE(chmod(path, 0755) == 0);
    /* valgrind plays execve() itself, and does not come back where this fails. */
    if (!getenv("TEST_SLOW")) must_not_start(client_of(path), COPILOT_E_SPAWN, path);
}

static void bad_starts(void)
{
    static const struct row ROWS[] = {
        {"{\"start\":{\"exit\":3,\"stderr\":\"no license\"}}", COPILOT_E_SPAWN, "no license"},
        {"{\"start\":{\"exit\":0}}", COPILOT_E_SPAWN, "0"},
        {"{\"start\":{\"kill\":9}}", COPILOT_E_SPAWN, "9"},
        {"{\"start\":{\"garbage\":true}}", COPILOT_E_PROTOCOL, NULL},
        {"{\"start\":{\"raw\":\"Welcome to Copilot!\\r\\n\\r\\n\"}}", COPILOT_E_PROTOCOL, NULL},
        {"{\"start\":{\"not_json\":true}}", COPILOT_E_PROTOCOL, NULL},
        {"{\"start\":{\"huge_length\":2147483648}}", COPILOT_E_PROTOCOL, "2147483648"},
        {"{\"start\":{\"truncated\":true}}", COPILOT_E_SPAWN, NULL},
        {"{\"protocol\":99}", COPILOT_E_PROTOCOL_VERSION, "99"},
        {"{\"protocol\":1}", COPILOT_E_PROTOCOL_VERSION, "1"},
        {"{\"on\":{\"connect\":{\"reply_error\":{\"code\":-32000,\"message\":\"go away\"}}}}", COPILOT_E_RPC, "go away"},
    };
    size_t i;
    for (i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        must_not_start(fake_client(ROWS[i].script), ROWS[i].code, ROWS[i].part);
}

/* A CLI that says nothing: the time is the caller's. */
static void a_silent_cli(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{\"start\":{\"hang\":true}}");
    int64_t begun = test_now_ms();
    CHECK_INT(COPILOT_E_TIMEOUT, copilot_client_start(client, 200, &error));
    CHECK(test_now_ms() - begun >= 200);
    CHECK(copilot_error_is_retriable(error));
    CHECK_ERROR(COPILOT_E_TIMEOUT, "200 ms", error);
    CHECK_INT(COPILOT_CLIENT_CONNECTING, copilot_client_get_state(client)); /* the start goes on */
    copilot_client_force_stop(client);
    copilot_client_free(client);
}

static void ends_in_the_middle(void)
{
    static const struct row ROWS[] = {
        {"{\"turns\":[[{\"text\":\"hi\"},{\"exit\":3,\"stderr\":\"boom\"}]]}", COPILOT_E_TRANSPORT, "boom"},
        {"{\"turns\":[[{\"text\":\"hi\"},{\"kill\":9}]]}", COPILOT_E_TRANSPORT, "9"},
        {"{\"turns\":[[{\"text\":\"hi\"},{\"close_stdout\":true}]]}", COPILOT_E_TRANSPORT, NULL},
        {"{\"turns\":[[{\"text\":\"hi\"},{\"truncated\":true}]]}", COPILOT_E_TRANSPORT, NULL},
        {"{\"turns\":[[{\"garbage\":true},{\"hang\":true}]]}", COPILOT_E_PROTOCOL, NULL},
        {"{\"turns\":[[{\"huge_length\":2147483648},{\"hang\":true}]]}", COPILOT_E_PROTOCOL, "2147483648"},
        {"{\"turns\":[[{\"error\":{\"errorType\":\"quota\",\"message\":\"no more quota\"}}]]}", COPILOT_E_SESSION,
         "no more quota"},
    };
    copilot_session_config *config = config_of("{\"streaming\":true}");
    size_t i;
    for (i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        copilot_error *error = NULL;
        copilot_client *client = fake_client(ROWS[i].script);
        copilot_session *session = session_of(client, config);
        copilot_json *answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
        int64_t number = 0;
        CHECK(answer == NULL);
        if (i == 0) {
            const copilot_json *data = copilot_error_data(error);
            CHECK(copilot_json_get_int(data, "/exit/code", &number) && number == 3);
            CHECK_CONTAINS("boom", copilot_json_get_string(data, "/exit/stderrTail", NULL));
            CHECK(copilot_error_is_retriable(error));
        }
        if (i == 1) CHECK(copilot_json_get_int(copilot_error_data(error), "/exit/signal", &number) && number == 9);
        if (ROWS[i].code == COPILOT_E_SESSION)
            CHECK_TEXT("quota", copilot_json_get_string(copilot_error_data(error), "/class", NULL));
        CHECK_ERROR(ROWS[i].code, ROWS[i].part, error);
        if (ROWS[i].code == COPILOT_E_TRANSPORT) {
            /* The session is gone with it; the client starts a new CLI. */
            answer = copilot_session_send(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
            CHECK(answer == NULL);
            CHECK_ERROR(COPILOT_E_TRANSPORT, "copilot_session_reopen", error);
            answer = copilot_client_ping(client, "again", PATIENCE, &error);
            CHECK_TEXT("pong: again", copilot_json_get_string(answer, "/message", NULL));
            copilot_json_free(answer);
        }
        copilot_session_free(session);
        copilot_client_free(client);
    }
    copilot_session_config_free(config);
}

/* A refusal of the server's is passed on as it is. */
static void refusals(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client(
        "{\"on\":{\"account.get\":{\"reply_error\":{\"code\":-32042,\"message\":\"not you\",\"data\":{\"why\":7}}}}}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    int64_t why = 0;
    copilot_json *result = copilot_client_call(client, "account.get", NULL, PATIENCE, &error);
    CHECK(result == NULL);
    CHECK_INT(-32042, copilot_error_rpc_code(error));
    CHECK(copilot_json_get_int(copilot_error_data(error), "/rpc/data/why", &why) && why == 7);
    CHECK_ERROR(COPILOT_E_RPC, "not you", error);
    result = copilot_client_call(client, "no.such.method", "{}", PATIENCE, &error);
    CHECK(result == NULL);
    CHECK_INT(-32601, copilot_error_rpc_code(error));
    CHECK_ERROR(COPILOT_E_RPC, "no.such.method", error);
    session = copilot_session_resume(client, "no-such-session", config, PATIENCE, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_RPC, "no-such-session", error);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

int main(void)
{
    no_cli();
    bad_starts();
    a_silent_cli();
    ends_in_the_middle();
    refusals();
    return test_end();
}
