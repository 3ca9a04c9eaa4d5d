/* 17: files with a message.
 *
 *   ./17_attachments "What differs?" /tmp/old.txt /tmp/new.txt /tmp/pictures/
 *
 * A path with a slash at its end is a folder. An image is a file as any other: a model that can see
 * gets the picture. What is in memory only goes as {"type":"blob","data":"<base64>","mimeType":"..."}. */
#include <copilot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, copilot_error *error) {
  fprintf(stderr, "%s: %s\n", what, copilot_error_message(error));
  copilot_error_free(error);
  return 1;
}

static void attach(copilot_json *message, const char *path) {
  copilot_json *file = copilot_json_new_object();
  size_t length = strlen(path);
  int folder = length > 0 && path[length - 1] == '/';
  const char *name = folder || !strrchr(path, '/') ? path : strrchr(path, '/') + 1;
  copilot_json_set_string(file, "/type", folder ? "directory" : "file", NULL);
  copilot_json_set_string(file, "/path", path, NULL);
  copilot_json_set_string(file, "/displayName", name, NULL);
  copilot_json_set_json(message, "/attachments/-", copilot_json_text(file, NULL), NULL);
  copilot_json_free(file);
}

/* A piece of a file, as an editor has it selected. */
static void attach_selection(copilot_json *message) {
  copilot_json_set_json(message, "/attachments/-",
                        "{\"type\":\"selection\",\"filePath\":\"/tmp/main.c\",\"displayName\":\"main.c\","
                        "\"text\":\"int answer = 42;\",\"selection\":{\"start\":{\"line\":3,\"character\":0},"
                        "\"end\":{\"line\":3,\"character\":16}}}",
                        NULL);
}

int main(int argc, char **argv) {
  copilot_error *error = NULL;
  copilot_client *client = copilot_client_new(NULL, &error);
  copilot_session_config *config = copilot_session_config_new(getenv("COPILOT_SESSION_JSON"), &error);
  copilot_session *session;
  copilot_json *message = copilot_json_new_object();
  copilot_json *answer;
  const char *text;
  int i;

  if (!client || !config) return fail("options", error);
  session = copilot_session_create(client, config, 60000, &error);
  if (!session) return fail("create", error);

  copilot_json_set_string(message, "/prompt", argc > 1 ? argv[1] : "What is selected?", NULL);
  for (i = 2; i < argc; i++) attach(message, argv[i]);
  if (argc <= 2) attach_selection(message);
  answer = copilot_session_send_and_wait(session, copilot_json_text(message, NULL), 120000, &error);
  if (!answer) return fail("ask", error);
  text = copilot_json_get_string(answer, "/event/data/content", NULL);
  printf("%s\n", text ? text : "(no answer)");

  copilot_json_free(answer);
  copilot_json_free(message);
  copilot_session_free(session);
  copilot_session_config_free(config);
  copilot_client_stop(client, 10000, NULL);
  copilot_client_free(client);
  return 0;
}
