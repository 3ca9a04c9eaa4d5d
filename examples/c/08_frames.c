/* 08: a game's main loop. Sixty frames a second, and once in each of them at most eight callbacks: the answer is typed
 * on the screen as it comes, and no frame waits for anything. */
#define _POSIX_C_SOURCE 200809L
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FRAME_NS = 1000000000 / 60, MOST_CALLBACKS = 8 };

struct game {
  copilot_session *session;
  const char *line; /* what the player says to the innkeeper */
  int frames, over, failed;
};

static void leave(struct game *game, const char *what, copilot_error *error) {
  game->over = 1;
  if (!error) return;
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  game->failed = 1;
}

static void on_delta(const copilot_event *event, void *user_data) {
  (void)user_data;
  fputs(copilot_json_get_string(copilot_event_json(event), "/data/deltaContent", NULL), stdout);
}

static void on_answered(copilot_op *op, void *user_data) {
  copilot_error *error = NULL;
  copilot_json_free(copilot_op_take_result(op, &error));
  leave(user_data, "ask", error);
}

static void on_session(copilot_op *op, void *user_data) {
  struct game *game = user_data;
  copilot_error *error = NULL;
  copilot_json *message = copilot_json_new_object();
  game->session = copilot_op_take_session(op, &error);
  if (!game->session) {
    leave(game, "create", error);
  } else {
    copilot_json_set_string(message, "/prompt", game->line, NULL);
    copilot_op_free(copilot_session_send_and_wait_async(game->session, copilot_json_text(message, NULL), on_answered,
                                                        game, NULL, &error));
    if (error) leave(game, "send", error);
  }
  copilot_json_free(message);
}

int main(int argc, char **argv) {
  struct game game = {NULL, argc > 1 ? argv[1] : "A room for the night, please.", 0, 0, 0};
  struct timespec frame = {0, FRAME_NS};
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);

  copilot_json_set_bool(copilot_session_config_json(config), "/streaming", 1, NULL);
  if (copilot_session_config_on_event(config, "assistant.message_delta", on_delta, NULL, NULL, &error) < 0)
    leave(&game, "options", error);
  else
    copilot_op_free(copilot_session_create_async(client, config, on_session, &game, NULL, &error));
  copilot_session_config_free(config);
  while (!game.over) {
    copilot_queue_dispatch(copilot_client_queue(client), MOST_CALLBACKS, 0); /* never waits */
    game.frames++; /* here the world moves and is drawn */
    nanosleep(&frame, NULL);
  }
  if (!game.failed) printf("\nframes went on meanwhile: %s\n", game.frames > 1 ? "yes" : "no");
  copilot_session_free(game.session);
  copilot_client_free(client);
  return game.failed;
}
