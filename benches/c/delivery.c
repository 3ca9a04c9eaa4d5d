/* The ways in which a program can be given its events. */
#include "bench.h"

#include <errno.h>
#include <time.h>

static void begin_nothing(struct bench *bench) { (void)bench; }

/* A thread of the library's runs the callbacks. */
static void begin_thread(struct bench *bench) {
  copilot_error *error = NULL;
  if (copilot_queue_start_thread(bench->queue, &error) < 0) die("start_thread", error);
}

static void wait_for_thread(struct bench *bench) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += TIMEOUT_MS / 1000;
  while (sem_timedwait(&bench->done, &end) != 0)
    if (errno != EINTR) die("the events did not come", NULL);
}

/* The main thread runs the callbacks. */
static void dispatch_here(struct bench *bench) {
  while (sem_trywait(&bench->done) != 0)
    if (copilot_queue_dispatch(bench->queue, -1, TIMEOUT_MS) <= 0) die("the events did not come", NULL);
}

/* The main thread takes the items and looks at them. */
static void take_here(struct bench *bench) {
  while (sem_trywait(&bench->done) != 0) {
    copilot_event *event = NULL;
    copilot_error *error = NULL;
    if (copilot_queue_next(bench->queue, TIMEOUT_MS, &event, &error) < 0) die("the events did not come", error);
    take_event(bench, event);
    copilot_event_free(event);
  }
}

const struct delivery deliveries[] = {
    {"--thread", "c-thread", NULL, begin_thread, wait_for_thread},
    {"--dispatch", "c-dispatch", NULL, begin_nothing, dispatch_here},
    {"--next", "c-next", "{\"mode\":\"items\"}", begin_nothing, take_here},
    {NULL, NULL, NULL, NULL, NULL},
};
