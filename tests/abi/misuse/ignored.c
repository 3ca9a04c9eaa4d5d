#include <copilot.h>

void misuse(copilot_client *client)
{
    copilot_client_status(client, 1000, NULL);
}
