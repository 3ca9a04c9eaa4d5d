"""Prints a program that calls every function of the header with wrong arguments, one after the other: a NULL handle, a
NULL text, a text that is no UTF-8, no JSON, no object, a timeout of 0.

Each must refuse with the documented status and with an error that says the same, must do so without an error pointer
too, and must destroy the user data that it was given exactly once."""

from declarations import functions

# Texts that may be NULL.
NULLABLE = {
    "copilot_queue_new": {"options_json"},
    "copilot_client_options_new": {"json"},
    "copilot_client_call": {"params_json"},
    "copilot_client_ping": {"message"},
    "copilot_client_list_sessions": {"filter_json"},
    "copilot_client_on_event": {"event_type"},
    "copilot_session_config_new": {"json"},
    "copilot_session_config_on_event": {"event_type"},
    "copilot_session_on_event": {"event_type"},
    "copilot_session_on_event_direct": {"event_type"},
    "copilot_session_config_on_event_direct": {"event_type"},
    "copilot_session_set_model": {"options_json"},
    "copilot_session_call": {"params_json"},
    "copilot_session_input": {"options_json"},
    "copilot_request_fail": {"message"},
    "copilot_json_copy": {"pointer"},
}
# What succeeds with nothing but NULLs.
NEEDS_NOTHING = {
    "copilot_set_log", "copilot_shutdown", "copilot_queue_new", "copilot_client_options_new", "copilot_client_new",
    "copilot_session_config_new",
}
# Texts that are JSON; those of the second set take any JSON, not only an object.
JSON = {"json", "options_json", "params_json", "filter_json", "message_json", "tool_json"}
ANY_JSON = {("copilot_json_parse", "text"), ("copilot_json_set_json", "text"), ("copilot_request_respond", "result_json")}
# And those of this one an array.
ARRAYS = {("copilot_session_select", "options_json")}
# A good value for each text, where it is not JSON.
TEXTS = {"pointer": "/x", "session_id": "s", "method": "session.mode.get", "event_type": "assistant.message"}
# The order matters only in that these end what the others need.
LAST = {"copilot_client_stop", "copilot_client_stop_async", "copilot_session_disconnect"}
FREE = {
    "copilot_json *": "copilot_json_free", "copilot_op *": "copilot_op_free", "copilot_queue *": "copilot_queue_free",
    "copilot_client *": "copilot_client_free", "copilot_client_options *": "copilot_client_options_free",
    "copilot_session *": "copilot_session_free", "copilot_session_config *": "copilot_session_config_free",
}


def base(name):
    return name.removesuffix("_async")


def nullable(f, p):
    return p.name in NULLABLE.get(base(f.name), ())


def is_json(f, p):
    return p.name in JSON or (f.name, p.name) in ANY_JSON


def value(f, p, objects):
    """An argument that is right; `objects` tells whether there are any."""
    if p.type == "copilot_error **":
        return "ERROR"
    if p.type == "copilot_destroy_cb":
        return "count_destroyed"
    if p.name == "user_data":
        return "&destroyed"
    if p.type == "copilot_request_cb":
        return "on_request"
    if p.type == "copilot_event_cb":
        return "on_event"
    if p.type == "copilot_op_cb":
        return "on_op"
    if p.type.endswith("_cb"):
        return "NULL"
    if p.name == "timeout_ms":
        return "1000"
    if p.is_text:
        if not objects:
            return "NULL"
        if f.name == "copilot_session_config_add_tool":
            return '"{\\"name\\":\\"t\\"}"'
        if p.name == "message_json":
            return '"{\\"prompt\\":\\"p\\"}"'
        if (base(f.name), p.name) in ARRAYS:
            return '"[\\"x\\"]"'
        return '"{}"' if is_json(f, p) else f'"{TEXTS.get(p.name, "x")}"'
    if p.is_pointer:
        kind = p.type.replace("const ", "").strip(" *").removeprefix("copilot_")
        known = ("json", "queue", "event", "request", "op", "client_options", "client", "session_config", "session")
        return kind if objects and p.type.count("*") == 1 and kind in known else ("NULL")
    return {"kind": "COPILOT_REQUEST_PERMISSION"}.get(p.name, "0")


