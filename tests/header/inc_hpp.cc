// copilot.hpp stands alone and may be included twice; its templates are met in tests/cpp.
#include "copilot.hpp"
#include "copilot.hpp"

copilot::outcome<copilot::client> connect();

copilot::outcome<copilot::client> connect() { return copilot::client::make(R"({"autoStart":false})"); }
