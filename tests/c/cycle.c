/* Nothing grows: a client with its CLI, a session and a turn, made and freed again and again (the argument: how often).
 * Memory at the end is that at a tenth of the way and at most a twentieth more; threads and descriptors are back. */
#include "test.h"

#include <malloc.h>

/* Sanitizers and valgrind have an allocator of their own: it knows no options, and keeps what is freed. */
static int instrumented(void)
{
    return getenv("TEST_INSTRUMENTED") != NULL;
}

/* With nothing on its way: what the background threads have still to free is no leak. */
static long rss_kb(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;
    CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmRSS: %ld", &kb);
    if (file) fclose(file);
    return kb;
}

static void on_event(const copilot_event *event, void *user_data)
{
    (void)user_data;
    CHECK(copilot_event_type(event)[0]);
}

static void on_tool(copilot_request *request, void *user_data)
{
    (void)user_data;
    CHECK_INT(0, copilot_request_respond_text(request, "fine", NULL));
}

/* Everything, a CLI process included. */
static void life(void)
{
    copilot_client *client = fake_client("{\"turns\":[[{\"tool\":{\"name\":\"t\"}},{\"text\":\"one two three four\"}]]}");
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    copilot_json *answer;
    CHECK_INT(0, copilot_session_config_on_event(config, NULL, on_event, NULL, NULL, NULL));
    CHECK_INT(0, copilot_session_config_add_tool(config, "{\"name\":\"t\"}", on_tool, NULL, NULL, NULL));
    session = session_of(client, config);
    answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, NULL);
    CHECK(answer != NULL);
    copilot_json_free(answer);
    copilot_session_free(session);
    copilot_session_config_free(config);
    CHECK_INT(0, copilot_client_stop(client, PATIENCE, NULL));
    copilot_client_free(client);
}

/* Only what needs no process. */
static void small_life(void)
{
    copilot_error *error = NULL;
    copilot_client *client = copilot_client_new(NULL, NULL);
    copilot_session_config *config = copilot_session_config_new("{\"nonsense\":1}", &error);
    copilot_json *json = copilot_json_parse("{\"a\":[1,2,3]}", NULL);
    CHECK(copilot_json_count(json, "/a") == 3);
    copilot_json_free(json);
    CHECK(config == NULL && copilot_error_message(error)[0]);
    copilot_error_free(error);
    copilot_client_free(client);
}

static void cycle(const char *what, void (*round)(void), int rounds)
{
    long early = 0, late;
    int i;
    for (i = 0; i < rounds; i++) {
        if (i == rounds / 10) early = rss_kb();
        round();
        if (i % 64 == 0) fake_forget_log();
    }
    late = rss_kb();
    printf("%s: %d rounds, %ld KB after a tenth, %ld KB at the end\n", what, rounds, early, late);
    /* A page here and there is no leak; where there are few rounds, the allocator is still settling. Sanitizers and
     * valgrind look for leaks in their own way. */
    if (rounds >= 200 && !instrumented()) CHECK(late <= early + early / 20 + 512);
}

/* What the allocator keeps of what was freed depends on which threads met in it, and would hide a leak or look like one:
 * one arena for all threads, and large blocks go back to the system at once. */
static void plain_allocator(void)
{
    CHECK_INT(1, mallopt(M_ARENA_MAX, 1));
    CHECK_INT(1, mallopt(M_MMAP_THRESHOLD, 64 * 1024));
}

int main(int argc, char **argv)
{
    int rounds = test_rounds(argc > 1 ? atoi(argv[1]) : 400), descriptors = test_descriptors();
    if (!instrumented()) plain_allocator();
    cycle("client, CLI, session and turn", life, rounds);
    cycle("client", small_life, rounds * 25);
    CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
    CHECK_INT(1, test_threads());
    CHECK_INT(descriptors, test_descriptors());
    return test_end();
}
