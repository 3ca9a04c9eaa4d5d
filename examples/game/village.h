/* How the village looks: the picture of a scene. */
#ifndef VILLAGE_H
#define VILLAGE_H

#include "draw.h"
#include "scene.h"

/* What never changes is painted once. */
void village_paint(struct picture *backdrop);
/* The scene on the backdrop, `frame` being the number of this frame. */
void village_show(struct picture *picture, const struct picture *backdrop, const struct scene *scene, unsigned frame);
/* Where the lamplighter's mouth is. */
void village_mouth(const struct scene *scene, int *x, int *y);

#endif
