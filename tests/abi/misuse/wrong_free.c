#include <copilot.h>
#include <stdlib.h>

void misuse(void)
{
    copilot_json *json = copilot_json_new_object();
    free(json);
}
