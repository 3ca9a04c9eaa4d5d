#include "npc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct npc {
  struct scene *scene;
  struct npc_ears ears;
  copilot_client *client;
  copilot_session *session; /* NULL until he is there */
  copilot_request *walk;    /* a call of move_to that is answered when he arrives */
  char *heard;              /* what was said to him and not sent yet */
  char line[64];            /* the id of the message that he is speaking */
  int speaks;
};

static const char CHARACTER[] =
    "You are Tam, the old lamplighter of a small village on a snowy night. Speak in one or two short, warm "
    "sentences, in plain text. Use your tools to walk, to light lamps and to look around; a lamp can be lit only "
    "by who stands at it. Never speak of tools.";

#define PLACE_PARAMETER \
  "\"skipPermission\":true,\"parameters\":{\"type\":\"object\",\"required\":[\"place\"],\"properties\":{" \
  "\"place\":{\"type\":\"string\",\"enum\":[\"gate\",\"well\",\"bakery\",\"inn\",\"chapel\"]}}}}"

static const char MOVE_TO[] = "{\"name\":\"move_to\",\"description\":\"Walks to a place of the village\"," PLACE_PARAMETER;
static const char LIGHT_LAMP[] =
    "{\"name\":\"light_lamp\",\"description\":\"Lights the lamp at the place where you stand\"," PLACE_PARAMETER;
static const char LOOK_AROUND[] =
    "{\"name\":\"look_around\",\"description\":\"Tells where you are and which lamps burn\",\"skipPermission\":true}";

/* ---- What he can do: tools, each run by the host's thread inside its dispatch ---- */

/* The place that a call names; a call that names none is told so. */
static int place_of(copilot_request *request) {
  const char *name = copilot_json_get_string(copilot_request_params(request), "/arguments/place", NULL);
  int place = scene_find(name);
  if (place == NOWHERE)
    copilot_request_fail(request, "There is no such place: gate, well, bakery, inn and chapel are all.", NULL);
  return place;
}

static void on_move_to(copilot_request *request, void *user_data) {
  npc *npc = user_data;
  int place = place_of(request);
  if (place == NOWHERE) return;
  if (npc->walk) copilot_request_respond_text(npc->walk, "You turned round on the way.", NULL);
  copilot_request_free(npc->walk);
  npc->walk = copilot_request_ref(request);
  scene_go(npc->scene, place);
}

static void on_light_lamp(copilot_request *request, void *user_data) {
  npc *npc = user_data;
  int place = place_of(request);
  if (place == NOWHERE) return;
  if (place != npc->scene->at || scene_is_walking(npc->scene)) {
    copilot_request_fail(request, "You do not stand at that lamp. Walk there first.", NULL);
    return;
  }
  copilot_request_respond_text(request, npc->scene->lit[place] ? "It burns already." : "It burns.", NULL);
  npc->scene->lit[place] = 1;
}

static void on_look_around(copilot_request *request, void *user_data) {
  npc *npc = user_data;
  char text[256];
  scene_describe(npc->scene, text, sizeof text);
  copilot_request_respond_text(request, text, NULL);
}

void npc_look(npc *npc) {
  char text[64];
  if (!npc->walk || scene_is_walking(npc->scene)) return;
  snprintf(text, sizeof text, "You are at the %s now.", scene_place(npc->scene->at));
  copilot_request_respond_text(npc->walk, text, NULL);
  copilot_request_free(npc->walk);
  npc->walk = NULL;
}

/* ---- What he says ---- */

static void on_delta(const copilot_event *event, void *user_data) {
  npc *npc = user_data;
  const copilot_json *json = copilot_event_json(event);
  const char *piece = copilot_json_get_string(json, "/data/deltaContent", NULL);
  const char *line = copilot_json_get_string(json, "/data/messageId", NULL);
  int anew = line && strncmp(npc->line, line, sizeof npc->line - 1) != 0;
  if (!piece) return;
  if (anew) snprintf(npc->line, sizeof npc->line, "%s", line);
  npc->ears.on_words(npc->ears.host, piece, anew);
}

static void say_next(npc *npc);

static void fall_silent(npc *npc, const char *trouble) {
  npc->speaks = 0;
  npc->ears.on_silence(npc->ears.host, trouble);
  say_next(npc);
}

