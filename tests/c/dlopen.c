/* The library as a plugin: loaded, used and unloaded again and again, unloaded in a turn, and twice in one process. The
 * loader keeps it mapped for ever, so nothing that still runs loses its code. */
/* Links no libcopilot. */
#define _GNU_SOURCE
#include <copilot.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

/* The functions of one copy; test.h is no help here, it calls those that are linked. */
#define FUNCTIONS(X) \
    X(copilot_version_number) X(copilot_client_options_new) X(copilot_client_options_json) \
    X(copilot_client_options_free) X(copilot_client_new) X(copilot_client_free) X(copilot_client_queue) \
    X(copilot_session_config_new) X(copilot_session_config_free) X(copilot_session_config_on_event) \
    X(copilot_session_create) X(copilot_session_free) X(copilot_session_send_and_wait_async) \
    X(copilot_op_free) X(copilot_op_wait) X(copilot_json_get_string) X(copilot_json_set_string) \
    X(copilot_json_free) X(copilot_queue_start_thread) X(copilot_queue_fd) X(copilot_shutdown) \
    X(copilot_debug_live_objects)

struct copy {
    void *handle;
#define MEMBER(name) __typeof__(&name) name;
    FUNCTIONS(MEMBER)
};

struct turn {
    copilot_client *client;
    copilot_session *session;
    copilot_op *op;
};

#define PATIENCE 30000
#define REQUIRE(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))

static void fail(int line, const char *what)
{
    printf("%s:%d: does not hold: %s\n", __FILE__, line, what);
    exit(1);
}

static int rounds_of(int rounds) { return getenv("TEST_SLOW") ? (rounds + 4) / 5 : rounds; }

static struct copy load(const char *path)
{
    struct copy c;
    void *address;
    c.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!c.handle) fail(__LINE__, dlerror());
#define FIND(name) \
    address = dlsym(c.handle, #name); \
    REQUIRE(address != NULL); \
    memcpy(&c.name, &address, sizeof address);
    FUNCTIONS(FIND)
    return c;
}

static void unload(struct copy *c) { REQUIRE(dlclose(c->handle) == 0); }

static void on_event(const copilot_event *event, void *seen)
{
    (void)event;
    __sync_fetch_and_add((int *)seen, 1);
}

/* A client of the fake runtime, whose turn streams for a while or for ever. */
static struct turn begin(const struct copy *c, const char *script, int *seen)
{
    copilot_client_options *options = c->copilot_client_options_new(NULL, NULL);
    copilot_json *json = c->copilot_client_options_json(options);
    copilot_session_config *config = c->copilot_session_config_new("{\"streaming\":true}", NULL);
    struct turn turn;
    c->copilot_json_set_string(json, "/cliPath", getenv("FAKE_RUNTIME_PROGRAM"), NULL);
    c->copilot_json_set_string(json, "/env/FAKE_RUNTIME", script, NULL);
    turn.client = c->copilot_client_new(options, NULL);
    REQUIRE(turn.client);
    REQUIRE(c->copilot_queue_fd(c->copilot_client_queue(turn.client)) >= 0);
    REQUIRE(c->copilot_queue_start_thread(c->copilot_client_queue(turn.client), NULL) == COPILOT_OK);
    c->copilot_session_config_on_event(config, NULL, on_event, seen, NULL, NULL);
    turn.session = c->copilot_session_create(turn.client, config, PATIENCE, NULL);
    REQUIRE(turn.session);
    turn.op = c->copilot_session_send_and_wait_async(turn.session, "{\"prompt\":\"hello\"}", NULL, NULL, NULL, NULL);
    REQUIRE(turn.op);
    c->copilot_session_config_free(config);
    c->copilot_client_options_free(options);
    return turn;
}

static void end(const struct copy *c, struct turn *turn)
{
    c->copilot_op_free(turn->op);
    c->copilot_session_free(turn->session);
    c->copilot_client_free(turn->client);
    REQUIRE(c->copilot_shutdown(PATIENCE, NULL) == COPILOT_OK);
    REQUIRE(c->copilot_debug_live_objects() == 0);
}

static int is_mapped(void)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    while (fgets(line, sizeof line, maps)) found |= strstr(line, "libcopilot") != NULL;
    fclose(maps);
    return found;
}

