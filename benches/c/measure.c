/* Time, processor time and memory of this process. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A line of /proc/self/status, in KiB. */
static long memory(const char *name) {
  char line[256];
  long value = -1;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return -1;
  while (value < 0 && fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') value = atol(line + strlen(name) + 1);
  fclose(file);
  return value;
}

/* From here on the peak is that of the section. */
static void forget_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (!file) return;
  fputs("5", file);
  fclose(file);
}

void section_begin(struct section *section) {
  forget_peak();
  section->rss_base = memory("VmRSS");
  section->cpu = cpu_seconds();
  section->wall = (double)now_ns() / 1e9;
}

void section_end(struct section *section) {
  section->wall = (double)now_ns() / 1e9 - section->wall;
  section->cpu = cpu_seconds() - section->cpu;
  section->rss_peak = memory("VmHWM");
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double percentile(double *values, long count, double percent) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return values[(long)((double)(count - 1) * percent / 100 + 0.5)];
}
