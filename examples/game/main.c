/* A game: a village at night, and a lamplighter who is an agent. Its loop never waits for him: each frame serves his
 * queue within a budget (frames.c), and all that he says and does happens inside that call. */
#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bubble.h"
#include "frames.h"
#include "npc.h"
#include "options.h"
#include "village.h"

enum { SCALE = 2, LINGER = 600 };

struct game {
  struct options options;
  struct scene scene;
  struct speech speech;
  struct frames frames;
  npc *npc;
  char typed[120];
  int silent_for; /* frames since he last spoke */
  int words;      /* whether he has said any in this turn */
  int over, trouble;
  SDL_Window *window;
  SDL_Surface *canvas; /* the picture, as SDL sees it */
  struct picture picture, backdrop;
};

/* ---- The lamplighter ---- */

static void on_words(void *host, const char *piece, int anew) {
  struct game *game = host;
  speech_add(&game->speech, piece, anew);
  game->silent_for = 0;
  game->words = 1;
}

static void on_silence(void *host, const char *trouble) {
  struct game *game = host;
  if (!trouble) return;
  speech_add(&game->speech, trouble, 1);
  game->words = 1;
  game->trouble = 1;
}

static void say(struct game *game, const char *words) {
  game->words = 0;
  frames_enter(&game->frames);
  npc_hear(game->npc, words);
  frames_leave(&game->frames);
}

static void serve(struct game *game) {
  frames_enter(&game->frames);
  frames_serve(&game->frames, npc_queue(game->npc));
  npc_look(game->npc);
  frames_leave(&game->frames);
}

/* ---- The player ---- */

static void erase_letter(char *typed) {
  size_t length = strlen(typed);
  while (length > 0 && (typed[--length] & 0xc0) == 0x80) {}
  typed[length] = '\0';
}

static void on_key(struct game *game, SDL_Keycode key) {
  if (key == SDLK_ESCAPE) game->over = 1;
  if (key == SDLK_BACKSPACE) erase_letter(game->typed);
  if (key == SDLK_RETURN && *game->typed) {
    say(game, game->typed);
    game->typed[0] = '\0';
  }
}

/* As if the player had typed this: it takes the same way. */
static void type(const char *words) {
  SDL_Event event;
  for (; *words; words++) {
    memset(&event, 0, sizeof event);
    event.type = SDL_TEXTINPUT;
    event.text.text[0] = *words;
    SDL_PushEvent(&event);
  }
  memset(&event, 0, sizeof event);
  event.type = SDL_KEYDOWN;
  event.key.keysym.sym = SDLK_RETURN;
  SDL_PushEvent(&event);
}

static void walk_traveller(struct game *game) {
  const Uint8 *keys = SDL_GetKeyboardState(NULL);
  if (keys[SDL_SCANCODE_LEFT] && game->scene.traveller > 12) game->scene.traveller -= 1;
  if (keys[SDL_SCANCODE_RIGHT] && game->scene.traveller < WIDTH - 12) game->scene.traveller += 1;
}

static void take_input(struct game *game) {
  SDL_Event event;
  while (SDL_PollEvent(&event)) {
    if (event.type == SDL_QUIT) game->over = 1;
    if (event.type == SDL_KEYDOWN) on_key(game, event.key.keysym.sym);
    if (event.type == SDL_TEXTINPUT && strlen(game->typed) + strlen(event.text.text) < sizeof game->typed)
      strcat(game->typed, event.text.text);
  }
  walk_traveller(game);
}

/* ---- The picture ---- */

static void paint(struct game *game) {
  unsigned number = (unsigned)game->frames.count;
  const struct frame *last = number ? &game->frames.all[number - 1] : &game->frames.now;
  int thinks = npc_is_busy(game->npc) && !game->words, x, y;
  char figures[64];
  village_show(&game->picture, &game->backdrop, &game->scene, number);
  village_mouth(&game->scene, &x, &y);
  if (thinks || game->silent_for < LINGER) bubble_show(&game->picture, &game->speech, thinks, x, y, number);
  snprintf(figures, sizeof figures, "frame %.1f ms   library %.2f ms", last->work_us / 1e3, last->library_us / 1e3);
  prompt_show(&game->picture, game->typed, figures, number);
}

