#define _POSIX_C_SOURCE 200809L
#include "frames.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const double STEP_US = 1e6 / 60, LATE_US = 1e5;

static double read_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

double now_us(void) { return read_us(CLOCK_MONOTONIC); }

void frames_begin(struct frames *frames) {
  struct frame none = {0, 0, 0, 0};
  frames->now = none;
  frames->began = now_us();
}

static void keep(struct frames *frames) {
  if (frames->count == frames->room) {
    int room = frames->room ? frames->room * 2 : 1024;
    struct frame *all = realloc(frames->all, sizeof *all * (size_t)room);
    if (!all) return;
    frames->all = all;
    frames->room = room;
  }
  frames->all[frames->count++] = frames->now;
}

static void pace(struct frames *frames) {
  double now = now_us(), left;
  frames->due += STEP_US;
  if (frames->due < now - LATE_US) frames->due = now; /* what is lost is lost */
  left = frames->due - now;
  if (left > 0) {
    struct timespec pause = {0, (long)(left * 1e3)};
    nanosleep(&pause, NULL);
  }
}

void frames_end(struct frames *frames) {
  frames->now.work_us = now_us() - frames->began;
  keep(frames);
  pace(frames);
}

static void mark(const struct frames *frames, const char *text) {
  ssize_t failed = frames->trace ? write(-1, text, 9) : 0;
  (void)failed;
}

void frames_enter(struct frames *frames) {
  frames->entered_cpu = read_us(CLOCK_THREAD_CPUTIME_ID);
  mark(frames, "library {");
  frames->entered = now_us();
}

void frames_leave(struct frames *frames) {
  frames->now.library_us += now_us() - frames->entered;
  mark(frames, "library }");
  frames->now.library_cpu_us += read_us(CLOCK_THREAD_CPUTIME_ID) - frames->entered_cpu;
}

void frames_trace_descriptors(void) {
  int descriptor;
  for (descriptor = 3; descriptor < 256; descriptor++) (void)fcntl(descriptor, F_GETFL);
}

void frames_serve(struct frames *frames, copilot_queue *queue) {
  double began = now_us();
  while (frames->now.items < BUDGET_ITEMS && now_us() - began < BUDGET_US) {
    int ran = copilot_queue_dispatch(queue, 1, 0);
    if (ran <= 0) break;
    frames->now.items += ran;
  }
}

/* ---- What is reported ---- */

static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}

/* How long one part of the frames took, `part` being its place in struct frame. */
static void report_times(const struct frames *frames, size_t part, copilot_json *report, const char *pointers[3]) {
  double *sorted = malloc(sizeof *sorted * (size_t)(frames->count + 1));
  int last = frames->count - 1, frame;
  if (sorted && last >= 0) {
    for (frame = 0; frame <= last; frame++)
      sorted[frame] = *(const double *)(const void *)((const char *)&frames->all[frame] + part);
    qsort(sorted, (size_t)frames->count, sizeof *sorted, by_size);
    copilot_json_set_int(report, pointers[0], (int64_t)sorted[last / 2], NULL);
    copilot_json_set_int(report, pointers[1], (int64_t)sorted[last * 99 / 100], NULL);
    copilot_json_set_int(report, pointers[2], (int64_t)sorted[last], NULL);
  }
  free(sorted);
}

void frames_report(const struct frames *frames, copilot_json *report) {
  static const char *library[3] = {"/libraryUs/p50", "/libraryUs/p99", "/libraryUs/worst"};
  static const char *cpu[3] = {"/libraryCpuUs/p50", "/libraryCpuUs/p99", "/libraryCpuUs/worst"};
  static const char *work[3] = {"/workUs/p50", "/workUs/p99", "/workUs/worst"};
  int64_t items = 0, most = 0;
  int frame;
  for (frame = 0; frame < frames->count; frame++) {
    items += frames->all[frame].items;
    if (frames->all[frame].items > most) most = frames->all[frame].items;
  }
  copilot_json_set_int(report, "/frames", frames->count, NULL);
  copilot_json_set_int(report, "/budget/items", BUDGET_ITEMS, NULL);
  copilot_json_set_int(report, "/budget/us", BUDGET_US, NULL);
  copilot_json_set_int(report, "/items/all", items, NULL);
  copilot_json_set_int(report, "/items/worst", most, NULL);
  report_times(frames, offsetof(struct frame, library_us), report, library);
  report_times(frames, offsetof(struct frame, library_cpu_us), report, cpu);
  report_times(frames, offsetof(struct frame, work_us), report, work);
}

int frames_worst(const struct frames *frames) {
  int worst = 0, frame;
  for (frame = 1; frame < frames->count; frame++)
    if (frames->all[frame].work_us > frames->all[worst].work_us) worst = frame;
  return worst;
}
