#include "batch.h"

#include <string.h>

enum { LARGEST = 256 };

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

static void look(copilot_event *event, batch_item *item)
{
    item->event = event;
    item->request = NULL;
    item->operation = 0;
    item->kind = copilot_event_get_kind(event);
    item->type = copilot_event_type(event);
    item->type_length = length_of(item->type);
    item->session_id = copilot_event_session_id(event);
    item->session_id_length = length_of(item->session_id);
    item->json = NULL;
    item->json_length = 0;
    if (item->kind == COPILOT_EVENT_REQUEST) {
        item->request = copilot_event_take_request(event);
    } else if (item->kind == COPILOT_EVENT_COMPLETION) {
        copilot_op *op = copilot_event_op(event);
        item->operation = copilot_op_id(op);
        copilot_op_free(op);
    } else {
        item->json = copilot_json_text(copilot_event_json(event), &item->json_length);
    }
}

copilot_status batch_take(copilot_queue *queue, int32_t timeout_ms, batch_item *items, size_t capacity, size_t *count,
                          copilot_error **error)
{
    copilot_event *events[LARGEST];
    size_t i;
    copilot_status status =
        copilot_queue_next_batch(queue, timeout_ms, events, capacity < LARGEST ? capacity : LARGEST, count, error);
    for (i = 0; i < *count; i++) look(events[i], &items[i]);
    return status;
}

void batch_release(batch_item *items, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) copilot_event_free(items[i].event);
}

void request_look(const copilot_request *request, request_facts *facts)
{
    facts->id = copilot_request_id(request);
    facts->kind = copilot_request_get_kind(request);
    facts->method = copilot_request_method(request);
    facts->session_id = copilot_request_session_id(request);
    facts->tool_name = copilot_request_tool_name(request);
    facts->params_length = 0;
    facts->params = copilot_json_text(copilot_request_params(request), &facts->params_length);
}
