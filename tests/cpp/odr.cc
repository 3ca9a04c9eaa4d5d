// copilot.hpp in several files of one program, with and without exceptions: nothing is defined twice, and each file gets
// its own way of failure.
#include "odr/shared.hpp"
#include "test.hpp"

int main() {
  CHECK(here() && there() && elsewhere());
  CHECK_INT(COPILOT_E_INVALID_JSON, code_without_exceptions());
  CHECK_INT(COPILOT_E_INVALID_JSON, code_of_a_result(copilot::attempt([] { return copilot::json::parse("{"); }).error().code()));
  return test_end();
}

bool here() { return copilot::check_abi(); }
