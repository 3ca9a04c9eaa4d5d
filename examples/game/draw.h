/* Pixels: shapes, letters, sprites and light, into a picture in memory. It knows no window. */
#ifndef DRAW_H
#define DRAW_H

#include <stddef.h>
#include <stdint.h>

enum { WIDTH = 480, HEIGHT = 270, LINE_HEIGHT = 10 };

typedef uint32_t rgb; /* 0xRRGGBB */

struct picture {
  rgb at[HEIGHT][WIDTH];
};

/* How much lamplight falls on each pixel, 255 being all. */
struct light {
  uint8_t at[HEIGHT][WIDTH];
};

/* Everything outside the picture is left out. */
void draw_dot(struct picture *picture, int x, int y, rgb colour);
void draw_rect(struct picture *picture, int x, int y, int width, int height, rgb colour);
/* `alpha` of 255 covers. */
void draw_veil(struct picture *picture, int x, int y, int width, int height, rgb colour, int alpha);
void draw_disc(struct picture *picture, int x, int y, int radius, rgb colour);
void draw_line(struct picture *picture, int x0, int y0, int x1, int y1, rgb colour);
/* `part` of 0 is `a`, of 255 is `b`. */
rgb mix(rgb a, rgb b, int part);

/* UTF-8; what the font has not becomes a box. Widths are in pixels, lengths in bytes. */
void draw_text(struct picture *picture, int x, int y, const char *text, size_t length, rgb colour);
int text_width(const char *text, size_t length);

/* Rows of letters, each of which stands for a colour of the palette; a blank is none. */
struct sprite {
  const char *const *rows;
  int height;
};
void draw_sprite(struct picture *picture, int x, int y, struct sprite sprite, int mirrored);

void light_add(struct light *light, int x, int y, int radius, int strength);
void light_apply(struct picture *picture, const struct light *light);

#endif
