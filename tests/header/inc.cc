// The same from C++: the functions have C linkage, and nothing in the header is a word of a newer C++.
#include "copilot.h"
#include "copilot.h"

extern "C" {
static void on_event(const copilot_event *event, void *user_data)
{
    *static_cast<copilot_event_kind *>(user_data) = copilot_event_get_kind(event);
}
}

copilot_event_cb callback();

copilot_event_cb callback()
{
    return COPILOT_CHECK_ABI() ? on_event : NULL;
}
