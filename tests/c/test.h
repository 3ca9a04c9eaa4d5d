/* What the C tests have in common: checks that count, clients of the fake runtime, and bounded waits.
 *
 * A test is a main() of checks that ends with `return test_end();`, which also shuts the library down and sees to it
 * that no object is left. The functions are inline only because not every test uses every one. */
#ifndef TEST_H
#define TEST_H

#ifndef _GNU_SOURCE
#  define _GNU_SOURCE
#endif
#include <copilot.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

/* Far beyond what anything takes, so that a hang fails instead of hanging. */
#define PATIENCE 30000

static int test_failures;

static inline void test_fail(const char *file, int line, const char *what, const char *detail)
{
    printf("%s:%d: %s%s%s\n", file, line, what, detail ? ": " : "", detail ? detail : "");
    fflush(stdout);
    test_failures++;
}

/* Goes on after a failure; REQUIRE is for what the rest cannot do without. */
#define CHECK(condition) \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, "does not hold", #condition))
#define REQUIRE(condition) \
    ((condition) ? (void)0 : (test_fail(__FILE__, __LINE__, "does not hold", #condition), exit(1)))
#define CHECK_INT(expected, actual) test_int(__FILE__, __LINE__, #actual, (long)(expected), (long)(actual))
#define CHECK_TEXT(expected, actual) test_text(__FILE__, __LINE__, #actual, expected, actual)
/* Evaluates a call whose error goes to `error`, compares the code, and demands a message with `part` in it. */
#define CHECK_ERROR(code, part, error) test_error(__FILE__, __LINE__, code, part, &(error))
#define CHECK_CONTAINS(part, text) test_contains(__FILE__, __LINE__, part, text)
/* Waits until something holds. */
#define CHECK_SOON(condition) \
    do { \
        int64_t test_deadline_ = test_now_ms() + PATIENCE; \
        while (!(condition) && test_now_ms() < test_deadline_) test_pause(); \
        CHECK(condition); \
    } while (0)

static inline void test_int(const char *file, int line, const char *what, long expected, long actual)
{
    char detail[128];
    if (expected == actual) return;
    sprintf(detail, "%ld, not %ld", actual, expected);
    test_fail(file, line, what, detail);
}

static inline void test_text(const char *file, int line, const char *what, const char *expected, const char *actual)
{
    if (expected == actual || (expected && actual && strcmp(expected, actual) == 0)) return;
    test_fail(file, line, what, actual ? actual : "(null)");
}

static inline void test_contains(const char *file, int line, const char *part, const char *text)
{
    if (text && strstr(text, part)) return;
    printf("%s:%d: '%s' is not in: %s\n", file, line, part, text ? text : "(null)");
    test_failures++;
}

/* Frees the error and sets it to NULL. */
static inline void test_error(const char *file, int line, copilot_status code, const char *part, copilot_error **error)
{
    const char *message = copilot_error_message(*error);
    if (copilot_error_code(*error) != code) {
        printf("%s:%d: %s instead of %s: %s\n", file, line, copilot_status_name(copilot_error_code(*error)),
               copilot_status_name(code), message);
        test_failures++;
    } else if (part) {
        test_contains(file, line, part, message);
    }
    copilot_error_free(*error);
    *error = NULL;
}

static inline int64_t test_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void test_pause(void)
{
    struct timespec pause = {0, 2000000};
    nanosleep(&pause, NULL);
}

/* Fewer rounds where everything takes twenty times as long. */
static inline int test_rounds(int rounds)
{
    return getenv("TEST_SLOW") ? (rounds + 19) / 20 : rounds;
}

/* ---- Clients of the fake runtime ---- */

/* The file that the fake runtimes of this process log to. */
static inline const char *fake_log_path(void)
{
    static char path[4096];
    const char *dir = getenv("TEST_DIR");
    if (!path[0]) snprintf(path, sizeof path, "%s/fake.log", dir ? dir : "/tmp");
    return path;
}

/* Options for a client whose CLI is the fake runtime with this script (tests/testbed/RUNTIME.md). `more` is a JSON
 * object of further options, or NULL. */
static inline copilot_client_options *fake_options(const char *script, const char *more)
{
    copilot_error *error = NULL;
    copilot_client_options *options = copilot_client_options_new(more, &error);
    copilot_json *json = copilot_client_options_json(options);
    const char *program = getenv("FAKE_RUNTIME_PROGRAM");
    if (!options || !program) {
        printf("no options: %s\n", program ? copilot_error_message(error) : "FAKE_RUNTIME_PROGRAM is not set");
        exit(1);
    }
    REQUIRE(copilot_json_set_string(json, "/cliPath", program, NULL) == COPILOT_OK);
    REQUIRE(copilot_json_set_string(json, "/env/FAKE_RUNTIME", script, NULL) == COPILOT_OK);
    REQUIRE(copilot_json_set_string(json, "/env/FAKE_RUNTIME_LOG", fake_log_path(), NULL) == COPILOT_OK);
    return options;
}

static inline copilot_client *fake_client_with(const char *script, const char *more)
{
    copilot_error *error = NULL;
    copilot_client_options *options = fake_options(script, more);
    copilot_client *client = copilot_client_new(options, &error);
    if (!client) {
        printf("no client: %s\n", copilot_error_message(error));
        exit(1);
    }
    copilot_client_options_free(options);
    return client;
}

static inline copilot_client *fake_client(const char *script) { return fake_client_with(script, NULL); }

/* How many lines of the log have all these parts; b may be NULL. */
static inline int fake_logged(const char *a, const char *b)
{
    FILE *file = fopen(fake_log_path(), "r");
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (file && getline(&line, &size, file) > 0) count += strstr(line, a) && (!b || strstr(line, b));
    free(line);
    if (file) fclose(file);
    return count;
}

static inline void fake_forget_log(void) { remove(fake_log_path()); }

/* ---- Everyday steps that must succeed ---- */

static inline copilot_session_config *config_of(const char *json)
{
    copilot_error *error = NULL;
    copilot_session_config *config = copilot_session_config_new(json, &error);
    if (!config) {
        printf("no config: %s\n", copilot_error_message(error));
        exit(1);
    }
    return config;
}

static inline copilot_session *session_of(copilot_client *client, const copilot_session_config *config)
{
    copilot_error *error = NULL;
    copilot_session *session = copilot_session_create(client, config, PATIENCE, &error);
    if (!session) {
        printf("no session: %s\n", copilot_error_message(error));
        exit(1);
    }
    return session;
}

/* The end of main(). */
static inline int test_end(void)
{
    copilot_error *error = NULL;
    if (copilot_shutdown(PATIENCE, &error) != COPILOT_OK)
        test_fail(__FILE__, __LINE__, "shutdown", copilot_error_message(error));
    copilot_error_free(error);
    CHECK_INT(0, copilot_debug_live_objects());
    return test_failures ? 1 : 0;
}

#endif
