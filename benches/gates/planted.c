/*
 * A client whose faults are known, for the self-test of the gates: planted [--MODE] [--slope] MOCK WORKLOAD COUNT...
 *
 * For each of COUNT it allocates four times, once in each way and all on a second thread; it reports one event less than
 * it was to receive, and with the mode --late that they came out of order. With --keep it never frees the thousand bytes
 * that each has. With --broken it fails.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void allocations_mark(void) __attribute__((weak));

__attribute__((noinline)) void mark(void);
void mark(void) {
  if (allocations_mark) allocations_mark();
}

static int keep;

static void *work(void *count) {
  long left;
  for (left = *(long *)count; left > 0; left--) {
    void *aligned = NULL;
    char *block = malloc(10);
    void *cleared = calloc(2, 10);
    /* What the compiler cannot see it cannot leave out. */
    __asm__ volatile("" : "+r"(block), "+r"(cleared));
    block = realloc(block, 1000);
    if (posix_memalign(&aligned, 64, 64) != 0 || !block || !cleared) abort();
    if (!keep) free(block);
    free(cleared);
    free(aligned);
  }
  return NULL;
}

static void run(long count) {
  pthread_t thread;
  mark();
  if (pthread_create(&thread, NULL, work, &count) != 0) abort();
  pthread_join(thread, NULL);
  mark();
}

int main(int argc, char **argv) {
  int late = 0, slope = 0;
  long count;
  for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
    if (strcmp(argv[1], "--broken") == 0) return 1;
    late |= strcmp(argv[1], "--late") == 0;
    keep |= strcmp(argv[1], "--keep") == 0;
    slope |= strcmp(argv[1], "--slope") == 0;
  }
  if (argc < 4) return 64;
  count = atol(argv[3]);
  if (slope) run(count / 4);
  run(count);
  printf("{\"received\":%ld,\"in_order\":%s", count - 1, late ? "false" : "true");
  printf(",\"rss_base_kb\":1000,\"rss_peak_kb\":5000}\n");
  return 0;
}
