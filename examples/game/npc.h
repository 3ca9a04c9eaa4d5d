/* The lamplighter as an agent: his session, his tools and his callbacks. This is all of the program that knows
 * libcopilot, and it does not know what it runs in: main.c is a game, terminal.c a command-line program and server.c
 * an epoll server, each with this very file.
 *
 * Nothing here waits. Everything begins as an operation, and everything is heard of when the host serves the queue;
 * callbacks and tools run inside that call, on the host's own thread, so that the scene needs no lock. */
#ifndef NPC_H
#define NPC_H

#include <copilot.h>

#include "scene.h"

/* What the host hears. */
struct npc_ears {
  void *host;
  /* One more piece of what he says; `anew` when it begins a new line. */
  void (*on_words)(void *host, const char *piece, int anew);
  /* He has fallen silent: what was asked is answered, or `trouble` says why not. */
  void (*on_silence)(void *host, const char *trouble);
};

typedef struct npc npc;

/* NULL, with the reason in `error`, when there can be no client at all. No CLI is started yet. */
npc *npc_new(struct scene *scene, struct npc_ears ears, copilot_error **error);
void npc_free(npc *npc);

/* The host serves it as suits it. */
copilot_queue *npc_queue(npc *npc);
/* Somebody speaks to him. While he is not there yet or still speaks, it is kept until he listens. */
void npc_hear(npc *npc, const char *words);
int npc_is_busy(const npc *npc);
/* After the scene has changed: answers what waited for that, such as his arrival. */
void npc_look(npc *npc);

#endif
