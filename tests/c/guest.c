/* The process is the host's: dead CLIs raise no SIGPIPE, the host's signal handlers run on the host's threads, fork() and
 * system() work, and nothing of the process is changed. (tests/abi/check-guest.sh watches from outside.) */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

extern char **environ;

/* The process id of the CLI, which the fake runtime logs. */
static pid_t cli_pid(void)
{
    FILE *file = fopen(fake_log_path(), "r");
    char *line = NULL, *at;
    size_t size = 0;
    long pid = 0;
    while (file && getline(&line, &size, file) > 0)
        if ((at = strstr(line, "\"pid\":")) != NULL) pid = strtol(at + 6, NULL, 10);
    free(line);
    if (file) fclose(file);
    return (pid_t)pid;
}

/* Waits for a child of the test's own, but not for ever. */
static int status_of(pid_t child)
{
    int status = -1;
    int64_t deadline = test_now_ms() + PATIENCE / 2;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (test_now_ms() > deadline) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            test_fail(__FILE__, __LINE__, "a child hangs", NULL);
            return -1;
        }
        test_pause();
    }
    return status;
}

/* SIGPIPE has its default disposition, by which one write to a dead process would end this one. */
static void no_sigpipe(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client_with("{}", "{\"autoRestart\":false}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session;
    copilot_op *ops[1000];
    int i, sends = test_rounds(1000);
    fake_forget_log();
    session = session_of(client, config);
    REQUIRE(cli_pid() > 0 && kill(cli_pid(), SIGKILL) == 0);
    for (i = 0; i < sends; i++) {
        ops[i] = copilot_session_send_async(session, "{\"prompt\":\"are you there?\"}", NULL, NULL, NULL, NULL);
        REQUIRE(ops[i]);
    }
    for (i = 0; i < sends; i++) {
        CHECK_INT(COPILOT_E_TRANSPORT, copilot_op_wait(ops[i], PATIENCE, &error));
        CHECK_ERROR(COPILOT_E_TRANSPORT, "9", error);
        copilot_op_free(ops[i]);
    }
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

/* What the CLI inherits: no blocked signal, none that is ignored, pipes for its three descriptors. */
static void what_the_cli_inherits(void)
{
    copilot_client *client;
    sigset_t block, former;
    char path[64], line[256], link[256];
    FILE *file;
    int i, found = 0;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &block, &former);
    fake_forget_log();
    client = fake_client("{}");
    CHECK_INT(0, copilot_client_start(client, PATIENCE, NULL));
    sprintf(path, "/proc/%ld/status", (long)cli_pid());
    file = fopen(path, "r");
    REQUIRE(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "SigBlk:", 7) == 0) found = strtoull(line + 7, NULL, 16) == 0;
    fclose(file);
    CHECK(found);
    for (i = 0; i < 3; i++) {
        ssize_t length;
        sprintf(path, "/proc/%ld/fd/%d", (long)cli_pid(), i);
        length = readlink(path, link, sizeof link - 1);
        link[length < 0 ? 0 : length] = 0;
        CHECK(strncmp(link, "pipe:", 5) == 0 || strncmp(link, "socket:", 7) == 0);
    }
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    copilot_client_free(client);
}

static pthread_t main_thread;
static volatile sig_atomic_t alarms, strangers;

static void on_alarm(int signal)
{
    (void)signal;
    alarms++;
    if (!pthread_equal(pthread_self(), main_thread)) strangers++;
}

static int deltas;
static void on_delta(const copilot_event *event, void *user_data)
{
    (void)event, (void)user_data;
    deltas++;
}

