/*
 * One JSON call over and over, for benches/json/count: calls MODE COUNT.
 *
 * The event is laid out as CLI 1.0.102 writes it. "renewed" sets the text before each get, which renews the document as
 * the next event of a stream does: the rest of it begins alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <copilot.h>

static const char event[] =
    "{\"type\":\"assistant.message_delta\",\"data\":{\"messageId\":\"270c4690-8771-40be-bdf2-77af5db86d00\","
    "\"deltaContent\":\"0123456789012345678901234567890123456789012345678901234567890123\"},\"ephemeral\":true,"
    "\"id\":\"3ccf6098-5b51-4faf-968f-2d0ebbab0864\",\"timestamp\":\"2026-11-21T20:02:26.147Z\","
    "\"parentId\":\"8b0c2819-526f-481f-9638-217307474bb5\"}";

static const char content[] = "/data/deltaContent";

static int get_once(const char *pointer)
{
    size_t length;
    copilot_json *json = copilot_json_parse(event, NULL);
    int found = copilot_json_get_string(json, pointer, &length) != NULL;
    copilot_json_free(json);
    return found;
}

static int get_renewed(copilot_json *json, int number)
{
    char text[80];
    size_t length;
    sprintf(text, "%064d", number);
    copilot_json_set_string(json, content, text, NULL);
    return copilot_json_get_string(json, content, &length) != NULL;
}

static int call(const char *mode, copilot_json *json, int number)
{
    size_t length;
    if (strcmp(mode, "first") == 0)
        return get_once(content);
    if (strcmp(mode, "last") == 0)
        return get_once("/parentId");
    if (strcmp(mode, "renewed") == 0)
        return get_renewed(json, number);
    if (strcmp(mode, "again") == 0)
        return copilot_json_get_string(json, content, &length) != NULL;
    if (strcmp(mode, "type") == 0)
        return copilot_json_type_at(json, content) == COPILOT_JSON_STRING;
    if (strcmp(mode, "at") == 0)
        return copilot_json_at(json, content) != NULL;
    if (strcmp(mode, "item") == 0)
        return copilot_json_item(json, 2) != NULL;
    if (strcmp(mode, "text") == 0)
        return copilot_json_text(json, &length)[0] == '{';
    return 0;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 0;
    copilot_json *json = copilot_json_parse(event, NULL);
    int number, done = 0;
    for (number = 0; number < count; number++)
        done += call(argv[1], json, number);
    copilot_json_free(json);
    return done == count && count > 0 ? 0 : 1;
}
