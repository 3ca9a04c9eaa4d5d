/* Macro, function and constant say the same, and the texts that never fail are there. */
#include "test.h"

static void one_version(void)
{
    char text[32];
    CHECK(COPILOT_CHECK_ABI());
    CHECK_INT(COPILOT_VERSION_NUMBER, copilot_version_number());
    CHECK_TEXT(COPILOT_VERSION_STRING, copilot_version_string());
    CHECK_INT(COPILOT_ABI_VERSION, copilot_abi_version());
    sprintf(text, "%d.%d.%d", COPILOT_VERSION_MAJOR, COPILOT_VERSION_MINOR, COPILOT_VERSION_PATCH);
    CHECK_TEXT(text, copilot_version_string());
}

static void build_info(void)
{
    copilot_error *error = NULL;
    copilot_json *info = copilot_json_parse(copilot_build_info(), &error);
    int64_t abi = -1, lowest = 0, highest = 0;
    CHECK(info && !error);
    CHECK_TEXT(copilot_version_string(), copilot_json_get_string(info, "/version", NULL));
    CHECK(copilot_json_get_int(info, "/abi", &abi) && abi == copilot_abi_version());
    CHECK(copilot_json_get_int(info, "/protocolMin", &lowest) && lowest == 2);
    CHECK(copilot_json_get_int(info, "/protocolMax", &highest) && highest == copilot_protocol_version());
    CHECK(copilot_json_get_string(info, "/commit", NULL) && copilot_json_get_string(info, "/target", NULL));
    CHECK(copilot_json_get_string(info, "/rustc", NULL) && copilot_json_get_string(info, "/profile", NULL));
    CHECK_INT(COPILOT_JSON_ARRAY, copilot_json_type_at(info, "/features"));
    copilot_json_free(info);
    CHECK_INT(0, copilot_has_feature(NULL));
    CHECK_INT(0, copilot_has_feature("no such part"));
}

static void every_status_has_a_name(void)
{
    int status;
    CHECK_TEXT("COPILOT_OK", copilot_status_name(COPILOT_OK));
    CHECK_TEXT("COPILOT_OK", copilot_status_name(7));
    CHECK_TEXT("COPILOT_E_TIMEOUT", copilot_status_name(COPILOT_E_TIMEOUT));
    CHECK_TEXT("COPILOT_E_INTERNAL", copilot_status_name(COPILOT_E_INTERNAL));
    CHECK_TEXT("unknown status", copilot_status_name(-12345));
    for (status = -200; status < 20; status++) {
        REQUIRE(copilot_status_name(status) && copilot_status_text(status));
        CHECK(copilot_status_text(status)[0]);
    }
}

int main(void)
{
    one_version();
    build_info();
    every_status_has_a_name();
    CHECK(test_threads() == 1); /* asking for versions starts nothing */
    return test_end();
}
