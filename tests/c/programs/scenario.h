/* What the parts of the program scenario share. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <copilot.h>

#define MAX_TOOLS 4
#define MAX_WAITING 8
#define MAX_ANSWERS 8
#define KINDS 6

struct run;

/* A tool of a row, and the calls of it that are open. */
struct tool {
  struct run *run;
  const copilot_json *json;
  copilot_request *waiting[MAX_WAITING];
  size_t waiting_count;
};

/* A kind of question that the row answers. */
struct asker {
  struct run *run;
  const char *kind;
  const copilot_json *answers;
  int64_t taken[MAX_ANSWERS]; /* how often each answer was */
  copilot_request *open[MAX_WAITING];
  size_t open_count;
};

/* A row on its way. */
struct run {
  copilot_json *row;
  copilot_json *seen;
  copilot_client *client;
  copilot_session_config *config;
  copilot_session *session;
  struct tool tools[MAX_TOOLS];
  struct asker askers[KINDS];
  size_t permissions; /* how many were asked for */
  size_t step;        /* the number of the step that is next */
  size_t events;      /* how many were seen */
  size_t passed;      /* how many the waits are done with */
  int pending;        /* an operation of the step has not ended */
  int wants_idle;     /* the step goes on until the session is idle */
  const copilot_json *wants; /* the step goes on until an event with these values */
  int over;
};

/* scenario_json.c */
void die(const char *what, copilot_error *error);
void check(const char *what, copilot_status status, copilot_error *error);
char *new_text(size_t size);
copilot_json *read_json(const char *path);
/* Appends a value to one of the lists of what was seen. */
void note(struct run *run, const char *list, const char *text);
/* Whether all the places of an object have its values in a JSON; a place is a member's name or a pointer. */
int has_values(const copilot_json *json, const copilot_json *values);
/* What a name in ${} stands for, or NULL. */
typedef const copilot_json *(*resolver)(const char *name, void *context);
/* The text of a JSON, in whose strings each ${name} that can be resolved is replaced; to be freed. */
char *filled(const copilot_json *json, resolver resolve, void *context);

/* scenario_answers.c */
void add_answers(struct run *run);
void free_answers(struct run *run);

/* scenario_steps.c */
/* Does the next step, unless the one before it is not done. */
void go_on(struct run *run);
/* Ends the row with what has gone wrong; takes the error. */
void give_up(struct run *run, const char *what, copilot_error *error);

#endif
