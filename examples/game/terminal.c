/* The lamplighter in a terminal: each line of the input is said to him, and the program waits for his answer. */
#include <stdio.h>
#include <string.h>

#include "npc.h"

struct terminal {
  int silent;
};

static void on_words(void *host, const char *piece, int anew) {
  (void)host;
  printf("%s%s", anew ? "Tam: " : "", piece);
  fflush(stdout);
}

static void on_silence(void *host, const char *trouble) {
  struct terminal *terminal = host;
  terminal->silent = 1;
  if (trouble) printf("(%s)", trouble);
  printf("\n");
}

/* Serves the queue until he has answered; between callbacks the village goes on, at no pace of its own. */
static void converse(struct terminal *terminal, struct scene *scene, npc *npc, const char *words) {
  terminal->silent = 0;
  npc_hear(npc, words);
  while (!terminal->silent && copilot_queue_dispatch(npc_queue(npc), -1, COPILOT_WAIT_FOREVER) >= 0) {
    scene_settle(scene);
    npc_look(npc);
  }
}

int main(void) {
  struct terminal terminal = {0};
  struct npc_ears ears = {&terminal, on_words, on_silence};
  struct scene scene;
  copilot_error *error = NULL;
  char line[1024], view[256];
  npc *npc;

  scene_begin(&scene);
  npc = npc_new(&scene, ears, &error);
  if (!npc) {
    fprintf(stderr, "%s\n", copilot_error_message(error));
    copilot_error_free(error);
    return 1;
  }
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    converse(&terminal, &scene, npc, line);
  }
  scene_describe(&scene, view, sizeof view);
  puts(view);
  npc_free(npc);
  return 0;
}
