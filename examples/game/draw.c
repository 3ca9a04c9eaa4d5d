#include "draw.h"

#include <stdlib.h>
#include <string.h>

#include "font.h"

void draw_dot(struct picture *picture, int x, int y, rgb colour) {
  if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT) picture->at[y][x] = colour;
}

void draw_rect(struct picture *picture, int x, int y, int width, int height, rgb colour) {
  draw_veil(picture, x, y, width, height, colour, 255);
}

static int channel(rgb a, rgb b, int shift, int part) {
  int from = (int)(a >> shift & 255), to = (int)(b >> shift & 255);
  return from + (to - from) * part / 255;
}

rgb mix(rgb a, rgb b, int part) {
  return (rgb)(channel(a, b, 16, part) << 16 | channel(a, b, 8, part) << 8 | channel(a, b, 0, part));
}

void draw_veil(struct picture *picture, int x, int y, int width, int height, rgb colour, int alpha) {
  int row, column;
  for (row = y < 0 ? 0 : y; row < y + height && row < HEIGHT; row++)
    for (column = x < 0 ? 0 : x; column < x + width && column < WIDTH; column++)
      picture->at[row][column] = mix(picture->at[row][column], colour, alpha);
}

void draw_disc(struct picture *picture, int x, int y, int radius, rgb colour) {
  int row, column;
  for (row = -radius; row <= radius; row++)
    for (column = -radius; column <= radius; column++)
      if (row * row + column * column <= radius * radius) draw_dot(picture, x + column, y + row, colour);
}

void draw_line(struct picture *picture, int x0, int y0, int x1, int y1, rgb colour) {
  int steps = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0), step;
  int whole = steps ? steps : 1;
  for (step = 0; step <= steps; step++)
    draw_dot(picture, x0 + (x1 - x0) * step / whole, y0 + (y1 - y0) * step / whole, colour);
}

/* ---- Letters ---- */

static const struct {
  const char *utf8;
  char plain;
} plain_forms[] = {{"\xe2\x80\x98", '\''}, {"\xe2\x80\x99", '\''}, {"\xe2\x80\x9c", '"'}, {"\xe2\x80\x9d", '"'},
                   {"\xe2\x80\x93", '-'},  {"\xe2\x80\x94", '-'}};

/* The next character in the form that the font has it in; moves on behind all of its bytes. */
static char next_letter(const char **text, const char *end) {
  const char *start = *text;
  size_t form;
  while (++*text < end && (**text & 0xc0) == 0x80) {}
  if (*start >= FONT_FIRST && *start < FONT_LAST) return *start;
  for (form = 0; form < sizeof plain_forms / sizeof *plain_forms; form++)
    if (*text - start == 3 && memcmp(start, plain_forms[form].utf8, 3) == 0) return plain_forms[form].plain;
  return FONT_LAST;
}

static const char *glyph_row(char letter, int row) {
  int index = letter - FONT_FIRST;
  return FONT[index / FONT_PER_BAND][row] + index % FONT_PER_BAND * FONT_CELL;
}

/* How far the next letter is: letters are as wide as they look. */
static int advance(char letter) {
  static int widths[FONT_LAST + 1];
  int *width = &widths[(int)letter], row, column;
  if (*width) return *width;
  *width = letter == ' ' ? FONT_SPACE : 0;
  for (row = 0; row < FONT_ROWS; row++)
    for (column = 0; column < FONT_CELL; column++)
      if (glyph_row(letter, row)[column] == '#' && column + 2 > *width) *width = column + 2;
  return *width;
}

static void draw_letter(struct picture *picture, int x, int y, char letter, rgb colour) {
  int row, column;
  for (row = 0; row < FONT_ROWS; row++)
    for (column = 0; column < FONT_CELL; column++)
      if (glyph_row(letter, row)[column] == '#') draw_dot(picture, x + column, y + row, colour);
}

void draw_text(struct picture *picture, int x, int y, const char *text, size_t length, rgb colour) {
  const char *end = text + length;
  while (text < end) {
    char letter = next_letter(&text, end);
    draw_letter(picture, x, y, letter, colour);
    x += advance(letter);
  }
}

int text_width(const char *text, size_t length) {
  const char *end = text + length;
  int width = 0;
  while (text < end) width += advance(next_letter(&text, end));
  return width;
}

/* ---- Sprites ---- */

static rgb palette(char letter) {
  switch (letter) {
    case 'k': return 0x14142a; /* outlines */
    case 'c': return 0x3c3a66; /* cloth in the dark */
    case 'C': return 0x55507f;
    case 'r': return 0x8f3f4f; /* a scarf */
    case 's': return 0xc79a86; /* skin */
    case 'b': return 0x4a3644; /* leather and wood */
    case 'B': return 0x6b4f52;
    case 'g': return 0x3d5a5c;
    case 'w': return 0xb9c2e2; /* snow, and a beard */
    case 't': return 0x565a86; /* stone */
    case 'T': return 0x737aa6;
    default: return 0xffc766;  /* fire */
  }
}

void draw_sprite(struct picture *picture, int x, int y, struct sprite sprite, int mirrored) {
  int row, column;
  for (row = 0; row < sprite.height; row++) {
    int width = (int)strlen(sprite.rows[row]);
    for (column = 0; column < width; column++)
      if (sprite.rows[row][column] != ' ')
        draw_dot(picture, x + (mirrored ? width - 1 - column : column), y + row, palette(sprite.rows[row][column]));
  }
}

/* ---- Light ---- */

void light_add(struct light *light, int x, int y, int radius, int strength) {
  int row, column;
  for (row = y - radius < 0 ? 0 : y - radius; row < HEIGHT && row <= y + radius; row++)
    for (column = x - radius < 0 ? 0 : x - radius; column < WIDTH && column <= x + radius; column++) {
      int far = (row - y) * (row - y) + (column - x) * (column - x), all = radius * radius, left = all - far;
      int more;
      if (left <= 0) continue;
      more = (int)((int64_t)strength * left / all * left / all) + light->at[row][column];
      light->at[row][column] = (uint8_t)(more > 255 ? 255 : more);
    }
}

static uint32_t lit(rgb colour, int shift, uint32_t gain, uint32_t glow, uint32_t amount) {
  uint32_t value = colour >> shift & 255;
  value += (value * gain * amount >> 14) + (glow * amount >> 8);
  return (value > 255 ? 255 : value) << shift;
}

/* Lamplight brings out what it falls on, the warm colours most. */
void light_apply(struct picture *picture, const struct light *light) {
  int row, column;
  for (row = 0; row < HEIGHT; row++)
    for (column = 0; column < WIDTH; column++) {
      uint32_t amount = light->at[row][column];
      rgb colour = picture->at[row][column];
      if (amount)
        picture->at[row][column] =
            lit(colour, 16, 112, 52, amount) | lit(colour, 8, 66, 24, amount) | lit(colour, 0, 8, 2, amount);
    }
}
