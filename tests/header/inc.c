/* The header stands alone, may be included twice, and its macros are expressions of plain C. */
#include "copilot.h"
#include "copilot.h"

#define IS_TEXT "libcopilot " COPILOT_VERSION_STRING

int check(copilot_queue *queue);

int check(copilot_queue *queue)
{
    copilot_event *event = NULL;
    copilot_error *error = NULL;
    const char *text = IS_TEXT;
    copilot_status status = copilot_queue_next(queue, COPILOT_WAIT_FOREVER, &event, &error);
    copilot_event_free(event);
    copilot_error_free(error);
    if (!COPILOT_CHECK_ABI() || status == COPILOT_E_TIMEOUT || COPILOT_ABI_VERSION < 0)
        return COPILOT_VERSION_NUMBER;
    return text[0];
}
