/* The part of the village that never changes. */
#include <math.h>

#include "village.h"

enum { GROUND = 206, STREET = 222 };

/* The same picture every time: a small generator of our own. */
static unsigned seed;
static int chance(int limit) {
  seed = seed * 1664525u + 1013904223u;
  return (int)((seed >> 16) % (unsigned)limit);
}

/* Between two colours there is a chequered row of steps, as painters of pixels have always done it. */
static rgb dithered(rgb a, rgb b, int part, int x, int y) {
  static const int threshold[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
  int step = 24, rough = part + threshold[y & 3][x & 3] * step / 16;
  return mix(a, b, rough / step * step > 255 ? 255 : rough / step * step);
}

static void paint_sky(struct picture *picture) {
  int x, y;
  for (y = 0; y < GROUND; y++)
    for (x = 0; x < WIDTH; x++)
      picture->at[y][x] = y < 110 ? dithered(0x0b0f2b, 0x2a2a5e, y * 255 / 110, x, y)
                                  : dithered(0x2a2a5e, 0x7a5a84, (y - 110) * 255 / 96, x, y);
  for (x = 0; x < 110; x++) draw_dot(picture, chance(WIDTH), chance(120), x % 4 ? 0x5d63a0 : 0xc9cff5);
}

static void paint_moon(struct picture *picture, int x, int y) {
  int ring;
  for (ring = 4; ring > 0; ring--) {
    int row, column, radius = 17 + ring * 5;
    for (row = -radius; row <= radius; row++)
      for (column = -radius; column <= radius; column++)
        if (row * row + column * column <= radius * radius && y + row >= 0)
          picture->at[y + row][x + column] = mix(picture->at[y + row][x + column], 0x8f95d6, 14);
  }
  draw_disc(picture, x, y, 16, 0xf3edd2);
  draw_disc(picture, x - 5, y - 4, 3, 0xdcd5bd);
  draw_disc(picture, x + 5, y + 3, 4, 0xdcd5bd);
  draw_disc(picture, x - 3, y + 8, 2, 0xdcd5bd);
  draw_disc(picture, x + 7, y - 8, 1, 0xdcd5bd);
}

/* A ridge against the sky, with snow where it is high. */
static void paint_ridge(struct picture *picture, int base, float rise, float length, float shift, rgb rock, rgb snow) {
  int x, y;
  for (x = 0; x < WIDTH; x++) {
    float along = (float)x / length + shift;
    float jag = fabsf(fmodf(along * 2.7f, 2) - 1) * 0.35f + fabsf(fmodf(along * 7.3f, 2) - 1) * 0.16f;
    int top = base - (int)(rise * (0.5f * sinf(along) + 0.5f + jag));
    int cap = top + 9 + (int)(6 * sinf(along * 23)) + x % 3;
    for (y = top; y < GROUND; y++) draw_dot(picture, x, y, y < cap && top < base - (int)(rise * 0.55f) ? snow : rock);
  }
}

static void paint_pine(struct picture *picture, int x, int y, int height, rgb green, rgb snow) {
  int row;
  for (row = 0; row < height; row++) {
    int half = (row % 7) * 2 / 3 + row / 4;
    draw_rect(picture, x - half, y - height + row, half * 2 + 1, 1, green);
    if (row % 7 > 4) draw_rect(picture, x - half, y - height + row, half * 2 / 3 + 1, 1, snow);
  }
  draw_rect(picture, x - 1, y, 2, 3, 0x1b1730);
}

static void paint_wood(struct picture *picture) {
  int tree;
  for (tree = 0; tree < 64; tree++)
    paint_pine(picture, chance(WIDTH), 196 + chance(9), 16 + chance(20), tree % 2 ? 0x1b2446 : 0x202b50, 0x3c4879);
}

/* Snow on what is level. */
static void paint_snow(struct picture *picture, int x, int y, int width) {
  int column;
  draw_rect(picture, x, y, width, 3, 0xaab3db);
  draw_rect(picture, x + 1, y - 1, width - 2, 1, 0xc8d0ee);
  for (column = x; column < x + width; column++)
    if (chance(3) == 0) draw_rect(picture, column, y + 3, 1, 1 + chance(3), 0x8f98c6);
}

/* A gable that faces the street, its slopes under snow. */
static void paint_roof(struct picture *picture, int x, int y, int width, int height, rgb tiles) {
  int row;
  for (row = 0; row < height; row++) {
    int half = (width / 2 + 5) * (row + 1) / height, middle = x + width / 2;
    draw_rect(picture, middle - half, y - height + row, half * 2, 1, row % 4 == 3 ? mix(tiles, 0, 60) : tiles);
    draw_rect(picture, middle - half - 1, y - height + row, 7 + chance(2), 1, 0xb4bce2);
    draw_rect(picture, middle + half - 5 - chance(2), y - height + row, 7, 1, 0x8e97c6);
  }
  draw_rect(picture, x - 7, y, width + 14, 2, 0x5f6796);
}

static void paint_window(struct picture *picture, int x, int y, int width, int height) {
  draw_rect(picture, x - 1, y - 1, width + 2, height + 2, 0x2a2138);
  draw_rect(picture, x, y, width, height, 0x3a3a62);
  draw_rect(picture, x - 2, y + height + 1, width + 4, 1, 0xaab3db);
}

static void paint_door(struct picture *picture, int x, int y, int width, int height) {
  draw_rect(picture, x - 1, y - height - 1, width + 2, height + 1, 0x241c30);
  draw_rect(picture, x, y - height, width, height, 0x523a4a);
  draw_rect(picture, x + width / 2, y - height, 1, height, 0x3c2b3a);
  draw_dot(picture, x + width - 2, y - height / 2, 0xa08868);
  draw_rect(picture, x - 3, y, width + 6, 2, 0x7a82ae);
}

/* A house of plaster and timber. */
static void paint_house(struct picture *picture, int x, int width, int height, int roof, rgb wall, rgb tiles) {
  rgb timber = mix(wall, 0x120e20, 150);
  int top = GROUND - height, beam, row;
  draw_rect(picture, x, top, width, height + 2, wall);
  for (row = top + 3; row < GROUND; row += 3)
    draw_dot(picture, x + 3 + chance(width - 6), row, mix(wall, 0xffffff, 30));
  for (beam = 0; beam <= 3; beam++) draw_rect(picture, x + beam * (width - 2) / 3, top, 2, height, timber);
  draw_rect(picture, x, top + height / 2, width, 2, timber);
  draw_rect(picture, x, GROUND - 5, width, 7, 0x3e3d63);
  paint_roof(picture, x, top, width, roof, tiles);
}

static void paint_chimney(struct picture *picture, int x, int y) {
  draw_rect(picture, x, y, 8, 20, 0x4a4366);
  draw_rect(picture, x + 5, y, 3, 20, 0x3a3456);
  paint_snow(picture, x - 1, y - 2, 10);
}

static void paint_gate(struct picture *picture) {
  int row;
  draw_rect(picture, 0, 172, 26, 36, 0x4b4f7a);
  draw_rect(picture, 26, 150, 14, 58, 0x555a86);
  draw_rect(picture, 66, 150, 14, 58, 0x555a86);
  draw_rect(picture, 26, 146, 54, 12, 0x5d6290);
  for (row = 0; row < 9; row++) draw_rect(picture, 40, 158 + row, 9 - row, 1, 0x555a86);
  for (row = 0; row < 9; row++) draw_rect(picture, 57 + row, 158 + row, 9 - row, 1, 0x555a86);
  for (row = 150; row < 206; row += 7) {
    draw_rect(picture, 26, row, 14, 1, 0x444873);
    draw_rect(picture, 66, row, 14, 1, 0x444873);
    draw_rect(picture, row % 2 ? 31 : 35, row, 1, 7, 0x444873);
    draw_rect(picture, row % 2 ? 74 : 70, row, 1, 7, 0x444873);
    if (row > 170) draw_rect(picture, 0, row, 26, 1, 0x3f436b);
  }
  paint_snow(picture, 24, 143, 58);
  paint_snow(picture, 0, 169, 26);
}

static void paint_well(struct picture *picture) {
  int row;
  draw_rect(picture, 118, 178, 2, 30, 0x3d2f42);
  draw_rect(picture, 142, 178, 2, 30, 0x3d2f42);
  draw_rect(picture, 119, 184, 24, 2, 0x4e3c4c);
  draw_rect(picture, 131, 186, 1, 11, 0x8a7a72);
  draw_rect(picture, 129, 197, 5, 4, 0x5a4650);
  draw_rect(picture, 114, 200, 34, 12, 0x5a5f8c);
  for (row = 200; row < 212; row += 4) draw_rect(picture, 114, row, 34, 1, 0x474b76);
  for (row = 0; row < 34; row += 7) draw_rect(picture, 116 + row, 200 + row % 2 * 4, 1, 4, 0x474b76);
  for (row = 0; row < 10; row++) draw_rect(picture, 131 - (row + 1) * 2, 169 + row, (row + 1) * 4, 1, row < 8 ? 0xb4bce2 : 0x6b5560);
  paint_snow(picture, 113, 197, 36);
}

static void paint_bakery(struct picture *picture) {
  paint_chimney(picture, 236, 126);
  paint_house(picture, 182, 66, 46, 34, 0x5b4a68, 0x4b3558);
  paint_window(picture, 190, 188, 16, 12);
  paint_window(picture, 210, 144, 10, 9);
  paint_door(picture, 222, GROUND + 2, 13, 24);
  draw_rect(picture, 176, 178, 2, 8, 0x2a2138);
  draw_rect(picture, 170, 186, 13, 7, 0x6d5560);
  draw_disc(picture, 174, 189, 1, 0xc79a66);
  draw_disc(picture, 178, 189, 1, 0xc79a66);
}

static void paint_inn(struct picture *picture) {
  int column;
  paint_chimney(picture, 284, 96);
  paint_house(picture, 272, 82, 74, 36, 0x4f4a72, 0x3e3560);
  for (column = 0; column < 3; column++) paint_window(picture, 279 + column * 28, 140, 12, 13);
  paint_window(picture, 280, 181, 15, 13);
  paint_window(picture, 333, 181, 13, 13);
  paint_door(picture, 306, GROUND + 2, 15, 28);
  draw_rect(picture, 356, 168, 11, 1, 0x2a2138);
  draw_rect(picture, 358, 169, 9, 10, 0x6b4f52);
  draw_rect(picture, 360, 172, 4, 5, 0xd8b070);
  draw_rect(picture, 364, 173, 1, 3, 0xd8b070);
}

static void paint_chapel(struct picture *picture) {
  int row;
  draw_rect(picture, 392, 158, 66, 50, 0x565880);
  paint_roof(picture, 396, 158, 58, 26, 0x39375f);
  draw_rect(picture, 414, 112, 24, 96, 0x60638c);
  draw_rect(picture, 433, 112, 5, 96, 0x4d507a);
  for (row = 0; row < 40; row++) draw_rect(picture, 426 - (row + 2) * 15 / 40, 72 + row, (row + 2) * 30 / 40, 1, 0x413c68);
  for (row = 0; row < 40; row++) draw_rect(picture, 425 - (row + 2) * 15 / 40, 72 + row, 2 + row / 8, 1, 0xb4bce2);
  draw_rect(picture, 425, 60, 2, 14, 0xc9b98a);
  draw_rect(picture, 422, 64, 8, 2, 0xc9b98a);
  paint_snow(picture, 410, 111, 32);
  paint_window(picture, 423, 122, 6, 12);
  paint_window(picture, 398, 172, 7, 18);
  paint_window(picture, 445, 172, 7, 18);
  paint_door(picture, 419, GROUND + 2, 14, 26);
}

static void paint_ground(struct picture *picture) {
  int x, y;
  for (y = GROUND; y < HEIGHT; y++)
    for (x = 0; x < WIDTH; x++) draw_dot(picture, x, y, dithered(0x7780b4, 0x3a3f70, (y - GROUND) * 255 / 70, x, y));
  for (x = 0; x < 260; x++) draw_rect(picture, chance(WIDTH), GROUND + chance(60), 2 + chance(5), 1, 0x666fa6);
  for (y = STREET + 8; y < STREET + 27; y += 4)
    for (x = -(y * 3 % 11); x < WIDTH; x += 11) {
      draw_rect(picture, x + chance(3), y, 8, 3, mix(0x4d5182, 0x5d6294, chance(255)));
      if (chance(4) == 0) draw_rect(picture, x, y, 7, 2, 0x8890c2);
    }
}

void village_paint(struct picture *backdrop) {
  seed = 7;
  paint_sky(backdrop);
  paint_moon(backdrop, 240, 46);
  paint_ridge(backdrop, 176, 62, 60, 0.4f, 0x34386c, 0x6a70a8);
  paint_ridge(backdrop, 192, 38, 41, 2.1f, 0x272c58, 0x272c58);
  paint_wood(backdrop);
  paint_ground(backdrop);
  paint_chapel(backdrop);
  paint_inn(backdrop);
  paint_bakery(backdrop);
  paint_gate(backdrop);
  paint_well(backdrop);
  paint_pine(backdrop, 96, 214, 50, 0x1d2a4c, 0x8f98c6);
  paint_pine(backdrop, 470, 216, 58, 0x1d2a4c, 0x8f98c6);
}
