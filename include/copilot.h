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
 * Compile it with: cc first.c $(pkg-config --cflags --libs copilot)
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
 *                             copilot_queue_next(). No callback is needed at all.
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
 *   COPILOT_EVENT_REQUEST_CANCELLED  type: "request_cancelled"
 *                                    JSON: {"request":id,"kind":...}
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
 * Text is UTF-8 and ends with a NUL. Text that you pass is copied before the function returns.
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
 *   OTHER               an error: there is no such method
 *
 * What nobody has registered for is treated the same, but that tools without a callback,
 * ELICITATION and MCP_OAUTH are left to other clients of the same session where there may be some.
 * Permission is then denied: nothing runs unasked. "permissionDefault":"pending" in the config of a
 * session leaves it to another client instead.
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
  /** A request needs no answer any more. */
  COPILOT_EVENT_REQUEST_CANCELLED = 8
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

#ifdef __cplusplus
extern "C" {
#endif

#ifdef COPILOT_OWNED_NEEDS_DECLARATIONS
COPILOT_API void copilot_error_free(copilot_error *error);
COPILOT_API void copilot_json_free(copilot_json *json);
COPILOT_API void copilot_queue_free(copilot_queue *queue);
COPILOT_API void copilot_event_free(copilot_event *event);
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
 * How many objects of the library the program holds, or the library holds for it: handles that are
 * not freed, and what waits in queues. For leak tests: when everything is freed and
 * copilot_shutdown() has returned COPILOT_OK, it is 0.
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
 *   "class"         "auth", "quota", "rate_limit", "context", "model", "tool" or "transport"
 *   "statusCode"    the HTTP status with which the model's provider answered
 *   "retryAfterMs"  how long the provider asks to wait, in milliseconds
 *   "rpc"           {"code":...,"data":...}: the server's refusal of a call
 *   "exit"          {"code":...,"signal":...,"stderrTail":...}: how the CLI ended: the exit code
 *                   or the number of the signal that killed it, and the last lines it wrote to
 *                   stderr
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
 * the place behind the last element.
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
 * Reads a string. The same string is always at the same address.
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
 * and the index behind the last element append. On failure the value stays as it was. Every text
 * and view that was got from the value before is gone afterwards.
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
 *                     operation is pending: its reply may be behind unread events. Nothing is
 *                     ever dropped.
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
 * while they wait. When another thread is dispatching the same queue, this waits, up to
 * `timeout_ms`.
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
 * From now on the program serves this queue, and blocking calls do not do so while they wait.
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

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* COPILOT_H */
