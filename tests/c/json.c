/* JSON as C programs read, change and free it. (The parser itself is tested in src/json.) */
#include "test.h"
#include <locale.h>

static const char EVENT[] =
    "{\"type\":\"assistant.message\",\"data\":{\"content\":\"caf\\u00e9 \\ud83d\\ude80\",\"nul\":\"a\\u0000b\",\"n\":-7,\"big\":"
    "9007199254740993,\"half\":1.5,\"e\":1e3,\"huge\":1e400,\"yes\":true,\"no\":false,\"nothing\":null,\"list\":[10,"
    "{\"name\":\"x\"},[]],\"a/b\":1,\"m~n\":2,\"\":3},\"dup\":1}";

static void reading(const copilot_json *json)
{
    int64_t whole = -99;
    double number = -99;
    int32_t flag = -99;
    size_t length = 99;
    const char *text = copilot_json_get_string(json, "/data/content", &length);
    CHECK_TEXT("caf\xc3\xa9 \xf0\x9f\x9a\x80", text);
    CHECK_INT(10, length);
    CHECK(text == copilot_json_get_string(json, "/data/content", NULL)); /* always the same address */
    text = copilot_json_get_string(json, "/data/nul", &length);
    CHECK(length == 3 && memcmp(text, "a\0b", 4) == 0);
    text = copilot_json_get_bytes(json, "/data/list/1/name", &length);
    CHECK(length == 1 && memcmp(text, "x\"", 2) == 0); /* where it stands in the text */
    CHECK(copilot_json_get_bytes(json, "/data/nul", &length) == copilot_json_get_string(json, "/data/nul", NULL));
    CHECK_INT(3, length);
    CHECK(copilot_json_get_int(json, "/data/n", &whole) == 1 && whole == -7);
    CHECK(copilot_json_get_int(json, "/data/big", &whole) == 1 && whole == 9007199254740993LL);
    CHECK(copilot_json_get_int(json, "/data/e", &whole) == 1 && whole == 1000);
    CHECK(copilot_json_get_int(json, "/data/a~1b", &whole) == 1 && whole == 1);
    CHECK(copilot_json_get_int(json, "/data/m~0n", &whole) == 1 && whole == 2);
    CHECK(copilot_json_get_int(json, "/data/", &whole) == 1 && whole == 3);
    CHECK(copilot_json_get_int(json, "/data/list/0", &whole) == 1 && whole == 10);
    CHECK(copilot_json_get_double(json, "/data/half", &number) == 1 && number == 1.5);
    CHECK(copilot_json_get_double(json, "/data/n", &number) == 1 && number == -7);
    CHECK(copilot_json_get_bool(json, "/data/yes", &flag) == 1 && flag == 1);
    CHECK(copilot_json_get_bool(json, "/data/no", &flag) == 1 && flag == 0);
    CHECK_TEXT("x", copilot_json_get_string(json, "/data/list/1/name", NULL));
}

/* What is not there, or is something else, leaves what was given alone. */
static void missing(const copilot_json *json)
{
    static const char *const NOT_NUMBERS[] = {"/data/content", "/data/nothing", "/data/yes", "/none", "/data/list/9",
                                              "/data/list/-", "/data/list/01", "no slash", "/data/n/deeper"};
    int64_t whole = -99;
    double number = -99;
    int32_t flag = -99;
    size_t length = 99, i;
    for (i = 0; i < sizeof NOT_NUMBERS / sizeof *NOT_NUMBERS; i++) {
        CHECK_INT(0, copilot_json_get_int(json, NOT_NUMBERS[i], &whole));
        CHECK_INT(0, copilot_json_get_double(json, NOT_NUMBERS[i], &number));
    }
    CHECK_INT(0, copilot_json_get_int(json, "/data/half", &whole));
    CHECK_INT(0, copilot_json_get_int(json, "/data/huge", &whole));
    CHECK_INT(0, copilot_json_get_bool(json, "/data/n", &flag));
    CHECK(copilot_json_get_string(json, "/data/n", &length) == NULL);
    CHECK(copilot_json_get_bytes(json, "/data/n", &length) == NULL);
    CHECK(whole == -99 && number == -99 && flag == -99 && length == 99);
    CHECK(copilot_json_get_int(json, "/data/n", NULL) == 1); /* only asks whether it is there */
    CHECK(copilot_json_at(json, "/none") == NULL);
    CHECK_INT(COPILOT_JSON_MISSING, copilot_json_type_at(json, "/none"));
}

static void walking(const copilot_json *json)
{
    static const copilot_json_type TYPES[] = {COPILOT_JSON_NUMBER, COPILOT_JSON_OBJECT, COPILOT_JSON_ARRAY};
    const copilot_json *list = copilot_json_at(json, "/data/list");
    size_t i, length = 0;
    CHECK(copilot_json_at(json, "/data/list") == list);
    CHECK_INT(3, copilot_json_count(list, ""));
    CHECK_INT(3, copilot_json_count(json, "/data/list"));
    for (i = 0; i < 3; i++) CHECK_INT(TYPES[i], copilot_json_type_at(copilot_json_item(list, i), NULL));
    CHECK(copilot_json_item(list, 3) == NULL);
    CHECK_TEXT("[10,{\"name\":\"x\"},[]]", copilot_json_text(list, &length));
    CHECK_INT(20, length);
    CHECK_INT(3, copilot_json_count(json, NULL));
    CHECK_TEXT("type", copilot_json_key(json, "", 0));
    CHECK_TEXT("dup", copilot_json_key(json, NULL, 2));
    CHECK(copilot_json_key(json, "", 3) == NULL);
    CHECK_TEXT("name", copilot_json_key(json, "/data/list/1", 0));
    CHECK(copilot_json_key(json, "/data/list", 0) == NULL);
    CHECK_INT(0, copilot_json_count(json, "/data/n"));
    CHECK_TEXT(EVENT, copilot_json_text(json, NULL));
}

