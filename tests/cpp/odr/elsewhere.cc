// Without exceptions, whatever the others do.
#ifndef COPILOT_NO_EXCEPTIONS
#  define COPILOT_NO_EXCEPTIONS
#endif
#include "shared.hpp"
#include <copilot.hpp>

bool elsewhere() {
  const copilot::result<copilot::json> value = copilot::json::parse("[1]");
  return value && (*value)[0].get_int() == 1;
}

copilot_status code_without_exceptions() { return copilot::json::parse("{").error().code(); }
