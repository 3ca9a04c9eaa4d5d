#include "bubble.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_WIDTH = 150, LINES = 6, MARGIN = 9, LIFT = 44, TAIL = 17 };

struct line {
  const char *text;
  size_t length;
};

void speech_add(struct speech *speech, const char *piece, int anew) {
  size_t more = strlen(piece);
  char *text = realloc(speech->text, speech->length + more + 1);
  if (!text) return;
  memcpy(text + speech->length, piece, more + 1);
  speech->text = text;
  if (anew) speech->line = speech->length;
  speech->length += more;
}

/* The longest beginning that fits into a line, to the end of a word where there is one. */
static size_t fitting(const char *text) {
  size_t length = 0, word = 0;
  int width = 0;
  while (text[length] && text[length] != '\n') {
    size_t next = length + 1;
    while ((text[next] & 0xc0) == 0x80) next++;
    width += text_width(text + length, next - length);
    if (width > TEXT_WIDTH) return word ? word : length;
    if (text[next] == ' ' || text[next] == '\n' || !text[next]) word = next;
    length = next;
  }
  return length;
}

/* Breaks a text into lines, of which the last ones are kept; returns how many those are. */
static int break_lines(const char *text, struct line *lines) {
  int count = 0;
  while (*text) {
    struct line line = {text, fitting(text)};
    if (count == LINES) memmove(lines, lines + 1, sizeof *lines * (LINES - 1));
    else count++;
    lines[count - 1] = line;
    text += line.length;
    while (*text == ' ' || *text == '\n') text++;
  }
  return count;
}

static void show_paper(struct picture *picture, int x, int y, int width, int height) {
  draw_veil(picture, x + 2, y + 3, width, height, 0x05050f, 90);
  draw_rect(picture, x + 2, y, width - 4, height, 0x3a2b33);
  draw_rect(picture, x, y + 2, width, height - 4, 0x3a2b33);
  draw_rect(picture, x + 1, y + 1, width - 2, height - 2, 0x3a2b33);
  draw_rect(picture, x + 2, y + 1, width - 4, height - 2, 0xf6ecd2);
  draw_rect(picture, x + 1, y + 2, width - 2, height - 4, 0xf6ecd2);
  draw_rect(picture, x + 3, y + height - 2, width - 6, 1, 0xdccba6);
}

/* A short one, that points to the mouth. */
static void show_tail(struct picture *picture, int x, int y, int mouth_x, int mouth_y) {
  int row;
  for (row = 0; row <= TAIL; row++) {
    int middle = x + (mouth_x - x) * row / (mouth_y - y), half = 5 - row * 5 / TAIL;
    draw_rect(picture, middle - half - 1, y + row, half * 2 + 2, 1, 0x3a2b33);
    if (half > 0) draw_rect(picture, middle - half, y + row, half * 2, 1, 0xf6ecd2);
  }
}

static int within(int value, int least, int most) { return value < least ? least : value > most ? most : value; }

void bubble_show(struct picture *picture, const struct speech *speech, int thinks, int x, int y, unsigned frame) {
  static const char dots[] = ". . .";
  struct line lines[LINES];
  const char *text = speech->text ? speech->text + speech->line : "";
  int count = break_lines(thinks ? dots : text, lines), widest = 0, line, width, height, left, top;
  if (!count) return;
  if (thinks) lines[0].length = 1 + frame / 15 % 3 * 2;
  for (line = 0; line < count; line++) {
    int wide = text_width(lines[line].text, thinks ? sizeof dots - 1 : lines[line].length);
    if (wide > widest) widest = wide;
  }
  width = widest + MARGIN * 2;
  height = count * LINE_HEIGHT + MARGIN + 4;
  left = within(x - width / 3, 6, WIDTH - width - 6);
  top = y - height - LIFT;
  show_paper(picture, left, top, width, height);
  show_tail(picture, within(x - 4, left + 12, left + width - 12), top + height - 1, x, y);
  for (line = 0; line < count; line++)
    draw_text(picture, left + MARGIN, top + 7 + line * LINE_HEIGHT, lines[line].text, lines[line].length, 0x33262e);
}

void prompt_show(struct picture *picture, const char *typed, const char *figures, unsigned frame) {
  static const char hint[] = "Say something to the lamplighter";
  int x = 18, y = HEIGHT - 13;
  draw_veil(picture, 0, HEIGHT - 17, WIDTH, 17, 0x0b0c22, 190);
  draw_text(picture, 8, y, ">", 1, 0xffc766);
  draw_text(picture, x, y, *typed ? typed : hint, strlen(*typed ? typed : hint), *typed ? 0xf2f0ff : 0x6f74a8);
  if (*typed && frame / 30 % 2 == 0)
    draw_rect(picture, x + text_width(typed, strlen(typed)) + 1, y - 1, 1, 9, 0xf2f0ff);
  draw_text(picture, WIDTH - 8 - text_width(figures, strlen(figures)), y, figures, strlen(figures), 0x7f86ba);
}
