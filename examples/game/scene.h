/* The village: where the lamplighter is and which lamps burn. It knows no window and no agent. */
#ifndef SCENE_H
#define SCENE_H

#include <stddef.h>

enum { PLACES = 5, NOWHERE = -1 };

struct scene {
  int at;            /* where the lamplighter is, or where he goes */
  float x;           /* where he is on his way there, in pixels of the picture */
  float traveller;   /* where the player stands */
  int lit[PLACES];   /* whether the lamp of a place burns */
  float glow[PLACES]; /* how bright it is by now, 0 to 1 */
};

void scene_begin(struct scene *scene);
const char *scene_place(int place);
float scene_place_x(int place);
/* The place of this name, or NOWHERE. */
int scene_find(const char *name);

void scene_go(struct scene *scene, int place);
int scene_is_walking(const struct scene *scene);
/* What one sixtieth of a second changes. */
void scene_step(struct scene *scene);
/* All that is going on comes to its end: for hosts that show no time passing. */
void scene_settle(struct scene *scene);
/* "You are at the well. Lamps that burn: well. Dark: gate, bakery, inn, chapel. …" */
void scene_describe(const struct scene *scene, char *text, size_t size);

#endif
