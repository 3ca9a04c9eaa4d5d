/*
 * copilot.h - the C API of libcopilot, version 0.1.0
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

#ifndef COPILOT_H
#define COPILOT_H

/* Generated from src/ffi by build.rs: change it there. */

#include <stddef.h>
#include <stdint.h>

/** The version of this header. copilot_version_number() is the library's. */
#define COPILOT_VERSION_MAJOR 0
#define COPILOT_VERSION_MINOR 1
#define COPILOT_VERSION_PATCH 0
#define COPILOT_VERSION_NUMBER \
  (COPILOT_VERSION_MAJOR * 1000000 + COPILOT_VERSION_MINOR * 1000 + COPILOT_VERSION_PATCH)
#define COPILOT_VERSION_STRING "0.1.0"

/** Changes only when a program built against the old header would break; the soname's number. */
#define COPILOT_ABI_VERSION 0

/** 1 when the library that is loaded can run what was compiled against this header. */
#define COPILOT_CHECK_ABI()                        \
  (copilot_abi_version() == COPILOT_ABI_VERSION && \
   copilot_version_number() >= COPILOT_VERSION_NUMBER)

/** A timeout that never comes. */
#define COPILOT_WAIT_FOREVER (-1)

/* Marks what the library exports. Define COPILOT_STATIC where the static library is linked. */
#ifndef COPILOT_API
#  if defined(_WIN32) && !defined(COPILOT_STATIC)
#    define COPILOT_API __declspec(dllimport)
#  elif defined(__GNUC__)
#    define COPILOT_API __attribute__((visibility("default")))
#  else
#    define COPILOT_API
#  endif
#endif

/* The calling convention of callbacks. */
#ifndef COPILOT_CALL
#  if defined(_MSC_VER)
#    define COPILOT_CALL __cdecl
#  else
#    define COPILOT_CALL
#  endif
#endif

/* A result that must not be ignored. */
#ifndef COPILOT_MUST_USE
#  if defined(__GNUC__)
#    define COPILOT_MUST_USE __attribute__((warn_unused_result))
#  else
#    define COPILOT_MUST_USE
#  endif
#endif

/* A function that should not be used any more. */
#ifndef COPILOT_DEPRECATED
#  if defined(__GNUC__)
#    define COPILOT_DEPRECATED(why) __attribute__((deprecated(why)))
#  elif defined(_MSC_VER)
#    define COPILOT_DEPRECATED(why) __declspec(deprecated(why))
#  else
#    define COPILOT_DEPRECATED(why)
#  endif
#endif

/* The result is yours and this function frees it. gcc warns of double and of wrong frees. */
#ifndef COPILOT_OWNED
#  if defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__)
#    define COPILOT_OWNED(free_function) __attribute__((malloc(free_function, 1)))
#    define COPILOT_OWNED_NEEDS_DECLARATIONS 1
#  else
#    define COPILOT_OWNED(free_function)
#  endif
#endif


/** The values of copilot_status. */
typedef enum {
  /** It worked. */
  COPILOT_OK = 0,
  /**
   * A parameter is wrong: a NULL that may not be one, an unknown key in an option object, a
   * value outside its range. The message names it. Nothing was done.
   */
  COPILOT_E_INVALID_ARGUMENT = -1,
  /** A text parameter is not UTF-8. The message tells the offset of the wrong byte. */
  COPILOT_E_INVALID_UTF8 = -2,
  /** A JSON parameter is not JSON. The message tells line and column. */
  COPILOT_E_INVALID_JSON = -3,
  /**
   * The object is in a state in which this cannot be done, for instance a request that was
   * answered before.
   */
  COPILOT_E_INVALID_STATE = -4,
  /** The time given was up first. */
  COPILOT_E_TIMEOUT = -5,
  /** It was cancelled, or a wait was ended by copilot_queue_wake(). */
  COPILOT_E_CANCELLED = -6,
  /** What the call needs has ended: the queue is closed, the client stopped, the session gone. */
  COPILOT_E_CLOSED = -7,
  /**
   * The call would wait for the callback that it was made from. Use the _async form, or another
   * thread.
   */
  COPILOT_E_WOULD_DEADLOCK = -8,
  /**
   * This process was forked from one that used the library. Its threads are not here; only
   * functions that need none still work.
   */
  COPILOT_E_FORKED = -9,
  /** There is no such thing: no such part of a JSON value, session, or subscription. */
  COPILOT_E_NOT_FOUND = -10,
  /** The server, or this version of the library, cannot do that. */
  COPILOT_E_UNSUPPORTED = -11,
  /** The CLI could not be found or started. The message says where it was looked for. */
  COPILOT_E_SPAWN = -20,
  /** The CLI started but did not shake hands. */
  COPILOT_E_CONNECT = -21,
  /** The connection broke, usually because the CLI ended. copilot_error_data() tells how. */
  COPILOT_E_TRANSPORT = -22,
  /** The server said something that its protocol does not allow. */
  COPILOT_E_PROTOCOL = -23,
  /** The server speaks no protocol version that this library speaks. Another CLI is needed. */
  COPILOT_E_PROTOCOL_VERSION = -24,
  /** The server refused the call. copilot_error_rpc_code() and copilot_error_data() tell more. */
  COPILOT_E_RPC = -25,
  /**
   * The session failed: the model could not be reached, a quota is used up, a turn broke off.
   * The member "class" of copilot_error_data() tells which.
   */
  COPILOT_E_SESSION = -26,
  /** The operating system refused something: a thread, a descriptor, a file. */
  COPILOT_E_IO = -27,
  /** A defect of the library, caught before it could do harm. Please report it. */
  COPILOT_E_INTERNAL = -99
} copilot_status_code;

/** The values of copilot_client_state. */
typedef enum {
  /** No CLI is running: never started, stopped, or gone by itself. */
  COPILOT_CLIENT_DISCONNECTED = 0,
  /** The CLI is being started. */
  COPILOT_CLIENT_CONNECTING = 1,
  /** The CLI is running and has shaken hands. */
  COPILOT_CLIENT_CONNECTED = 2,
  /** The last start failed. Starting again is allowed. */
  COPILOT_CLIENT_FAILED = 3
} copilot_client_state_code;

/** The values of copilot_event_kind. The opening comment lists type and JSON of each. */
typedef enum {
  /** No event: what NULL is. */
  COPILOT_EVENT_NONE = 0,
  /** Something happened in a session. */
  COPILOT_EVENT_SESSION = 1,
  /** A session was created, changed, deleted, shown or hidden, by whatever client of the server. */
  COPILOT_EVENT_LIFECYCLE = 2,
  /** The client's connection changed its state. */
  COPILOT_EVENT_STATE = 3,
  /** The server asks something: copilot_event_take_request(). */
  COPILOT_EVENT_REQUEST = 4,
  /** An operation has ended: copilot_event_op(). */
  COPILOT_EVENT_COMPLETION = 5,
  /** The library says something of itself. */
  COPILOT_EVENT_LOG = 6,
  /** So much was waiting that events were merged or dropped. */
  COPILOT_EVENT_OVERFLOW = 7,
  /** A request needs no answer any more. */
  COPILOT_EVENT_REQUEST_CANCELLED = 8,
  /** The server notified the client of something else. */
  COPILOT_EVENT_NOTIFICATION = 9,
  /** A rule of the session's permission policy was applied. */
  COPILOT_EVENT_POLICY = 10
} copilot_event_kind_code;

/** The values of copilot_request_kind. */
typedef enum {
  /** A method without a kind of its own; copilot_request_method() names it. */
  COPILOT_REQUEST_OTHER = 0,
  /** The model calls one of the program's tools. */
  COPILOT_REQUEST_TOOL = 1,
  /** The agent wants to do something and asks whether it may. */
  COPILOT_REQUEST_PERMISSION = 2,
  /** The agent asks the user a question. */
  COPILOT_REQUEST_USER_INPUT = 3,
  /** A form to fill in, or a page to visit. */
  COPILOT_REQUEST_ELICITATION = 4,
  /** A hook of the program's runs. */
  COPILOT_REQUEST_HOOK = 5,
  /** A slash command of the program's runs. */
  COPILOT_REQUEST_COMMAND = 6,
  /** The plan is ready: shall it be carried out? */
  COPILOT_REQUEST_EXIT_PLAN_MODE = 7,
  /** The model is out of reach: shall another be chosen? */
  COPILOT_REQUEST_AUTO_MODE_SWITCH = 8,
  /** Sections of the system message may be rewritten. */
  COPILOT_REQUEST_SYSTEM_MESSAGE = 9,
  /** An MCP server wants the user to log in. */
  COPILOT_REQUEST_MCP_OAUTH = 10
} copilot_request_kind_code;

/** The values of copilot_op_state. */
typedef enum {
  /** It is on its way. */
  COPILOT_OP_PENDING = 0,
  /** It succeeded; its result can be taken. */
  COPILOT_OP_DONE = 1,
  /** It failed; taking the result gives the error. */
  COPILOT_OP_FAILED = 2,
  /** It was cancelled before it ended. */
  COPILOT_OP_CANCELLED = 3
} copilot_op_state_code;

/** The values of copilot_json_type. */
typedef enum {
  /** There is nothing at this place. */
  COPILOT_JSON_MISSING = 0,
  /** null */
  COPILOT_JSON_NULL = 1,
  /** true or false */
  COPILOT_JSON_BOOL = 2,
  /** A number, whole or not. */
  COPILOT_JSON_NUMBER = 3,
  /** A string. */
  COPILOT_JSON_STRING = 4,
  /** An array. */
  COPILOT_JSON_ARRAY = 5,
  /** An object. */
  COPILOT_JSON_OBJECT = 6
} copilot_json_type_code;

/** The values of copilot_log_level. */
typedef enum {
  /** Nothing at all. */
  COPILOT_LOG_OFF = 0,
  /** Something failed that nobody was told of otherwise. */
  COPILOT_LOG_ERROR = 1,
  /** Something is probably not as it was meant, such as a request that was let go unanswered. */
  COPILOT_LOG_WARN = 2,
  /** The course of things: a CLI started, a session was made. */
  COPILOT_LOG_INFO = 3,
  /** What helps to find a fault in a program that uses the library. */
  COPILOT_LOG_DEBUG = 4,
  /** What helps to find a fault in the library. */
  COPILOT_LOG_TRACE = 5
} copilot_log_level_code;

/** A connection to one CLI. */
typedef struct copilot_client copilot_client;

/** Options for a client. */
typedef struct copilot_client_options copilot_client_options;

/** What went wrong: a code to branch on, a message to show, and the facts behind it. */
typedef struct copilot_error copilot_error;

/** One thing that happened. Immutable. */
typedef struct copilot_event copilot_event;

/** A JSON value: owned, or a borrowed view into one. */
typedef struct copilot_json copilot_json;

/** One call on its way. */
typedef struct copilot_op copilot_op;

/** Where the library delivers what it has to tell. */
typedef struct copilot_queue copilot_queue;

/** One question of the server's. */
typedef struct copilot_request copilot_request;

/** One conversation. */
typedef struct copilot_session copilot_session;

/** What a session is made from. */
typedef struct copilot_session_config copilot_session_config;

/**
 * What a call came to: 0 or more is success, less is one of the COPILOT_E_ constants.
 *
 * Numbers are never reused or renumbered. Later versions may add some: treat a negative one that
 * you do not know as you treat COPILOT_E_INTERNAL.
 */
typedef int32_t copilot_status;

/** How grave a log message is; one of the COPILOT_LOG_ constants. A higher number is less grave. */
typedef int32_t copilot_log_level;

/**
 * Gets a log message. Runs on any thread, also on several at once.
 *
 * `target` names the part of the library that speaks, such as "transport"; both texts are borrowed
 * for the call. It may call no function of the library.
 */
typedef void (COPILOT_CALL *copilot_log_cb)(copilot_log_level level,
                                            const char *target,
                                            const char *message,
                                            void *user_data);

/**
 * Destroys user data. Called exactly once for every `user_data` that was handed over with it,
 * after the last call of its callback has returned; also when the function that it was handed to
 * failed, in which case it has run before that function returns.
 */
typedef void (COPILOT_CALL *copilot_destroy_cb)(void *user_data);

/** What a JSON value is; one of the COPILOT_JSON_ constants. */
typedef int32_t copilot_json_type;

/**
 * Hears that items wait in a queue. Runs on any thread, mostly one of the library's own.
 *
 * It may only signal another thread. The one function of the library that it may call is
 * copilot_queue_wake().
 */
typedef void (COPILOT_CALL *copilot_wakeup_cb)(void *user_data);

/**
 * What kind of thing an event is; one of the COPILOT_EVENT_ constants.
 *
 * Later versions may add kinds: ignore those that you do not know.
 */
typedef int32_t copilot_event_kind;

/**
 * What kind of question a request is; one of the COPILOT_REQUEST_ constants.
 *
 * Later versions may add kinds: decline those that you do not know, or free them.
 */
typedef int32_t copilot_request_kind;

/**
 * Gets a request, or hears that it was withdrawn. Runs on the thread that serves the queue.
 *
 * `request` is borrowed for the call: answer it now, or keep it with copilot_request_ref() and
 * answer later, from any thread. When the callback returns and has done neither, the default of
 * its kind is sent.
 */
typedef void (COPILOT_CALL *copilot_request_cb)(copilot_request *request, void *user_data);

/** How far an operation has come; one of the COPILOT_OP_ constants. */
typedef int32_t copilot_op_state;

/**
 * Hears, once, that an operation has ended. Runs on the thread that serves the queue.
 *
 * `op` is borrowed for the call; copilot_op_ref() keeps it.
 */
typedef void (COPILOT_CALL *copilot_op_cb)(copilot_op *op, void *user_data);

/** How a client stands; one of the COPILOT_CLIENT_ constants. */
typedef int32_t copilot_client_state;

/**
 * Gets an event. Runs on the thread that serves the queue.
 *
 * `event` is borrowed for the call; copilot_event_ref() keeps it.
 */
typedef void (COPILOT_CALL *copilot_event_cb)(const copilot_event *event, void *user_data);

