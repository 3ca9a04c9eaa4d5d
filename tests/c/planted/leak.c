/* Leaks one value on purpose: a tool that does not tell is not switched on. */
#include <copilot.h>

int main(void)
{
    copilot_json *json = copilot_json_parse("{\"leaked\":true}", NULL);
    json = NULL;
    return json != NULL;
}
