/* The command line of the game. */
#ifndef OPTIONS_H
#define OPTIONS_H

struct options {
  const char *say;        /* typed for the player at once */
  const char *screenshot; /* a BMP file for one frame */
  int screenshot_at;      /* the number of that frame */
  int frames;             /* ends after so many, once the lamplighter is silent; 0 is never */
  int leave_at;           /* ends at this frame, whatever he does; 0 is never */
  int stats, trace;
};

/* 0 when it is no command line, which is told on stderr. */
int options_read(struct options *options, int argc, char **argv);

#endif