#ifdef __cplusplus
extern "C" {
#endif

#ifdef COPILOT_OWNED_NEEDS_DECLARATIONS
COPILOT_API void copilot_error_free(copilot_error *error);
COPILOT_API void copilot_json_free(copilot_json *json);
COPILOT_API void copilot_queue_free(copilot_queue *queue);
COPILOT_API void copilot_event_free(copilot_event *event);
COPILOT_API void copilot_request_free(copilot_request *request);
COPILOT_API void copilot_op_free(copilot_op *op);
COPILOT_API void copilot_client_options_free(copilot_client_options *options);
COPILOT_API void copilot_client_free(copilot_client *client);
COPILOT_API void copilot_session_config_free(copilot_session_config *config);
COPILOT_API void copilot_session_free(copilot_session *session);
#endif

/* ---- The library as a whole ------------------------------------------------------------------ */

/**
 * The ABI number of the library that is loaded. A program may use a library whose ABI number is
 * that of the header it was compiled with: see COPILOT_CHECK_ABI.
 *
 * @return COPILOT_ABI_VERSION of the library
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    none
 * @errors   none
 */
COPILOT_API int32_t copilot_abi_version(void);

/**
 * The version of the library that is loaded, as major * 1000000 + minor * 1000 + patch.
 *
 * @return COPILOT_VERSION_NUMBER of the library
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    none
 * @errors   none
 */
COPILOT_API int32_t copilot_version_number(void);

/**
 * The version of the library that is loaded, for people: "1.2.3".
 *
 * @return COPILOT_VERSION_STRING of the library, never NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    the text is static: do not free it
 * @errors   none
 */
COPILOT_API const char *copilot_version_string(void);

/**
 * The highest version of the CLI's protocol that the library speaks. It speaks several; the lowest
 * is "protocolMin" in copilot_build_info().
 *
 * @return the version
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    none
 * @errors   none
 */
COPILOT_API int32_t copilot_protocol_version(void);

/**
 * How the library was built, as a JSON object: "version", "abi", "commit" (of the source, or
 * "unknown"), "target", "rustc", "profile", "features" (an array of names), "protocolMin" and
 * "protocolMax". Attach it to bug reports.
 *
 * @return the JSON text, never NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    the text is static: do not free it
 * @errors   none
 */
COPILOT_API const char *copilot_build_info(void);

/**
 * Tells whether this build has an optional part. There are none yet; the names will be those that
 * "features" of copilot_build_info() lists.
 *
 * @param name  the part's name; NULL is no part
 * @return 1 when the library has it, else 0
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    the name stays yours
 * @errors   none
 */
COPILOT_API int32_t copilot_has_feature(const char *name);

/**
 * The name of a status: "COPILOT_E_TIMEOUT" for COPILOT_E_TIMEOUT.
 *
 * @param status  any number
 * @return the name, never NULL: "COPILOT_OK" for every number from 0 on, "unknown status" for a
 *         negative one that this version does not know
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    the text is static: do not free it
 * @errors   none
 */
COPILOT_API const char *copilot_status_name(copilot_status status);

/**
 * What a status means, as an English phrase: "the time was up" for COPILOT_E_TIMEOUT. The message
 * of an error says more: prefer copilot_error_message() where there is an error.
 *
 * @param status  any number
 * @return the phrase, never NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback
 * @owner    the text is static: do not free it
 * @errors   none
 */
COPILOT_API const char *copilot_status_text(copilot_status status);

/**
 * Lets a function receive the library's log, of the whole process. By default nobody does, and the
 * library writes nothing anywhere.
 *
 * The former function is replaced: when this returns, its last call has returned and its user data
 * is destroyed.
 *
 * @param max_level  the least grave level to receive: a COPILOT_LOG_ constant
 * @param callback   the function; NULL ends logging
 * @param user_data  passed to the function; may be NULL
 * @param destroy    destroys the user data when the function is replaced; may be NULL
 * @param error      where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  any
 * @blocks   while the former function runs on other threads
 * @callback allowed, but not in the wakeup callback; inside the log callback
 *           COPILOT_E_WOULD_DEADLOCK
 * @owner    takes the user data at once, also when it fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: no such level; COPILOT_E_WOULD_DEADLOCK: see above;
 *           COPILOT_E_FORKED
 */
COPILOT_API
copilot_status copilot_set_log(copilot_log_level max_level,
                               copilot_log_cb callback,
                               void *user_data,
                               copilot_destroy_cb destroy,
                               copilot_error **error);

/**
 * Ends the library's work in this process: stops the threads that serve queues, waits until the
 * CLIs of freed clients have ended, and stops the background threads. When it has returned
 * COPILOT_OK, none of the library's threads is left and none of your functions runs or will run
 * on one.
 *
 * It is not needed before the end of a program. It is for hosts that want to be rid of a plug-in
 * without trace. A client that is made afterwards starts everything anew.
 *
 * @param timeout_ms  how long to wait, in milliseconds; 0 does not wait, negative waits for ever
 * @param error       where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms, and until the callbacks have returned that run on library threads
 * @callback not allowed: COPILOT_E_WOULD_DEADLOCK in every callback
 * @owner    queues and other handles that are left stay valid and must still be freed
 * @errors   COPILOT_E_INVALID_STATE: a client or session is not freed, the message says how many;
 *           COPILOT_E_TIMEOUT: a CLI did not end in time, try again;
 *           COPILOT_E_WOULD_DEADLOCK: called inside a callback; COPILOT_E_FORKED
 */
COPILOT_API copilot_status copilot_shutdown(int32_t timeout_ms, copilot_error **error);

/**
 * How many handles the program holds: what functions have returned as its own, and what _ref has
 * made, less what it has freed. For leak tests: 0 when everything is freed.
 *
 * @return the number at this moment
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    none
 * @errors   none
 */
COPILOT_API int64_t copilot_debug_live_objects(void);

/* ---- Errors: what went wrong ----------------------------------------------------------------- */

/**
 * What to branch on: one of the COPILOT_E_ constants.
 *
 * @param error  the error, or NULL
 * @return the code; COPILOT_OK for NULL
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the error stays yours
 * @errors   none
 */
COPILOT_API copilot_status copilot_error_code(const copilot_error *error);

/**
 * What to show: one or two English sentences that say what happened, where, and what to do next.
 *
 * The wording is for people and may change in any version; branch on the code. Tokens and other
 * secrets that the library knows are not in it.
 *
 * @param error  the error, or NULL
 * @return the message as UTF-8, never NULL; "" for NULL
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the error and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_error_message(const copilot_error *error);

/**
 * The JSON-RPC code with which the server refused a call.
 *
 * @param error  the error, or NULL
 * @return the server's code; 0 when the error is no refusal of the server's
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the error stays yours
 * @errors   none
 */
COPILOT_API int64_t copilot_error_rpc_code(const copilot_error *error);

/**
 * The facts behind an error, as a JSON object. Each member is there only where it is known:
 *
 *   "reason"        why copilot_session_send_and_wait() ended without a result: "timeout",
 *                   "inactivity", "aborted", "error", "autopilot", "shutdown", "exit" or
 *                   "disconnected", as told there
 *   "class"         the field of work that the failure belongs to:
 *                     "auth"        no login, a wrong key, or no right: HTTP 401, 403
 *                     "quota"       what was paid for is used up: HTTP 402
 *                     "rate_limit"  too much at a time: HTTP 429
 *                     "context"     more than the model can read: HTTP 413
 *                     "model"       any other failure of a call of the model
 *                     "tool"        a tool failed
 *                     "transport"   the provider or the CLI could not be reached: HTTP 408, 502
 *                                   to 504, a broken connection
 *   "statusCode"    the HTTP status with which the model's provider answered last
 *   "retryAfterMs"  how long a rate limit lasts, in milliseconds. CLIs tell it only where they
 *                   offer to go on with another model.
 *   "rpc"           {"code":...,"data":...}: the server's refusal of a call
 *   "exit"          {"code":...,"signal":...,"stderrTail":...}: how the CLI ended: the exit code
 *                   or the number of the signal that killed it, and the last lines it wrote to
 *                   stderr
 *   "lastActivity"  {"event":...,"agoMs":...}: the type of the session's last event before the end
 *                   of a wait, and how many milliseconds before the end it came
 *
 * @param error  the error, or NULL
 * @return the object; NULL when there is nothing to tell beyond code and message
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON belongs to the error and lives as long as it; do not free it
 * @errors   none
 */
COPILOT_API const copilot_json *copilot_error_data(const copilot_error *error);

/**
 * Tells whether the same call may succeed later without anything being changed by you: after a
 * timeout, a broken connection, or a rate limit.
 *
 * @param error  the error, or NULL
 * @return 1 or 0; 0 for NULL
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the error stays yours
 * @errors   none
 */
COPILOT_API int32_t copilot_error_is_retriable(const copilot_error *error);

/**
 * Tells whether the client that reported the error cannot be used again.
 *
 * @param error  the error, or NULL
 * @return 1 or 0; 0 for NULL
 *
 * @threads  any; an error never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the error stays yours
 * @errors   none
 */
COPILOT_API int32_t copilot_error_is_fatal(const copilot_error *error);

/**
 * Frees an error, and with it the message and the data that were got from it.
 *
 * @param error  the error; NULL is nothing
 *
 * @threads  any; nobody may use the error any more
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the error
 * @errors   none
 */
COPILOT_API void copilot_error_free(copilot_error *error);

/* ---- JSON: values and how to read them ------------------------------------------------------- */

/**
 * Reads a JSON text. Values are read where they lie: the text is checked and kept, and nothing is
 * built but what is asked for.
 *
 * A JSON pointer (RFC 6901), as the functions below take it, is a path such as "/data/list/0/name".
 * "" is the whole value; in a key "~" is written "~0" and "/" is written "~1". In an array, "-" is
 * the place behind the last element. Of a key that an object has twice the first one counts: what
 * is behind a value need not be read to find it. The CLIs send no key twice.
 *
 * @param text   one JSON value as UTF-8
 * @param error  where to put the error; may be NULL
 * @return the value; NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value is yours: copilot_json_free(); the text is copied
 * @errors   COPILOT_E_INVALID_JSON: with line and column, also when it nests more than 127 levels
 *           deep; COPILOT_E_INVALID_UTF8; COPILOT_E_INVALID_ARGUMENT: `text` is NULL
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_json_parse(const char *text,
                                 copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * Makes an empty object, to be filled with the functions that set.
 *
 * @return the value; NULL only when the library has a defect
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value is yours: copilot_json_free()
 * @errors   none
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_json_new_object(void)
  COPILOT_OWNED(copilot_json_free);

/**
 * Copies a part of a value out, so that it outlives it and can be changed.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param error    where to put the error; may be NULL
 * @return a value of its own; NULL on failure
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the copy is yours: copilot_json_free()
 * @errors   COPILOT_E_NOT_FOUND: there is nothing at the pointer; COPILOT_E_INVALID_UTF8;
 *           COPILOT_E_INVALID_ARGUMENT: `json` is NULL
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_json_copy(const copilot_json *json,
                                const char *pointer,
                                copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * The text of a value, as compact as its source was.
 *
 * Together with copilot_json_at() it gives the text of a part.
 *
 * @param json    the value, or NULL
 * @param length  receives the length in bytes, without the NUL at the end; may be NULL
 * @return the text as UTF-8, NUL-terminated, never NULL; "" for NULL
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the value and lives until the value is changed or freed
 * @errors   none
 */
COPILOT_API const char *copilot_json_text(const copilot_json *json, size_t *length);

/**
 * Looks into a value: the part that a pointer names. The same part is always the same pointer.
 *
 * For a walk through a long array use copilot_json_item(), which takes the same time for every
 * element.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @return a view of the part; NULL when there is nothing
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the view belongs to the value and lives until the value is changed or freed; do not
 *           free it
 * @errors   none
 */
COPILOT_API const copilot_json *copilot_json_at(const copilot_json *json, const char *pointer);

/**
 * An element of an array, or a member's value of an object, by position. The first call reads the
 * array once; each call then takes the same time.
 *
 * @param json   the value, or NULL
 * @param index  the position, from 0 on
 * @return a view of the element; NULL when there is none
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the view belongs to the value and lives until the value is changed or freed; do not
 *           free it
 * @errors   none
 */
COPILOT_API const copilot_json *copilot_json_item(const copilot_json *json, size_t index);

/**
 * Tells what there is at a place.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @return one of the COPILOT_JSON_ constants; COPILOT_JSON_MISSING when there is nothing
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   none
 */
COPILOT_API copilot_json_type copilot_json_type_at(const copilot_json *json, const char *pointer);

/**
 * Tells how many elements an array has, or how many members an object.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @return the number; 0 when there is neither array nor object
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   none
 */
COPILOT_API size_t copilot_json_count(const copilot_json *json, const char *pointer);

/**
 * A key of an object, by position: the way to list members whose names are not known. Their values
 * come from copilot_json_item() with the same position.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param index    the position, from 0 on
 * @return the key as UTF-8, unescaped; NULL when there is none
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the key belongs to the value and lives until the value is changed or freed
 * @errors   none
 */
COPILOT_API
const char *copilot_json_key(const copilot_json *json,
                             const char *pointer,
                             size_t index);

/**
 * Reads a string. The same string is always at the same address, and asking for it again costs
 * next to nothing.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param length   receives the length in bytes, without the NUL at the end, when there is a string;
 *                 may be NULL. It matters only where the string may have a NUL inside ("\u0000")
 * @return the string as UTF-8, unescaped and NUL-terminated; NULL when there is none
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the string belongs to the value and lives until the value is changed or freed
 * @errors   none
 */
COPILOT_API
const char *copilot_json_get_string(const copilot_json *json,
                                    const char *pointer,
                                    size_t *length);

/**
 * Reads a string as its bytes alone, for whoever goes by the length: a binding that makes a string
 * of its own language of it, a program that writes it to a file or decodes base64.
 *
 * There is NO NUL behind the bytes. In return a string without escapes is not copied, which counts
 * where it is megabytes long; one with escapes is what copilot_json_get_string() returns.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param length   receives the length in bytes, when there is a string; must not be NULL
 * @return the string as UTF-8, unescaped and not terminated; NULL when there is none, or `length`
 *         is NULL
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the bytes belong to the value and live until the value is changed or freed
 * @errors   none
 */
COPILOT_API
const char *copilot_json_get_bytes(const copilot_json *json,
                                   const char *pointer,
                                   size_t *length);

/**
 * Reads a whole number: 1, 1.0 and 1e3 are, 1.5 and what does not fit in 64 bits are not.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param value    receives the number, when there is one; may be NULL
 * @return 1 when it was found and written; else 0, and `value` is untouched
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   none
 */
COPILOT_API
int32_t copilot_json_get_int(const copilot_json *json,
                             const char *pointer,
                             int64_t *value);

/**
 * Reads a number. The locale does not matter.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param value    receives the nearest double, when there is a number; may be NULL
 * @return 1 when it was found and written; else 0, and `value` is untouched
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   none
 */
COPILOT_API
int32_t copilot_json_get_double(const copilot_json *json,
                                const char *pointer,
                                double *value);

/**
 * Reads true or false.
 *
 * @param json     the value, or NULL
 * @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
 * @param value    receives 1 for true and 0 for false, when it is one of them; may be NULL
 * @return 1 when it was found and written; else 0, and `value` is untouched
 *
 * @threads  any, several at once, while nobody sets anything in the value
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   none
 */
COPILOT_API
int32_t copilot_json_get_bool(const copilot_json *json,
                              const char *pointer,
                              int32_t *value);

/**
 * Frees a value that the library gave you to own, and with it every text and view that was got
 * from it. Values that are const, and those of options and configs, are not yours to free.
 *
 * @param json  the value; NULL is nothing
 *
 * @threads  any; nobody may use the value any more
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the value
 * @errors   none
 */
COPILOT_API void copilot_json_free(copilot_json *json);

/* ---- JSON: changing values ------------------------------------------------------------------- */

/**
 * Sets a part of a value to a string.
 *
 * What is missing on the way is made: an object for each key, an array for "-". In an array, "-"
 * and the index behind the last element append. Of a key that an object has twice the first one is
 * set and the other goes. On failure the value stays as it was. Every text and view that was got
 * from the value before is gone afterwards.
 *
 * @param json     the value
 * @param pointer  a JSON pointer as UTF-8; "" replaces the whole
 * @param value    the string as UTF-8
 * @param error    where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  one at a time for each value, and while nobody reads it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours; the text is copied
 * @errors   COPILOT_E_INVALID_ARGUMENT: a NULL; it is no pointer, it leads below a value that is
 *           no object or array, or it names an element that cannot be made; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_json_set_string(copilot_json *json,
                                       const char *pointer,
                                       const char *value,
                                       copilot_error **error);

/**
 * Sets a part of a value to a whole number. The rest is as with copilot_json_set_string().
 *
 * @param json     the value
 * @param pointer  a JSON pointer as UTF-8; "" replaces the whole
 * @param value    the number
 * @param error    where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  one at a time for each value, and while nobody reads it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: `json` or `pointer` is NULL; it is no pointer, it leads
 *           below a value that is no object or array, or it names an element that cannot be made;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_json_set_int(copilot_json *json,
                                    const char *pointer,
                                    int64_t value,
                                    copilot_error **error);

/**
 * Sets a part of a value to a number. The rest is as with copilot_json_set_string().
 *
 * @param json     the value
 * @param pointer  a JSON pointer as UTF-8; "" replaces the whole
 * @param value    the number, which must be finite
 * @param error    where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  one at a time for each value, and while nobody reads it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: the number is not finite; `json` or `pointer` is NULL; it
 *           is no pointer, it leads below a value that is no object or array, or it names an
 *           element that cannot be made; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_json_set_double(copilot_json *json,
                                       const char *pointer,
                                       double value,
                                       copilot_error **error);

/**
 * Sets a part of a value to true or false. The rest is as with copilot_json_set_string().
 *
 * @param json     the value
 * @param pointer  a JSON pointer as UTF-8; "" replaces the whole
 * @param value    0 for false, anything else for true
 * @param error    where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  one at a time for each value, and while nobody reads it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: `json` or `pointer` is NULL; it is no pointer, it leads
 *           below a value that is no object or array, or it names an element that cannot be made;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_json_set_bool(copilot_json *json,
                                     const char *pointer,
                                     int32_t value,
                                     copilot_error **error);

/**
 * Sets a part of a value to any JSON, null included. The rest is as with copilot_json_set_string().
 *
 * @param json     the value
 * @param pointer  a JSON pointer as UTF-8; "" replaces the whole
 * @param text     one JSON value as UTF-8
 * @param error    where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  one at a time for each value, and while nobody reads it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the value stays yours; the text is copied
 * @errors   COPILOT_E_INVALID_JSON: `text` is not JSON; COPILOT_E_INVALID_ARGUMENT: a NULL; it is
 *           no pointer, it leads below a value that is no object or array, or it names an element
 *           that cannot be made; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_json_set_json(copilot_json *json,
                                     const char *pointer,
                                     const char *text,
                                     copilot_error **error);

/* ---- Queues: where the library delivers ------------------------------------------------------ */

/**
 * Makes a queue, to give to clients or sessions. It is not needed for a start: every client has a
 * queue of its own, copilot_client_queue().
 *
 * The options are a JSON object. Its keys:
 *
 *   "mode"            "callbacks" (the default): only what has a callback enters, so that nothing
 *                     piles up unserved. "items": everything enters, to be taken by
 *                     copilot_queue_next().
 *   "hardLimitBytes"  A number from 1024 on, the default is 268435456 (256 MiB). While more than
 *                     this is waiting, the connections that deliver here are not read, unless an
 *                     operation of theirs is pending: its reply may be behind unread events.
 *   "softLimitBytes"  A number from 0 on; by default that of the hard limit. While more than this
 *                     is waiting, pieces of one text become one item: the events
 *                     "assistant.message_delta" of one message, and likewise
 *                     "assistant.reasoning_delta" and "assistant.tool_call_delta". No character
 *                     is lost. The item is the first event with the pieces in a row, so pieces
 *                     of another text may come behind it that came before its last. Of
 *                     "assistant.streaming_delta" the newest stays.
 *   "overflow"        "pause" (the default) or "drop_oldest": at the hard limit the connections are
 *                     read on, and the oldest events that waited go. Requests, completions, states
 *                     and user data to destroy are always kept.
 *   "log"             "error", "warn", "info", "debug" or "trace": messages of the library of this
 *                     level and of graver ones are items, of kind COPILOT_EVENT_LOG and type
 *                     "log". They are those of the whole process, as with copilot_set_log(), and
 *                     come whether or not that has a callback. For programs whose functions cannot
 *                     be called by threads that they do not know. By default there are none. At
 *                     the hard limit they are dropped.
 *
 * So by default nothing is ever lost, and pieces are merged only above the hard limit, when the
 * reader has to go on for a pending operation. What was merged and dropped is told by one
 * COPILOT_EVENT_OVERFLOW item at a time; its place is where it began. In mode "callbacks" it comes
 * to the callbacks that a client has for "overflow" or all events, and for a queue of its own to
 * those of a session. copilot_client_stats() has the sums.
 *
 * While more than 1 MiB is waiting, the connections that deliver here pause now and then, each time
 * for 5 ms at most and not while an operation is pending, so that whoever serves the queue can
 * catch up and what comes stays with the server and not in memory.
 *
 * A queue in which items wait for 5 s while nobody serves it is a message of level
 * COPILOT_LOG_WARN, once until somebody does.
 *
 * The same object can be given as "queue" in the options of a client.
 *
 * @param options_json  the options as UTF-8; NULL for the defaults
 * @param error         where to put the error; may be NULL
 * @return the queue; NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the queue is yours: copilot_queue_free()
 * @errors   COPILOT_E_INVALID_UTF8, COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: an unknown
 *           key or a wrong value, the message tells which; COPILOT_E_FORKED
 */
COPILOT_API
COPILOT_MUST_USE
copilot_queue *copilot_queue_new(const char *options_json,
                                 copilot_error **error)
  COPILOT_OWNED(copilot_queue_free);

/**
 * Makes one more reference to a queue. References are equal and freed in any order.
 *
 * @param queue  the queue; NULL gives NULL
 * @return the same queue; NULL after a fork
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours: copilot_queue_free()
 * @errors   none
 */
COPILOT_API
copilot_queue *copilot_queue_ref(copilot_queue *queue)
  COPILOT_OWNED(copilot_queue_free);

/**
 * Frees a reference to a queue.
 *
 * Clients, sessions and pending operations that deliver to it hold references of their own. With
 * the last one the queue is closed, the requests that wait in it get their default answer, and
 * what else waits is dropped: user data that waits to be destroyed is destroyed here. When this
 * returns after the last one, no callback of the queue is running or will run, unless it was
 * called inside a callback: then the running ones end by themselves.
 *
 * @param queue  the queue; NULL is nothing
 *
 * @threads  any
 * @blocks   the last reference: while a callback of the queue runs on another thread
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the reference; after a fork it is leaked on purpose
 * @errors   none
 */
COPILOT_API void copilot_queue_free(copilot_queue *queue);

/**
 * Takes the next item out of a queue, without running its callbacks: copilot_event_deliver() does
 * that.
 *
 * From now on the program serves this queue, and blocking calls do not do so while they wait.
 *
 * COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED and COPILOT_E_CLOSED are no failures here but tell why
 * there is no item; `*error` stays NULL with them. After copilot_queue_close() what was queued
 * before is still returned, and then COPILOT_E_CLOSED for ever.
 *
 * @param queue       the queue
 * @param timeout_ms  how long to wait, in milliseconds; 0 does not wait, negative waits for ever
 * @param event       receives the item; always written, NULL unless COPILOT_OK is returned
 * @param error       where to put the error; may be NULL
 * @return COPILOT_OK and an item, or a negative status
 *
 * @threads  any, several at once; then each item goes to one of them, in no particular order
 * @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
 * @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
 *           queue; not in the wakeup and log callbacks
 * @owner    the item is yours: copilot_event_free()
 * @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
 *           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
 *           COPILOT_E_INVALID_ARGUMENT: `queue` or `event` is NULL; COPILOT_E_FORKED
 */
COPILOT_API
copilot_status copilot_queue_next(copilot_queue *queue,
                                  int32_t timeout_ms,
                                  copilot_event **event,
                                  copilot_error **error);

/**
 * Serves a queue on this thread: waits for an item and runs callbacks until the queue is empty or
 * `max_items` have been run. An item without a callback is dropped; a request then gets its
 * default answer.
 *
 * From now on this thread is the one that serves the queue, and blocking calls made on it do so
 * while they wait. A blocking call on another thread returns when this one has dispatched what
 * was queued before its end, or when its own time is up: go on dispatching. While another thread,
 * or the library's, is dispatching the same queue, this waits, up to `timeout_ms`.
 *
 * @param queue       the queue
 * @param max_items   the most items to run; negative for no limit
 * @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
 *                    negative waits for ever
 * @return how many items were run, 0 when none came in time or copilot_queue_wake() ended the
 *         wait; or a negative status
 *
 * @threads  any; callbacks of one queue never overlap
 * @blocks   up to timeout_ms, and while the callbacks run; copilot_queue_wake() and
 *           copilot_queue_close() end the wait
 * @callback not inside a callback of this queue: COPILOT_E_INVALID_STATE; not in the wakeup and
 *           log callbacks
 * @owner    the queue stays yours
 * @errors   COPILOT_E_CLOSED: the queue is closed and empty; COPILOT_E_INVALID_STATE: see above;
 *           COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
 */
COPILOT_API
int32_t copilot_queue_dispatch(copilot_queue *queue,
                               int32_t max_items,
                               int32_t timeout_ms);

/**
 * Starts a thread of the library's that serves a queue from now on: callbacks run on it, one at a
 * time. Starting it twice is no error.
 *
 * Do not do this where callbacks from a foreign thread are not allowed, as in LuaJIT. The thread
 * has the signal mask of the caller, with SIGPIPE blocked in addition.
 *
 * @param queue  the queue
 * @param error  where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the queue stays yours; the thread ends with its last reference
 * @errors   COPILOT_E_CLOSED: the queue is closed; COPILOT_E_IO: no thread could be started;
 *           COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
 */
COPILOT_API copilot_status copilot_queue_start_thread(copilot_queue *queue, copilot_error **error);

/**
 * Ends the thread that copilot_queue_start_thread() started. When this returns COPILOT_OK, no
 * callback is running on it and none will. What waits stays in the queue. Without such a thread it
 * does nothing.
 *
 * @param queue  the queue
 * @param error  where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  any
 * @blocks   until the running callback has returned: hold no lock that the callback takes
 * @callback not inside a callback of this queue: COPILOT_E_WOULD_DEADLOCK; not in the wakeup and
 *           log callbacks
 * @owner    the queue stays yours
 * @errors   COPILOT_E_WOULD_DEADLOCK: see above; COPILOT_E_INVALID_ARGUMENT: `queue` is NULL;
 *           COPILOT_E_FORKED
 */
COPILOT_API copilot_status copilot_queue_stop_thread(copilot_queue *queue, copilot_error **error);

/**
 * A file descriptor for poll(), epoll or an event loop: readable exactly while items wait.
 *
 * Never read it, write it or close it: it is level-triggered and the library keeps it true. When
 * it is readable, call copilot_queue_dispatch() or copilot_queue_next() with timeout 0.
 *
 * From now on the program serves this queue, and blocking calls do not do so while they wait,
 * unless they are made on the thread that has dispatched it last.
 *
 * @param queue  the queue
 * @return the descriptor; -1 when there is none: `queue` is NULL, no descriptor could be made, the
 *         process was forked
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the descriptor belongs to the queue and is closed with it
 * @errors   none
 */
COPILOT_API int32_t copilot_queue_fd(const copilot_queue *queue);

/**
 * Lets a function be called when items wait, in place of the one before. It is for hosts that are
 * woken by posting a message to them.
 *
 * The function is armed by this call and again by every copilot_queue_next() and
 * copilot_queue_dispatch() that returns. Armed, it is called once when the queue is not empty or
 * becomes so; by any thread, also by this one before this returns. It may only signal another
 * thread; of the library's functions it may call copilot_queue_wake() alone.
 *
 * While there is such a function, the program serves this queue, and blocking calls do not do so
 * while they wait.
 *
 * @param queue      the queue
 * @param callback   the function; NULL for none
 * @param user_data  passed to the function; may be NULL
 * @param destroy    destroys the user data when the function is replaced or the queue ends; may be
 *                   NULL
 * @param error      where to put the error; may be NULL
 * @return COPILOT_OK, or a negative status
 *
 * @threads  any
 * @blocks   outside of callbacks: until the former function does not run any more. It is then
 *           destroyed before this returns
 * @callback allowed in every callback but the wakeup and log callbacks; it then does not wait, and
 *           the former user data is destroyed by the thread that serves the queue
 * @owner    takes the user data at once, also when it fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
 */
COPILOT_API
copilot_status copilot_queue_set_wakeup(copilot_queue *queue,
                                        copilot_wakeup_cb callback,
                                        void *user_data,
                                        copilot_destroy_cb destroy,
                                        copilot_error **error);

/**
 * Ends one wait in copilot_queue_next() or copilot_queue_dispatch(): the one that is going on, or
 * the next if there is none.
 *
 * @param queue  the queue; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback, also in the wakeup callback; not in the log callback
 * @owner    the queue stays yours
 * @errors   none; after a fork it does nothing
 */
COPILOT_API void copilot_queue_wake(copilot_queue *queue);

/**
 * Closes a queue: ends every wait, gives the requests that wait their default answer, and refuses
 * what comes later. What else was queued can still be taken or dispatched.
 *
 * @param queue  the queue; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the queue stays yours and must still be freed
 * @errors   none; after a fork it does nothing
 */
COPILOT_API void copilot_queue_close(copilot_queue *queue);

/**
 * How many items wait in a queue. Other threads may change it at any time.
 *
 * @param queue  the queue; NULL is empty
 * @return the number at this moment; 0 after a fork
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the queue stays yours
 * @errors   none
 */
COPILOT_API size_t copilot_queue_length(const copilot_queue *queue);

/* ---- Queues by the batch: many items for one call -------------------------------------------- */

/**
 * Takes all items that wait in a queue, up to `capacity`, without running their callbacks. It waits
 * for the first one, and never for another: a batch of one is as quick as copilot_queue_next().
 *
 * The items come in their order, each as copilot_queue_next() would give it. In all else this is
 * that function: from now on the program serves the queue, COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED
 * and COPILOT_E_CLOSED are no failures and leave `*error` NULL, and after copilot_queue_close()
 * what was queued before is still returned.
 *
 * @param queue       the queue
 * @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
 *                    negative waits for ever
 * @param events      an array of `capacity` pointers; its first `*count` ones receive the items,
 *                    the others are not written
 * @param capacity    the most items to take, at least 1. Some dozens are enough to make the call
 *                    itself cost nothing
 * @param count       receives how many there are; always written, 0 unless COPILOT_OK is returned
 * @param error       where to put the error; may be NULL
 * @return COPILOT_OK and at least one item, or a negative status
 *
 * @threads  any, several at once; then each item goes to one of them, and what one call takes of a
 *           session is in order
 * @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
 * @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
 *           queue; not in the wakeup and log callbacks
 * @owner    each item is yours: copilot_event_free()
 * @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
 *           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
 *           COPILOT_E_INVALID_ARGUMENT: `queue`, `events` or `count` is NULL, or `capacity` is 0;
 *           COPILOT_E_FORKED
 */
COPILOT_API
copilot_status copilot_queue_next_batch(copilot_queue *queue,
                                        int32_t timeout_ms,
                                        copilot_event **events,
                                        size_t capacity,
                                        size_t *count,
                                        copilot_error **error);

/**
 * Takes items that wait in a queue as one JSON text, without running callbacks: for bindings, whose
 * language reads a text faster than it calls a function for each item.
 *
 * The JSON is an array with an object for each item:
 *
 *   [{"kind":1,"type":"assistant.message_delta","sessionId":"...","event":{...}},...]
 *
 * "kind" is one of the COPILOT_EVENT_ constants, "type" what copilot_event_type() returns,
 * "sessionId" null where the item belongs to no session, and "event" the JSON of
 * copilot_event_json() as it is.
 *
 * An item that is more than its JSON ends the batch and is given as an object: a request, the
 * completion of an operation, and whatever has a callback, which copilot_event_deliver() would
 * run. It comes behind the items of the text, so handle it after them; where it is the first, the
 * text is the empty array. The batch also ends when no item waits any more, with `max_items`, and
 * when the text has become larger than 1 MiB.
 *
 * In all else this is copilot_queue_next(): it waits for the first item only, and from now on the
 * program serves the queue. COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED and COPILOT_E_CLOSED are no
 * failures and leave `*error` NULL.
 *
 * @param queue       the queue
 * @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
 *                    negative waits for ever
 * @param max_items   the most items of the text; negative for no limit
 * @param batch       receives the text as a JSON value: copilot_json_text() has it; always written,
 *                    NULL unless COPILOT_OK is returned
 * @param event       receives the item that ended the batch and is more than its JSON, else NULL;
 *                    always written
 * @param error       where to put the error; may be NULL
 * @return COPILOT_OK and at least one item, or a negative status
 *
 * @threads  any, several at once; then each item goes to one of them
 * @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
 * @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
 *           queue; not in the wakeup and log callbacks
 * @owner    both are yours: copilot_json_free(), copilot_event_free()
 * @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
 *           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
 *           COPILOT_E_INVALID_ARGUMENT: `queue`, `batch` or `event` is NULL, or `max_items` is 0;
 *           COPILOT_E_FORKED
 */
COPILOT_API
copilot_status copilot_queue_next_batch_json(copilot_queue *queue,
                                             int32_t timeout_ms,
                                             int32_t max_items,
                                             copilot_json **batch,
                                             copilot_event **event,
                                             copilot_error **error);

/* ---- Events: what the library tells ---------------------------------------------------------- */

/**
 * What kind of thing happened.
 *
 * @param event  the event, or NULL
 * @return one of the COPILOT_EVENT_ constants; COPILOT_EVENT_NONE for NULL
 *
 * @threads  any; an event never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the event stays yours
 * @errors   none
 */
COPILOT_API copilot_event_kind copilot_event_get_kind(const copilot_event *event);

/**
 * The name of what happened. For an event of a session it is the wire's, such as
 * "assistant.message_delta"; the server may send types that this version of the library has never
 * heard of. The opening comment lists the names of the other kinds.
 *
 * @param event  the event, or NULL
 * @return the name as UTF-8, never NULL; "" for NULL
 *
 * @threads  any; an event never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the event and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_event_type(const copilot_event *event);

/**
 * The id of the session that an event belongs to.
 *
 * @param event  the event, or NULL
 * @return the id as UTF-8; NULL when it belongs to none, and for NULL
 *
 * @threads  any; an event never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the event and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_event_session_id(const copilot_event *event);

/**
 * The JSON of an event. For an event of a session it is the whole event as the server sent it,
 * with the members "id", "timestamp", "type" and "data" among others. The opening comment lists
 * the JSON of the other kinds.
 *
 * @param event  the event, or NULL
 * @return the JSON; NULL for NULL
 *
 * @threads  any; an event never changes
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON belongs to the event and lives as long as it; do not free it,
 *           copilot_json_copy() copies a part out
 * @errors   none
 */
COPILOT_API const copilot_json *copilot_event_json(const copilot_event *event);

/**
 * The operation whose end a COPILOT_EVENT_COMPLETION reports. Its result can be taken.
 *
 * @param event  the event, or NULL
 * @return a reference to the operation; NULL for every other kind, for NULL, and after a fork
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours: copilot_op_free()
 * @errors   none
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_event_op(const copilot_event *event)
  COPILOT_OWNED(copilot_op_free);

/**
 * Takes the request out of a COPILOT_EVENT_REQUEST, to answer it now or later. It can be taken
 * once. A request that is not taken gets its default answer when the last reference to the event
 * is freed.
 *
 * @param event  the event, or NULL
 * @return the request; NULL when it was taken already, for every other kind, for NULL, and after a
 *         fork
 *
 * @threads  any; one of several threads gets it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request is yours: answer it and then copilot_request_free()
 * @errors   none
 */
COPILOT_API
COPILOT_MUST_USE
copilot_request *copilot_event_take_request(copilot_event *event)
  COPILOT_OWNED(copilot_request_free);

/**
 * Runs the callbacks that an event has, on this thread: for programs that take items with
 * copilot_queue_next() and want some of them to be handled by the functions that were registered.
 *
 * A request that is still in the event afterwards gets its default answer.
 *
 * @param event  the event; NULL is nothing
 * @return 1 when there was a callback to run, else 0; 0 after a fork
 *
 * @threads  any, but only one at a time for the events of one queue: callbacks expect it
 * @blocks   while the callbacks run
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the event stays yours
 * @errors   none
 */
COPILOT_API int32_t copilot_event_deliver(copilot_event *event);

/**
 * Makes one more reference to an event: how a callback keeps it.
 *
 * @param event  the event; NULL gives NULL
 * @return the same event; NULL after a fork
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours: copilot_event_free()
 * @errors   none
 */
COPILOT_API
copilot_event *copilot_event_ref(const copilot_event *event)
  COPILOT_OWNED(copilot_event_free);

/**
 * Frees a reference to an event. With the last one go its JSON and its texts, and a request that
 * was not taken gets its default answer.
 *
 * @param event  the event; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the reference; after a fork it is leaked on purpose
 * @errors   none
 */
COPILOT_API void copilot_event_free(copilot_event *event);

/* ---- Requests: what the server asks the program ---------------------------------------------- */

/**
 * What kind of question it is.
 *
 * @param request  the request, or NULL
 * @return one of the COPILOT_REQUEST_ constants; COPILOT_REQUEST_OTHER for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours
 * @errors   none
 */
COPILOT_API copilot_request_kind copilot_request_get_kind(const copilot_request *request);

/**
 * The wire's name of what asked: the type of the event ("permission.requested") or the method of
 * the request ("userInput.request"). It tells requests of kind COPILOT_REQUEST_OTHER apart.
 *
 * @param request  the request, or NULL
 * @return the name as UTF-8; NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the request and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_request_method(const copilot_request *request);

/**
 * The session that asks.
 *
 * @param request  the request, or NULL
 * @return the session's id as UTF-8; NULL when the request belongs to no session
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the request and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_request_session_id(const copilot_request *request);

/**
 * The tool to run.
 *
 * @param request  the request, or NULL
 * @return the tool's name as UTF-8; NULL when the request is not of kind COPILOT_REQUEST_TOOL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the request and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_request_tool_name(const copilot_request *request);

/**
 * What is asked, as JSON: the data of the event or the parameters of the request. Members of one
 * kind have the same names whatever the server's version:
 *
 *   TOOL              /toolName, /toolCallId, /arguments (what the model passes to the tool; {}
 *                     where that is nothing). A tool named "tool_search_tool", which replaces the
 *                     server's own search, also has /availableTools where the server tells them
 *   PERMISSION        /permissionRequest, with /permissionRequest/kind "shell", "write", "read",
 *                     "mcp", "url", "custom-tool" or another, and what belongs to that kind
 *   USER_INPUT        /question, /choices (array of strings), /allowFreeform
 *   ELICITATION       /message, /requestedSchema (JSON schema), /mode ("form" or "url"), /url
 *   HOOK              /hookType ("preToolUse", "sessionStart", ...), /input, whose /toolArgs is an
 *                     object on every server
 *   COMMAND           /commandName, /command (as it was typed), /args
 *   EXIT_PLAN_MODE    /summary, /planContent, /actions, /recommendedAction
 *   AUTO_MODE_SWITCH  /errorCode, /retryAfterSeconds
 *   SYSTEM_MESSAGE    /sections, with /sections/<id>/content
 *   MCP_OAUTH         /serverName, /serverUrl, /runtimeRefreshSupported
 *
 * Where a sub-agent asks, and the server tells, /agentId names it.
 *
 * @param request  the request, or NULL
 * @return the JSON; NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON belongs to the request and lives as long as it; do not free it
 * @errors   none
 */
COPILOT_API const copilot_json *copilot_request_params(const copilot_request *request);

/**
 * The request's number. REQUEST and REQUEST_CANCELLED items carry it in their JSON at "/request".
 *
 * @param request  the request, or NULL
 * @return a number that no other request of this process has; 0 for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours
 * @errors   none
 */
COPILOT_API uint64_t copilot_request_id(const copilot_request *request);

/**
 * Keeps a request: one more reference. In a callback this is how to answer later, when the
 * callback has returned, from whatever thread.
 *
 * @param request  the request, or NULL
 * @return the same request, to be freed with copilot_request_free(); NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours until copilot_request_free()
 * @errors   none
 */
COPILOT_API copilot_request *copilot_request_ref(copilot_request *request);

/**
 * Tells whether the question was withdrawn: the turn was aborted, another client answered first,
 * the session was disconnected or the connection ended. Nobody waits for an answer any more; long
 * work on one can stop.
 *
 * @param request  the request, or NULL
 * @return 1 when it was withdrawn, else 0; 0 for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours
 * @errors   none
 */
COPILOT_API int32_t copilot_request_is_cancelled(const copilot_request *request);

/**
 * Calls a function when the question is withdrawn, in place of the one registered before.
 *
 * The callback runs at most once, on the thread that serves the request's queue. It never runs
 * for a request that was answered. The request must be kept with copilot_request_ref() meanwhile.
 *
 * @param request    the request
 * @param callback   the function; NULL takes the former one back
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   outside of callbacks until a running call of the former callback has returned
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_CANCELLED: it was withdrawn
 *           already, and the callback will not run; COPILOT_E_INVALID_STATE: it was answered
 */
COPILOT_API
copilot_status copilot_request_on_cancel(copilot_request *request,
                                         copilot_request_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error);

/**
 * Gives a reference up. When it was the last one and the question is still open, the default of
 * its kind is sent (see copilot_request_respond()) and a warning is logged.
 *
 * @param request  the request; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks; a request that a callback
 *           was lent is not yours to free, unless copilot_request_ref() kept it
 * @owner    takes the reference
 * @errors   none
 */
COPILOT_API void copilot_request_free(copilot_request *request);

/* ---- Answers to requests --------------------------------------------------------------------- */

/**
 * Answers.
 *
 * The first answer counts. An answer that is not what the kind takes is refused, and the question
 * stays open for another try. What each kind takes, and what is sent for you when the request is
 * freed, or when its callback returns, without an answer:
 *
 *   TOOL
 *     A string is the text for the model. So is any other JSON, by its text; null is an empty
 *     text. An object with "textResultForLlm" is a result with all that belongs to one:
 *     {"textResultForLlm":"...","resultType":"success","sessionLog":"...","toolTelemetry":{...},
 *     "binaryResultsForLlm":[...]}; "resultType" may also be "failure", "rejected" or "denied". An
 *     MCP result, {"content":[...],"isError":false}, is converted.
 *     Unanswered: the tool failed, "the tool's handler gave no answer".
 *   PERMISSION
 *     {"kind":"approve-once"}, {"kind":"approve-for-session"}, {"kind":"reject","feedback":"..."}
 *     (without feedback the turn ends), {"kind":"user-not-available"},
 *     {"kind":"approve-for-location", "approval":{...},"locationKey":"..."} or
 *     {"kind":"approve-permanently","domain":"..."}. The words of old servers ("approved",
 *     "denied-interactively-by-user", "denied-by-rules",
 *     "denied-no-approval-rule-and-could-not-request-from-user") are understood as well, and either
 *     kind of words is translated for the server at hand. {"kind":"no-result"} is
 *     copilot_request_decline().
 *     Unanswered: denied because nobody was there to decide; the turn goes on.
 *   USER_INPUT
 *     {"answer":"...","wasFreeform":false}, or just the answer as a string, which counts as
 *     freeform.
 *     Unanswered: an error is sent.
 *   ELICITATION
 *     {"action":"accept","content":{...}}, {"action":"decline"} or {"action":"cancel"}.
 *     Unanswered: {"action":"cancel"}.
 *   HOOK
 *     An object with the outputs of the hook's type, such as {"permissionDecision":"deny"} for
 *     "preToolUse", or null for no opinion.
 *     Unanswered: null.
 *   COMMAND
 *     null or {}: the command was carried out.
 *     Unanswered: the command failed.
 *   EXIT_PLAN_MODE
 *     {"approved":true,"selectedAction":"...","autoApproveEdits":false} or
 *     {"approved":false,"feedback":"..."}; all but "approved" is optional.
 *     Unanswered: {"approved":true}.
 *   AUTO_MODE_SWITCH
 *     {"response":"yes"}, "yes_always" or "no", or just the word as a string.
 *     Unanswered: "no".
 *   SYSTEM_MESSAGE
 *     {"sections":{"<id>":{"content":"..."}}}. Sections that you leave out stay as they are.
 *     Unanswered: all of them stay as they are.
 *   MCP_OAUTH
 *     {"kind":"token","accessToken":"...","tokenType":"Bearer","expiresIn":3600} (the last two are
 *     optional), {"kind":"cancelled"}, or {"kind":"runtimeRefresh"} where the request says
 *     "runtimeRefreshSupported".
 *     Unanswered: {"kind":"cancelled"}.
 *   OTHER
 *     The result of the method: any JSON, but for the methods below, whose answers are checked.
 *     Unanswered: the error "Unhandled method ...", or what is said below.
 *
 * The methods that are known, with what they take:
 *
 *   sessionFs.*
 *     readFile, readFileBytes {"content":"..."}; readFileRange also "byteLength"; exists,
 *     sqliteExists {"exists":true}; stat {"isFile":...,"isDirectory":...,"size":...,"mtime":"...",
 *     "birthtime":"..."}; readdir, readdirWithTypes {"entries":[...]}; sqliteQuery {"rows":[...],
 *     "columns":[...],"rowsAffected":0}; sqliteTransaction {"results":[...]}; the others null. What
 *     fails is answered with {"error":{"code":"ENOENT","message":"..."}} or "UNKNOWN", whatever the
 *     method, or with copilot_request_fail().
 *     Unanswered: it failed, "UNKNOWN". exists and sqliteExists: false.
 *   canvas.open, canvas.close, canvas.action.invoke
 *     {"url":"...","title":"...","status":"..."}, all optional; null; any JSON.
 *     Unanswered: an error.
 *   llmInference.httpRequestStart, llmInference.httpRequestChunk
 *     {}, at once; the response is sent by copilot_client_call() of llmInference.httpResponseStart
 *     and llmInference.httpResponseChunk.
 *     Unanswered: {}.
 *   providerToken.getToken
 *     {"token":"..."}, or just the token as a string.
 *     Unanswered: an error.
 *   gitHubToken.getToken
 *     {"kind":"token","accessToken":"...","expiresIn":28800} or {"kind":"cancelled"}. expiresIn is
 *     in seconds; the server refuses a token that has an hour left or less.
 *     Unanswered: {"kind":"cancelled"}.
 *   skillProvider.list, skillProvider.read
 *     {"skills":[{"name":"...","description":"..."}]}; {"markdown":"..."}, null where there is
 *     none.
 *     Unanswered: an error.
 *   extensionLaunchProvider.resolve
 *     {"launch":{"executable":"...","args":[...],"env":{...}}}, or {} for the server's own way.
 *     Unanswered: {}.
 *   installations.confirm
 *     "confirm", "decline" or "cancel", or {"decision":"..."}; the ids are added.
 *     Unanswered: an error, and nothing is installed.
 *   entraToken.getToken
 *     {"kind":"token","accountId":"...","accessToken":"..."},
 *     {"kind":"identity","accountId":"..."}, {"kind":"unavailable"} or {"kind":"cancelled"}.
 *     Unanswered: {"kind":"unavailable"}.
 *   kerberosAuth.acquire
 *     {"token":"..."}, null where there is none.
 *     Unanswered: {"token":null}.
 *   sessionManagement.create
 *     {"sessionId":"..."}.
 *     Unanswered: an error.
 *   tasks.cancel
 *     {"cancelled":true}.
 *     Unanswered: {"cancelled":false}.
 *   workflow.execute, workflow.abort, factory.execute, factory.abort
 *     An object; for abort null will do.
 *     Unanswered: an error; for abort {}.
 *
 * @param request      the request
 * @param result_json  the answer as JSON text, UTF-8
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours; the text is copied
 * @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: request or text is
 *           NULL, or not what the kind takes; COPILOT_E_INVALID_UTF8; COPILOT_E_INVALID_STATE: it
 *           was answered before; COPILOT_E_CANCELLED: it was withdrawn; COPILOT_E_CLOSED: the
 *           connection is gone; COPILOT_E_UNSUPPORTED: "no-result" where the server asks this
 *           client alone
 * @wire     session.tools.handlePendingToolCall, handlePendingPermissionRequest and their like, or
 *           the reply to the server's request
 */
COPILOT_API
copilot_status copilot_request_respond(copilot_request *request,
                                       const char *result_json,
                                       copilot_error **error);

/**
 * Answers with plain text: the result of a tool, or the user's answer to a question. It is
 * copilot_request_respond() with the text as a JSON string.
 *
 * @param request  the request, of kind COPILOT_REQUEST_TOOL or COPILOT_REQUEST_USER_INPUT
 * @param text     the text, UTF-8
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours; the text is copied
 * @errors   COPILOT_E_INVALID_ARGUMENT: request or text is NULL, or the request is of another kind;
 *           COPILOT_E_INVALID_UTF8; otherwise as copilot_request_respond()
 */
COPILOT_API
copilot_status copilot_request_respond_text(copilot_request *request,
                                            const char *text,
                                            copilot_error **error);

/**
 * Answers that it could not be done.
 *
 * A tool fails with the message, which goes into events and logs while the model learns only that
 * the tool failed; to tell the model more, respond with {"textResultForLlm":"...",
 * "resultType":"failure"}. A command fails with the message. For USER_INPUT, EXIT_PLAN_MODE,
 * AUTO_MODE_SWITCH and OTHER the server gets a JSON-RPC error with it. The other kinds have no room
 * for a reason on the wire: they get what copilot_request_respond() names under "unanswered".
 *
 * Some methods of kind OTHER have failures of their own. For sessionFs methods a message that
 * begins with "ENOENT" says that there is no such file, and any other is "UNKNOWN"; for a
 * sqliteTransaction it may begin with "busyOrLocked" or "postCommitAmbiguous". For canvas methods
 * a message that begins with a code and a colon, as in "canvas_busy: later", has that code. Where
 * a message could give away a secret (skillProvider, installations, entraToken, kerberosAuth), it
 * stays here and the server gets a fixed text.
 *
 * @param request  the request
 * @param message  why, UTF-8, for people; NULL or "" is "the handler failed"
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours; the text is copied
 * @errors   COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_INVALID_UTF8;
 *           COPILOT_E_INVALID_STATE: it was answered before; COPILOT_E_CANCELLED: it was withdrawn;
 *           COPILOT_E_CLOSED: the connection is gone
 */
COPILOT_API
copilot_status copilot_request_fail(copilot_request *request,
                                    const char *message,
                                    copilot_error **error);

/**
 * Leaves the question to another client of the session. Nothing is sent, and the server goes on
 * waiting: do this only when another client is there to answer.
 *
 * It can be done where the server asks all clients at once: TOOL, PERMISSION, ELICITATION, COMMAND
 * and MCP_OAUTH on protocol 3. Every other question is put to this client alone.
 *
 * @param request  the request
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays yours
 * @errors   COPILOT_E_UNSUPPORTED: this client alone was asked; the question stays open.
 *           COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_INVALID_STATE: it was answered
 *           before; COPILOT_E_CANCELLED: it was withdrawn; COPILOT_E_CLOSED: the connection is gone
 */
COPILOT_API copilot_status copilot_request_decline(copilot_request *request, copilot_error **error);

/**
 * A handler for COPILOT_REQUEST_PERMISSION that approves everything, each time once. Give it to
 * copilot_session_config_on_request() as the callback, with NULL for user_data and destroy:
 *
 *   copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, copilot_approve_all,
 *                                     NULL, NULL, &error);
 *
 * The agent then runs whatever commands it likes, without asking. Two things are never approved:
 * what carries "managedApprovalRequired", because an organisation wants a person to decide, is left
 * to another client; and in a session with "enableManagedSettings" or "managedSettings" the user is
 * not available. A request of another kind is left alone and gets the default of its kind.
 *
 * @param request    the request; NULL is nothing
 * @param user_data  not used
 *
 * @threads  any
 * @blocks   no
 * @callback it is one; also allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays whose it is
 * @errors   none; a request that was answered or withdrawn before stays as it is
 */
COPILOT_API void copilot_approve_all(copilot_request *request, void *user_data);

/**
 * A handler for COPILOT_REQUEST_PERMISSION that refuses everything. The model is told, and the turn
 * goes on. Give it to copilot_session_config_on_request() as the callback, with NULL for user_data
 * and destroy. A request of another kind is left alone and gets the default of its kind.
 *
 * @param request    the request; NULL is nothing
 * @param user_data  not used
 *
 * @threads  any
 * @blocks   no
 * @callback it is one; also allowed in every callback but the wakeup and log callbacks
 * @owner    the request stays whose it is
 * @errors   none; a request that was answered or withdrawn before stays as it is
 */
COPILOT_API void copilot_deny_all(copilot_request *request, void *user_data);

/* ---- Operations: what the program asks the server, on its way -------------------------------- */

/**
 * The operation's number. COMPLETION items carry it in their JSON at "/operation".
 *
 * @param op  the operation, or NULL
 * @return a number that no other operation of this process has; 0 for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation stays yours
 * @errors   none
 */
COPILOT_API uint64_t copilot_op_id(const copilot_op *op);

/**
 * How far the operation has come, at this moment.
 *
 * @param op  the operation, or NULL
 * @return one of the COPILOT_OP_ constants; COPILOT_OP_FAILED for NULL, so that polling ends
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation stays yours
 * @errors   none
 */
COPILOT_API copilot_op_state copilot_op_get_state(const copilot_op *op);

/**
 * Waits until the operation has ended.
 *
 * When the time is up the operation goes on; wait again, or cancel it. When it has ended, its
 * completion callback and all that was queued before have been dispatched too, where this thread
 * or another dispatcher serves the queue. The result stays to be taken.
 *
 * @param op          the operation
 * @param timeout_ms  milliseconds to wait; 0 only looks, COPILOT_WAIT_FOREVER waits for ever
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK when it has succeeded, else a negative status
 *
 * @threads  any, several at once
 * @blocks   up to timeout_ms; serves the operation's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the operation's queue, unless the
 *           operation has ended
 * @owner    the operation stays yours
 * @errors   COPILOT_E_TIMEOUT: it has not ended yet; COPILOT_E_CANCELLED: it was cancelled;
 *           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error
 *           that the operation ended with
 */
COPILOT_API
copilot_status copilot_op_wait(copilot_op *op,
                               int32_t timeout_ms,
                               copilot_error **error);

/**
 * Ends the operation now, unless it has ended: its state becomes COPILOT_OP_CANCELLED, what it
 * would have yielded is dropped, and its completion is delivered as any other. A reply that the
 * server still sends is ignored; a message that was sent is not recalled (see "abortOnCancel" in
 * copilot_session_send_and_wait()).
 *
 * @param op  the operation; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation stays yours
 * @errors   none
 */
COPILOT_API void copilot_op_cancel(copilot_op *op);

/**
 * Moves out what the operation yielded. It can be done once.
 *
 * The manual of the _async function that began the operation says what the JSON is. An operation
 * that yields nothing gives the JSON value null.
 *
 * @param op     the operation, which has ended
 * @param error  receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any; of several at once one gets it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the result is yours until copilot_json_free(); the operation stays yours
 * @errors   COPILOT_E_INVALID_STATE: it has not ended, its result was taken already, or it yields a
 *           session, which copilot_op_take_session() can still take;
 *           COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error that it ended with
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_op_take_result(copilot_op *op,
                                     copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * Moves out the session that a create or a resume made. It can be done once.
 *
 * @param op     the operation, which has ended
 * @param error  receives the error on failure, NULL on success; may be NULL
 * @return the session, to be freed with copilot_session_free(); NULL on failure
 *
 * @threads  any; of several at once one gets it
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the session is yours until copilot_session_free(); the operation stays yours. A
 *           session that nobody takes is freed with the last reference to the operation
 * @errors   COPILOT_E_INVALID_STATE: it has not ended, the session was taken already, or it yields
 *           JSON, which copilot_op_take_result() can still take;
 *           COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error that it ended with
 */
COPILOT_API
COPILOT_MUST_USE
copilot_session *copilot_op_take_session(copilot_op *op,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_session_free);

/**
 * One more reference to the same operation.
 *
 * @param op  the operation, or NULL
 * @return the same operation, to be freed with copilot_op_free(); NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours until copilot_op_free()
 * @errors   none
 */
COPILOT_API copilot_op *copilot_op_ref(copilot_op *op);

/**
 * Gives a reference up. The operation is not cancelled: it goes on, and its completion callback
 * still runs. Freeing it right after it was begun is the way to start something and let it run.
 *
 * @param op  the operation; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks; an operation that a
 *           callback was lent is not yours to free, unless copilot_op_ref() kept it
 * @owner    takes the reference
 * @errors   none
 */
COPILOT_API void copilot_op_free(copilot_op *op);

/* ---- Options for a client -------------------------------------------------------------------- */

/**
 * Makes options for a client from a JSON object. All keys are optional, null is "not given", and a
 * key that is not known is an error whose message names it and the one you may have meant. A key
 * may also be written in snake_case, but not in both ways at once.
 *
 * How the CLI is reached:
 *
 *   "cliPath"        string: the CLI's program. A path with a slash is taken relative to "cwd", a
 *                    name is searched on PATH; a JavaScript file is run by the node on PATH.
 *                    Default: the variable COPILOT_CLI_PATH, else "copilot" and then
 *                    "copilot-runtime" on PATH, else the npm package @github/copilot in npm's
 *                    global folder.
 *   "cliArgs"        array of strings: arguments before the library's own. Default: none.
 *   "useStdio"       boolean: whether the CLI is spoken to over its stdin and stdout. When false
 *                    it is started as a server on TCP, on this machine only; it gets SIGTERM when
 *                    your process ends, however that happens. Default: true, and false with
 *                    "port". Where none of "useStdio", "port" and "cliUrl" is given, the variable
 *                    COPILOT_SDK_DEFAULT_CONNECTION is looked at: it must be empty or "stdio".
 *   "port"           whole number from 0 to 65535: the TCP port of the server that is started; 0
 *                    lets it choose one. Not together with "useStdio":true. Default: 0.
 *   "cliUrl"         string: the address of a server that runs already, as "8080", "host:8080" or
 *                    "http://host:8080". Nothing is started, and the server is never ended. There
 *                    is no encryption: reach other machines through a tunnel. All options that
 *                    concern the process are refused together with it: "cliPath", "cliArgs",
 *                    "cwd", "env", "port", "useStdio":true, "logLevel", "githubToken",
 *                    "useLoggedInUser", "baseDirectory", "sessionIdleTimeoutSeconds", "telemetry",
 *                    "disableClientTelemetry", "enableRemoteSessions". Default: none.
 *   "connectionToken"
 *                    string: the secret without which a server on TCP takes no calls. For "cliUrl"
 *                    the one that the server was started with; a server that is started here gets
 *                    a new one of 128 random bits by default. It is refused over stdio, reaches
 *                    the CLI by its environment only, and is shown in no log and no error. CLIs
 *                    before 1.0.71 take no notice of it. Default: none for "cliUrl".
 *   "autoStart"      boolean: whether the first call that needs the CLI starts it. When false such
 *                    a call is COPILOT_E_INVALID_STATE before copilot_client_start(). Default:
 *                    true.
 *   "autoRestart"    boolean: whether the next call after the connection was lost starts a new CLI,
 *                    or connects to the server anew. Sessions are not brought back by that;
 *                    copilot_session_reopen() opens them again. Default: true.
 *
 * The process:
 *
 *   "cwd"            string: the CLI's working directory. Default: the one that this process has
 *                    at copilot_client_new().
 *   "env"            object of strings: variables laid over the environment that this process has
 *                    at copilot_client_new(); null as a value removes the variable. Default: {}.
 *   "logLevel"       "none", "error", "warning", "info", "debug" or "all": how much the CLI writes
 *                    into its own log files. Default: the CLI's.
 *   "githubToken"    string: the token to authenticate with. It reaches the CLI by its environment
 *                    only, never by its command line, and is shown in no log and no error.
 *                    Default: none.
 *   "useLoggedInUser"
 *                    boolean: whether the CLI may use the account that is signed in on this
 *                    machine. Default: true without "githubToken", false with one.
 *   "baseDirectory"  string, an absolute path: where the CLI keeps its configuration and sessions.
 *                    Default: the CLI's, ~/.copilot. CLI 0.0.420 ignores it.
 *   "sessionIdleTimeoutSeconds"
 *                    whole number from 0: after how many seconds without use the CLI unloads a
 *                    session; 0 is never. Default: 0.
 *   "enableRemoteSessions"
 *                    boolean: whether sessions can be seen and steered from GitHub. Default: false.
 *   "telemetry"      object: has the CLI export OpenTelemetry data. Its keys, all optional:
 *                    "otlpEndpoint" string, "otlpProtocol" "http/json" or "http/protobuf",
 *                    "exporterType" "otlp-http" or "file", "filePath" string, for "file",
 *                    "sourceName" string, "captureContent" boolean, whether prompts and answers are
 *                    in it. What is left out is the CLI's choice. Default: none.
 *   "disableClientTelemetry"
 *                    boolean: whether the CLI's own reports of its use are turned off. Default:
 *                    false.
 *
 * What the CLI is told, and what it may ask:
 *
 *   "mode"           "default" or "empty": with "empty" the CLI uses no keyring and writes no log
 *                    file of its own accord, and needs "baseDirectory", "sessionFs" or "cliUrl", so
 *                    that nothing is kept in the user's ~/.copilot. Default: "default".
 *   "clientInfo"     object of the strings "editorName", "editorVersion", "extensionName" and
 *                    "extensionVersion": what you call yourself to the CLI. Default: none.
 *   "builtinPluginDirectories"
 *                    array of strings, absolute paths: plugins that every session has. Default: [].
 *   "sessionFs"      object: the files of sessions are kept by you, who answer the sessionFs.
 *                    requests (copilot_client_on_request()). "initialCwd" string and
 *                    "sessionStatePath" string are required; "conventions" "posix" (default) or
 *                    "windows"; "capabilities" object of the booleans "sqlite", "binary" and
 *                    "readFileRange". Default: none.
 *   "entra"          object: sign-in with Microsoft, "clientId" string, required, and
 *                    "matsAppName" string. Tokens are asked for by entraToken.getToken where a
 *                    callback answers that. Default: none.
 *   "kerberosAuth"   object: you negotiate Kerberos, and answer kerberosAuth.acquire. "mode"
 *                    "fallback" or "always", required, and "scope" "connection" or "runtime".
 *                    Default: none.
 *   "enableGitHubTelemetryForwarding"
 *                    boolean: whether the CLI sends its telemetry events to this client too.
 *                    Default: false.
 *
 * The library:
 *
 *   "runtimeThreads" whole number from 1 to 16: threads of the library's background runtime. There
 *                    is one runtime for the whole process, so it counts only for the client that
 *                    starts it. Each client is served by one of them, in turn. Default: 1.
 *   "queue"          object: options of the queue that the client makes for itself, as
 *                    copilot_queue_new() takes them. Default: {}.
 *
 * @param json   the options as JSON text, UTF-8; NULL for all defaults
 * @param error  receives the error on failure, NULL on success; may be NULL
 * @return the options, to be freed with copilot_client_options_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the options are yours until copilot_client_options_free(); the text is copied
 * @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: a key is not known
 *           or its value is not what it takes; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
COPILOT_MUST_USE
copilot_client_options *copilot_client_options_new(const char *json,
                                                   copilot_error **error)
  COPILOT_OWNED(copilot_client_options_free);

/**
 * The options' JSON, to be read and changed with the copilot_json_ functions. Changes count for
 * the clients made afterwards, and are checked when one is made.
 *
 * @param options  the options, or NULL
 * @return the JSON; NULL for NULL
 *
 * @threads  one at a time for each options object
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON belongs to the options and lives as long as they; do not free it
 * @errors   none
 */
COPILOT_API copilot_json *copilot_client_options_json(copilot_client_options *options);

/**
 * Lets clients deliver to this queue instead of one of their own. Several clients may share one.
 *
 * @param options  the options
 * @param queue    the queue; NULL goes back to one of the client's own
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each options object
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the options take a reference of their own; yours stays yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: options is NULL
 */
COPILOT_API
copilot_status copilot_client_options_set_queue(copilot_client_options *options,
                                                copilot_queue *queue,
                                                copilot_error **error);

/**
 * Frees options. Clients that were made from them are not affected.
 *
 * @param options  the options; NULL is nothing
 *
 * @threads  any; nobody may use the options any more
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the options
 * @errors   none
 */
COPILOT_API void copilot_client_options_free(copilot_client_options *options);

/* ---- Clients: one connection to one CLI, its life cycle, and any call on it ------------------ */

/**
 * Makes a client. No process is started: copilot_client_start() does that, or the first call that
 * needs the CLI.
 *
 * Environment and working directory are read here, once; what you change later does not reach the
 * CLI. The first client of a process starts the library's background threads.
 *
 * @param options  the options, which are copied; NULL for all defaults
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return the client, to be freed with copilot_client_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the client is yours until copilot_client_free(); the options stay yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: the options' JSON was changed into something that is none,
 *           or the variable COPILOT_SDK_DEFAULT_CONNECTION has a value that nobody knows;
 *           COPILOT_E_UNSUPPORTED: that variable is "inprocess", and the options do not choose
 *           otherwise; COPILOT_E_IO: the background threads could not be started
 */
COPILOT_API
COPILOT_MUST_USE
copilot_client *copilot_client_new(const copilot_client_options *options,
                                   copilot_error **error)
  COPILOT_OWNED(copilot_client_free);

/**
 * One more reference to the same client.
 *
 * @param client  the client, or NULL
 * @return the same client, to be freed with copilot_client_free(); NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours until copilot_client_free()
 * @errors   none
 */
COPILOT_API copilot_client *copilot_client_ref(copilot_client *client);

/**
 * Gives a reference up. With the last one the client's callbacks end: those that are not running
 * are destroyed here. Its sessions stay usable; when the last of them is freed too, the CLI is
 * stopped in the background. To wait for its end call copilot_client_stop() first.
 *
 * @param client  the client; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the reference
 * @errors   none
 */
COPILOT_API void copilot_client_free(copilot_client *client);

/**
 * Starts the CLI, or connects to the server at "cliUrl", and shakes hands with it. When that is
 * under way already this call joins it, and when the client is connected there is nothing to do.
 * It is never necessary where "autoStart" is true, but tells early what is wrong.
 *
 * When the time is up the start goes on in the background, and the next call joins it.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the client's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the client stays yours
 * @errors   COPILOT_E_SPAWN: there is no CLI, it could not be run, it ended before it was ready,
 *           or it named no TCP port within 10 seconds; COPILOT_E_CONNECT: the server at "cliUrl"
 *           cannot be reached; COPILOT_E_PROTOCOL_VERSION: it speaks a protocol that this library
 *           does not; COPILOT_E_UNSUPPORTED: it is too old for an option that was given or a
 *           callback that was registered; COPILOT_E_TRANSPORT, COPILOT_E_PROTOCOL, COPILOT_E_RPC:
 *           the handshake failed, of class "auth" where the connection token was not accepted;
 *           COPILOT_E_CLOSED: the client was stopped meanwhile; COPILOT_E_TIMEOUT;
 *           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: client is NULL or timeout_ms is
 *           0
 * @wire     connect, or ping and status.get where the CLI does not know it;
 *           kerberosAuth.setProvider, registerExtensionLaunchProvider, plugins.builtin.set,
 *           sessionFs.setProvider and llmInference.setProvider where they are asked for
 */
COPILOT_API
copilot_status copilot_client_start(copilot_client *client,
                                    int32_t timeout_ms,
                                    copilot_error **error);

/**
 * copilot_client_start() without waiting; the operation yields nothing. Cancelling it does not
 * stop the start.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_start()
 * @wire     connect, or ping and status.get where the CLI does not know it
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_start_async(copilot_client *client,
                                       copilot_op_cb callback,
                                       void *user_data,
                                       copilot_destroy_cb destroy,
                                       copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Ends the CLI in good order: lets go of every session, ends the CLI's input (over TCP: sends it
 * SIGTERM), and waits for the process to end by itself. A process that does not do so in time is
 * killed, which is no failure: when this returns, the process is gone. Of a server that was
 * connected to by "cliUrl" only the sessions and the connection end; the server goes on.
 *
 * The data of the sessions stays on disk. Calls that are pending fail with COPILOT_E_CLOSED, and so
 * does every later use of the sessions. A client that is not started is left as it is. After this,
 * only copilot_client_start() starts the CLI again. A start that is under way is given up. Where
 * another call is stopping the client already, this one waits for the same end.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds that all of this may take before the process is killed;
 *                    COPILOT_WAIT_FOREVER never kills it. To kill it at once there is
 *                    copilot_client_force_stop(), also while another thread is in this call
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms, and until a process that was killed is gone; serves the client's
 *           queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the client stays yours
 * @errors   COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: client is NULL or timeout_ms is 0
 * @wire     session.detach or session.destroy for each session, runtime.shutdown
 */
COPILOT_API
copilot_status copilot_client_stop(copilot_client *client,
                                   int32_t timeout_ms,
                                   copilot_error **error);

/**
 * copilot_client_stop() without waiting; the operation yields nothing. A cancelled one goes on in
 * the background; copilot_client_force_stop() cuts it short.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds that all of this may take before the process is killed; 0 kills
 *                    it without waiting, COPILOT_WAIT_FOREVER never kills it
 * @param callback    runs on the client's queue when the operation has ended; NULL for none
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL
 * @wire     session.detach or session.destroy for each session, runtime.shutdown
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_stop_async(copilot_client *client,
                                      int32_t timeout_ms,
                                      copilot_op_cb callback,
                                      void *user_data,
                                      copilot_destroy_cb destroy,
                                      copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Kills the CLI now; a server that was connected to by "cliUrl" only loses the connection. Pending
 * calls and the sessions fail with COPILOT_E_CLOSED. The data of the sessions stays on disk as far
 * as the CLI had written it.
 *
 * @param client  the client; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the client stays yours
 * @errors   none
 */
COPILOT_API void copilot_client_force_stop(copilot_client *client);

/**
 * How the client stands, at this moment. STATE events tell of every change.
 *
 * @param client  the client, or NULL
 * @return one of the COPILOT_CLIENT_ constants; COPILOT_CLIENT_DISCONNECTED for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the client stays yours
 * @errors   none
 */
COPILOT_API copilot_client_state copilot_client_get_state(const copilot_client *client);

/**
 * What the client has done so far, in numbers: an object of
 *
 *   "state"         "disconnected", "connecting", "connected" or "failed"
 *   "transport"     "stdio", "tcp" or "url"
 *   "processId"     the CLI's process id; only while one that this client started is connected
 *   "cli"           only while connected: "version" (null where the CLI does not tell it),
 *                   "protocol", and "path" of what was started or "address" of the server that was
 *                   there
 *   "starts"        how many starts were begun, and "restarts", how many of them because the
 *                   connection before had been lost
 *   "startTimings"  how long the steps of the last start took, in milliseconds with a fraction:
 *                   "resolveMs" to find the CLI, "spawnMs" to start its process, "connectMs" until
 *                   there was a TCP connection, "handshakeMs", "declareMs" for what the options and
 *                   callbacks offer to the server, and "totalMs". A step that was not taken, or not
 *                   ended, is not there
 *   "bytesIn", "bytesOut", "framesIn", "framesOut"
 *                   bytes and messages, counted over all connections of this client
 *   "events"        session events that came for sessions of this client
 *   "requests"      requests that the server made
 *   "callsPending"  calls whose answer has not come yet
 *   "sessions"      sessions that are open
 *   "queue"         of the client's queue: "items" and "bytes" that wait, how many events were
 *                   "merged" and "dropped" so far, and "unserved", true when items have been
 *                   waiting for seconds while nobody takes any
 *
 * More members may come; ignore those that you do not know.
 *
 * @param client  the client
 * @param error   receives the error on failure, NULL on success; may be NULL
 * @return the numbers, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the result is yours until copilot_json_free()
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_stats(const copilot_client *client,
                                   copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * The queue that the client delivers to: the one from its options, or the one that it made.
 *
 * @param client  the client, or NULL
 * @return the queue; NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    borrowed from the client and good as long as it; copilot_queue_ref() keeps it
 * @errors   none
 */
COPILOT_API copilot_queue *copilot_client_queue(const copilot_client *client);

/**
 * Calls any method of the server's, also one that this library does not know.
 *
 * When the time is up, or the operation is cancelled, the reply is ignored; the server is not told.
 * Methods that concern one session are called with copilot_session_call(), which adds the
 * session's id. Do not create or resume sessions this way: the library would not know them.
 *
 * @param client       the client
 * @param method       the method's name, such as "tools.list", UTF-8
 * @param params_json  the parameters as the text of a JSON object, UTF-8; NULL for {}
 * @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the result as the server gave it, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   COPILOT_E_RPC: the server refused, copilot_error_rpc_code() is -32601 when it does not
 *           know the method; COPILOT_E_TIMEOUT; COPILOT_E_TRANSPORT: the CLI went away;
 *           COPILOT_E_PROTOCOL: it sent what is no message; COPILOT_E_CLOSED: the client was
 *           stopped meanwhile; COPILOT_E_INVALID_STATE: it was stopped before, or it is not started
 *           and "autoStart" is false; those of copilot_client_start(), where this call starts the
 *           CLI; COPILOT_E_INVALID_JSON: the parameters are not JSON; COPILOT_E_INVALID_ARGUMENT:
 *           they are no object, a pointer is NULL, the method is empty, or timeout_ms is 0;
 *           COPILOT_E_INVALID_UTF8; COPILOT_E_WOULD_DEADLOCK
 * @wire     the method given
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_call(copilot_client *client,
                                  const char *method,
                                  const char *params_json,
                                  int32_t timeout_ms,
                                  copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_call() without waiting; the operation yields the result.
 *
 * @param client       the client
 * @param method       the method's name, UTF-8
 * @param params_json  the parameters as the text of a JSON object, UTF-8; NULL for {}
 * @param callback     runs on the client's queue when the operation has ended; NULL for none
 * @param user_data    handed to it
 * @param destroy      called once for user_data when it is not needed any more; NULL for none
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); texts are copied; user_data is the
 *           library's from the call on, also when the call fails
 * @errors   COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_UTF8. The
 *           operation ends with those of copilot_client_call()
 * @wire     the method given
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_call_async(copilot_client *client,
                                      const char *method,
                                      const char *params_json,
                                      copilot_op_cb callback,
                                      void *user_data,
                                      copilot_destroy_cb destroy,
                                      copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- What a client answers and hears, apart from its sessions -------------------------------- */

/**
 * Answers the server's requests of a method that has no kind of its own, such as "canvas.open", or
 * of all methods of a namespace, such as "sessionFs.*"; "*" is whatever comes. They arrive with
 * kind COPILOT_REQUEST_OTHER. Where several names fit, the most exact one is asked; and a
 * session's own handler, of copilot_session_config_on_method(), comes before all of these.
 *
 * copilot_request_respond() lists the methods that are known, with their answers and defaults. Some
 * are asked only when the server has been told that somebody will answer: for skillProvider.list
 * and providerToken.getToken a handler for them, or for their namespace, does that when a session
 * is made; gitHubToken.getToken needs a handler of the session's own; the others need an option or
 * a call of their own.
 *
 * What has a kind of its own is answered per session, by copilot_session_config_add_tool() and
 * copilot_session_config_on_request().
 *
 * @param client     the client
 * @param method     the method's name, or a namespace with ".*", or "*", UTF-8
 * @param callback   runs on the client's queue for each request, in place of the one registered
 *                   before. With NULL the requests come as REQUEST items where the client's queue
 *                   is of mode "items"; on a queue of mode "callbacks" the registration ends, and
 *                   the server is told that nobody knows the method
 * @param user_data  handed to the callback
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   outside of callbacks until a running call of the former callback has returned
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the callback is replaced or the client's last reference is freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: client or method is NULL, the method is empty, has a "*"
 *           elsewhere than at its end, or has a kind of its own; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_client_on_request(copilot_client *client,
                                         const char *method,
                                         copilot_request_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error);

/**
 * Calls a function for events that belong to the connection: STATE events, of type "state";
 * LIFECYCLE events, of types such as "session.created", "session.deleted", "session.updated",
 * "session.foreground" and "session.background", which tell of the sessions of every client of the
 * server; and NOTIFICATION events, whose type is the method of a notification that nothing else
 * stands for, such as "gitHubTelemetry.event". The events of your own sessions come by
 * copilot_session_config_on_event().
 *
 * @param client      the client
 * @param event_type  the type of event, UTF-8; NULL for all
 * @param callback    the function; it runs on the client's queue
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the number of the subscription, greater than 0, or a negative status
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the subscription ends or the client's last reference is freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: client or callback is NULL, or the type is empty;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
int64_t copilot_client_on_event(copilot_client *client,
                                const char *event_type,
                                copilot_event_cb callback,
                                void *user_data,
                                copilot_destroy_cb destroy,
                                copilot_error **error);

/**
 * Ends a subscription of copilot_client_on_event(). Outside of callbacks, when this returns the
 * callback is not running, will not run, and its user_data is destroyed. Inside any callback it
 * does not wait: the callback may be finishing a call on another thread, and the thread that
 * serves the queue destroys user_data.
 *
 * @param client        the client
 * @param subscription  the number that copilot_client_on_event() returned
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   outside of callbacks until a running call has returned; hold no lock that it takes
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    ends the library's ownership of user_data
 * @errors   COPILOT_E_NOT_FOUND: there is no such subscription; COPILOT_E_INVALID_ARGUMENT: client
 *           is NULL
 */
COPILOT_API
copilot_status copilot_client_off_event(copilot_client *client,
                                        int64_t subscription,
                                        copilot_error **error);

/* ---- What a client can ask of its server, by name -------------------------------------------- */

/**
 * Asks the server for a sign of life. The result is
 *
 *   {"message":"pong: ...","timestamp":"2026-01-31T12:00:00.000Z","protocolVersion":3}
 *
 * with your message after "pong: " and the server's time.
 *
 * @param client      the client
 * @param message     a text that comes back, UTF-8; NULL for none
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free(); the text is copied
 * @errors   those of copilot_client_call()
 * @wire     ping
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_ping(copilot_client *client,
                                  const char *message,
                                  int32_t timeout_ms,
                                  copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_ping() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param message    as for copilot_client_ping()
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL; COPILOT_E_INVALID_UTF8. The operation
 *           ends with those of copilot_client_ping()
 * @wire     ping
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_ping_async(copilot_client *client,
                                      const char *message,
                                      copilot_op_cb callback,
                                      void *user_data,
                                      copilot_destroy_cb destroy,
                                      copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks which CLI this is. The result is {"version":"1.0.102","protocolVersion":3}; newer ones add
 * members.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_client_call()
 * @wire     status.get
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_status(copilot_client *client,
                                    int32_t timeout_ms,
                                    copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_status() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_status()
 * @wire     status.get
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_status_async(copilot_client *client,
                                        copilot_op_cb callback,
                                        void *user_data,
                                        copilot_destroy_cb destroy,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks whether the CLI is signed in. The result is
 *
 *   {"isAuthenticated":true,"authType":"user","host":"https://github.com","login":"...",
 *    "statusMessage":"..."}
 *
 * where all but the first member may be missing; "authType" is "user", "env", "gh-cli", "hmac",
 * "api-key" or "token".
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_client_call()
 * @wire     auth.getStatus
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_auth_status(copilot_client *client,
                                         int32_t timeout_ms,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_auth_status() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_auth_status()
 * @wire     auth.getStatus
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_auth_status_async(copilot_client *client,
                                             copilot_op_cb callback,
                                             void *user_data,
                                             copilot_destroy_cb destroy,
                                             copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks for the models on offer. The result is {"models":[...]}, each with "id", "name",
 * "capabilities" and more. The library keeps no copy: each call asks the server.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_client_call(); a CLI that is not signed in refuses with
 *           COPILOT_E_RPC
 * @wire     models.list
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_list_models(copilot_client *client,
                                         int32_t timeout_ms,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_list_models() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_list_models()
 * @wire     models.list
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_list_models_async(copilot_client *client,
                                             copilot_op_cb callback,
                                             void *user_data,
                                             copilot_destroy_cb destroy,
                                             copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- The sessions that the server keeps, open or not ----------------------------------------- */

/**
 * Asks for the sessions on disk. The result is {"sessions":[...]}, each
 *
 *   {"sessionId":"...","startTime":"...","modifiedTime":"...","summary":"...","isRemote":false,
 *    "context":{"cwd":"...","gitRoot":"...","repository":"...","branch":"..."}}
 *
 * with ISO 8601 times; "summary" and "context" may be missing, newer servers add members.
 *
 * @param client       the client
 * @param filter_json  which sessions, as the text of a JSON object with any of the strings "cwd",
 *                         "gitRoot", "repository" and "branch", UTF-8; NULL for all
 * @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free(); the text is copied
 * @errors   those of copilot_client_call(), and COPILOT_E_INVALID_JSON or
 *           COPILOT_E_INVALID_ARGUMENT when the filter is no JSON object
 * @wire     session.list
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_list_sessions(copilot_client *client,
                                           const char *filter_json,
                                           int32_t timeout_ms,
                                           copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_list_sessions() without waiting; the operation yields the result.
 *
 * @param client       the client
 * @param filter_json  as for copilot_client_list_sessions()
 * @param callback     runs on the client's queue when the operation has ended; NULL for none
 * @param user_data    handed to it
 * @param destroy      called once for user_data when it is not needed any more; NULL for none
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL or the filter is no object;
 *           COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_UTF8. The operation ends
 *           with those of copilot_client_list_sessions()
 * @wire     session.list
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_list_sessions_async(copilot_client *client,
                                               const char *filter_json,
                                               copilot_op_cb callback,
                                               void *user_data,
                                               copilot_destroy_cb destroy,
                                               copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks which session was used last. The result is its id as a JSON string, or null when there is
 * no session.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_client_call()
 * @wire     session.getLastId
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_last_session_id(copilot_client *client,
                                             int32_t timeout_ms,
                                             copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_last_session_id() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_last_session_id()
 * @wire     session.getLastId
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_last_session_id_async(copilot_client *client,
                                                 copilot_op_cb callback,
                                                 void *user_data,
                                                 copilot_destroy_cb destroy,
                                                 copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Deletes a session's data from the disk. It cannot be undone.
 *
 * @param client      the client
 * @param session_id  the session, UTF-8
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the client stays yours; texts are copied
 * @errors   those of copilot_client_call(), and COPILOT_E_SESSION when the server could not, for
 *           instance because there is no such session
 * @wire     session.delete
 */
COPILOT_API
copilot_status copilot_client_delete_session(copilot_client *client,
                                             const char *session_id,
                                             int32_t timeout_ms,
                                             copilot_error **error);

/**
 * copilot_client_delete_session() without waiting; the operation yields nothing.
 *
 * @param client      the client
 * @param session_id  as for copilot_client_delete_session()
 * @param callback    runs on the client's queue when the operation has ended; NULL for none
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the id is empty;
 *           COPILOT_E_INVALID_UTF8. The operation ends with those of
 *           copilot_client_delete_session()
 * @wire     session.delete
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_delete_session_async(copilot_client *client,
                                                const char *session_id,
                                                copilot_op_cb callback,
                                                void *user_data,
                                                copilot_destroy_cb destroy,
                                                copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks which session the server's terminal shows, where it has one. The result is
 * {"sessionId":"...","workspacePath":"..."}; both members are missing when it shows none.
 *
 * @param client      the client
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_client_call()
 * @wire     session.getForeground
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_client_get_foreground_session(copilot_client *client,
                                                    int32_t timeout_ms,
                                                    copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_client_get_foreground_session() without waiting; the operation yields the result.
 *
 * @param client     the client
 * @param callback   runs on the client's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
 *           copilot_client_get_foreground_session()
 * @wire     session.getForeground
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_get_foreground_session_async(copilot_client *client,
                                                        copilot_op_cb callback,
                                                        void *user_data,
                                                        copilot_destroy_cb destroy,
                                                        copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Lets the server's terminal show a session.
 *
 * @param client      the client
 * @param session_id  the session, UTF-8
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
 *           if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
 * @owner    the client stays yours; texts are copied
 * @errors   those of copilot_client_call(), and COPILOT_E_SESSION when the server cannot, for
 *           instance because it has no terminal
 * @wire     session.setForeground
 */
COPILOT_API
copilot_status copilot_client_set_foreground_session(copilot_client *client,
                                                     const char *session_id,
                                                     int32_t timeout_ms,
                                                     copilot_error **error);

/**
 * copilot_client_set_foreground_session() without waiting; the operation yields nothing.
 *
 * @param client      the client
 * @param session_id  as for copilot_client_set_foreground_session()
 * @param callback    runs on the client's queue when the operation has ended; NULL for none
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the id is empty;
 *           COPILOT_E_INVALID_UTF8. The operation ends with those of
 *           copilot_client_set_foreground_session()
 * @wire     session.setForeground
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_client_set_foreground_session_async(copilot_client *client,
                                                        const char *session_id,
                                                        copilot_op_cb callback,
                                                        void *user_data,
                                                        copilot_destroy_cb destroy,
                                                        copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- Session configurations: options, tools and callbacks, before there is a session --------- */

/**
 * Makes a session configuration from a JSON object. One configuration is good for any number of
 * sessions, created or resumed.
 *
 * The keys are those of the wire's session.create and session.resume, every one of them, in the
 * wire's spelling or in snake_case, inside nested objects too. All are optional, and null is "not
 * given". A key that is not known is an error whose message names it and the one you may have
 * meant; so is what the server would take without a word and then not do: a provider's address that
 * it would double, a tool of yours that "availableTools" hides, and the like. "(create)" marks the
 * keys that only the making of a new session sends.
 *
 * The model
 *
 *   "model"              string: the model's id. Default: the server's choice.
 *   "allowedModels"      array of ids: the session may use these only
 *   "reasoningEffort"    string, such as "low", "medium" or "high"
 *   "reasoningSummary"   "none", "concise" or "detailed"
 *   "contextTier"        "default" or "long_context"
 *   "modelCapabilities"  object: what the model can do, in place of what the server believes, such
 *                        as {"supports":{"vision":true}}
 *   "capi"               {"autoTier":"...","enableWebSocketResponses":false}
 *   "enableCitations"    boolean
 *   "imageGeneration"    {"enabled":true,"watermark":true,"saveToDisk":true}
 *   "sessionLimits"      {"maxAiCredits":10}
 *
 * Model providers of your own
 *
 *   "provider"           object; "model" is needed beside it
 *       "type"             "openai", which is the default, "azure" or "anthropic"
 *       "baseUrl"          string, needed. The CLI appends "/chat/completions" or "/responses" for
 *                          "openai", "/v1/messages" for "anthropic", "/openai/..." for "azure"
 *       "wireApi"          "completions" or "responses"
 *       "apiKey", "bearerToken", "apiKeyCommand", "hasBearerTokenProvider"
 *                          how it is signed in to
 *       "azure"            {"apiVersion":"..."}: takes the versioned address of a deployment
 *       "headers"          object of strings: headers for every request
 *       "modelId", "wireModel"
 *                          strings: the model that is meant, and what it is called there
 *       "maxPromptTokens", "maxOutputTokens"
 *                          whole numbers
 *       "transport"        "http" or "websockets"
 *       "modelProvider"    string
 *   "providers"          array of providers with a "name" and without the last four rows
 *   "models"             array of {"id":"...","provider":"<name>","wireModel":"...",
 *                        "modelId":"...","name":"...","maxPromptTokens":1,
 *                        "maxContextWindowTokens":1,"maxOutputTokens":1,"capabilities":{...}}:
 *                        their models; "model" is then "<provider>/<id>"
 *
 * What the session is
 *
 *   "sessionId"          string: the id of a new session. Default: one is made. (create)
 *   "name"               string: what lists call it (create)
 *   "clientName"         string: what you call yourself
 *   "workingDirectory"   string: where the agent works. It must exist.
 *   "additionalDirectories"
 *                        array of paths: where it may work besides
 *   "trustWorkingDirectory"
 *                        "session" or "user" (create)
 *   "streaming"          boolean: whether the answer comes in pieces too, as events of type
 *                        "assistant.message_delta"
 *   "includeSubAgentStreamingEvents"
 *                        boolean: those of sub-agents too. Default: true.
 *   "infiniteSessions"   {"enabled":true,"backgroundCompactionThreshold":0.8,
 *                        "bufferExhaustionThreshold":0.95}: the compaction of long sessions;
 *                        without it there is no workspace path. Default: the server's, enabled.
 *   "memory"             {"enabled":true,"mode":"system-prompt"|"user-prompt"}
 *   "largeOutput"        {"enabled":true,"maxSizeBytes":1,"outputDirectory":"..."}: where long
 *                        results of tools go
 *   "enableFileChangeTracking", "enableSessionStore"
 *                        booleans
 *   "remoteSession"      "off", "export" or "on"
 *   "cloud"              {"repository":{"owner":"...","name":"...","branch":"..."}} (create)
 *   "gitHubToken"        string: a token for this session alone; or
 *   "gitHubTokenProviderRegistrationId"
 *                        string: who provides one
 *
 * What the model is told
 *
 *   "systemMessage"      {"mode":"append","content":"..."} adds to the server's own, "replace" puts
 *                        the content in its place, "customize" changes the parts of it:
 *                        "sections" is an object of {"action":"replace"|"remove"|"append"|
 *                        "prepend"|"preserve"|"transform","content":"..."} by name: preamble,
 *                        identity, tone, tool_efficiency, environment_context, code_change_rules,
 *                        guidelines, safety, tool_instructions, custom_instructions,
 *                        runtime_instructions, last_instructions, and what newer servers have.
 *                        "transform" asks COPILOT_REQUEST_SYSTEM_MESSAGE.
 *   "skipCustomInstructions"
 *                        boolean: without the instructions of the repository
 *   "instructionDirectories"
 *                        array of paths: where more of them are
 *   "organizationCustomInstructions"
 *                        string
 *   "refreshCustomInstructions"
 *                        boolean (create)
 *   "enableOnDemandInstructionDiscovery", "skipEmbeddingRetrieval"
 *                        booleans
 *   "embeddingCacheStorage"
 *                        string
 *
 * Tools
 *
 *   "tools"              array of tools that are declared here and answered elsewhere; see
 *                        copilot_session_config_add_tool() for tools that you answer
 *   "availableTools"     array of names: only these tools. [] is none at all, your own included. A
 *                        name may say whose it is, "builtin:bash", "mcp:x" or "custom:y", and be
 *                        "*" then.
 *   "excludedTools"      array of names: all but these; it counts before "availableTools"
 *   "toolSearch"         {"enabled":true,"deferThreshold":1}: tools are looked up, not all told
 *   "askUserVariant"     "legacy" or "elicitation"
 *   "commands"           array of {"name":"...","description":"..."}: slash commands, answered by
 *                        COPILOT_REQUEST_COMMAND
 *
 * MCP servers
 *
 *   "mcpServers"         object: servers by name. One that is started: {"command":"...",
 *                        "args":[...],"env":{...},"workingDirectory":"..."}; one that is there:
 *                        {"type":"http"|"sse","url":"...","headers":{...}}; both: "tools", names or
 *                        ["*"], and "timeout". What else the server knows is passed on.
 *   "disabledMcpServers" array of names
 *   "githubMcpToolConfig"
 *                        {"enableAllTools":true,"additionalToolsets":[...],"additionalTools":[...],
 *                        "enableInsidersMode":true,"disableFormDeferral":true}
 *   "mcpOAuthTokenStorage"
 *                        "persistent" or "in-memory"
 *   "authClientIdMetadataUrl"
 *                        string
 *   "enableMcpApps"      boolean
 *
 * Agents, skills, plugins, extensions
 *
 *   "customAgents"       array of {"name":"...","prompt":"...","displayName":"...",
 *                        "description":"...","tools":[...],"mcpServers":{...},"infer":true,
 *                        "skills":[...],"model":"...","modelPolicy":...,"reasoningEffort":"...",
 *                        "hooks":...}; the first two are needed
 *   "agent"              string: the name of the one to begin with
 *   "defaultAgent"       {"excludedTools":[...]}
 *   "customAgentsLocalOnly"
 *                        boolean
 *   "excludedBuiltinAgents", "includedBuiltinSkills", "disabledSkills"
 *                        arrays of names
 *   "agentDirectories", "hookDirectories", "skillDirectories", "pluginDirectories"
 *                        arrays of paths; those of plugins must be absolute
 *   "installedPlugins"   array of objects
 *   "enableSkills", "enableFileHooks", "hasSkillProvider", "manageScheduleEnabled"
 *                        booleans
 *   "canvases"           array of {"id":"...","displayName":"...","description":"...",
 *                        "inputSchema":{...},"actions":[{"name":"...","description":"...",
 *                        "inputSchema":{...}}]}; the first three are needed
 *   "canvasProvider"     {"id":"...","name":"..."}
 *   "requestCanvasRenderer", "requestExtensions"
 *                        booleans
 *   "extensionSdkPath", "extensionInfo"
 *                        string; {"source":"...","name":"..."}
 *
 * How the agent works
 *
 *   "autopilot"          {"continuationEnabled":true,"maxContinues":1}
 *   "sandboxConfig"      object, as the server has it
 *   "enableHostGitOperations", "coauthorEnabled", "interactiveUser"
 *                        booleans
 *   "configDirectory"    string: where its configuration is
 *   "enableConfigDiscovery"
 *                        boolean: whether that of the working directory counts
 *   "enableManagedSettings", "enforceManagedModelDefaults"
 *                        booleans
 *   "managedSettings"    {"permissions":{"deny":[...],"ask":[...],"allow":[...],"limitTo":...,
 *                        "disableBypassPermissionsMode":...,
 *                        "disableAssistedPermissionsMode":...}}
 *   "excludedManagedSettings"
 *                        array of names
 *
 * Telemetry and experiments
 *
 *   "enableSessionTelemetry", "enableGitHubTelemetryForwarding", "enableExperimentalMode"
 *                        booleans
 *   "diagnostics", "lifecycleDiagnostics", "expAssignments"
 *                        objects, as the server has them
 *   "featureFlags"       object of booleans
 *   "traceparent", "tracestate"
 *                        strings: the trace that this belongs to
 *
 * Only when a session is resumed or reopened
 *
 *   "continuePendingWork"
 *                        boolean: what was in hand goes on
 *   "suppressResumeEvent"
 *                        boolean: no event of type "session.resume"
 *   "allowTranscriptRecovery"
 *                        boolean: a history that is broken is repaired; copilot_session_info() has
 *                        the report
 *   "openCanvases", "factories"
 *                        arrays of objects
 *   "requestedEnvironmentVariables"
 *                        array of names
 *
 * "skipCustomInstructions", "coauthorEnabled", "manageScheduleEnabled", "installedPlugins" and
 * "includedBuiltinSkills" are told by a call of their own, session.options.update, once the session
 * is open. Where that fails the session is let go of again, and the error is that of the making;
 * COPILOT_E_UNSUPPORTED means that the CLI is too old for it.
 *
 * These keys stay in the library:
 *
 *   "permissionDefault"  "deny" or "pending": what becomes of permission requests when no callback
 *                        for COPILOT_REQUEST_PERMISSION is registered. "pending" leaves them to
 *                        another client of the session. Default: "deny"; "pending" where the
 *                        client is connected to a server by "cliUrl".
 *   "permissionPolicy"   {"deny":[...],"ask":[...],"allow":[...]}: rules that are applied, in that
 *                        order, before the callback for COPILOT_REQUEST_PERMISSION is asked. A rule
 *                        is an object of "kind", "command", "path", "host", "tool", "server" and
 *                        others, such as {"command":"git status"} or {"host":"*.example.com"};
 *                        all of its members must hold. What is denied is rejected with the rule's
 *                        "reason", and the turn goes on; what no rule settles is the callback's.
 *                        Each verdict is a COPILOT_EVENT_POLICY. Allowing is strict: a command that
 *                        is chained, substituted or redirected, a path that leads elsewhere, or a
 *                        URL that needs repair is not allowed unless all of it is. It is no
 *                        sandbox. docs/permissions.md has every member and what is promised.
 *   "requestTimeoutMs"   whole number from 1: after this many milliseconds a request that is still
 *                        unanswered gets the default of its kind. Default: never.
 *   "rawParams"          object: further members of the call, sent as they are, for servers newer
 *                        than this library
 *
 * Whether the server asks permissions, user input, elicitations and the like follows from
 * copilot_session_config_on_request() and cannot be given here.
 *
 * @param json   the options as JSON text, UTF-8; NULL for all defaults
 * @param error  receives the error on failure, NULL on success; may be NULL
 * @return the configuration, to be freed with copilot_session_config_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the configuration is yours until copilot_session_config_free(); the text is copied
 * @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: a key is not known,
 *           its value is not what it takes, or what it needs beside it is missing;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
COPILOT_MUST_USE
copilot_session_config *copilot_session_config_new(const char *json,
                                                   copilot_error **error)
  COPILOT_OWNED(copilot_session_config_free);

/**
 * The configuration's JSON, to be read and changed with the copilot_json_ functions. Changes count
 * for the sessions made afterwards, and are checked when one is made.
 *
 * @param config  the configuration, or NULL
 * @return the JSON; NULL for NULL
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON belongs to the configuration and lives as long as it; do not free it
 * @errors   none
 */
COPILOT_API copilot_json *copilot_session_config_json(copilot_session_config *config);

/**
 * Lets sessions deliver their events, requests and completions to this queue instead of the
 * client's. Several sessions may share one.
 *
 * @param config  the configuration
 * @param queue   the queue; NULL goes back to the client's
 * @param error   receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the configuration takes a reference of its own; yours stays yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: config is NULL
 */
COPILOT_API
copilot_status copilot_session_config_set_queue(copilot_session_config *config,
                                                copilot_queue *queue,
                                                copilot_error **error);

/**
 * Offers a tool to the model. Each of its calls is a request of kind COPILOT_REQUEST_TOOL.
 *
 * The tool is a JSON object:
 *
 *   "name"                  string, needed: a-z, A-Z, 0-9, "_" and "-"; each name once
 *   "description"           string: what the tool is for; the model reads it
 *   "parameters"            object: the JSON schema of its arguments
 *   "overridesBuiltInTool"  boolean: takes the place of a tool of the agent's with this name;
 *                           without it such a name fails the first turn, COPILOT_E_SESSION
 *   "skipPermission"        boolean: runs without a permission request
 *   "title", "instructions", "defer", "isTerminal", "metadata", "namespace", "namespacedName"
 *                           as the wire has them, for servers that know them
 *
 * @param config     the configuration
 * @param tool_json  the tool as JSON text, UTF-8
 * @param callback   runs on the session's queue for each call. With NULL the calls come as REQUEST
 *                   items, for which the session needs a queue of mode "items"
 * @param user_data  handed to the callback
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the configuration and every session made from it are freed
 * @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, a key is not
 *           known, the name is missing, has a wrong character or was added before;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_session_config_add_tool(copilot_session_config *config,
                                               const char *tool_json,
                                               copilot_request_cb callback,
                                               void *user_data,
                                               copilot_destroy_cb destroy,
                                               copilot_error **error);

/**
 * Answers a kind of question, and tells the server so where the wire has a word for it. It takes
 * the place of what was registered for the kind before.
 *
 * The sections that COPILOT_REQUEST_SYSTEM_MESSAGE may rewrite are those to which the configuration
 * gives the action "transform", as in
 * {"systemMessage":{"sections":{"tone":{"action":"transform"}}}}; the mode is then "customize",
 * whatever it says. Without such a section nothing is asked.
 *
 * Without a callback permission requests are denied (see "permissionDefault"), the agent has no way
 * to ask the user, and the other kinds do not come up or get the default that
 * copilot_request_respond() names.
 *
 * @param config     the configuration
 * @param kind       one of the COPILOT_REQUEST_ constants, but not COPILOT_REQUEST_TOOL, for which
 *                   there is copilot_session_config_add_tool(), and not COPILOT_REQUEST_OTHER, for
 *                   which there is copilot_session_config_on_method()
 * @param callback   runs on the session's queue for each question. With NULL they come as REQUEST
 *                   items, for which the session needs a queue of mode "items"
 * @param user_data  handed to the callback
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the configuration and every session made from it are freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: config is NULL, or it is no kind that can be given here
 */
COPILOT_API
copilot_status copilot_session_config_on_request(copilot_session_config *config,
                                                 copilot_request_kind kind,
                                                 copilot_request_cb callback,
                                                 void *user_data,
                                                 copilot_destroy_cb destroy,
                                                 copilot_error **error);

/**
 * Answers the server's requests of a method that has no kind of its own, as far as they concern
 * sessions made from this configuration: "sessionFs.*", "canvas.open", "providerToken.getToken",
 * "skillProvider.*", "gitHubToken.getToken" and whatever else names a session. A namespace with
 * ".*" stands for all its methods, "*" for whatever comes; the most exact name is asked. Requests
 * that no handler here is for go to those of copilot_client_on_request(). It takes the place of
 * what was registered for the same name before.
 *
 * The handlers are in place before the server is asked for the session, for some requests come
 * before its reply. A handler also tells the server, where that is needed, that there is somebody
 * to ask:
 *
 *   skillProvider.list      the session gets "hasSkillProvider"
 *   providerToken.getToken  "provider", and each of "providers", gets "hasBearerTokenProvider" when
 *                           it has no "apiKey", "apiKeyCommand" or "bearerToken"
 *   gitHubToken.getToken    the session gets a "gitHubTokenProviderRegistrationId", a new one when
 *                           the configuration has none; its questions come one at a time
 *
 * copilot_request_respond() lists the methods with their answers and defaults. When a session is
 * disconnected its handlers are asked until the server has let go of it, for it writes its last
 * files then; when one is only freed they go at once. So disconnect a session whose files you keep.
 *
 * @param config     the configuration
 * @param method     the method's name, or a namespace with ".*", or "*", UTF-8
 * @param callback   runs on the session's queue for each request. With NULL they come as REQUEST
 *                   items, for which the session needs a queue of mode "items"
 * @param user_data  handed to the callback
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the configuration and every session made from it are freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: config or method is NULL, the method is empty, has a "*"
 *           elsewhere than at its end, or has a kind of its own; COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_session_config_on_method(copilot_session_config *config,
                                                const char *method,
                                                copilot_request_cb callback,
                                                void *user_data,
                                                copilot_destroy_cb destroy,
                                                copilot_error **error);

/**
 * Calls a function for the session's events, from the very first one on: it is in place before the
 * server is asked. Later there is copilot_session_on_event().
 *
 * The spellings of the first SDKs' documents are understood too: "assistant.message.delta" means
 * "assistant.message_delta", and "tool.executionStart" means "tool.execution_start". The event
 * itself has the wire's type. A type that this version of the library does not know is no error.
 *
 * The texts at "/data/deltaContent" of the events "assistant.message_delta" that have the same
 * "/data/messageId" make up the content of the "assistant.message" with that id. When the server
 * has to try a model's call again, the text comes again from its beginning: after the event
 * "assistant.message_start" on the servers that have it, throw away what was collected for a
 * message that never came.
 *
 * @param config      the configuration
 * @param event_type  the type of event, such as "assistant.message", UTF-8; NULL for all
 * @param callback    the function; it runs on the session's queue
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the configuration and every session made from it are freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: config or callback is NULL, or the type is empty;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_session_config_on_event(copilot_session_config *config,
                                               const char *event_type,
                                               copilot_event_cb callback,
                                               void *user_data,
                                               copilot_destroy_cb destroy,
                                               copilot_error **error);

/**
 * Frees a configuration. Sessions that were made from it are not affected, and keep what was
 * registered.
 *
 * @param config  the configuration; NULL is nothing
 *
 * @threads  any; nobody may use the configuration any more
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the configuration
 * @errors   none
 */
COPILOT_API void copilot_session_config_free(copilot_session_config *config);

/* ---- Sessions: one conversation each --------------------------------------------------------- */

/**
 * Creates a session on the server, starting the CLI first if need be.
 *
 * Callbacks of the configuration are in place before the server is asked, so that no event is
 * missed. The session delivers to the configuration's queue if it has one, else to the client's.
 * When the time is up, a session that is made all the same is let go of.
 *
 * @param client      the client
 * @param config      what it is made from; NULL leaves everything at its default
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the session, to be freed with copilot_session_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the queue that the session is to have meanwhile if nobody else
 *           does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the queue that the session is to have
 * @owner    the session is yours until copilot_session_free(); client and configuration stay yours
 * @errors   those of copilot_client_call(); COPILOT_E_INVALID_ARGUMENT also when the
 *           configuration's JSON was changed into something that is none, when its tool filters
 *           hide a tool of yours, or when something is to come as items and the queue is not of
 *           mode "items"; COPILOT_E_RPC also when the server refuses the configuration;
 *           COPILOT_E_SESSION, COPILOT_E_UNSUPPORTED: it refuses, or does not know, the options
 *           that are told after the making
 * @wire     session.create, session.options.update
 */
COPILOT_API
COPILOT_MUST_USE
copilot_session *copilot_session_create(copilot_client *client,
                                        const copilot_session_config *config,
                                        int32_t timeout_ms,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_session_free);

/**
 * copilot_session_create() without waiting; the operation yields the session.
 *
 * @param client     the client
 * @param config     what it is made from; NULL leaves everything at its default
 * @param callback   runs on the queue that the session is to have when the operation has ended;
 *                   NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; client and configuration stay yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_create(). The
 *           operation ends with those of copilot_session_create()
 * @wire     session.create
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_create_async(copilot_client *client,
                                         const copilot_session_config *config,
                                         copilot_op_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Opens a session again that the server has kept, with its history. Tools and callbacks are those
 * of the configuration; nothing is left of those that the session had before. The session delivers
 * to the configuration's queue if it has one, else to the client's. A handle that this client still
 * has to the same session ends: its calls fail with COPILOT_E_CLOSED. To keep that handle with its
 * tools and callbacks there is copilot_session_reopen().
 *
 * @param client      the client
 * @param session_id  the session, UTF-8
 * @param config      what it is made from; NULL leaves everything at its default
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the session, to be freed with copilot_session_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the queue that the session is to have meanwhile if nobody else
 *           does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the queue that the session is to have
 * @owner    the session is yours until copilot_session_free(); client and configuration stay yours
 * @errors   those of copilot_session_create(); COPILOT_E_RPC also when there is no such session;
 *           COPILOT_E_INVALID_ARGUMENT also when the id is empty or the configuration names another
 *           one
 * @wire     session.resume
 */
COPILOT_API
COPILOT_MUST_USE
copilot_session *copilot_session_resume(copilot_client *client,
                                        const char *session_id,
                                        const copilot_session_config *config,
                                        int32_t timeout_ms,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_session_free);

/**
 * copilot_session_resume() without waiting; the operation yields the session.
 *
 * @param client      the client
 * @param session_id  the session, UTF-8
 * @param config      what it is made from; NULL leaves everything at its default
 * @param callback    runs on the queue that the session is to have when the operation has ended;
 *                    NULL for none
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; client and configuration stay yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_resume();
 *           COPILOT_E_INVALID_UTF8. The operation ends with those of copilot_session_resume()
 * @wire     session.resume
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_resume_async(copilot_client *client,
                                         const char *session_id,
                                         const copilot_session_config *config,
                                         copilot_op_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * One more reference to the same session.
 *
 * @param session  the session, or NULL
 * @return the same session, to be freed with copilot_session_free(); NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the reference is yours until copilot_session_free()
 * @errors   none
 */
COPILOT_API copilot_session *copilot_session_ref(copilot_session *session);

/**
 * Gives a reference up. With the last one the session's callbacks end: those that are not running
 * are destroyed here, questions that wait get their default, and the session is let go of in the
 * background as by copilot_session_disconnect(). The server keeps its data.
 *
 * @param session  the session; NULL is nothing
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    takes the reference
 * @errors   none
 */
COPILOT_API void copilot_session_free(copilot_session *session);

/**
 * The session's id.
 *
 * @param session  the session, or NULL
 * @return the id as UTF-8; NULL for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the session and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_session_id(const copilot_session *session);

/**
 * Where the session keeps its files, such as plans and checkpoints, when it was first opened.
 *
 * @param session  the session, or NULL
 * @return the path as UTF-8; NULL when the session has no such place, and for NULL
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the text belongs to the session and lives as long as it
 * @errors   none
 */
COPILOT_API const char *copilot_session_workspace_path(const copilot_session *session);

/**
 * Calls a function for the session's events from now on. To miss none of the first ones use
 * copilot_session_config_on_event(), which also tells how types may be spelled.
 *
 * @param session     the session
 * @param event_type  the type of event, such as "assistant.message", UTF-8; NULL for all
 * @param callback    the function; it runs on the session's queue
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the number of the subscription, greater than 0, or a negative status
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the subscription ends or the session's last reference is freed
 * @errors   COPILOT_E_INVALID_ARGUMENT: session or callback is NULL, or the type is empty;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
int64_t copilot_session_on_event(copilot_session *session,
                                 const char *event_type,
                                 copilot_event_cb callback,
                                 void *user_data,
                                 copilot_destroy_cb destroy,
                                 copilot_error **error);

/**
 * Ends a subscription of copilot_session_on_event() or of copilot_session_on_event_direct().
 * Outside of callbacks, when this returns the callback is not running, will not run, and its
 * user_data is destroyed. Inside any callback it does not wait: the callback may be finishing a
 * call on another thread, and the thread that serves the queue destroys user_data.
 *
 * @param session       the session
 * @param subscription  the number that one of the two returned
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   outside of callbacks until a running call has returned; hold no lock that it takes
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    ends the library's ownership of user_data
 * @errors   COPILOT_E_NOT_FOUND: there is no such subscription; COPILOT_E_INVALID_ARGUMENT: session
 *           is NULL
 */
COPILOT_API
copilot_status copilot_session_off_event(copilot_session *session,
                                         int64_t subscription,
                                         copilot_error **error);

/**
 * Lets go of the session: no more events come, its questions are withdrawn, waits and later calls
 * fail with COPILOT_E_CLOSED. The server keeps its data: copilot_session_reopen() opens it again on
 * this handle, copilot_session_resume() on another, and copilot_client_delete_session() deletes it.
 * Doing it twice is no error.
 *
 * @param session     the session
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the session stays yours
 * @errors   COPILOT_E_SESSION, COPILOT_E_RPC: the server could not, and the session is let go of on
 *           this side all the same; COPILOT_E_TRANSPORT: the CLI went away; COPILOT_E_TIMEOUT;
 *           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: session is NULL or timeout_ms is
 *           0
 * @wire     session.detach, or session.destroy where the server does not know it
 */
COPILOT_API
copilot_status copilot_session_disconnect(copilot_session *session,
                                          int32_t timeout_ms,
                                          copilot_error **error);

/**
 * copilot_session_disconnect() without waiting; the operation yields nothing.
 *
 * @param session    the session
 * @param callback   runs on the session's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL. The operation ends with those of
 *           copilot_session_disconnect()
 * @wire     session.detach, or session.destroy where the server does not know it
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_disconnect_async(copilot_session *session,
                                             copilot_op_cb callback,
                                             void *user_data,
                                             copilot_destroy_cb destroy,
                                             copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- Sessions: events without a queue, on the thread that reads them ------------------------- */

/**
 * Calls a function for the session's events on the thread that reads them, before they go anywhere
 * else: the shortest way that an event can take. Nothing waits, nothing is allocated for an event,
 * and nobody need serve a queue.
 *
 * The price is that the function runs on a thread of the library's, for which this call asks, and
 * that nothing else of the client is read until it returns: it must not block, and should be done
 * in a moment. Blocking calls of the library, copilot_queue_dispatch() and copilot_queue_next()
 * with a timeout return COPILOT_E_WOULD_DEADLOCK inside it, for whatever client or queue; every
 * other call is allowed, the _async ones and copilot_session_off_event() among them. The thread has
 * 2 MiB of stack and blocks nearly all signals. The functions of one client run one at a time.
 *
 * The session's other functions, and a queue that takes everything, get the event as well, after
 * this one has returned. Requests, completions and all other kinds of items go through queues as
 * ever. The event is lent for the call, in memory that the next one is told in; copilot_event_ref()
 * keeps it. It has no callbacks for copilot_event_deliver() to run.
 *
 * To miss none of the first events use copilot_session_config_on_event_direct().
 *
 * @param session     the session
 * @param event_type  the type of event, such as "assistant.message_delta", UTF-8; NULL for all
 * @param callback    the function
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the number of the subscription for copilot_session_off_event(), greater than 0, or a
 *         negative status
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the subscription ends or the session's last reference is freed. Where that is not
 *           by copilot_session_off_event() outside of callbacks, the function may be running at
 *           that moment, and user_data is destroyed after it by the thread that serves the
 *           session's queue, never by the one that reads
 * @errors   COPILOT_E_INVALID_ARGUMENT: session or callback is NULL, or the type is empty;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
int64_t copilot_session_on_event_direct(copilot_session *session,
                                        const char *event_type,
                                        copilot_event_cb callback,
                                        void *user_data,
                                        copilot_destroy_cb destroy,
                                        copilot_error **error);

/**
 * Calls a function for the session's events on the thread that reads them, from the very first one
 * on: it may run before copilot_session_create() has returned, and then the program has no session
 * yet. In all else as copilot_session_on_event_direct().
 *
 * Sessions of several clients that are made from one configuration have readers of their own, which
 * may call the function at the same time.
 *
 * @param config      the configuration
 * @param event_type  the type of event, such as "assistant.message_delta", UTF-8; NULL for all
 * @param callback    the function
 * @param user_data   handed to it
 * @param destroy     called once for user_data when it is not needed any more; NULL for none
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  one at a time for each configuration
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
 *           when the configuration and every session made from it are freed, and not by the thread
 *           that reads
 * @errors   COPILOT_E_INVALID_ARGUMENT: config or callback is NULL, or the type is empty;
 *           COPILOT_E_INVALID_UTF8
 */
COPILOT_API
copilot_status copilot_session_config_on_event_direct(copilot_session_config *config,
                                                      const char *event_type,
                                                      copilot_event_cb callback,
                                                      void *user_data,
                                                      copilot_destroy_cb destroy,
                                                      copilot_error **error);

/* ---- The calls of a session ------------------------------------------------------------------ */

/**
 * Sends a message and returns as soon as the server has taken it. What becomes of it comes as
 * events: "assistant.message", and "session.idle" when the turn is over. The result is
 * {"messageId":"..."}.
 *
 * The message is a JSON object; a key that is not known is an error.
 *
 *   "prompt"          string, needed: the text
 *   "attachments"     array of objects by "type":
 *                       "file"       "path", absolute, of a text or an image; "lineRange"
 *                       "directory"  "path", absolute
 *                       "selection"  "filePath", "text", "selection":{"start":{"line":1,
 *                                    "character":0},"end":{...}}
 *                       "blob"       "data" in base64, "mimeType"; an image, say
 *                       "github_reference", "github_commit", "github_release",
 *                       "github_actions_job", "github_repository", "github_file_diff",
 *                       "github_tree_comparison", "github_url", "github_file",
 *                       "github_snippet", "extension_context"
 *                                    as the wire has them
 *                     The first four have a "displayName", which is made where it is missing.
 *   "mode"            "enqueue" waits for the turn that is running, "immediate" steers it. Default:
 *                     the server's.
 *   "agentMode"       "interactive", "plan", "autopilot" or "shell"
 *   "displayPrompt"   string: what the history shows in place of the prompt
 *   "responseFormat"  object: {"type":"json_schema","jsonSchema":{...}}
 *   "requestHeaders"  object of strings: headers for the model's provider
 *   "source", "traceparent", "tracestate"
 *                     strings, as the wire has them
 *   "rawParams"       object: further members of the call, sent as they are
 *
 * The keys of copilot_session_send_and_wait() are allowed and mean nothing here.
 *
 * @param session       the session
 * @param message_json  the message as JSON text, UTF-8
 * @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); the text is copied
 * @errors   those of copilot_session_call()
 * @wire     session.send
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_send(copilot_session *session,
                                   const char *message_json,
                                   int32_t timeout_ms,
                                   copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_send() without waiting; the operation yields the result.
 *
 * @param session       the session
 * @param message_json  the message as JSON text, UTF-8
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; the text is copied
 * @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the message is
 *           not as it should be; COPILOT_E_INVALID_UTF8. The operation ends with those of
 *           copilot_session_send()
 * @wire     session.send
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_send_async(copilot_session *session,
                                       const char *message_json,
                                       copilot_op_cb callback,
                                       void *user_data,
                                       copilot_destroy_cb destroy,
                                       copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Sends a message and waits until its turn is over. The result is
 *
 *   {"outcome":"answer","messageId":"...","model":"...","event":{...}}
 *
 *   "outcome"    "answer": the turn ended with an event of type "assistant.message" that has a
 *                text, which is at "/event/data/content". "empty": it ended well, but without a
 *                text; CLIs from 1.0.85 on report a model that says nothing as an error instead.
 *                "refused": a policy or a hook kept the message back.
 *   "messageId"  the id under which the server accepted the message
 *   "model"      the model that wrote the answer, to be compared with the one that was asked for;
 *                only where the server says it
 *   "event"      the turn's last "assistant.message", or null
 *
 * The turn is over when the session has nothing left to do: also none of the background tasks that
 * the agent started, as far as the server waits for them. Not the end are: what sub-agents
 * do and how they fail, the pauses between two turns of the autopilot, errors that were reported by
 * "session.log", failures in the background after which the turn goes on, and whatever belongs to
 * the messages of others. Several waits may go on at once. Messages that were sent while a turn was
 * running end together when the session is idle again, each with its own answer; a message with
 * "mode" "immediate" that joined a turn has the answer of that turn. CLIs before 1.0.85 do not
 * say to which message an event belongs, so there the text and the order of the messages decide.
 *
 * When the time is up, or the wait is cancelled, the turn goes on at the server and its events keep
 * coming. Besides the keys of copilot_session_send() the message may have:
 *
 *   "inactivityTimeoutMs"  whole number from 1: gives up with COPILOT_E_TIMEOUT when no event of
 *                          the session has come for so many milliseconds. The clock stands still
 *                          while a question of the session is with the program, since a person may
 *                          have to answer it; timeout_ms goes on. A server that obeys a rate limit
 *                          waits in silence, so choose the limit longer than that may take.
 *   "abortOnTimeout"       boolean: aborts the turn when a time is up. Default: false.
 *   "abortOnCancel"        boolean: aborts the turn when the operation is cancelled. Default:
 *                          false.
 *
 * The member "reason" of copilot_error_data() says why a wait ended without a result, and
 * "lastActivity" what the session was doing:
 *
 *   "timeout"       COPILOT_E_TIMEOUT: timeout_ms ran out
 *   "inactivity"    COPILOT_E_TIMEOUT: "inactivityTimeoutMs" ran out
 *   "aborted"       COPILOT_E_CANCELLED: somebody aborted the turn, or the session while the
 *                   message waited for its turn
 *   "error"         COPILOT_E_SESSION: the turn failed; "class" may tell in what field
 *   "autopilot"     COPILOT_E_SESSION: the autopilot stopped because of an error
 *   "shutdown"      COPILOT_E_SESSION: the server shut the session down
 *   "exit"          COPILOT_E_TRANSPORT: the CLI's process ended; "exit" tells how
 *   "disconnected"  COPILOT_E_CLOSED: the session was disconnected or its client stopped;
 *                   COPILOT_E_TRANSPORT: the connection broke; COPILOT_E_PROTOCOL: the server
 *                   sent what nobody can read
 *
 * @param session       the session
 * @param message_json  the message as JSON text, UTF-8
 * @param timeout_ms    milliseconds that all of it may take, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); the text is copied
 * @errors   those of the table above, and where the message was not accepted those of
 *           copilot_session_call()
 * @wire     session.send
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_send_and_wait(copilot_session *session,
                                            const char *message_json,
                                            int32_t timeout_ms,
                                            copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_send_and_wait() without waiting; the operation yields the result. It has
 * no limit of time but "inactivityTimeoutMs"; copilot_op_cancel() ends it.
 *
 * @param session       the session
 * @param message_json  the message as JSON text, UTF-8
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; the text is copied
 * @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the message is
 *           not as it should be; COPILOT_E_INVALID_UTF8. The operation ends with those of
 *           copilot_session_send_and_wait()
 * @wire     session.send
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_send_and_wait_async(copilot_session *session,
                                                const char *message_json,
                                                copilot_op_cb callback,
                                                void *user_data,
                                                copilot_destroy_cb destroy,
                                                copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Aborts the turn that is running. Its questions are withdrawn, and a wait for it ends with
 * COPILOT_E_CANCELLED. The session can be used further. Where no turn is running it does nothing.
 *
 * @param session     the session
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the session stays yours
 * @errors   those of copilot_session_call(); COPILOT_E_SESSION: the server could not
 * @wire     session.abort
 */
COPILOT_API
copilot_status copilot_session_abort(copilot_session *session,
                                     int32_t timeout_ms,
                                     copilot_error **error);

/**
 * copilot_session_abort() without waiting; the operation yields nothing.
 *
 * @param session    the session
 * @param callback   runs on the session's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL. The operation ends with those of
 *           copilot_session_abort()
 * @wire     session.abort
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_abort_async(copilot_session *session,
                                        copilot_op_cb callback,
                                        void *user_data,
                                        copilot_destroy_cb destroy,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks for the session's history. The result is {"events":[...]}: the events so far in their order,
 * without those that are not kept, such as deltas and "session.idle".
 *
 * @param session     the session
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free()
 * @errors   those of copilot_session_call()
 * @wire     session.getMessages
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_get_messages(copilot_session *session,
                                           int32_t timeout_ms,
                                           copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_get_messages() without waiting; the operation yields the result.
 *
 * @param session    the session
 * @param callback   runs on the session's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails
 * @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL. The operation ends with those of
 *           copilot_session_get_messages()
 * @wire     session.getMessages
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_get_messages_async(copilot_session *session,
                                               copilot_op_cb callback,
                                               void *user_data,
                                               copilot_destroy_cb destroy,
                                               copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Lets another model answer, from the next message on. The result is {"modelId":"..."}; newer
 * servers add members.
 *
 * @param session       the session
 * @param model_id      the model, UTF-8; copilot_client_list_models() has the ids
 * @param options_json  more members of the call as the text of a JSON object, UTF-8; NULL for none:
 *                      "reasoningEffort", "reasoningSummary", "contextTier", "modelCapabilities",
 *                      "autoTier" (null takes the tier back; for the model "auto"), and others
 *                      that the server knows
 * @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   those of copilot_session_call()
 * @wire     session.model.switchTo
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_set_model(copilot_session *session,
                                        const char *model_id,
                                        const char *options_json,
                                        int32_t timeout_ms,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_set_model() without waiting; the operation yields the result.
 *
 * @param session       the session
 * @param model_id      as for copilot_session_set_model()
 * @param options_json  as for copilot_session_set_model()
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; texts are copied
 * @errors   COPILOT_E_INVALID_JSON: the options are not JSON; COPILOT_E_INVALID_ARGUMENT: they are
 *           no object, a pointer is NULL, or the id is empty; COPILOT_E_INVALID_UTF8. The operation
 *           ends with those of copilot_session_set_model()
 * @wire     session.model.switchTo
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_set_model_async(copilot_session *session,
                                            const char *model_id,
                                            const char *options_json,
                                            copilot_op_cb callback,
                                            void *user_data,
                                            copilot_destroy_cb destroy,
                                            copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Calls any method of the server's that concerns this session, also one that this library does not
 * know. The session's id is added to the parameters.
 *
 * @param session      the session
 * @param method       the method's name, UTF-8
 * @param params_json  the parameters as the text of a JSON object, UTF-8, without "sessionId";
 *                     NULL for none
 * @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the result, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   COPILOT_E_RPC: the server refused, copilot_error_rpc_code() is -32601 when it does not
 *           know the method; COPILOT_E_TIMEOUT; COPILOT_E_TRANSPORT: the CLI went away, and the
 *           session with it until copilot_session_reopen(); COPILOT_E_PROTOCOL: the CLI sent what
 *           is no message; COPILOT_E_CLOSED: the session was disconnected or opened again, or the
 *           client stopped; COPILOT_E_INVALID_JSON: a text is not JSON; COPILOT_E_INVALID_ARGUMENT:
 *           it is not what it should be, a pointer is NULL, a text is empty, or timeout_ms is 0;
 *           COPILOT_E_INVALID_UTF8; COPILOT_E_WOULD_DEADLOCK
 * @wire     the method given, such as session.mode.set
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_call(copilot_session *session,
                                   const char *method,
                                   const char *params_json,
                                   int32_t timeout_ms,
                                   copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_call() without waiting; the operation yields the result.
 *
 * @param session      the session
 * @param method       the method's name, UTF-8
 * @param params_json  as for copilot_session_call()
 * @param callback     runs on the session's queue when the operation has ended; NULL for none
 * @param user_data    handed to it
 * @param destroy      called once for user_data when it is not needed any more; NULL for none
 * @param error        receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; texts are copied
 * @errors   COPILOT_E_INVALID_JSON: the parameters are not JSON; COPILOT_E_INVALID_ARGUMENT: they
 *           are no object or name another session, a pointer is NULL, or the method is empty;
 *           COPILOT_E_INVALID_UTF8. The operation ends with those of copilot_session_call()
 * @wire     the method given, such as session.mode.set
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_call_async(copilot_session *session,
                                       const char *method,
                                       const char *params_json,
                                       copilot_op_cb callback,
                                       void *user_data,
                                       copilot_destroy_cb destroy,
                                       copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- What becomes of a session while it is open, and how it is opened again ------------------ */

/**
 * What is known of the session, as the server has said it and its events have changed it since:
 *
 *   "sessionId"           string
 *   "workspacePath"       string: as copilot_session_workspace_path() has it
 *   "capabilities"        object: what the server can do for this session, such as
 *                         {"ui":{"elicitation":true}}; follows "capabilities.changed"
 *   "openCanvases"        array of objects by "instanceId"; follows "session.canvas.opened" and
 *                         "session.canvas.closed"
 *   "model"               string: the model that answers, where the server has named it; follows
 *                         "session.model_change"
 *   "remoteUrl", "isRemote", "startTime"
 *                         as the server has them
 *   "transcriptRecovery"  object: what was repaired, after a resume with "allowTranscriptRecovery"
 *   "grantedEnvironmentVariables"
 *                         object: what was asked for by "requestedEnvironmentVariables"
 *
 * What the server has not told is missing, but for the first, "capabilities" and "openCanvases".
 *
 * @param session  the session
 * @param error    receives the error on failure, NULL on success; may be NULL
 * @return the JSON of this moment, to be freed with copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the JSON is yours until copilot_json_free(), and changes no more
 * @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_info(const copilot_session *session,
                                   copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * Opens the session again on this very handle: after the CLI went away, after
 * copilot_client_stop() and copilot_client_start(), after copilot_session_disconnect(), or to
 * change what can only be said when a session is opened. The CLI is started first if need be. The
 * handle, its queue, its subscriptions, tools and callbacks stay what they were; what the old
 * connection still had to say never comes. A session that is open stays open.
 *
 * A configuration changes what the session was made with: its options take the place of those of
 * the same name, its tools and request callbacks of those of the same name and kind, its event
 * callbacks are added. Everything is in place before the server is asked; when the server refuses,
 * all of it is as before.
 *
 * Calls and waits that were under way when the session was lost have failed by then, and questions
 * from before cannot be answered any more. "continuePendingWork" lets the server go on with what it
 * had in hand. Given up or cancelled, the reopening goes on in the background.
 *
 * @param session     the session
 * @param config      what to change; NULL for nothing
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; several at once are done one after the other
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    session and configuration stay yours
 * @errors   those of copilot_session_resume(); COPILOT_E_INVALID_ARGUMENT also when the
 *           configuration has a queue of its own that is not the session's, names another session,
 *           or makes no sense together with what the session has
 * @wire     session.resume
 */
COPILOT_API
copilot_status copilot_session_reopen(copilot_session *session,
                                      const copilot_session_config *config,
                                      int32_t timeout_ms,
                                      copilot_error **error);

/**
 * copilot_session_reopen() without waiting; the operation yields nothing.
 *
 * @param session    the session
 * @param config     what to change; NULL for nothing
 * @param callback   runs on the session's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; session and configuration stay yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL, or as for copilot_session_reopen(). The
 *           operation ends with those of copilot_session_reopen()
 * @wire     session.resume
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_reopen_async(copilot_session *session,
                                         const copilot_session_config *config,
                                         copilot_op_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Gives an open session the tools of a configuration, all of them, in place of those that it has:
 * those of copilot_session_config_add_tool() and those of its key "tools". Nothing else of the
 * configuration counts.
 *
 * The callbacks are exchanged in the moment in which the server's consent is read. A call of a tool
 * that was asked before that moment is for the old callback, and goes on with it; when the server
 * refuses, the old ones stay.
 *
 * @param session     the session
 * @param config      the configuration with the tools
 * @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error       receives the error on failure, NULL on success; may be NULL
 * @return COPILOT_OK or a negative status
 *
 * @threads  any; several at once are done one after the other
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    session and configuration stay yours
 * @errors   those of copilot_session_call(); COPILOT_E_UNSUPPORTED: the CLI cannot, but
 *           copilot_session_reopen() can; COPILOT_E_INVALID_ARGUMENT also when the configuration
 *           has a queue of its own that is not the session's, or a tool is hidden by the session's
 *           "availableTools" or "excludedTools"
 * @wire     session.tools.set
 */
COPILOT_API
copilot_status copilot_session_set_tools(copilot_session *session,
                                         const copilot_session_config *config,
                                         int32_t timeout_ms,
                                         copilot_error **error);

/**
 * copilot_session_set_tools() without waiting; the operation yields nothing. Cancelling it does not
 * recall what the server was told.
 *
 * @param session    the session
 * @param config     the configuration with the tools
 * @param callback   runs on the session's queue when the operation has ended; NULL for none
 * @param user_data  handed to it
 * @param destroy    called once for user_data when it is not needed any more; NULL for none
 * @param error      receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; session and configuration stay yours
 * @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_set_tools().
 *           The operation ends with those of copilot_session_set_tools()
 * @wire     session.tools.set
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_set_tools_async(copilot_session *session,
                                            const copilot_session_config *config,
                                            copilot_op_cb callback,
                                            void *user_data,
                                            copilot_destroy_cb destroy,
                                            copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/* ---- Questions that the program puts to the user of a session -------------------------------- */

/**
 * Asks the user of the session a question with the answers yes and no.
 *
 * The user is that of whichever client of the session answers COPILOT_REQUEST_ELICITATION, this
 * program included: its callback then gets the form. Without such a client there is nobody to ask.
 *
 * @param session       the session
 * @param message       what the user is asked, UTF-8
 * @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return true when the user agreed, else false, declining included, to be freed with
 *         copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
 *           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
 *           or timeout_ms is 0; otherwise those of copilot_session_call()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_confirm(copilot_session *session,
                                      const char *message,
                                      int32_t timeout_ms,
                                      copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_confirm() without waiting; the operation yields the answer.
 *
 * @param session       the session
 * @param message       as for copilot_session_confirm()
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; texts are copied
 * @errors   COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_UTF8. The
 *           operation ends with those of copilot_session_confirm()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_confirm_async(copilot_session *session,
                                          const char *message,
                                          copilot_op_cb callback,
                                          void *user_data,
                                          copilot_destroy_cb destroy,
                                          copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks the user of the session to choose one of several texts. Whom it asks is said at
 * copilot_session_confirm().
 *
 * @param session       the session
 * @param message       what the user is asked, UTF-8
 * @param options_json  the texts, a JSON array of at least one string, UTF-8
 * @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the text that was chosen as a JSON string, or null when none was, to be freed with
 *         copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
 *           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
 *           the options are no array of strings or none at all, or timeout_ms is 0; otherwise
 *           those of copilot_session_call()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_select(copilot_session *session,
                                     const char *message,
                                     const char *options_json,
                                     int32_t timeout_ms,
                                     copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_select() without waiting; the operation yields the answer.
 *
 * @param session       the session
 * @param message       as for copilot_session_select()
 * @param options_json  as for copilot_session_select()
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; texts are copied
 * @errors   COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_UTF8. The
 *           operation ends with those of copilot_session_select()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_select_async(copilot_session *session,
                                         const char *message,
                                         const char *options_json,
                                         copilot_op_cb callback,
                                         void *user_data,
                                         copilot_destroy_cb destroy,
                                         copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

/**
 * Asks the user of the session for a text. Whom it asks is said at copilot_session_confirm().
 *
 * The options are a JSON object, all of whose keys are optional:
 *
 *   "title"        string: the name of the field
 *   "description"  string: what belongs into it
 *   "default"      string: what stands in it at the beginning
 *   "minLength", "maxLength"
 *                  whole numbers: how long the text may be
 *   "format"       "email", "uri", "date" or "date-time"
 *
 * @param session       the session
 * @param message       what the user is asked, UTF-8
 * @param options_json  the options as JSON text, UTF-8; NULL for none
 * @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the text as a JSON string, or null when the user gave none, to be freed with
 *         copilot_json_free(); NULL on failure
 *
 * @threads  any
 * @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
 * @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
 * @owner    the result is yours until copilot_json_free(); texts are copied
 * @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
 *           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
 *           an option is not known or not what it should be, or timeout_ms is 0; otherwise
 *           those of copilot_session_call()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_json *copilot_session_input(copilot_session *session,
                                    const char *message,
                                    const char *options_json,
                                    int32_t timeout_ms,
                                    copilot_error **error)
  COPILOT_OWNED(copilot_json_free);

/**
 * copilot_session_input() without waiting; the operation yields the answer.
 *
 * @param session       the session
 * @param message       as for copilot_session_input()
 * @param options_json  as for copilot_session_input()
 * @param callback      runs on the session's queue when the operation has ended; NULL for none
 * @param user_data     handed to it
 * @param destroy       called once for user_data when it is not needed any more; NULL for none
 * @param error         receives the error on failure, NULL on success; may be NULL
 * @return the operation, to be freed with copilot_op_free(); NULL on failure
 *
 * @threads  any
 * @blocks   no
 * @callback allowed in every callback but the wakeup and log callbacks
 * @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
 *           call on, also when the call fails; texts are copied
 * @errors   COPILOT_E_UNSUPPORTED, COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON and
 *           COPILOT_E_INVALID_UTF8 as for copilot_session_input(). The operation ends with those of
 *           copilot_session_call()
 * @wire     session.ui.elicitation
 */
COPILOT_API
COPILOT_MUST_USE
copilot_op *copilot_session_input_async(copilot_session *session,
                                        const char *message,
                                        const char *options_json,
                                        copilot_op_cb callback,
                                        void *user_data,
                                        copilot_destroy_cb destroy,
                                        copilot_error **error)
  COPILOT_OWNED(copilot_op_free);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* COPILOT_H */
