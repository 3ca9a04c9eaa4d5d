/* What users get wrong: option keys, values, tool names, the order of calls. Each is refused with the documented status
 * and a message that names the place and says what to do. (arguments.c.py has NULLs and bad texts for every function,
 * bad_cli.c the CLIs that do not do their part.) */
#include "test.h"

struct row {
    const char *json; /* what is wrong */
    copilot_status code;
    const char *part; /* must be in the message */
};

static const struct row QUEUES[] = {
    {"{\"mod\":\"items\"}", COPILOT_E_INVALID_ARGUMENT, "/mod is not a known key; did you mean \"mode\"?"},
    {"{\"mode\":\"item\"}", COPILOT_E_INVALID_ARGUMENT, "items"},
    {"{\"hardLimitBytes\":\"1k\"}", COPILOT_E_INVALID_ARGUMENT, "/hardLimitBytes"},
    {"{\"hardLimitBytes\":1}", COPILOT_E_INVALID_ARGUMENT, "1024"},
    {"{\"mode\":", COPILOT_E_INVALID_JSON, "column"},
    {"\"items\"", COPILOT_E_INVALID_ARGUMENT, "object"},
};

static const struct row CLIENTS[] = {
    {"{\"cliPth\":\"x\"}", COPILOT_E_INVALID_ARGUMENT, "/cliPth is not a known key; did you mean \"cliPath\"?"},
    {"{\"CLIPATH\":\"x\"}", COPILOT_E_INVALID_ARGUMENT, "did you mean \"cliPath\"?"},
    {"{\"zebra\":1}", COPILOT_E_INVALID_ARGUMENT, "/zebra is not a known key"},
    {"{\"cliPath\":7}", COPILOT_E_INVALID_ARGUMENT, "/cliPath"},
    {"{\"cliPath\":\"\"}", COPILOT_E_INVALID_ARGUMENT, "/cliPath"},
    {"{\"cliArgs\":\"--x\"}", COPILOT_E_INVALID_ARGUMENT, "/cliArgs"},
    {"{\"cliArgs\":[1]}", COPILOT_E_INVALID_ARGUMENT, "/cliArgs/0"},
    {"{\"env\":[]}", COPILOT_E_INVALID_ARGUMENT, "/env"},
    {"{\"env\":{\"A\":1}}", COPILOT_E_INVALID_ARGUMENT, "/env/A"},
    {"{\"env\":{\"A=B\":\"x\"}}", COPILOT_E_INVALID_ARGUMENT, "/env"},
    {"{\"cliPath\":\"a\\u0000b\"}", COPILOT_E_INVALID_ARGUMENT, "/cliPath"},
    {"{\"logLevel\":\"loud\"}", COPILOT_E_INVALID_ARGUMENT, "/logLevel"},
    {"{\"autoStart\":\"yes\"}", COPILOT_E_INVALID_ARGUMENT, "/autoStart"},
    {"{\"sessionIdleTimeoutSeconds\":-1}", COPILOT_E_INVALID_ARGUMENT, "/sessionIdleTimeoutSeconds"},
    {"{\"sessionIdleTimeoutSeconds\":1.5}", COPILOT_E_INVALID_ARGUMENT, "/sessionIdleTimeoutSeconds"},
    {"{\"runtimeThreads\":0}", COPILOT_E_INVALID_ARGUMENT, "/runtimeThreads"},
    {"{\"runtimeThreads\":17}", COPILOT_E_INVALID_ARGUMENT, "16"},
    {"{\"clientInfo\":{\"editor\":\"x\"}}", COPILOT_E_INVALID_ARGUMENT, "/clientInfo/editor"},
    {"{\"queue\":{\"mode\":\"x\"}}", COPILOT_E_INVALID_ARGUMENT, "/mode"},
    {"{\"baseDirectory\":\"here\"}", COPILOT_E_INVALID_ARGUMENT, "/baseDirectory"},
};

static const struct row SESSIONS[] = {
    {"{\"modle\":\"m\"}", COPILOT_E_INVALID_ARGUMENT, "/modle is not a known key; did you mean \"model\"?"},
    {"{\"streaming\":1}", COPILOT_E_INVALID_ARGUMENT, "/streaming"},
    {"{\"provider\":{\"type\":\"openai\",\"baseURL\":\"x\"},\"model\":\"m\"}", COPILOT_E_INVALID_ARGUMENT,
     "/provider/baseURL is not a known key; did you mean \"baseUrl\"?"},
    {"{\"provider\":{\"type\":\"openai\",\"baseUrl\":\"http://h\"}}", COPILOT_E_INVALID_ARGUMENT, "model"},
    {"{\"permissionDefault\":\"allow\"}", COPILOT_E_INVALID_ARGUMENT, "/permissionDefault"},
    {"{\"requestTimeoutMs\":0}", COPILOT_E_INVALID_ARGUMENT, "/requestTimeoutMs"},
    {"{\"rawParams\":[]}", COPILOT_E_INVALID_ARGUMENT, "/rawParams"},
    {"{\"mcpServers\":[]}", COPILOT_E_INVALID_ARGUMENT, "/mcpServers"},
    {"{\"tools\":[{\"name\":\"a b\"}]}", COPILOT_E_INVALID_ARGUMENT, "/tools/0/name"},
    {"{", COPILOT_E_INVALID_JSON, "column"},
};

