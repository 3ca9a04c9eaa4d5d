/* The frames of the game: their pace, what each may spend in the library, and what each has spent. */
#ifndef FRAMES_H
#define FRAMES_H

#include <copilot.h>

/* At most so many callbacks a frame, and none is begun after so many microseconds. */
enum { BUDGET_ITEMS = 32, BUDGET_US = 500 };

struct frame {
  int items;
  double library_us;     /* by the clock on the wall */
  double library_cpu_us; /* what of it this thread was running: the rest other processes had the processor */
  double work_us;
};

struct frames {
  struct frame *all;
  int count, room;
  int trace; /* each time in the library is marked by system calls that do nothing, for a tracer to see */
  struct frame now;
  double began, entered, entered_cpu, due;
};

double now_us(void);
void frames_begin(struct frames *frames);
/* Ends the frame and waits for the time of the next: sixty a second. */
void frames_end(struct frames *frames);
/* Around every call of the library in a frame. */
void frames_enter(struct frames *frames);
void frames_leave(struct frames *frames);
/* Shows a tracer which descriptors never let a write wait (O_NONBLOCK). */
void frames_trace_descriptors(void);
/* Runs callbacks within the budget. */
void frames_serve(struct frames *frames, copilot_queue *queue);
/* Adds "frames", "budget", "items", "libraryUs", "libraryCpuUs" and "workUs". */
void frames_report(const struct frames *frames, copilot_json *report);
/* The number of the frame that took longest; there must be one. */
int frames_worst(const struct frames *frames);

#endif