/* Loading alone begins nothing: no thread, and no second mapping the next time. */
static void nothing_but_loaded(const char *path)
{
    void *first = NULL;
    int i;
    for (i = 0; i < 20; i++) {
        struct copy c = load(path);
        if (i == 0) memcpy(&first, &c.copilot_client_new, sizeof first);
        REQUIRE(memcmp(&first, &c.copilot_client_new, sizeof first) == 0);
        REQUIRE(c.copilot_version_number() == COPILOT_VERSION_NUMBER);
        unload(&c);
        REQUIRE(is_mapped());
        REQUIRE(test_threads() == 1);
    }
}

static void loaded_and_used(const char *path)
{
    int i, rounds = rounds_of(20), seen;
    for (i = 0; i < rounds; i++) {
        struct copy c = load(path);
        struct turn turn;
        seen = 0;
        turn = begin(&c, "{\"turns\":[[{\"burst\":{\"count\":100,\"size\":20}}]]}", &seen);
        REQUIRE(c.copilot_op_wait(turn.op, PATIENCE, NULL) == COPILOT_OK);
        end(&c, &turn);
        REQUIRE(seen > 100);
        REQUIRE(test_threads() == 1);
        unload(&c);
    }
}

/* One inside the other: the last one's dlclose() counts. */
static void nested(const char *path)
{
    struct copy outer = load(path), inner = load(path);
    int seen = 0;
    struct turn turn = begin(&outer, "{}", &seen);
    unload(&inner);
    REQUIRE(outer.copilot_op_wait(turn.op, PATIENCE, NULL) == COPILOT_OK);
    end(&outer, &turn);
    unload(&outer);
}

/* Two copies know nothing of each other: each has its own threads, its own objects, its own shutdown. */
static void two_copies(const char *path, const char *other)
{
    struct copy a = load(path), b = load(other);
    static const char script[] = "{\"turns\":[[{\"burst\":{\"count\":500,\"size\":20}},{\"text\":\"done\"}]]}";
    int seen_by_a = 0, seen_by_b = 0, i;
    REQUIRE(a.copilot_client_new != b.copilot_client_new);
    for (i = 0; i < 3; i++) {
        struct turn first = begin(&a, script, &seen_by_a), second = begin(&b, script, &seen_by_b);
        REQUIRE(a.copilot_op_wait(first.op, PATIENCE, NULL) == COPILOT_OK);
        end(&a, &first); /* while the other one is at work */
        REQUIRE(b.copilot_op_wait(second.op, PATIENCE, NULL) == COPILOT_OK);
        end(&b, &second);
    }
    REQUIRE(seen_by_a > 500 && seen_by_b > 500);
    unload(&b);
    unload(&a);
}

/* A program that unloads it and goes on while a turn streams: callbacks go on too, for nobody has ended them. */
static void unloaded_at_work(const char *path)
{
    static int seen;
    int i, before;
    for (i = 0; i < 3; i++) {
        struct copy c = load(path);
        begin(&c, "{\"turns\":[[{\"burst\":{\"count\":3000,\"size\":20}},{\"hang\":true}]]}", &seen);
        before = __sync_fetch_and_add(&seen, 0);
        unload(&c);
        while (__sync_fetch_and_add(&seen, 0) < before + 1000) usleep(1000);
    }
}

static void copy_file(const char *from, const char *to)
{
    static char buffer[1 << 16];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t length;
    REQUIRE(in && out);
    while ((length = fread(buffer, 1, sizeof buffer, in)) > 0) REQUIRE(fwrite(buffer, 1, length, out) == length);
    REQUIRE(fclose(out) == 0);
    fclose(in);
}

int main(void)
{
    char other[4096];
    const char *path = getenv("TEST_LIBRARY");
    REQUIRE(path && getenv("TEST_DIR"));
    snprintf(other, sizeof other, "%s/libcopilot-other.so", getenv("TEST_DIR"));
    copy_file(path, other);
    nothing_but_loaded(path);
    loaded_and_used(path);
    nested(path);
    two_copies(path, other);
    /* Last, for what it begins is never freed: not where leaks are counted. */
    if (!getenv("TEST_INSTRUMENTED")) unloaded_at_work(path);
    return 0;
}