def call(f, replaced, code, part, objects):
    """Two calls, with and without an error pointer, and the judgement."""
    arguments = [replaced.get(p.name, value(f, p, objects)) for p in f.parameters]
    destroys = any(p.type == "copilot_destroy_cb" for p in f.parameters)
    where = f"{f.name}({', '.join(f'{k} = {v}' for k, v in replaced.items())})".replace("\\", "\\\\").replace('"', '\\"')
    for error in ("&error", "NULL"):
        text = f"{f.name}({', '.join(arguments)})".replace("ERROR", error)
        pointer = f.result.endswith("*")
        print("    begin();")
        print(f"    {'object' if pointer else 'status'} = {text};")
        status = f"object ? COPILOT_OK : {code}" if pointer else "status"
        print(f'    judge("{where}", (long)({status}), {code}, {int(error != "NULL")}, {int(destroys)}, "{part}");')


def null_handles(f):
    if not f.reports or f.name in NEEDS_NOTHING:
        return
    call(f, {}, "COPILOT_E_INVALID_ARGUMENT", "NULL", False)


def bad_texts(f):
    for p in f.parameters:
        if not p.is_text:
            continue
        if not nullable(f, p):
            call(f, {p.name: "NULL"}, "COPILOT_E_INVALID_ARGUMENT", "NULL", True)
        call(f, {p.name: '"a\\xff"'}, "COPILOT_E_INVALID_UTF8", "offset 1", True)
        if is_json(f, p):
            call(f, {p.name: '"{\\"a\\":"'}, "COPILOT_E_INVALID_JSON", "column", True)
            if (base(f.name), p.name) in ARRAYS:
                call(f, {p.name: '"{}"'}, "COPILOT_E_INVALID_ARGUMENT", "array", True)
            elif (f.name, p.name) not in ANY_JSON:
                call(f, {p.name: '"[]"'}, "COPILOT_E_INVALID_ARGUMENT", "object", True)


def zero_timeout(f):
    waits = f.reports and any(p.name == "timeout_ms" for p in f.parameters) and not f.name.endswith("_async")
    may_be_zero = ("copilot_op_wait", "copilot_queue_next", "copilot_queue_next_batch", "copilot_queue_next_batch_json",
                   "copilot_shutdown")
    if waits and f.name not in may_be_zero:
        call(f, {"timeout_ms": "0"}, "COPILOT_E_INVALID_ARGUMENT", "0 ms", True)


def nothing_at_all(f):
    """NULLs for what cannot fail: nothing happens, and what comes back is 0, NULL or an empty text."""
    if f.reports or not any(p.is_pointer for p in f.parameters):
        return
    arguments = ", ".join(value(f, p, False) for p in f.parameters)
    if f.result == "void":
        print(f"    {f.name}({arguments});")
    elif f.result == "const char *":
        print(f"    text = {f.name}({arguments});")
        print(f'    CHECK(text == NULL || *text == 0);')
    elif f.result.endswith("*"):
        print(f"    CHECK({f.name}({arguments}) == NULL);")
    else:
        print(f"    number = (long){f.name}({arguments});")
        zero = {"copilot_queue_dispatch": "COPILOT_E_INVALID_ARGUMENT", "copilot_op_get_state": "COPILOT_OP_FAILED",
                "copilot_queue_fd": "-1"}.get(f.name, "0")
        print(f"    CHECK_INT({zero}, number);")


def each(name, what, chosen):
    print(f"\nstatic void {name}(void)\n{{")
    print("    const void *object; long status, number; const char *text;")
    print("    (void)object; (void)status; (void)number; (void)text;")
    for f in chosen:
        what(f)
    print("}")


