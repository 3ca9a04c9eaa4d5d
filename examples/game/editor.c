/* The lamplighter in an editor: a shared object that the editor's scripting language loads (editor.lua, by LuaJIT's
 * FFI). Everything is called from the editor's loop, and nothing here calls into the language. */
#include <stdlib.h>
#include <string.h>

#include "npc.h"

struct editor {
  struct scene scene;
  npc *npc;
  /* What he has said since it was last taken. */
  char *said;
  size_t length, room;
  int silent;
};

static void add(struct editor *editor, const char *text) {
  size_t length = strlen(text);
  if (editor->length + length + 1 > editor->room) {
    size_t room = 2 * (editor->length + length + 1);
    char *said = realloc(editor->said, room);
    if (!said) return;
    editor->said = said;
    editor->room = room;
  }
  memcpy(editor->said + editor->length, text, length + 1);
  editor->length += length;
}

static void on_words(void *host, const char *piece, int anew) {
  if (anew) add(host, "Tam: ");
  add(host, piece);
}

static void on_silence(void *host, const char *trouble) {
  struct editor *editor = host;
  if (trouble) add(editor, trouble);
  editor->silent = 1;
}

/* NULL when there can be no client. */
struct editor *editor_open(void) {
  struct editor *editor = calloc(1, sizeof *editor);
  struct npc_ears ears = {editor, on_words, on_silence};
  if (!editor) return NULL;
  scene_begin(&editor->scene);
  editor->npc = npc_new(&editor->scene, ears, NULL);
  if (editor->npc) return editor;
  free(editor);
  return NULL;
}

void editor_close(struct editor *editor) {
  npc_free(editor->npc);
  free(editor->said);
  free(editor);
}

/* Readable while there is something to serve. */
int editor_fd(struct editor *editor) { return copilot_queue_fd(npc_queue(editor->npc)); }

void editor_hear(struct editor *editor, const char *words) {
  editor->silent = 0;
  npc_hear(editor->npc, words);
}

/* Serves a little of what waits, and returns what he has said meanwhile; good until the next call. */
const char *editor_serve(struct editor *editor) {
  editor->length = 0;
  add(editor, "");
  copilot_queue_dispatch(npc_queue(editor->npc), 32, 0);
  scene_settle(&editor->scene);
  npc_look(editor->npc);
  return editor->said ? editor->said : "";
}

int editor_is_silent(const struct editor *editor) { return editor->silent; }

void editor_describe(const struct editor *editor, char *text, size_t size) {
  scene_describe(&editor->scene, text, size);
}
