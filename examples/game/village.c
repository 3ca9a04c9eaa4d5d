/* The part of the village that moves: people, lamps, windows, smoke and snow. */
#include "village.h"

#include <math.h>
#include <string.h>

#include "figures.h"

enum { LAMP_FOOT = 220, LAMP_TOP = 176, STREET = 240, FLAKES = 150 };

static const struct {
  int x, y, width, height;
} windows[] = {{190, 188, 16, 12}, {210, 144, 10, 9}, {279, 140, 12, 13}, {307, 140, 12, 13},
               {280, 181, 15, 13}, {333, 181, 13, 13}, {423, 122, 6, 12}};
enum { WINDOWS = sizeof windows / sizeof *windows };

/* Beside the place, so that nobody stands in it. */
static int lamp_x(int place) { return (int)scene_place_x(place) + 20; }

static void show_lamp_post(struct picture *picture, int x) {
  draw_rect(picture, x - 1, LAMP_TOP + 9, 2, LAMP_FOOT - LAMP_TOP - 9, 0x23203e);
  draw_rect(picture, x - 3, LAMP_FOOT - 3, 6, 3, 0x23203e);
  draw_rect(picture, x - 2, LAMP_TOP + 14, 4, 1, 0x3a3760);
  draw_rect(picture, x - 4, LAMP_TOP + 8, 8, 1, 0x23203e);
  draw_rect(picture, x - 3, LAMP_TOP, 6, 8, 0x3d4370);
  draw_rect(picture, x - 5, LAMP_TOP - 1, 10, 1, 0x23203e);
  draw_rect(picture, x - 3, LAMP_TOP - 3, 6, 2, 0x23203e);
  draw_rect(picture, x - 4, LAMP_TOP - 4, 8, 1, 0xc8d0ee);
}

static void show_flame(struct picture *picture, int x, float glow, unsigned frame) {
  int flicker = (int)(frame / 7 + (unsigned)x) % 3;
  if (glow <= 0) return;
  draw_veil(picture, x - 3, LAMP_TOP, 6, 8, 0xffb347, (int)(glow * 230));
  draw_veil(picture, x - 2, LAMP_TOP + 2 - flicker / 2, 4, 6, 0xffe9a8, (int)(glow * 255));
  draw_veil(picture, x - 1, LAMP_TOP + 4, 2, 3, 0xffffff, (int)(glow * 255));
  draw_veil(picture, x - 6, LAMP_TOP - 2, 12, 13, 0xffc766, (int)(glow * 40));
  draw_veil(picture, x - 9, LAMP_TOP + 1, 18, 7, 0xffc766, (int)(glow * 26));
}

static void gather_light(struct light *light, const struct scene *scene, unsigned frame) {
  int place, pane;
  memset(light, 0, sizeof *light);
  for (place = 0; place < PLACES; place++) {
    float flicker = 0.94f + 0.06f * sinf((float)frame * 0.13f + (float)place * 1.7f);
    int strength = (int)(155 * scene->glow[place] * flicker);
    if (strength > 0) light_add(light, lamp_x(place), LAMP_TOP + 6, 96, strength);
    if (strength > 0) light_add(light, lamp_x(place), LAMP_FOOT + 14, 60, strength / 3);
  }
  for (pane = 0; pane < WINDOWS; pane++)
    light_add(light, windows[pane].x + windows[pane].width / 2, windows[pane].y + windows[pane].height / 2, 26, 80);
  light_add(light, (int)scene->x + 10, STREET - 38, 40, 130);
  light_add(light, (int)scene->traveller + 9, STREET + 8, 40, 110);
}

static void show_windows(struct picture *picture, unsigned frame) {
  int pane;
  for (pane = 0; pane < WINDOWS; pane++) {
    int x = windows[pane].x, y = windows[pane].y, width = windows[pane].width, height = windows[pane].height;
    int dim = (int)(12 * sinf((float)frame * 0.05f + (float)pane * 2));
    draw_rect(picture, x, y, width, height, mix(0xffc25e, 0xd98a3d, 60 + dim));
    draw_veil(picture, x + 1, y + 1, width - 2, height / 2, 0xffe6a3, 150);
    draw_rect(picture, x + width / 2, y, 1, height, 0x3a2636);
    draw_rect(picture, x, y + height / 2, width, 1, 0x3a2636);
  }
}