static void show(struct game *game) {
  SDL_Surface *surface = SDL_GetWindowSurface(game->window);
  if (!surface) return;
  SDL_BlitScaled(game->canvas, NULL, surface, NULL);
  SDL_UpdateWindowSurface(game->window);
  if (game->options.screenshot && game->frames.count == game->options.screenshot_at)
    SDL_SaveBMP(game->canvas, game->options.screenshot);
}

/* ---- The loop ---- */

static int is_over(const struct game *game) {
  const struct options *options = &game->options;
  int count = game->frames.count;
  if (options->leave_at && count >= options->leave_at) return 1;
  return game->over || (options->frames && count >= options->frames && !npc_is_busy(game->npc));
}

static void run(struct game *game) {
  game->frames.due = now_us();
  if (game->options.say) type(game->options.say);
  while (!is_over(game)) {
    frames_begin(&game->frames);
    take_input(game);
    serve(game);
    scene_step(&game->scene);
    game->silent_for++;
    paint(game);
    show(game);
    frames_end(&game->frames);
  }
}

static int begin(struct game *game) {
  struct npc_ears ears = {NULL, on_words, on_silence};
  copilot_error *error = NULL;
  ears.host = game;
  scene_begin(&game->scene);
  village_paint(&game->backdrop);
  game->silent_for = LINGER;
  game->frames.trace = game->options.trace;
  SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); /* one picture goes to the window: no OpenGL is needed */
  if (SDL_Init(SDL_INIT_VIDEO) == 0)
    game->window = SDL_CreateWindow("The lamplighter", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, WIDTH * SCALE,
                                    HEIGHT * SCALE, SDL_WINDOW_RESIZABLE);
  game->canvas = SDL_CreateRGBSurfaceWithFormatFrom(game->picture.at, WIDTH, HEIGHT, 32, WIDTH * (int)sizeof(rgb),
                                                    SDL_PIXELFORMAT_RGB888);
  /* The first of these calls take their time, which is none of the frames'. */
  if (!game->window || !game->canvas || !SDL_GetWindowSurface(game->window)) {
    fprintf(stderr, "there is no window: %s\n", SDL_GetError());
    return 0;
  }
  SDL_UpdateWindowSurface(game->window);
  game->npc = npc_new(&game->scene, ears, &error);
  if (!game->npc) fprintf(stderr, "%s\n", copilot_error_message(error));
  copilot_error_free(error);
  return game->npc != NULL;
}

/* Also in the middle of a turn: nothing is waited for but the end of the CLI. Returns how long it took, in ms. */
static double leave(struct game *game) {
  double began = now_us();
  SDL_FreeSurface(game->canvas);
  if (game->window) SDL_DestroyWindow(game->window);
  SDL_Quit();
  npc_free(game->npc);
  copilot_shutdown(5000, NULL);
  return (now_us() - began) / 1e3;
}

static void report(const struct game *game, double leave_ms) {
  int worst = frames_worst(&game->frames);
  const struct frame *longest = &game->frames.all[worst];
  copilot_json *json = copilot_json_new_object();
  int place;
  printf("%d frames; the worst, number %d, took %.2f ms, %.3f ms of it in the library\n", game->frames.count, worst,
         longest->work_us / 1e3, longest->library_us / 1e3);
  frames_report(&game->frames, json);
  copilot_json_set_int(json, "/leaveMs", (int64_t)leave_ms, NULL);
  copilot_json_set_string(json, "/scene/at", scene_place(game->scene.at), NULL);
  copilot_json_set_json(json, "/scene/lit", "[]", NULL);
  for (place = 0; place < PLACES; place++)
    if (game->scene.lit[place]) copilot_json_set_string(json, "/scene/lit/-", scene_place(place), NULL);
  copilot_json_set_string(json, "/said", game->speech.text ? game->speech.text : "", NULL);
  if (game->options.stats) puts(copilot_json_text(json, NULL));
  copilot_json_free(json);
}

int main(int argc, char **argv) {
  static struct game game;
  double leave_ms;
  int began;
  if (!options_read(&game.options, argc, argv)) return 64;
  began = begin(&game);
  if (began) run(&game);
  if (game.options.trace) frames_trace_descriptors();
  leave_ms = leave(&game);
  if (game.frames.count) report(&game, leave_ms);
  free(game.speech.text);
  free(game.frames.all);
  return !began || game.trouble;
}
