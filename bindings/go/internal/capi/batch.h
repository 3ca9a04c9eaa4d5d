/* Many items of a queue for one call from Go. A call from Go to C costs as much as reading an item does. */
#ifndef COPILOT_GO_BATCH_H
#define COPILOT_GO_BATCH_H

#include <copilot.h>

/* An item, with what Go wants to know of it. The texts live as long as the event. */
typedef struct {
    copilot_event *event;
    copilot_request *request; /* ours, where the server asks something */
    uint64_t operation;       /* its number, where one has ended */
    const char *type, *session_id, *json;
    size_t type_length, session_id_length, json_length;
    int32_t kind;
} batch_item;

/* Takes what waits, up to `capacity` items, and waits up to `timeout_ms` for the first. */
copilot_status batch_take(copilot_queue *queue, int32_t timeout_ms, batch_item *items, size_t capacity, size_t *count,
                          copilot_error **error);

/* Frees the events, and with them the texts. Requests are not touched. */
void batch_release(batch_item *items, size_t count);

/* A request, with what Go wants to know of it. The texts live as long as the request. */
typedef struct {
    uint64_t id;
    const char *method, *session_id, *tool_name, *params;
    size_t params_length;
    int32_t kind;
} request_facts;

void request_look(const copilot_request *request, request_facts *facts);

#endif
