/* What the parts of the C client share. It knows copilot.h and POSIX, and nothing else of libcopilot. */
#ifndef BENCH_H
#define BENCH_H

#include <copilot.h>
#include <semaphore.h>
#include <stdint.h>

enum { TIMEOUT_MS = 60000, INDEX_DIGITS = 8 };

/* Who runs the callbacks. A mode that the library gains is one more of these (delivery.c). */
struct bench;
struct workload;
struct delivery {
  const char *flag; /* as on the command line */
  const char *name; /* as in the result */
  const char *queue_options;
  copilot_status (*on_event)(copilot_session_config *config, const char *type, copilot_event_cb callback, void *user_data,
                             copilot_destroy_cb destroy, copilot_error **error); /* registers the session's handler */
  void (*begin)(struct bench *bench);
  void (*until_done)(struct bench *bench); /* serves until bench->done is posted */
};

extern const struct delivery deliveries[];

/* A session, and what has been read of the turn that it is in. */
struct stream {
  struct bench *bench;
  copilot_session *session;
  char next[INDEX_DIGITS]; /* how the next delta's text has to begin: its index */
};

struct bench {
  const char *mock;
  const struct delivery *delivery;
  const struct workload *workload;
  long numbers[3]; /* of the command line */
  copilot_client *client;
  copilot_queue *queue;
  struct stream *streams;
  long stream_count;
  sem_t done;          /* posted when what is waited for has come: the last turn's end, the last reply */
  long awaited;        /* how much of that is yet to come */
  long to_start;       /* pings that have not been sent */
  long received;       /* deltas, replies or tool calls, as the workload has it */
  long received_bytes; /* of text */
  int out_of_order;
  int size;         /* of each delta's text; 0 where none is expected */
  int stamped;      /* deltas begin with a time, not with an index */
  double *latency;  /* microseconds, or NULL where they are not wanted */
  long latencies;
};

/* Ends the program with a message; the error may be NULL. */
void die(const char *what, copilot_error *error);

/* handler.c: what an application does with what comes. */
void on_event(const copilot_event *event, void *stream);
void begin_turn(struct stream *stream);
void on_tool(copilot_request *request, void *bench);
void on_pong(copilot_op *op, void *bench);
void take_event(struct bench *bench, copilot_event *event);
void start_ping(struct bench *bench);

/* workloads.c */
enum sessions {
  NO_SESSION,
  ONE_SESSION,
  TOOL_SESSION,   /* one that offers a tool */
  GIVEN_SESSIONS, /* as many as the first number says */
  OWN_SESSIONS    /* the run opens its own, as many as its count */
};

struct workload {
  const char *name;
  const char *numbers[3]; /* what follows its name; "n" is the count */
  enum sessions sessions;
  long warm_up; /* the count of a run that is not measured; 0 for none */
  void (*prepare)(struct bench *bench);
  void (*run)(struct bench *bench, long count);
};

extern const struct workload workloads[];
void connect_client(struct bench *bench);
copilot_session *open_session(struct bench *bench, long index);

/* measure.c */
struct section {
  double wall, cpu; /* seconds */
  long rss_base, rss_peak; /* KiB */
};

uint64_t now_ns(void);
void section_begin(struct section *section);
void section_end(struct section *section);
/* The value below which `percent` of the values are; sorts them. */
double percentile(double *values, long count, double percent);

#endif
