/* Leaves a descriptor open on purpose. */
#include <copilot.h>
#include <fcntl.h>

int main(void)
{
    return open("/dev/null", O_RDONLY) < 0 || copilot_abi_version() < 0;
}
