#include <copilot.h>

const char *misuse(void)
{
    copilot_queue *queue = copilot_queue_new(NULL, NULL);
    copilot_queue_free(queue);
    return copilot_queue_length(queue) ? "busy" : "idle";
}