/* Takes what an operation has yielded, which is of interest only where it is an error. */
static void on_turn_over(copilot_op *op, void *user_data) {
  copilot_error *error = NULL;
  copilot_json_free(copilot_op_take_result(op, &error));
  fall_silent(user_data, error ? copilot_error_message(error) : NULL);
  copilot_error_free(error);
}

/* Sends what he has heard, once he is there and silent. */
static void say_next(npc *npc) {
  copilot_json *message;
  copilot_error *error = NULL;
  if (!npc->session || npc->speaks || !npc->heard) return;
  message = copilot_json_new_object();
  copilot_json_set_string(message, "/prompt", npc->heard, NULL);
  free(npc->heard);
  npc->heard = NULL;
  npc->speaks = 1;
  /* The operation goes on without this reference, and on_turn_over hears of its end. */
  copilot_op_free(copilot_session_send_and_wait_async(npc->session, copilot_json_text(message, NULL), on_turn_over,
                                                      npc, NULL, &error));
  copilot_json_free(message);
  if (error) fall_silent(npc, copilot_error_message(error));
  copilot_error_free(error);
}

void npc_hear(npc *npc, const char *words) {
  size_t kept = npc->heard ? strlen(npc->heard) + 1 : 0;
  char *heard = realloc(npc->heard, kept + strlen(words) + 1);
  if (!heard) return;
  if (kept) heard[kept - 1] = '\n';
  strcpy(heard + kept, words);
  npc->heard = heard;
  say_next(npc);
}

int npc_is_busy(const npc *npc) { return npc->speaks || npc->heard != NULL; }

/* ---- His coming and going ---- */

static void on_arrival(copilot_op *op, void *user_data) {
  npc *npc = user_data;
  copilot_error *error = NULL;
  npc->session = copilot_op_take_session(op, &error);
  if (npc->session) {
    say_next(npc);
  } else {
    free(npc->heard);
    npc->heard = NULL;
    npc->ears.on_silence(npc->ears.host, copilot_error_message(error));
  }
  copilot_error_free(error);
}

/* COPILOT_SESSION_JSON, as in the other examples, may choose the model and its provider. */
static copilot_session_config *character(npc *npc, copilot_error **error) {
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), error);
  copilot_json *json = copilot_session_config_json(config);
  if (!config) return NULL;
  copilot_json_set_bool(json, "/streaming", 1, NULL);
  copilot_json_set_string(json, "/systemMessage/mode", "replace", NULL);
  copilot_json_set_string(json, "/systemMessage/content", CHARACTER, NULL);
  copilot_json_set_json(json, "/availableTools", "[\"move_to\",\"light_lamp\",\"look_around\"]", NULL);
  /* CLIs before 1.0 ask for permission for every tool, and he has none but his own. */
  copilot_json_set_json(json, "/permissionPolicy", "{\"allow\":[{\"kind\":\"custom-tool\"}]}", NULL);
  if (copilot_session_config_add_tool(config, MOVE_TO, on_move_to, npc, NULL, error) >= 0 &&
      copilot_session_config_add_tool(config, LIGHT_LAMP, on_light_lamp, npc, NULL, error) >= 0 &&
      copilot_session_config_add_tool(config, LOOK_AROUND, on_look_around, npc, NULL, error) >= 0 &&
      copilot_session_config_on_event(config, "assistant.message_delta", on_delta, npc, NULL, error) >= 0)
    return config;
  copilot_session_config_free(config);
  return NULL;
}

npc *npc_new(struct scene *scene, struct npc_ears ears, copilot_error **error) {
  npc *npc = calloc(1, sizeof *npc);
  copilot_session_config *config = NULL;
  copilot_op *coming = NULL;
  if (!npc) return NULL;
  npc->scene = scene;
  npc->ears = ears;
  npc->client = copilot_client_new(NULL, error);
  if (npc->client) config = character(npc, error);
  if (config) coming = copilot_session_create_async(npc->client, config, on_arrival, npc, NULL, error);
  copilot_session_config_free(config);
  if (!coming) {
    npc_free(npc);
    return NULL;
  }
  copilot_op_free(coming);
  return npc;
}

copilot_queue *npc_queue(npc *npc) { return copilot_client_queue(npc->client); }

/* Nothing of it waits: a turn that is going on is dropped, and the CLI is ended in the background. */
void npc_free(npc *npc) {
  if (!npc) return;
  copilot_request_free(npc->walk);
  copilot_session_free(npc->session);
  copilot_client_free(npc->client);
  free(npc->heard);
  free(npc);
}
