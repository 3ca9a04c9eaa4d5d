#include "shared.hpp"
#include <copilot.hpp>

bool there() {
  const auto value = copilot::attempt([] { return copilot::json::parse("[1]"); });
  return value && (*value)[0].get_int() == 1;
}

copilot_status code_of_a_result(copilot_status code) { return code; }
