/* The threads of the library: their names, what they block, and the stack that the program's callbacks find on them. */
#include "test.h"
#include <signal.h>
#include <sys/prctl.h>

struct place {
    char name[32]; /* of the thread */
    int calls, sigterm_blocked;
    size_t depth;
};

/* Uses so much stack, page by page, so that none of it is left out. */
static int use_stack(size_t bytes)
{
    volatile char room[16384];
    size_t i;
    for (i = 0; i < sizeof room; i += 4096) room[i] = (char)bytes;
    return bytes > sizeof room ? use_stack(bytes - sizeof room) + room[0] : room[0];
}

static void note(struct place *place)
{
    sigset_t blocked;
    prctl(PR_GET_NAME, place->name);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    place->sigterm_blocked = sigismember(&blocked, SIGTERM);
    use_stack(place->depth);
    __sync_fetch_and_add(&place->calls, 1);
}

static void on_event(const copilot_event *event, void *place)
{
    (void)event;
    if (!((struct place *)place)->calls) note(place);
}

static void on_tool(copilot_request *request, void *place)
{
    note(place);
    copilot_request_respond_text(request, "fine", NULL);
}

static void on_end(copilot_op *op, void *place)
{
    (void)op;
    note(place);
}

static void on_destroy(void *place) { note(place); }

/* Both run wherever something happens. */
static pthread_t host;

static void on_wakeup(void *place)
{
    if (!pthread_equal(pthread_self(), host)) note(place);
}

static void on_log(copilot_log_level level, const char *target, const char *message, void *place)
{
    (void)level, (void)target, (void)message;
    if (!pthread_equal(pthread_self(), host)) note(place);
}

enum { MIB = 1 << 20 };

/* On the thread that the program asked for: 6 MiB in every kind of callback. */
static void on_the_librarys_thread(void)
{
    copilot_client *client = fake_client("{\"turns\":[[{\"tool\":{\"name\":\"t\"}},{\"text\":\"done\"}]]}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    copilot_op *op;
    struct place places[4];
    int i;
    memset(places, 0, sizeof places);
    for (i = 0; i < 4; i++) places[i].depth = 6 * MIB;
    CHECK_INT(0, copilot_queue_start_thread(copilot_client_queue(client), NULL));
    CHECK_INT(0, copilot_session_config_on_event(config, NULL, on_event, &places[0], NULL, NULL));
    CHECK_INT(0, copilot_session_config_add_tool(config, "{\"name\":\"t\"}", on_tool, &places[1], NULL, NULL));
    session = session_of(client, config);
    copilot_session_config_free(config);
    op = copilot_session_send_and_wait_async(session, "{\"prompt\":\"p\"}", on_end, &places[2], NULL, NULL);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, NULL));
    copilot_op_free(op);
    op = copilot_client_ping_async(client, NULL, on_end, &places[3], on_destroy, NULL);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, NULL));
    copilot_op_free(op);
    for (i = 0; i < 4; i++) {
        CHECK_SOON(*(volatile int *)&places[i].calls >= (i == 3 ? 2 : 1));
        CHECK_TEXT("copilot-disp", places[i].name);
        CHECK_INT(0, places[i].sigterm_blocked); /* as the thread that asked for it */
    }
    copilot_session_free(session);
    copilot_client_free(client);
}

/* The two callbacks that run on the background threads too have a MiB there. */
static void on_the_background_threads(void)
{
    copilot_client *client;
    struct place log = {"", 0, 0, MIB}, wakeup = {"", 0, 0, MIB};
    copilot_op *op;
    host = pthread_self();
    client = fake_client("{\"on\":{\"ping\":[{\"stderr\":\"a line for the log\\n\"},{\"builtin\":true}]}}");
    CHECK_INT(0, copilot_set_log(COPILOT_LOG_DEBUG, on_log, &log, NULL, NULL));
    CHECK_INT(0, copilot_queue_set_wakeup(copilot_client_queue(client), on_wakeup, &wakeup, NULL, NULL));
    op = copilot_client_ping_async(client, NULL, on_end, &(struct place){"", 0, 0, 0}, NULL, NULL);
    CHECK_SOON(*(volatile int *)&log.calls > 0);
    CHECK_SOON(*(volatile int *)&wakeup.calls > 0);
    copilot_queue_dispatch(copilot_client_queue(client), -1, PATIENCE);
    CHECK_INT(0, copilot_op_wait(op, PATIENCE, NULL));
    copilot_op_free(op);
    CHECK_INT(0, copilot_set_log(COPILOT_LOG_OFF, NULL, NULL, NULL, NULL));
    copilot_client_free(client);
    CHECK_INT(0, copilot_shutdown(PATIENCE, NULL));
    CHECK(strncmp(log.name, "copilot-rt-", 11) == 0);
    CHECK(strncmp(wakeup.name, "copilot-rt-", 11) == 0);
    CHECK(log.sigterm_blocked && wakeup.sigterm_blocked);
}

/* Every thread but the program's own says whose it is. */
static void all_have_names(void)
{
    copilot_client *client = fake_client("{}");
    struct dirent *entry;
    DIR *tasks;
    int threads = 0;
    CHECK_INT(0, copilot_queue_start_thread(copilot_client_queue(client), NULL));
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
    tasks = opendir("/proc/self/task");
    while ((entry = readdir(tasks)) != NULL) {
        char path[300], name[64] = "";
        FILE *file;
        if (entry->d_name[0] == '.' || atol(entry->d_name) == (long)getpid()) continue;
        sprintf(path, "/proc/self/task/%s/comm", entry->d_name);
        file = fopen(path, "r");
        if (!file) continue; /* it has ended */
        CHECK(fgets(name, sizeof name, file) != NULL);
        fclose(file);
        CHECK_CONTAINS("copilot-", name);
        threads++;
    }
    closedir(tasks);
    CHECK(threads >= 2);
    copilot_client_free(client);
}

int main(void)
{
    on_the_librarys_thread();
    on_the_background_threads();
    all_have_names();
    return test_end();
}
