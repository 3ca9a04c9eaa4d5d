/*
 * copilot.h - the C API of libcopilot, version @VERSION@
 *
 * libcopilot runs the GitHub Copilot CLI as a child process and speaks its JSON-RPC protocol, so
 * that a program in C, or in any language that can call C, can put an agent to work: give it
 * prompts, stream its answers, offer it tools, decide what it may do. The program needs the CLI
 * ("copilot") on the machine, and nothing else: no runtime, no JSON library, no event loop.
 *
 * This comment is a tour. Below it, every function has a manual of its own, with five lines that
 * are always there: @threads (which threads may call it), @blocks (how long it may take),
 * @callback (whether callbacks may call it), @owner (who frees what) and @errors.
 *
 *
 * THE FIRST PROGRAM
 *
 * It asks a question, offers a tool that the model may call, and prints the answer while it is
 * being written. There is one thread and no loop: copilot_session_send_and_wait() runs the two
 * callbacks while it waits.
 *
 * @code
 * #include <copilot.h>
 * #include <stdio.h>
 *
 * static void on_delta(const copilot_event *event, void *user_data)
 * {
 *     const copilot_json *json = copilot_event_json(event);
 *     const char *text = copilot_json_get_string(json, "/data/deltaContent", NULL);
 *     (void)user_data;
 *     if (text)
 *         fputs(text, stdout);
 * }
 *
 * static void on_add(copilot_request *request, void *user_data)
 * {
 *     const copilot_json *params = copilot_request_params(request);
 *     int64_t a, b;
 *     char sum[32];
 *     (void)user_data;
 *     if (copilot_json_get_int(params, "/arguments/a", &a)
 *         && copilot_json_get_int(params, "/arguments/b", &b)) {
 *         sprintf(sum, "%ld", (long)(a + b));
 *         copilot_request_respond_text(request, sum, NULL);
 *     } else {
 *         copilot_request_fail(request, "a and b must be whole numbers", NULL);
 *     }
 * }
 *
 * static const char add_tool[] =
 *     "{\"name\":\"add\",\"description\":\"Adds two whole numbers\",\"skipPermission\":true,"
 *     "\"parameters\":{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{"
 *     "\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}}}}";
 *
 * int main(void)
 * {
 *     copilot_error *error = NULL;
 *     copilot_client *client = NULL;
 *     copilot_session_config *config = NULL;
 *     copilot_session *session = NULL;
 *     copilot_json *answer = NULL;
 *     int failed;
 *
 *     if (!COPILOT_CHECK_ABI()) {
 *         fputs("the libcopilot that is installed does not fit this program\n", stderr);
 *         return 2;
 *     }
 *     client = copilot_client_new(NULL, &error);
 *     if (client)
 *         config = copilot_session_config_new("{\"streaming\":true}", &error);
 *     if (config
 *         && copilot_session_config_add_tool(config, add_tool, on_add, NULL, NULL, &error) >= 0
 *         && copilot_session_config_on_event(config, "assistant.message_delta", on_delta, NULL,
 *                                            NULL, &error) >= 0)
 *         session = copilot_session_create(client, config, 30000, &error);
 *     if (session)
 *         answer = copilot_session_send_and_wait(
 *             session, "{\"prompt\":\"What is 19 + 23? Use the tool.\"}", 60000, &error);
 *     failed = answer == NULL;
 *     if (failed)
 *         fprintf(stderr, "%s\n", copilot_error_message(error));
 *     else
 *         puts("");
 *     copilot_error_free(error);
 *     copilot_json_free(answer);
 *     copilot_session_free(session);
 *     copilot_session_config_free(config);
 *     copilot_client_free(client);
 *     return failed;
 * }
 * @endcode
 *
 * Compile it with: cc first.c -lcopilot -o first
 *
 *
 * OBJECTS
 *
 * A client is a connection to one CLI; it starts the process when it is first needed. A session is
 * one conversation; a client has as many as you like, at the same time. Everything that the library
 * has to tell goes through a queue: events of sessions, requests (the server asks the program), and
 * the completions of operations (the program has asked the server).
 *
 * Configuration, messages, events and results are JSON, and their members are those of the CLI's
 * own protocol. Functions exist only where JSON does not do: for lifetimes, threads and callbacks.
 * What a newer CLI adds can thus be used without a newer library. copilot_client_call() and
 * copilot_session_call() call any method of the server, known to the library or not.
 *
 *
 * THE QUEUE, AND WHO SERVES IT
 *
 * No callback ever runs out of the blue. Callbacks run on the thread that serves the queue, one at
 * a time. You choose who that is:
 *
 *   a command-line program    Do nothing. A blocking call serves the queue while it waits, as long
 *                             as nobody else does.
 *   a game loop               copilot_queue_dispatch(queue, 32, 0) once a frame.
 *   poll, epoll, GLib, libuv  Watch copilot_queue_fd(). When it is readable, call
 *                             copilot_queue_dispatch(queue, 64, 0). There is nothing to drain.
 *   Qt, and other toolkits    copilot_queue_set_wakeup() with a function that posts a message to
 *                             the main loop, which then calls copilot_queue_dispatch().
 *   Go, Java, .NET, asyncio   A queue of mode "items" and a thread that takes them one by one with
 *                             copilot_queue_next(), or many at once with
 *                             copilot_queue_next_batch_json(). No callback is needed at all.
 *   LuaJIT                    copilot_queue_dispatch() or copilot_queue_next(): never a callback
 *                             from a foreign thread.
 *   none of these             copilot_queue_start_thread(): a thread of the library's serves the
 *                             queue, and your callbacks must expect it.
 *
 * Each client has a queue of its own, copilot_client_queue(), and its sessions deliver there. Make
 * others with copilot_queue_new() and give them to clients or sessions as needed: one queue can
 * serve many sessions, and each session can have one of its own.
 *
 * The items of a session come in the order of the wire. A completion comes after every event that
 * preceded the reply. Nothing is dropped: when very much is waiting, the connection is not read
 * until the queue is served ("hardLimitBytes"), so one queue that nobody serves stalls its client.
 * A pending operation is never starved by that. copilot_queue_new() tells what else can be chosen.
 *
 * The kinds of items, with the type and the JSON of each:
 *
 *   COPILOT_EVENT_SESSION            type: the event's, such as "assistant.message"
 *                                    JSON: the event as the server sent it
 *   COPILOT_EVENT_LIFECYCLE          type: "session.created", "session.deleted",
 *                                    "session.updated", "session.foreground", "session.background"
 *                                    JSON: {"type":...,"sessionId":...,...} as the server sent it
 *   COPILOT_EVENT_STATE              type: "state"
 *                                    JSON: {"state":...,"previous":...}, each one of
 *                                    "disconnected", "connecting", "connected" and "failed";
 *                                    where there is a reason also
 *                                    "reason":{"code":...,"message":...}
 *   COPILOT_EVENT_REQUEST            type: the request's kind: "tool", "permission", "userInput",
 *                                    "elicitation", "hook", "command", "exitPlanMode",
 *                                    "autoModeSwitch", "systemMessage", "mcpOauth" or "other"
 *                                    JSON: {"request":id,"kind":...,"method":...}, for a tool also
 *                                    "toolName"; the request itself has the rest
 *   COPILOT_EVENT_COMPLETION         type: "completion"
 *                                    JSON: {"operation":id,"state":...}, the state being "done",
 *                                    "failed" or "cancelled"; where it did not succeed also
 *                                    "error":{"code":...,"message":...}
 *   COPILOT_EVENT_LOG                type: "log"
 *                                    JSON: {"level":...,"target":...,"message":...}, only where
 *                                    the queue's option "log" asks for it
 *   COPILOT_EVENT_OVERFLOW           type: "overflow"
 *                                    JSON: {"merged":...,"dropped":...,"droppedBytes":...}, how
 *                                    many events; see copilot_queue_new()
 *   COPILOT_EVENT_REQUEST_CANCELLED  type: "request_cancelled"
 *                                    JSON: {"request":id,"kind":...}
 *   COPILOT_EVENT_NOTIFICATION       type: the method of any other notification of the server, such
 *                                    as "gitHubTelemetry.event"; JSON: its parameters
 *   COPILOT_EVENT_POLICY             type: "permission.policy"
 *                                    JSON: {"decision":"allow"|"deny"|"ask","rule":"/allow/0",
 *                                    "permissionRequest":{...}}, where there is one also
 *                                    "reason" and "requestId"; see "permissionPolicy" at
 *                                    copilot_session_config_new()
 *
 *
 * OWNERSHIP
 *
 * What a function returns as a pointer to non-const is yours, with the two exceptions that say so
 * (the JSON inside options and configs, and the queue of a client): free it with the _free function
 * of its type. What it returns as a pointer to const belongs to the object it came from and lives
 * as long as that.
 *
 * Handles are references, and every one is independent: _ref makes one more, the order of freeing
 * does not matter, and an object lives as long as somebody needs it. A session may be freed after
 * its client. _free(NULL) does nothing, and no _free waits for the network.
 *
 * With every callback goes a `user_data` pointer and a `destroy` function, which may be NULL. The
 * user data changes owner at the call, whether it succeeds or fails, and `destroy` is called for it
 * exactly once, after the last call of its callback. It never runs on a thread of the library's,
 * unless you have asked for such a thread.
 *
 *
 * TEXT AND JSON
 *
 * Text is UTF-8 and ends with a NUL, but for what copilot_json_get_bytes() returns. Text that you
 * pass is copied before the function returns.
 *
 * JSON is read with pointers (RFC 6901): copilot_json_get_string(json, "/data/content", NULL).
 * Getters never fail: what is missing or of another type is NULL or 0. Reading is done in place,
 * so that a large event of which you need one string costs one string.
 *
 *
 * ERRORS
 *
 * Functions that can fail return a copilot_status, negative on failure, or a pointer, NULL on
 * failure. Their last parameter is `copilot_error **error`. It may be NULL. Otherwise `*error` is
 * always written, NULL on success, and never read; what it receives is yours to free. Every
 * function of the copilot_error_ family takes NULL for "no error". There is no "last error" and
 * nothing that belongs to a thread.
 *
 * Unknown keys in options, configs and messages are errors, and the message names the key and the
 * one that was probably meant.
 *
 *
 * TIME
 *
 * Everything that takes time exists in two forms. The blocking form has a timeout in milliseconds:
 * negative waits for ever (COPILOT_WAIT_FOREVER), 0 is an error where the wire is needed. When the
 * time is up, the call is cancelled. The _async form returns an operation at once, which can be
 * waited for, polled and cancelled, and calls a function when it has ended.
 *
 *
 * THREADS
 *
 * Every function may be called on any thread at any time, with few exceptions that say so: values
 * of JSON, options and configs that are being changed are used by one thread at a time. What is
 * const may be read by many at once.
 *
 * Inside a callback everything that does not block is allowed, also freeing anything. A blocking
 * call that needs the queue whose callback it is in would wait for itself: it returns
 * COPILOT_E_WOULD_DEADLOCK at once, and its _async form is the way. Two callbacks are special: the
 * wakeup callback may call copilot_queue_wake() and nothing else, the log callback nothing at all.
 *
 * Outside of callbacks, a function that removes or replaces a callback returns when the former one
 * is not running any more and its user data is destroyed: hold no lock meanwhile that the callback
 * takes. Inside a callback it does not wait, and the user data is destroyed on the thread that
 * serves the queue. After copilot_queue_stop_thread() the library's thread runs nothing more; after
 * the last copilot_queue_free() nothing of that queue runs any more; after copilot_shutdown()
 * nothing at all does.
 *
 * Callbacks return normally: no longjmp() and no C++ exception may leave one.
 *
 *
 * REQUESTS
 *
 * The server asks the program: to run a tool, to permit something, to ask the user. A request is an
 * object that can be answered now or later, from any thread, once; a second answer is an error and
 * does no harm. In its callback it is borrowed: copilot_request_ref() keeps it. When the last
 * reference goes and nobody has answered, a default is sent:
 *
 *   TOOL                the tool failed: it gave no answer
 *   PERMISSION          the user is not available, so it is not done
 *   USER_INPUT          an error
 *   ELICITATION         {"action":"cancel"}
 *   HOOK                no opinion
 *   COMMAND             an error
 *   EXIT_PLAN_MODE      approved
 *   AUTO_MODE_SWITCH    no
 *   SYSTEM_MESSAGE      the sections stay as they are
 *   MCP_OAUTH           cancelled
 *   OTHER               an error: there is no such method; copilot_request_respond() lists the
 *                       methods that have other defaults
 *
 * What nobody has registered for is treated the same, but that tools without a callback,
 * ELICITATION and MCP_OAUTH are left to other clients of the same session where there may be some.
 * Permission is then denied: nothing runs unasked. "permissionDefault":"pending" in the config of a
 * session leaves it to another client instead, which is the default where the client is connected
 * to a server that was there before ("cliUrl").
 *
 * copilot_approve_all() and copilot_deny_all() are ready-made callbacks for PERMISSION.
 * "permissionPolicy" in the config answers by rules what they settle, without a callback.
 *
 * A request may be withdrawn: another client has answered it, or the turn was aborted. Then
 * copilot_request_is_cancelled() is 1, the function of copilot_request_on_cancel() is called, and
 * answers are refused with COPILOT_E_CANCELLED.
 *
 *
 * THE PROCESS IS YOURS
 *
 * The library is a guest. It never writes to stdout or stderr and never reads stdin. It installs no
 * signal handler, changes no environment variable, no locale and no directory, and never ends the
 * process. Its background threads block signals, so that your handlers run on your threads; a CLI
 * that dies does not raise SIGPIPE. Descriptors are close-on-exec. Environment and directory are
 * read when a client is made. copilot_set_log() shows what it is doing.
 *
 * fork(): threads are not inherited. In the child of a process that has made a client, functions
 * return COPILOT_E_FORKED, or do nothing, and handles are not freed but left alone; only errors,
 * JSON and what is static work on. exec() is fine.
 *
 * exit(): main() may return at any time, also while threads of the library are running. The CLI
 * ends when its input does.
 *
 * dlclose(): the library stays mapped, for its threads may be running its code.
 * copilot_shutdown() stops them.
 *
 *
 * COMPATIBILITY
 *
 * A program that was compiled against this header runs with every libcopilot whose ABI number is
 * the same; the soname carries that number. COPILOT_CHECK_ABI() compares at run time. Before
 * version 1.0 every break raises the number; from then on there are none: functions are added,
 * never changed or removed, and constants are never renumbered. Expect unknown ones: new kinds of
 * events and requests, new event types, new members in JSON. Text for people (messages of errors
 * and of the log) may change at any time.
 *
 * There is no struct to fill in, no enum type, no bool and no variable argument in any signature,
 * so that every language's foreign function interface can call all of it. For LuaJIT and cffi,
 * which do not preprocess, there is copilot.cdef.h.
 */
