#include <copilot.h>

void misuse(void)
{
    copilot_json *json = copilot_json_new_object();
    copilot_json_free(json);
    copilot_json_free(json);
}
