/* What is said, as the player sees it: the speech bubble, and the line that the player types. */
#ifndef BUBBLE_H
#define BUBBLE_H

#include "draw.h"

/* All that the lamplighter has ever said; from `line` on it is what he says now. */
struct speech {
  char *text;
  size_t length, line;
};

void speech_add(struct speech *speech, const char *piece, int anew);

/* The end of what he says now, with its tail at x and y; dots while he `thinks` and has said nothing. */
void bubble_show(struct picture *picture, const struct speech *speech, int thinks, int x, int y, unsigned frame);
void prompt_show(struct picture *picture, const char *typed, const char *figures, unsigned frame);

#endif