/* A turn that streams while a signal comes every millisecond: nothing is disturbed, and the handler runs here only. */
static void signals_while_streaming(void)
{
    copilot_error *error = NULL;
    copilot_client *client = fake_client("{\"turns\":[[{\"burst\":{\"count\":3000,\"size\":50}},{\"sleep_ms\":200},"
                                         "{\"text\":\"done\"}]]}");
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session;
    copilot_json *answer;
    struct sigaction action;
    struct itimerval every = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART, so that every wait is interrupted */
    main_thread = pthread_self();
    CHECK_INT(0, copilot_session_config_on_event(config, "assistant.message_delta", on_delta, NULL, NULL, NULL));
    session = session_of(client, config);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    answer = copilot_session_send_and_wait(session, "{\"prompt\":\"p\"}", PATIENCE, &error);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* takes what is pending with it */
    signal(SIGALRM, SIG_DFL);
    CHECK_TEXT("done", copilot_json_get_string(answer, "/event/data/content", NULL));
    CHECK(deltas >= 3000);
    CHECK(alarms > 10);
    CHECK_INT(0, strangers);
    copilot_json_free(answer);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

/* In a forked process everything refuses or does nothing, at once. */
static int in_the_child(copilot_client *client, copilot_session *session, copilot_queue *queue, copilot_op *op)
{
    copilot_error *error = NULL;
    copilot_event *event = NULL;
    copilot_json *json;
    size_t count = 7;
    int64_t begun = test_now_ms();
    test_failures = 0;
    json = copilot_client_ping(client, NULL, PATIENCE, &error);
    CHECK(json == NULL);
    CHECK_ERROR(COPILOT_E_FORKED, "exec", error);
    CHECK_INT(COPILOT_E_FORKED, copilot_queue_next(queue, PATIENCE, &event, &error));
    CHECK_ERROR(COPILOT_E_FORKED, NULL, error);
    CHECK_INT(COPILOT_E_FORKED, copilot_queue_next_batch(queue, PATIENCE, &event, 1, &count, &error));
    CHECK_ERROR(COPILOT_E_FORKED, NULL, error);
    CHECK_INT(COPILOT_E_FORKED, copilot_queue_next_batch_json(queue, PATIENCE, 1, &json, &event, &error));
    CHECK_ERROR(COPILOT_E_FORKED, NULL, error);
    CHECK(count == 0 && json == NULL && event == NULL);
    CHECK_INT(COPILOT_E_FORKED, copilot_queue_dispatch(queue, -1, PATIENCE));
    CHECK_INT(COPILOT_E_FORKED, copilot_op_wait(op, PATIENCE, NULL));
    CHECK_INT(COPILOT_E_FORKED, copilot_session_disconnect(session, PATIENCE, NULL));
    CHECK_INT(COPILOT_E_FORKED, copilot_client_stop(client, PATIENCE, NULL));
    CHECK_INT(COPILOT_E_FORKED, copilot_shutdown(PATIENCE, NULL));
    CHECK_INT(-1, copilot_queue_fd(queue));
    CHECK(copilot_client_new(NULL, NULL) == NULL);
    copilot_queue_wake(queue);
    copilot_op_cancel(op);
    copilot_client_force_stop(client); /* must not kill the parent's CLI */
    copilot_op_free(op);
    copilot_session_free(session);
    copilot_client_free(client);
    json = copilot_json_parse("{\"still\":\"works\"}", NULL);
    CHECK_TEXT("works", copilot_json_get_string(json, "/still", NULL));
    copilot_json_free(json);
    CHECK(test_now_ms() - begun < 2000);
    return test_failures ? 1 : 0;
}

static void forked(void)
{
    copilot_client *client = fake_client("{\"on\":{\"slow\":{\"hang\":true}}}");
    copilot_session_config *config = config_of(NULL);
    copilot_session *session = session_of(client, config);
    copilot_op *op = copilot_client_call_async(client, "slow", NULL, NULL, NULL, NULL, NULL);
    copilot_json *answer;
    pid_t child = fork();
    if (child == 0) {
        /* exec() is fine, and whatever counts leaks does not count what is left alone here. */
        int failed = in_the_child(client, session, copilot_client_queue(client), op);
        execl("/bin/sh", "sh", "-c", failed ? "exit 1" : "exit 0", (char *)NULL);
        _exit(2);
    }
    CHECK_INT(0, status_of(child));
    answer = copilot_session_send_and_wait(session, "{\"prompt\":\"hello\"}", PATIENCE, NULL);
    CHECK_TEXT("hello", copilot_json_get_string(answer, "/event/data/content", NULL));
    copilot_json_free(answer);
    copilot_op_free(op);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

/* How many descriptors a program has that this process starts. */
static int inherited_descriptors(void)
{
    char *arguments[] = {"sh", "-c", "set -- /proc/self/fd/*; exit $#", NULL};
    pid_t child;
    int status;
    REQUIRE(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0);
    status = status_of(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void other_children(int before)
{
    copilot_client *client = fake_client("{\"turns\":[[{\"burst\":{\"count\":2000,\"size\":50}},{\"sleep_ms\":100},"
                                         "{\"text\":\"done\"}]]}");
    copilot_session_config *config = config_of("{\"streaming\":true}");
    copilot_session *session = session_of(client, config);
    copilot_op *turn;
    CHECK(copilot_queue_fd(copilot_client_queue(client)) >= 0);
    CHECK_INT(0, copilot_queue_start_thread(copilot_client_queue(client), NULL));
    turn = copilot_session_send_and_wait_async(session, "{\"prompt\":\"p\"}", NULL, NULL, NULL, NULL);
    REQUIRE(turn);
    CHECK_INT(before, inherited_descriptors());
    CHECK_INT(7, WEXITSTATUS(system("exit 7"))); /* its status is ours to reap, not the library's */
    CHECK_INT(0, copilot_op_wait(turn, PATIENCE, NULL));
    CHECK_INT(7, WEXITSTATUS(system("exit 7")));
    copilot_op_free(turn);
    copilot_session_free(session);
    copilot_session_config_free(config);
    copilot_client_free(client);
}

/* The program may end while everything is running: this one, started again with the way in which it ends. */
static void exits_at_any_time(char *program)
{
    static char *const ways[] = {"return", "callback", "thread", "nothing"};
    int i, rounds = test_rounds(200), variables = 0;
    char *arguments[] = {NULL, NULL, NULL}, *environment[1000];
    arguments[0] = program;
    /* What it holds when it exits is no leak of interest. */
    environment[variables++] = "ASAN_OPTIONS=detect_leaks=0";
    for (i = 0; environ[i] && variables < 999; i++) environment[variables++] = environ[i];
    environment[variables] = NULL;
    for (i = 0; i < rounds; i++) {
        pid_t child;
        arguments[1] = ways[i % 4];
        REQUIRE(posix_spawn(&child, program, NULL, NULL, arguments, environment) == 0);
        CHECK_INT(0, status_of(child));
    }
}

static void exit_in_a_callback(const copilot_event *event, void *user_data)
{
    (void)user_data;
    if (strcmp(copilot_event_type(event), "assistant.message_delta") == 0) exit(0);
}

static void *exit_on_a_thread(void *nothing)
{
    exit(nothing != NULL);
}

static int exit_now(const char *way)
{
    copilot_client *client;
    copilot_session_config *config;
    copilot_json *sent;
    pthread_t thread;
    int in_callback = strcmp(way, "callback") == 0;
    if (strcmp(way, "nothing") == 0) return test_threads() != 1; /* linked, and never called */
    client = fake_client("{\"turns\":[[{\"burst\":{\"count\":1000,\"size\":50}},{\"hang\":true}]]}");
    config = config_of("{\"streaming\":true}");
    copilot_queue_start_thread(copilot_client_queue(client), NULL);
    copilot_session_config_on_event(config, NULL, in_callback ? exit_in_a_callback : on_delta, NULL, NULL, NULL);
    sent = copilot_session_send(session_of(client, config), "{\"prompt\":\"p\"}", PATIENCE, NULL);
    if (strcmp(way, "return") == 0) return sent == NULL;
    if (!in_callback) pthread_create(&thread, NULL, exit_on_a_thread, NULL);
    for (;;) pause();
}

struct process {
    char directory[4096];
    mode_t mask;
    size_t variables, bytes;
    char **environment;
    struct sigaction actions[65];
    sigset_t blocked;
};

static void look(struct process *process)
{
    char **variable;
    int number;
    memset(process, 0, sizeof *process);
    REQUIRE(getcwd(process->directory, sizeof process->directory));
    process->mask = umask(0);
    umask(process->mask);
    process->environment = environ;
    for (variable = environ; *variable; variable++) {
        process->variables++;
        process->bytes = process->bytes * 31 + strlen(*variable);
    }
    for (number = 1; number < 65; number++) sigaction(number, NULL, &process->actions[number]);
    pthread_sigmask(SIG_SETMASK, NULL, &process->blocked);
}

static void compare(const struct process *before, const struct process *after)
{
    int number;
    CHECK_TEXT(before->directory, after->directory);
    CHECK_INT(before->mask, after->mask);
    CHECK(before->environment == after->environment);
    CHECK(before->variables == after->variables && before->bytes == after->bytes);
    for (number = 1; number < 65; number++) {
        if (number == 32 || number == 33) continue; /* glibc's own */
        CHECK(before->actions[number].sa_handler == after->actions[number].sa_handler);
        CHECK_INT(sigismember(&before->blocked, number), sigismember(&after->blocked, number));
    }
}

int main(int argc, char **argv)
{
    static struct process before, after;
    int descriptors;
    if (argc > 1) return exit_now(argv[1]);
    REQUIRE(chdir(getenv("TEST_DIR")) == 0);
    look(&before);
    descriptors = inherited_descriptors();
    no_sigpipe();
    what_the_cli_inherits();
    signals_while_streaming();
    forked();
    other_children(descriptors);
    exits_at_any_time(argv[0]);
    look(&after);
    compare(&before, &after);
    return test_end();
}
