/*
 * Runs one workload against the mock CLI and prints what it took as one line of JSON.
 *
 *   c-client [--thread | --dispatch | --next | --batch | --direct] [--slope] MOCK WORKLOAD NUMBER...
 *
 * With --slope the measured part runs twice, first with a quarter of the count. Each run lies between two calls of
 * mark(), where a tool that counts can look: the difference of the two runs has nothing in it that is done once.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const exec_time = "BENCH_EXEC_NS";

void die(const char *what, copilot_error *error) {
  fprintf(stderr, "c-client: %s: %s\n", what, error ? copilot_error_message(error) : "failed");
  exit(1);
}

static void usage(void) {
  fputs("c-client [--thread | --dispatch | --next | --batch | --direct] [--slope] MOCK WORKLOAD NUMBER...\n", stderr);
  exit(64);
}

/* The counter of allocations has it when it is preloaded. */
extern void allocations_mark(void) __attribute__((weak));

__attribute__((noinline)) void mark(void);
void mark(void) {
  if (allocations_mark) allocations_mark();
}

static const struct delivery *find_delivery(const char *flag) {
  const struct delivery *delivery = deliveries;
  while (delivery->flag && strcmp(delivery->flag, flag) != 0) delivery++;
  return delivery->flag ? delivery : NULL;
}

static const struct workload *find_workload(const char *name) {
  const struct workload *workload = workloads;
  while (workload->name && strcmp(workload->name, name) != 0) workload++;
  if (!workload->name) usage();
  return workload;
}

static long room_for(long count) { return count < 1000 ? 1000 : count; }

/* Opens the sessions, makes room for what is measured, warms up. */
static void prepare(struct bench *bench, long count) {
  const struct workload *workload = bench->workload;
  long index, open = 0;
  if (workload->sessions == ONE_SESSION || workload->sessions == TOOL_SESSION) open = 1;
  if (workload->sessions == GIVEN_SESSIONS) open = bench->numbers[0];
  bench->stream_count = workload->sessions == OWN_SESSIONS ? count : open > 0 ? open : 1;
  bench->streams = calloc((size_t)bench->stream_count, sizeof *bench->streams);
  bench->latency = calloc((size_t)room_for(count), sizeof *bench->latency);
  if (!bench->streams || !bench->latency) die("memory", NULL);
  for (index = 0; index < bench->stream_count; index++) {
    bench->streams[index].bench = bench;
    begin_turn(&bench->streams[index]);
  }
  for (index = 0; index < open; index++) bench->streams[index].session = open_session(bench, index);
  if (workload->prepare) workload->prepare(bench);
  if (workload->warm_up) workload->run(bench, workload->warm_up);
}

/* One run of the workload between two marks. */
static void measure(struct bench *bench, long count, struct section *section) {
  bench->received = bench->received_bytes = bench->latencies = 0;
  mark();
  section_begin(section);
  bench->workload->run(bench, count);
  section_end(section);
  mark();
}

static void report(struct bench *bench, const struct section *section) {
  const struct workload *workload = bench->workload;
  int index;
  printf("{\"client\":\"%s\",\"workload\":\"%s\"", bench->delivery->name, workload->name);
  for (index = 0; index < 3 && workload->numbers[index]; index++)
    printf(",\"%s\":%ld", workload->numbers[index], bench->numbers[index]);
  printf(",\"received\":%ld,\"received_bytes\":%ld", bench->received, bench->received_bytes);
  printf(",\"in_order\":%s", bench->out_of_order ? "false" : "true");
  printf(",\"wall_s\":%.6f,\"cpu_s\":%.6f", section->wall, section->cpu);
  printf(",\"rss_base_kb\":%ld,\"rss_peak_kb\":%ld", section->rss_base, section->rss_peak);
  if (bench->latencies > 0) {
    double *values = bench->latency;
    printf(",\"p50_us\":%.1f", percentile(values, bench->latencies, 50));
    printf(",\"p90_us\":%.1f", percentile(values, bench->latencies, 90));
    printf(",\"p99_us\":%.1f", percentile(values, bench->latencies, 99));
  }
  puts("}");
}

/* The start of the program belongs to what is measured: it begins anew and takes the time along. */
static void connect_since_exec(struct bench *bench, char **argv, struct section *section) {
  const char *began = getenv(exec_time);
  char text[32];
  if (!began) {
    snprintf(text, sizeof text, "%llu", (unsigned long long)now_ns());
    setenv(exec_time, text, 1);
    execv("/proc/self/exe", argv);
    die("exec", NULL);
  }
  unsetenv(exec_time);
  memset(section, 0, sizeof *section);
  section->wall = (double)strtoull(began, NULL, 10) / 1e9;
  connect_client(bench);
  section_end(section);
  bench->received = 1;
}

static void stop(struct bench *bench) {
  copilot_error *error = NULL;
  long index;
  for (index = 0; index < bench->stream_count; index++) copilot_session_free(bench->streams[index].session);
  if (copilot_client_stop(bench->client, TIMEOUT_MS, &error) < 0) die("stop", error);
  copilot_client_free(bench->client);
  copilot_queue_free(bench->queue);
  free(bench->streams);
  free(bench->latency);
}

int main(int argc, char **argv) {
  static struct bench bench;
  const struct workload *workload;
  struct section section;
  char **argument = argv + 1;
  int slope = 0, index;
  long count = 0;

  (void)argc;
  bench.delivery = deliveries;
  for (; *argument && **argument == '-'; argument++) {
    if (strcmp(*argument, "--slope") == 0)
      slope = 1;
    else if (!(bench.delivery = find_delivery(*argument)))
      usage();
  }
  if (!argument[0] || !argument[1]) usage();
  bench.mock = argument[0];
  bench.workload = workload = find_workload(argument[1]);
  for (index = 0; index < 3 && workload->numbers[index]; index++) {
    if (!argument[2 + index]) usage();
    bench.numbers[index] = atol(argument[2 + index]);
    if (count == 0 || strcmp(workload->numbers[index], "n") == 0) count = bench.numbers[index];
  }
  if (argument[2 + index]) usage();
  sem_init(&bench.done, 0, 0);

  if (strcmp(workload->name, "connect") == 0) {
    connect_since_exec(&bench, argv, &section);
  } else {
    connect_client(&bench);
    prepare(&bench, count);
    if (slope) measure(&bench, count / 4, &section);
    measure(&bench, count, &section);
  }
  report(&bench, &section);
  stop(&bench);
  return 0;
}
