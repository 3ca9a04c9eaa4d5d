#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "game [--say WORDS] [--frames N] [--leave-at N] [--screenshot FILE --at N] [--stats] [--trace]\n"
    "  --say WORDS         types this for you, at once\n"
    "  --frames N          ends after N frames, once he has spoken\n"
    "  --leave-at N        ends at frame N, whatever he does\n"
    "  --screenshot FILE   writes frame N of --at as BMP\n"
    "  --stats             prints what the frames took, and what has become of the village, as JSON\n"
    "  --trace             marks the calls of the library for strace, by write(-1, \"library {\", 9) and \"library }\"\n";

static int take_text(const char **where, const char *value) {
  *where = value;
  return value != NULL;
}

static int take_number(int *where, const char *value) {
  *where = value ? atoi(value) : 0;
  return *where > 0;
}

int options_read(struct options *options, int argc, char **argv) {
  int at = 1, right = 1;
  memset(options, 0, sizeof *options);
  while (at < argc && right) {
    const char *name = argv[at++];
    if (strcmp(name, "--stats") == 0) options->stats = 1;
    else if (strcmp(name, "--trace") == 0) options->trace = 1;
    else if (strcmp(name, "--say") == 0) right = take_text(&options->say, argv[at++]);
    else if (strcmp(name, "--screenshot") == 0) right = take_text(&options->screenshot, argv[at++]);
    else if (strcmp(name, "--at") == 0) right = take_number(&options->screenshot_at, argv[at++]);
    else if (strcmp(name, "--frames") == 0) right = take_number(&options->frames, argv[at++]);
    else if (strcmp(name, "--leave-at") == 0) right = take_number(&options->leave_at, argv[at++]);
    else right = 0;
  }
  if (!right) fputs(USAGE, stderr);
  return right;
}
