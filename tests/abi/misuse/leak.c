#include <copilot.h>

int misuse(void)
{
    copilot_client *client = copilot_client_new(NULL, NULL);
    return client != NULL;
}
