/* The people, as sprites; draw.c has the palette. */
#ifndef FIGURES_H
#define FIGURES_H

#include "draw.h"

/* A man with a tall hat, a white beard and a red scarf, in a long coat. */
static const char *const lamplighter_rows[] = {
    "     kkkkkk     ",
    "     kccCCk     ",
    "     kccCCk     ",
    "     kccCCk     ",
    "     krrrrk     ",
    "   kkkkkkkkkk   ",
    "     kssssk     ",
    "     kskssk     ",
    "     kwsssk     ",
    "     kwwwwk     ",
    "    rrwwwwrr    ",
    "    krrrrrrk    ",
    "   kcCCrrCCck   ",
    "   kcCCrrCCCkk  ",
    "  kccCCrCCCCCsk ",
    "  kccCCCCCCCksk ",
    "  kscCCCCCCck   ",
    "  kkcbbbbbbck   ",
    "   kcCCCCCCck   ",
    "   kcCCCCCCck   ",
    "   kcCCCCCCck   ",
    "   kccCCCCCck   ",
    "   kccCCCCcck   ",
    "   kkkkkkkkkk   ",
    "    kbbkkbbk    ",
    "    kbbkkbbk    ",
    "   kbbbkbbbk    ",
    "   kkkkkkkkk    ",
};

static const char *const lamplighter_steps_rows[] = {
    "     kkkkkk     ",
    "     kccCCk     ",
    "     kccCCk     ",
    "     kccCCk     ",
    "     krrrrk     ",
    "   kkkkkkkkkk   ",
    "     kssssk     ",
    "     kskssk     ",
    "     kwsssk     ",
    "     kwwwwk     ",
    "   rrrwwwwrr    ",
    "  rrkrrrrrrk    ",
    "   kcCCrrCCck   ",
    "   kcCCrrCCCkk  ",
    "  kccCCrCCCCCsk ",
    "  kccCCCCCCCksk ",
    "  kscCCCCCCck   ",
    "  kkcbbbbbbck   ",
    "   kcCCCCCCck   ",
    "   kcCCCCCCck   ",
    "  kccCCCCCCck   ",
    "  kccCCCCCcck   ",
    "  kccCCCCccck   ",
    "  kkkkkkkkkkk   ",
    "   kbbk kkbbk   ",
    "  kbbk    kbbk  ",
    " kbbbk    kbbbk ",
    " kkkkk    kkkkk ",
    "                ",
};

/* Seen from behind: a hood, a rucksack and a lantern. */
static const char *const traveller_rows[] = {
    "     kkkkkk     ",
    "    kggggggk    ",
    "   kggggggggk   ",
    "   kggggggggk   ",
    "   kggggggggk   ",
    "    kggggggk    ",
    "   kkkkkkkkkk   ",
    "  kgkBBBBBBkgk  ",
    "  kgkbBBBBbkgk  ",
    " kggkBbbbbBkggk ",
    " kggkBBBBBBkggk ",
    " kggkBBwwBBkggk ",
    " kggkBBBBBBkgsk ",
    "  kgkkkkkkkkgkk ",
    "  kgggggggggk k ",
    "   kgggggggk kkk",
    "   kgggggggk kfk",
    "   kgggggggk kfk",
    "   kgggggggk kkk",
    "   kkkkkkkkk    ",
    "    kbbkbbk     ",
    "    kbbkbbk     ",
    "    kkkkkkk     ",
};

#define SPRITE(rows) {rows, sizeof(rows) / sizeof *(rows)}
static const struct sprite LAMPLIGHTER = SPRITE(lamplighter_rows);
static const struct sprite LAMPLIGHTER_STEPS = SPRITE(lamplighter_steps_rows);
static const struct sprite TRAVELLER = SPRITE(traveller_rows);

#endif