static void show_smoke(struct picture *picture, int x, int y, unsigned frame) {
  int puff;
  for (puff = 0; puff < 9; puff++) {
    int age = (int)((frame / 3 + (unsigned)puff * 9) % 81), size = 2 + age / 16;
    int drift = (int)(age * 0.22f + 3 * sinf((float)age * 0.15f));
    draw_veil(picture, x + drift - size / 2, y - age / 2 - size, size, size, 0xa7a6cf, 70 - age * 70 / 81);
  }
}

/* Flakes fall in three depths, the near ones faster, and are brighter in the light of a lamp. */
static void show_snow(struct picture *picture, const struct light *light, unsigned frame) {
  int flake;
  for (flake = 0; flake < FLAKES; flake++) {
    int depth = flake % 3 + 1;
    int y = (int)((unsigned)flake * 97 + frame * (unsigned)depth / 4) % HEIGHT;
    float sway = 5 * sinf((float)(frame + (unsigned)flake * 31) * 0.02f);
    int x = (int)((unsigned)(flake * 173) + frame * (unsigned)depth / 9 + (unsigned)(sway + 8)) % WIDTH;
    int shine = 60 + depth * 35 + light->at[y][x] / 2;
    draw_veil(picture, x, y, depth == 3 ? 2 : 1, depth == 3 ? 2 : 1, 0xe9edff, shine > 255 ? 255 : shine);
  }
}

/* A shadow, then a figure of which the sprite's feet are at `y`. */
static void show_figure(struct picture *picture, int x, int y, struct sprite sprite, int mirrored) {
  draw_veil(picture, x - 7, y - 1, 15, 3, 0x0c0c22, 90);
  draw_sprite(picture, x - 8, y - sprite.height, sprite, mirrored);
}

static void show_lamplighter(struct picture *picture, const struct scene *scene, unsigned frame) {
  int walks = scene_is_walking(scene), left = walks && scene_place_x(scene->at) < scene->x;
  int x = (int)scene->x, bob = walks && frame / 8 % 2, hand = left ? x - 5 : x + 5;
  show_figure(picture, x, STREET + 1, walks && frame / 8 % 2 ? LAMPLIGHTER_STEPS : LAMPLIGHTER, left);
  draw_line(picture, hand, STREET - 4 - bob, left ? hand - 5 : hand + 5, STREET - 40 - bob, 0x6b4f52);
}

static void show_pole_fire(struct picture *picture, const struct scene *scene, unsigned frame) {
  int walks = scene_is_walking(scene), left = walks && scene_place_x(scene->at) < scene->x;
  int x = (int)scene->x + (left ? -10 : 10), y = STREET - 41 - (walks && frame / 8 % 2);
  draw_veil(picture, x - 2, y - 3, 5, 5, 0xffb347, 90);
  draw_rect(picture, x, y - 2 - (int)(frame / 9 % 2), 1, 3, 0xffe9a8);
}

void village_mouth(const struct scene *scene, int *x, int *y) {
  *x = (int)scene->x;
  *y = STREET - 31;
}

void village_show(struct picture *picture, const struct picture *backdrop, const struct scene *scene, unsigned frame) {
  static struct light light;
  int place;
  memcpy(picture, backdrop, sizeof *picture);
  show_smoke(picture, 240, 124, frame);
  show_smoke(picture, 288, 94, frame + 40);
  for (place = 0; place < PLACES; place++) show_lamp_post(picture, lamp_x(place));
  show_lamplighter(picture, scene, frame);
  show_figure(picture, (int)scene->traveller, STREET + 13, TRAVELLER, 0);
  gather_light(&light, scene, frame);
  light_apply(picture, &light);
  show_windows(picture, frame);
  for (place = 0; place < PLACES; place++) show_flame(picture, lamp_x(place), scene->glow[place], frame);
  show_pole_fire(picture, scene, frame);
  show_snow(picture, &light, frame);
}