PROGRAM = '''#include "test.h"

static copilot_json *json;
static copilot_queue *queue;
static copilot_event *event;
static copilot_request *request;
static copilot_op *op;
static copilot_client_options *client_options;
static copilot_client *client;
static copilot_session_config *session_config;
static copilot_session *session;

static copilot_error *error;
static int destroyed;

static void count_destroyed(void *user_data) { ++*(int *)user_data; }
static void on_request(copilot_request *r, void *user_data) { (void)r; (void)user_data; }
static void on_event(const copilot_event *e, void *user_data) { (void)e; (void)user_data; }
static void on_op(copilot_op *o, void *user_data) { (void)o; (void)user_data; }

/* `*error` is never read: what it holds may be anything. */
static void begin(void)
{
    destroyed = 0;
    error = (copilot_error *)(void *)&destroyed;
}

static void judge(const char *call, long status, long expected, int reports, int destroys, const char *part)
{
    if (status != expected) test_fail("arguments", 0, call, copilot_status_name((copilot_status)status));
    if (destroyed != destroys) test_fail("arguments", 0, call, "user data is not destroyed exactly once");
    if (!reports) return;
    if (copilot_error_code(error) != expected) test_fail("arguments", 0, call, copilot_error_message(error));
    if (!strstr(copilot_error_message(error), part)) test_fail("arguments", 0, call, copilot_error_message(error));
    copilot_error_free(error);
}
'''

MAIN = '''
static void make_objects(void)
{
    copilot_event *next = NULL;
    copilot_json *sent;
    client_options = fake_options("{\\"turns\\":[[{\\"tool\\":{\\"name\\":\\"t\\"}}]]}", "{\\"queue\\":{\\"mode\\":\\"items\\"}}");
    client = copilot_client_new(client_options, NULL);
    queue = copilot_queue_ref(copilot_client_queue(client));
    session_config = config_of("{}");
    REQUIRE(copilot_session_config_add_tool(session_config, "{\\"name\\":\\"t\\"}", NULL, NULL, NULL, NULL) == 0);
    session = session_of(client, session_config);
    copilot_session_config_free(session_config);
    session_config = config_of("{}");
    json = copilot_json_parse("{\\"x\\":{}}", NULL);
    sent = copilot_session_send(session, "{\\"prompt\\":\\"p\\"}", PATIENCE, NULL);
    REQUIRE(sent);
    copilot_json_free(sent);
    while (!request && copilot_queue_next(queue, PATIENCE, &next, NULL) == COPILOT_OK) {
        request = copilot_event_take_request(next);
        if (request) event = next;
        else copilot_event_free(next);
    }
    REQUIRE(request && event);
    op = copilot_client_ping_async(client, NULL, NULL, NULL, NULL, NULL);
    REQUIRE(op);
}

int main(void)
{
    null_handles();
    nothing_at_all();
    make_objects();
    bad_texts();
    zero_timeouts();
    /* Nothing of this has done any harm. */
    CHECK_INT(COPILOT_OK, copilot_request_respond_text(request, "fine", &error));
    CHECK_INT(COPILOT_OK, copilot_op_wait(op, PATIENCE, &error));
    copilot_json_free(json);
    copilot_event_free(event);
    copilot_request_free(request);
    copilot_op_free(op);
    copilot_client_options_free(client_options);
    copilot_session_config_free(session_config);
    copilot_session_free(session);
    copilot_client_free(client);
    copilot_queue_free(queue);
    return test_end();
}'''

everything = sorted(functions(), key=lambda f: base(f.name) in LAST)
print(PROGRAM)
each("null_handles", null_handles, everything)
each("nothing_at_all", nothing_at_all, everything)
each("bad_texts", bad_texts, [f for f in everything if f.reports])
each("zero_timeouts", zero_timeout, everything)
print(MAIN)
