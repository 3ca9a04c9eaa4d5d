/* What check-guest.sh must find: a thread that writes to stderr and a signal that is ignored. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *run(void *argument)
{
    (void)argument;
    signal(SIGPIPE, SIG_IGN);
    return write(2, "noise\n", 6) == 6 ? NULL : argument;
}

int main(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, NULL);
}
