/* The ways in which a program can be given its events. */
#include "bench.h"

#include <errno.h>
#include <time.h>

enum { BATCH = 64 };

static const char items[] = "{\"mode\":\"items\"}";

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

/* The main thread takes as many items as wait, and looks at them. */
static void take_batches_here(struct bench *bench) {
  while (sem_trywait(&bench->done) != 0) {
    copilot_event *events[BATCH];
    copilot_error *error = NULL;
    size_t count = 0, index;
    if (copilot_queue_next_batch(bench->queue, TIMEOUT_MS, events, BATCH, &count, &error) < 0)
      die("the events did not come", error);
    for (index = 0; index < count; index++) {
      take_event(bench, events[index]);
      copilot_event_free(events[index]);
    }
  }
}

const struct delivery deliveries[] = {
    {"--thread", "c-thread", NULL, copilot_session_config_on_event, begin_thread, wait_for_thread},
    {"--dispatch", "c-dispatch", NULL, copilot_session_config_on_event, begin_nothing, dispatch_here},
    {"--next", "c-next", items, copilot_session_config_on_event, begin_nothing, take_here},
    {"--batch", "c-batch", items, copilot_session_config_on_event, begin_nothing, take_batches_here},
    /* Events where they are read; what else there is, such as completions, on a thread of the library's. */
    {"--direct", "c-direct", NULL, copilot_session_config_on_event_direct, begin_thread, wait_for_thread},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
