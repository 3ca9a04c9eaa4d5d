/* 01: the library is there. Prints what was linked; needs no CLI. */
#include <copilot.h>
#include <stdio.h>

int main(void) {
  if (!COPILOT_CHECK_ABI()) {
    fprintf(stderr, "compiled against libcopilot %s, but %s was loaded\n", COPILOT_VERSION_STRING,
            copilot_version_string());
    return 1;
  }
  printf("libcopilot %s, ABI %u\n", copilot_version_string(), (unsigned)copilot_abi_version());
  printf("%s\n", copilot_build_info());
  return 0;
}
