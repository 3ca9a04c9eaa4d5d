#include "scene.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  float x;
} places[PLACES] = {{"gate", 52}, {"well", 136}, {"bakery", 222}, {"inn", 324}, {"chapel", 424}};

static const float STRIDE = 1.3f, KINDLING = 0.03f;

void scene_begin(struct scene *scene) {
  memset(scene, 0, sizeof *scene);
  scene->x = places[0].x;
  scene->traveller = 180;
}

const char *scene_place(int place) { return places[place].name; }
float scene_place_x(int place) { return places[place].x; }

int scene_find(const char *name) {
  int place;
  for (place = 0; name && place < PLACES; place++)
    if (strcmp(name, places[place].name) == 0) return place;
  return NOWHERE;
}

void scene_go(struct scene *scene, int place) { scene->at = place; }
int scene_is_walking(const struct scene *scene) { return scene->x != places[scene->at].x; }

static void walk(struct scene *scene) {
  float goal = places[scene->at].x, left = goal - scene->x;
  if (left > STRIDE) scene->x += STRIDE;
  else if (left < -STRIDE) scene->x -= STRIDE;
  else scene->x = goal;
}

void scene_step(struct scene *scene) {
  int place;
  walk(scene);
  for (place = 0; place < PLACES; place++)
    if (scene->lit[place] && scene->glow[place] < 1) scene->glow[place] += KINDLING;
}

void scene_settle(struct scene *scene) {
  while (scene_is_walking(scene)) scene_step(scene);
}

/* Appends the names of the places whose lamp burns, or does not; "none" without any. */
static void list(const struct scene *scene, int lit, char *text, size_t size) {
  int place, found = 0;
  for (place = 0; place < PLACES; place++) {
    size_t used = strlen(text);
    if (scene->lit[place] != lit) continue;
    snprintf(text + used, size - used, "%s%s", found++ ? ", " : "", places[place].name);
  }
  if (!found) snprintf(text + strlen(text), size - strlen(text), "none");
}

void scene_describe(const struct scene *scene, char *text, size_t size) {
  snprintf(text, size, "You are at the %s. Lamps that burn: ", places[scene->at].name);
  list(scene, 1, text, size);
  snprintf(text + strlen(text), size - strlen(text), ". Dark: ");
  list(scene, 0, text, size);
  snprintf(text + strlen(text), size - strlen(text), ". It is night, and it snows.");
}
