/* JSON in the hands of the program scenario. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what, copilot_error *error) {
  fprintf(stderr, "scenario: %s: %s\n", what, copilot_error_message(error));
  exit(1);
}

void check(const char *what, copilot_status status, copilot_error *error) {
  if (status < 0) die(what, error);
}

char *new_text(size_t size) {
  char *text = malloc(size);
  if (!text) {
    fputs("scenario: out of memory\n", stderr);
    exit(1);
  }
  return text;
}

copilot_json *read_json(const char *path) {
  FILE *file = fopen(path, "rb");
  long size;
  char *text;
  copilot_json *json;
  copilot_error *error = NULL;
  if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
    perror(path);
    exit(1);
  }
  rewind(file);
  text = new_text((size_t)size + 1);
  text[fread(text, 1, (size_t)size, file)] = '\0';
  fclose(file);
  json = copilot_json_parse(text, &error);
  free(text);
  if (!json) die(path, error);
  return json;
}

void note(struct run *run, const char *list, const char *text) {
  copilot_error *error = NULL;
  check(list, copilot_json_set_json(run->seen, list, text, &error), error);
}

static int are_equal(const copilot_json *a, const copilot_json *b) {
  const char *text = copilot_json_get_string(a, "", NULL), *other = copilot_json_get_string(b, "", NULL);
  if (!a || !b) return 0;
  if (text && other) return strcmp(text, other) == 0;
  return strcmp(copilot_json_text(a, NULL), copilot_json_text(b, NULL)) == 0;
}

/* The pointer of a place, below another pointer; to be freed. */
static char *pointer_of(const char *place) {
  char *pointer = new_text(strlen(place) + 2);
  sprintf(pointer, place[0] == '/' ? "%s" : "/%s", place);
  return pointer;
}

int has_values(const copilot_json *json, const copilot_json *values) {
  size_t i;
  for (i = 0; i < copilot_json_count(values, ""); i++) {
    const char *place = copilot_json_key(values, "", i);
    char *pointer = pointer_of(place);
    int equal = are_equal(copilot_json_at(json, pointer), copilot_json_item(values, i));
    free(pointer);
    if (!equal) return 0;
  }
  return 1;
}

/* The text that stands for a value inside of a JSON string; to be freed. */
static char *escaped(const copilot_json *value) {
  copilot_json *holder = copilot_json_new_object();
  const char *plain = copilot_json_get_string(value, "", NULL);
  const char *quoted;
  char *text;
  size_t length;
  copilot_error *error = NULL;
  if (!plain) plain = copilot_json_text(value, NULL);
  check("value", copilot_json_set_string(holder, "/value", plain, &error), error);
  quoted = copilot_json_text(copilot_json_at(holder, "/value"), &length);
  text = new_text(length);
  memcpy(text, quoted + 1, length - 2);
  text[length - 2] = '\0';
  copilot_json_free(holder);
  return text;
}

/* What is between "${" and "}" stands for. */
static const copilot_json *resolved(const char *from, size_t size, resolver resolve, void *context) {
  char *name = new_text(size + 1);
  const copilot_json *value;
  memcpy(name, from, size);
  name[size] = '\0';
  value = resolve(name, context);
  free(name);
  return value;
}

/* A longer text in the place of one, which is freed. */
static char *joined(char *text, const char *more, size_t size) {
  size_t length = strlen(text);
  char *both = new_text(length + size + 1);
  memcpy(both, text, length);
  memcpy(both + length, more, size);
  both[length + size] = '\0';
  free(text);
  return both;
}

char *filled(const copilot_json *json, resolver resolve, void *context) {
  const char *rest = copilot_json_text(json, NULL), *from, *to;
  char *text = new_text(1);
  text[0] = '\0';
  while ((from = strstr(rest, "${")) != NULL && (to = strchr(from, '}')) != NULL) {
    const copilot_json *value = resolved(from + 2, (size_t)(to - from) - 2, resolve, context);
    if (value) {
      char *piece = escaped(value);
      text = joined(text, rest, (size_t)(from - rest));
      text = joined(text, piece, strlen(piece));
      free(piece);
      rest = to + 1;
    } else {
      text = joined(text, rest, (size_t)(from - rest) + 2);
      rest = from + 2;
    }
  }
  return joined(text, rest, strlen(rest));
}
