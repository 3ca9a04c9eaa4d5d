/* Every kind of question as C sees it: what it is called, what it holds, an answer, a wrong answer, and what is sent for
 * one that nobody answers; by callback and as items. The fake runtime's log tells what the server got. */
#include "test.h"

struct row {
    copilot_request_kind kind;
    const char *name;   /* the item's type */
    const char *action; /* how the fake asks */
    const char *method;
    const char *member, *text; /* a part of what is asked */
    const char *wrong;         /* an answer that the kind does not take */
    const char *answer, *sent; /* an answer, and a part of what goes out for it */
    const char *unanswered;    /* a part of what goes out for none */
    int declines;              /* whether it can be left to others */
};

static const struct row ROWS[] = {
    {COPILOT_REQUEST_USER_INPUT, "userInput",
     "{\"request\":{\"method\":\"userInput.request\",\"params\":{\"question\":\"Which?\",\"choices\":[\"a\",\"b\"]}}}",
     "userInput.request", "/question", "Which?", "7", "\"b\"", "\"answer\":\"b\"", "\"error\"", 0},
    {COPILOT_REQUEST_ELICITATION, "elicitation",
     "{\"event_question\":{\"type\":\"elicitation.requested\",\"data\":{\"message\":\"Name?\",\"mode\":\"form\"}}}",
     "elicitation.requested", "/message", "Name?", "{\"action\":\"ok\"}",
     "{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}", "\"Ada\"", "\"cancel\"", 1},
    {COPILOT_REQUEST_HOOK, "hook",
     "{\"request\":{\"method\":\"hooks.invoke\",\"params\":{\"hookType\":\"preToolUse\",\"input\":{\"toolName\":\"bash\"}}}}",
     "hooks.invoke", "/hookType", "preToolUse", "\"deny\"", "{\"permissionDecision\":\"deny\"}",
     "\"permissionDecision\":\"deny\"", "\"result\"", 0},
    {COPILOT_REQUEST_COMMAND, "command",
     "{\"event_question\":{\"type\":\"command.execute\",\"data\":{\"command\":\"/deploy now\",\"commandName\":\"deploy\","
     "\"args\":\"now\"}}}",
     "command.execute", "/commandName", "deploy", "true", "null", "requestId", "\"error\"", 1},
    {COPILOT_REQUEST_EXIT_PLAN_MODE, "exitPlanMode",
     "{\"request\":{\"method\":\"exitPlanMode.request\",\"params\":{\"summary\":\"Three steps\",\"actions\":[]}}}",
     "exitPlanMode.request", "/summary", "Three steps", "{\"approve\":true}",
     "{\"approved\":false,\"feedback\":\"Two would do\"}", "Two would do", "\"approved\":true", 0},
    {COPILOT_REQUEST_AUTO_MODE_SWITCH, "autoModeSwitch",
     "{\"request\":{\"method\":\"autoModeSwitch.request\",\"params\":{\"errorCode\":\"busy\"}}}", "autoModeSwitch.request",
     "/errorCode", "busy", "\"maybe\"", "\"yes\"", "\"response\":\"yes\"", "\"response\":\"no\"", 0},
    {COPILOT_REQUEST_SYSTEM_MESSAGE, "systemMessage",
     "{\"request\":{\"method\":\"systemMessage.transform\",\"params\":{\"sections\":{\"tone\":{\"content\":\"curt\"}}}}}",
     "systemMessage.transform", "/sections/tone/content", "curt", "{\"sections\":7}",
     "{\"sections\":{\"tone\":{\"content\":\"kind\"}}}", "\"kind\"", "\"curt\"", 0},
    {COPILOT_REQUEST_MCP_OAUTH, "mcpOauth",
     "{\"event_question\":{\"type\":\"mcp.oauth_required\",\"data\":{\"serverName\":\"tickets\",\"serverUrl\":\"http://t\"}}}",
     "mcp.oauth_required", "/serverName", "tickets", "{\"kind\":\"token\"}", "{\"kind\":\"token\",\"accessToken\":\"abc123\"}",
     "abc123", "\"cancelled\"", 1},
};

static const struct row *current;
static int answers, called;

