/* A GSource that serves a queue of libcopilot: callbacks then run in the main context it is attached to. Copy it. */
#ifndef QUEUE_SOURCE_H
#define QUEUE_SOURCE_H

#include <copilot.h>
#include <glib.h>

typedef struct {
  GSource source;
  copilot_queue *queue;
} QueueSource;

/* GLib polls the descriptor that was added, and calls this when it is readable. There is nothing to read from it. At
 * most 64 callbacks a turn of the loop, so that a storm of events leaves the others their turn. */
static gboolean queue_source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data) {
  (void)callback, (void)user_data;
  return copilot_queue_dispatch(((QueueSource *)source)->queue, 64, 0) >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void queue_source_finalize(GSource *source) { copilot_queue_free(((QueueSource *)source)->queue); }

/* Without prepare and check, both of which GLib does itself for descriptors (2.36 and later). */
static inline GSource *queue_source_new(copilot_queue *queue) {
  static GSourceFuncs functions = {NULL, NULL, queue_source_dispatch, queue_source_finalize, NULL, NULL};
  GSource *source = g_source_new(&functions, sizeof(QueueSource));
  ((QueueSource *)source)->queue = copilot_queue_ref(queue);
  g_source_add_unix_fd(source, copilot_queue_fd(queue), G_IO_IN);
  g_source_set_name(source, "libcopilot");
  return source;
}

#endif