static const struct row TOOLS[] = {
    {"{\"name\":\"get weather\"}", COPILOT_E_INVALID_ARGUMENT, "' '"},
    {"{\"name\":\"\"}", COPILOT_E_INVALID_ARGUMENT, "name"},
    {"{\"name\":\"t\\u00e9l\"}", COPILOT_E_INVALID_ARGUMENT, "name"},
    {"{\"name\":\"a.b\"}", COPILOT_E_INVALID_ARGUMENT, "name"},
    {"{\"name\":7}", COPILOT_E_INVALID_ARGUMENT, "/name"},
    {"{\"description\":\"no name\"}", COPILOT_E_INVALID_ARGUMENT, "/name is missing"},
    {"{\"name\":\"t\",\"parameter\":{}}", COPILOT_E_INVALID_ARGUMENT, "did you mean \"parameters\"?"},
    {"{\"name\":\"t\",\"parameters\":\"{}\"}", COPILOT_E_INVALID_ARGUMENT, "/parameters"},
    {"{\"name\":\"t\",\"skipPermission\":\"no\"}", COPILOT_E_INVALID_ARGUMENT, "/skipPermission"},
    {"{\"name\":\"taken\"}", COPILOT_E_INVALID_ARGUMENT, "taken"},
};

static const struct row MESSAGES[] = {
    {"{}", COPILOT_E_INVALID_ARGUMENT, "/prompt is missing"},
    {"{\"promt\":\"p\"}", COPILOT_E_INVALID_ARGUMENT, "did you mean \"prompt\"?"},
    {"{\"prompt\":7}", COPILOT_E_INVALID_ARGUMENT, "/prompt"},
    {"{\"prompt\":\"p\",\"mode\":\"later\"}", COPILOT_E_INVALID_ARGUMENT, "/mode"},
    {"{\"prompt\":\"p\",\"attachments\":{}}", COPILOT_E_INVALID_ARGUMENT, "/attachments"},
    {"{\"prompt\":\"p\",\"inactivityTimeoutMs\":0}", COPILOT_E_INVALID_ARGUMENT, "/inactivityTimeoutMs"},
    {"{\"prompt\":\"p\"", COPILOT_E_INVALID_JSON, "column"},
};

#define EACH(row, table) for (row = table; row < table + sizeof table / sizeof *table; row++)

static void options(void)
{
    copilot_error *error = NULL;
    const struct row *row;
    EACH(row, QUEUES) {
        copilot_queue *queue = copilot_queue_new(row->json, &error);
        CHECK(queue == NULL);
        CHECK_ERROR(row->code, row->part, error);
    }
    EACH(row, CLIENTS) {
        copilot_client_options *made = copilot_client_options_new(row->json, &error);
        if (made) test_fail(__FILE__, __LINE__, "accepted", row->json);
        CHECK_ERROR(row->code, row->part, error);
    }
    EACH(row, SESSIONS) {
        copilot_session_config *made = copilot_session_config_new(row->json, &error);
        if (made) test_fail(__FILE__, __LINE__, "accepted", row->json);
        CHECK_ERROR(row->code, row->part, error);
    }
}

/* What is changed into something wrong afterwards is found when it is used. */
static void options_that_were_changed(void)
{
    copilot_error *error = NULL;
    copilot_client_options *options = copilot_client_options_new("{}", NULL);
    copilot_session_config *config = config_of("{}");
    copilot_client *client;
    copilot_session *session;
    CHECK_INT(COPILOT_OK, copilot_json_set_int(copilot_client_options_json(options), "/cliPth", 1, NULL));
    client = copilot_client_new(options, &error);
    CHECK(client == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "/cliPth", error);
    copilot_client_options_free(options);

    client = fake_client("{}");
    CHECK_INT(COPILOT_OK, copilot_json_set_int(copilot_session_config_json(config), "/modle", 1, NULL));
    session = copilot_session_create(client, config, PATIENCE, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "/modle", error);
    CHECK_INT(COPILOT_CLIENT_DISCONNECTED, copilot_client_get_state(client)); /* nothing was started for it */
    copilot_session_config_free(config);
    copilot_client_free(client);
}

