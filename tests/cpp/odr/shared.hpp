// What the files of this program share.
#pragma once
#include <copilot.h>

bool here();
bool there();
bool elsewhere();
copilot_status code_without_exceptions();
copilot_status code_of_a_result(copilot_status code);