static void judge(copilot_request *request)
{
    copilot_error *error = NULL;
    called++;
    CHECK_INT(current->kind, copilot_request_get_kind(request));
    CHECK_TEXT(current->method, copilot_request_method(request));
    CHECK(copilot_request_session_id(request) != NULL);
    CHECK(copilot_request_tool_name(request) == NULL);
    CHECK_TEXT(current->text, copilot_json_get_string(copilot_request_params(request), current->member, NULL));
    CHECK(copilot_request_respond(request, current->wrong, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, NULL, error);
    if (current->kind != COPILOT_REQUEST_USER_INPUT) {
        CHECK(copilot_request_respond_text(request, "text", &error) < 0);
        CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, NULL, error);
    }
    if (!current->declines) {
        CHECK_INT(COPILOT_E_UNSUPPORTED, copilot_request_decline(request, &error));
        CHECK_ERROR(COPILOT_E_UNSUPPORTED, NULL, error);
    }
    if (answers) CHECK_INT(COPILOT_OK, copilot_request_respond(request, current->answer, &error));
}

static void on_request(copilot_request *request, void *user_data)
{
    (void)user_data;
    judge(request);
}

/* Takes items until the turn is over. */
static void pull(copilot_session *session, copilot_queue *queue)
{
    copilot_event *event = NULL;
    int idle = 0;
    copilot_json *sent = copilot_session_send(session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    CHECK(sent != NULL);
    copilot_json_free(sent);
    while (!idle && copilot_queue_next(queue, PATIENCE, &event, NULL) == COPILOT_OK) {
        copilot_request *request = copilot_event_take_request(event);
        if (request) {
            CHECK_INT(COPILOT_EVENT_REQUEST, copilot_event_get_kind(event));
            CHECK_TEXT(current->name, copilot_event_type(event));
            judge(request);
            copilot_request_free(request);
        }
        idle = strcmp(copilot_event_type(event), "session.idle") == 0;
        copilot_event_free(event);
    }
    CHECK(idle);
}

static void ask(copilot_session *session)
{
    copilot_error *error = NULL;
    copilot_json *answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
    if (!answer) test_fail(__FILE__, __LINE__, current->name, copilot_error_message(error));
    copilot_error_free(error);
    copilot_json_free(answer);
}

static void run(int items)
{
    char script[1024];
    copilot_client *client;
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    const char *expected = answers ? current->sent : current->unanswered;
    snprintf(script, sizeof script, "{\"turns\":[[%s,{\"text\":\"done\"}]]}", current->action);
    fake_forget_log();
    client = fake_client_with(script, items ? "{\"queue\":{\"mode\":\"items\"}}" : NULL);
    CHECK_INT(0, copilot_session_config_on_request(config, current->kind, items ? NULL : on_request, NULL, NULL, NULL));
    session = session_of(client, config);
    copilot_session_config_free(config);
    called = 0;
    if (items) pull(session, copilot_client_queue(client));
    else ask(session);
    CHECK_INT(1, called);
    if (fake_logged("\"answered\":", expected) != 1) {
        printf("%s, %s, %s: not sent: %s\n", current->name, items ? "items" : "callback", answers ? "answered" : "unanswered",
               expected);
        test_failures++;
    }
    copilot_session_free(session);
    CHECK_INT(0, copilot_client_stop(client, PATIENCE, NULL));
    copilot_client_free(client);
}

/* A method without a kind of its own goes to the client. */
static void on_other(copilot_request *request, void *user_data)
{
    CHECK_INT(COPILOT_REQUEST_OTHER, copilot_request_get_kind(request));
    CHECK_TEXT("canvas.open", copilot_request_method(request));
    if (*(int *)user_data) CHECK_INT(0, copilot_request_respond(request, "{\"opened\":\"yes\"}", NULL));
}

static void other(int answer)
{
    copilot_client *client = fake_client("{\"turns\":[[{\"request\":{\"method\":\"canvas.open\",\"params\":{\"n\":1}}},"
                                         "{\"text\":\"done\"}]]}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    fake_forget_log();
    CHECK_INT(0, copilot_client_on_request(client, "canvas.open", on_other, &answer, NULL, NULL));
    session = session_of(client, config);
    copilot_session_config_free(config);
    ask(session);
    CHECK_INT(1, fake_logged("\"answered\":\"canvas.open\"", answer ? "\"opened\":\"yes\"" : "\"error\""));
    copilot_session_free(session);
    copilot_client_free(client);
}

int main(void)
{
    int items;
    for (current = ROWS; current < ROWS + sizeof ROWS / sizeof *ROWS; current++)
        for (answers = 0; answers < 2; answers++)
            for (items = 0; items < 2; items++) run(items);
    current = ROWS;
    other(0);
    other(1);
    return test_end();
}