static void copies_outlive(void)
{
    copilot_error *error = NULL;
    copilot_json *json = copilot_json_parse(EVENT, &error);
    copilot_json *part = copilot_json_copy(json, "/data/list/1", &error);
    copilot_json *none = copilot_json_copy(json, "/data/list/7", &error);
    CHECK(none == NULL);
    CHECK_ERROR(COPILOT_E_NOT_FOUND, "/data/list/7", error);
    copilot_json_free(json);
    CHECK_TEXT("x", copilot_json_get_string(part, "/name", NULL));
    CHECK_INT(COPILOT_OK, copilot_json_set_string(part, "/name", "y", &error));
    CHECK_TEXT("{\"name\":\"y\"}", copilot_json_text(part, NULL));
    copilot_json_free(part);
}

static void changing(void)
{
    copilot_error *error = NULL;
    copilot_json *json = copilot_json_new_object();
    CHECK_TEXT("{}", copilot_json_text(json, NULL));
    CHECK_INT(0, copilot_json_set_string(json, "/a/b", "q\"\\\n\xc3\xa9", &error));
    CHECK_INT(0, copilot_json_set_int(json, "/list/-", INT64_MIN, &error));
    CHECK_INT(0, copilot_json_set_bool(json, "/list/-", 5, &error));
    CHECK_INT(0, copilot_json_set_double(json, "/list/2", 0.1, &error));
    CHECK_INT(0, copilot_json_set_json(json, "/list/3", "[null]", &error));
    CHECK_INT(0, copilot_json_set_json(json, "/a~1b", "{\"x\":1}", &error));
    CHECK_TEXT("{\"a\":{\"b\":\"q\\\"\\\\\\n\xc3\xa9\"},\"list\":[-9223372036854775808,true,0.1,[null]],\"a/b\":{\"x\":1}}",
               copilot_json_text(json, NULL));
    CHECK_INT(0, copilot_json_set_json(json, "/a", "null", &error));
    CHECK_INT(COPILOT_JSON_NULL, copilot_json_type_at(json, "/a"));
    /* Refusals change nothing. */
    CHECK(copilot_json_set_int(json, "/list/9", 1, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "/list/9", error);
    CHECK(copilot_json_set_int(json, "/list/0/x", 1, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "/list/0", error);
    CHECK(copilot_json_set_int(json, "list", 1, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "list", error);
    CHECK(copilot_json_set_double(json, "/d", 1e308 * 10, &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_ARGUMENT, "inf", error);
    CHECK(copilot_json_set_json(json, "/j", "{\"x\":}", &error) < 0);
    CHECK_ERROR(COPILOT_E_INVALID_JSON, "column", error);
    CHECK_INT(3, copilot_json_count(json, ""));
    CHECK_INT(0, copilot_json_set_string(json, "", "all", &error));
    CHECK_TEXT("\"all\"", copilot_json_text(json, NULL));
    copilot_json_free(json);
}

static void refusing(void)
{
    static const char *const BAD[] = {"", " ", "{", "[1,]", "{\"a\":1,}", "nul", "01", "1 2", "\"\\x\"", "'a'", "\"a\nb\"", "[1}"};
    copilot_error *error = NULL;
    char deep[256];
    size_t i;
    copilot_json *json;
    for (i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        json = copilot_json_parse(BAD[i], &error);
        if (json) test_fail(__FILE__, __LINE__, "accepted", BAD[i]);
        CHECK_ERROR(COPILOT_E_INVALID_JSON, "line 1", error);
        copilot_json_free(json);
    }
    memset(deep, '[', 128);
    memset(deep + 128, ']', 128);
    deep[255] = 0;
    json = copilot_json_parse(deep, &error);
    CHECK(json == NULL);
    CHECK_ERROR(COPILOT_E_INVALID_JSON, NULL, error);
}

/* Reading one value on many threads at once. */
static void *read_all(void *argument)
{
    int i;
    for (i = 0; i < 200; i++) {
        reading(argument);
        walking(argument);
    }
    return NULL;
}

static void many_readers(copilot_json *json)
{
    pthread_t threads[4];
    int i;
    for (i = 0; i < 4; i++) REQUIRE(pthread_create(&threads[i], NULL, read_all, json) == 0);
    for (i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

int main(void)
{
    copilot_json *json = copilot_json_parse(EVENT, NULL);
    REQUIRE(json);
    many_readers(json);
    reading(json);
    missing(json);
    walking(json);
    copilot_json_free(json);
    copies_outlive();
    changing();
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8")) changing(); /* where the comma is the decimal point */
    refusing();
    return test_end();
}