static int destroyed;
static void count_destroyed(void *user_data) { (void)user_data; destroyed++; }
static void on_request(copilot_request *request, void *user_data) { (void)request; (void)user_data; }

static void registrations(void)
{
    static const copilot_request_kind REFUSED[] = {COPILOT_REQUEST_TOOL, COPILOT_REQUEST_OTHER, -1, 99};
    copilot_error *error = NULL;
    copilot_session_config *config = config_of("{}");
    copilot_client *client = fake_client("{}");
    const struct row *row;
    size_t i;
    CHECK_INT(COPILOT_OK, copilot_session_config_add_tool(config, "{\"name\":\"taken\"}", on_request, NULL, NULL, NULL));
    EACH(row, TOOLS) {
        int before = destroyed;
        copilot_status status =
            copilot_session_config_add_tool(config, row->json, on_request, &destroyed, count_destroyed, &error);
        CHECK_INT(row->code, status);
        CHECK_ERROR(row->code, row->part, error);
        CHECK_INT(before + 1, destroyed);
    }
    for (i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        CHECK(copilot_session_config_on_request(config, REFUSED[i], on_request, NULL, NULL, &error) < 0);
        CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, NULL, error);
    }
    /* What has a kind of its own is not for copilot_client_on_request(). */
    CHECK(copilot_client_on_request(client, "userInput.request", on_request, NULL, NULL, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "copilot_session_config_on_request", error);
    CHECK(copilot_client_on_request(client, "", on_request, NULL, NULL, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "empty", error);
    CHECK_INT(COPILOT_E_NOT_FOUND, copilot_client_off_event(client, 4711, &error));
    CHECK_ERROR(COPILOT_E_NOT_FOUND, "4711", error);
    CHECK_INT(COPILOT_E_INVALID_ARGUMENT, copilot_set_log(6, NULL, NULL, NULL, &error));
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "level", error);
    copilot_client_free(client);
    copilot_session_config_free(config);
}

/* Items cannot come where the queue runs callbacks only: said when the session is made, not by silence later. */
static void items_without_a_queue_for_them(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{}");
    copilot_session_config *config = config_of("{}");
    copilot_session *session;
    CHECK_INT(COPILOT_OK, copilot_session_config_add_tool(config, "{\"name\":\"t\"}", NULL, NULL, NULL, NULL));
    session = copilot_session_create(client, config, PATIENCE, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "items", error);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

static void messages(copilot_session *session)
{
    copilot_error *error = NULL;
    const struct row *row;
    EACH(row, MESSAGES) {
        copilot_json *result = copilot_session_send(session, row->json, PATIENCE, &error);
        copilot_op *op;
        CHECK(result == NULL);
        CHECK_ERROR(row->code, row->part, error);
        result = copilot_session_send_and_wait(session, row->json, PATIENCE, &error);
        CHECK(result == NULL);
        CHECK_ERROR(row->code, row->part, error);
        op = copilot_session_send_async(session, row->json, NULL, NULL, NULL, &error);
        CHECK(op == NULL);
        CHECK_ERROR(row->code, row->part, error);
    }
    CHECK_INT(0, fake_logged("\"session.send\"", NULL)); /* none of them reached the CLI */
}

static void calls_before_the_start(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client_with("{}", "{\"autoStart\":false}");
    copilot_session_config *config = config_of(NULL);
    copilot_json *result = copilot_client_ping(client, NULL, PATIENCE, &error);
    copilot_session *session;
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "copilot_client_start", error);
    session = copilot_session_create(client, config, PATIENCE, &error);
    CHECK(session == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "copilot_client_start", error);
    CHECK_INT(COPILOT_OK, copilot_client_stop(client, PATIENCE, &error)); /* not started: nothing to do */
    CHECK_INT(COPILOT_OK, copilot_client_start(client, PATIENCE, &error));
    CHECK_INT(COPILOT_OK, copilot_client_start(client, PATIENCE, &error)); /* twice is no error */
    CHECK_INT(COPILOT_CLIENT_CONNECTED, copilot_client_get_state(client));
    session = session_of(client, config);
    fake_forget_log();
    messages(session);

    CHECK_INT(COPILOT_OK, copilot_client_stop(client, PATIENCE, &error));
    CHECK_INT(COPILOT_CLIENT_DISCONNECTED, copilot_client_get_state(client));
    result = copilot_session_send(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_CLOSED, "copilot_session_reopen", error);
    result = copilot_client_ping(client, NULL, PATIENCE, &error);
    CHECK(result == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_STATE, "copilot_client_start", error);
    CHECK(copilot_session_id(session) != NULL); /* what needs no wire still works */
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

int main(void)
{
    options();
    options_that_were_changed();
    registrations();
    items_without_a_queue_for_them();
    calls_before_the_start();
    return test_end();
}
