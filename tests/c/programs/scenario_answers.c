/* How a row's tools, permissions and other questions are answered. */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

static const copilot_json *part(const char *name, void *asked) {
  return name[0] == '/' ? copilot_json_at(asked, name) : NULL;
}

/* Gives the answer that a tool or an answer of the row has; 0 when it has none, so that the question stays open. */
static int give(copilot_request *request, const copilot_json *answer, const copilot_json *asked) {
  const char *failure = copilot_json_get_string(answer, "/fail", NULL);
  int32_t unanswered = 0;
  copilot_error *error = NULL;
  copilot_json_get_bool(answer, "/unanswered", &unanswered);
  if (unanswered) return 0;
  if (failure) {
    check("fail", copilot_request_fail(request, failure, &error), error);
  } else {
    char *reply = filled(copilot_json_at(answer, "/reply"), part, (void *)asked);
    check("respond", copilot_request_respond(request, reply, &error), error);
    free(reply);
  }
  return 1;
}

/* ---- Tools ---- */

static void on_call(copilot_request *request, void *user_data) {
  struct tool *tool = user_data;
  const copilot_json *arguments = copilot_json_at(copilot_request_params(request), "/arguments");
  copilot_json *call = copilot_json_new_object();
  int64_t together = 1;
  size_t i, open = 0;
  copilot_error *error = NULL;
  check("call", copilot_json_set_string(call, "/tool", copilot_request_tool_name(request), &error), error);
  if (arguments)
    check("call", copilot_json_set_json(call, "/arguments", copilot_json_text(arguments, NULL), &error), error);
  note(tool->run, "/calls/-", copilot_json_text(call, NULL));
  copilot_json_free(call);

  if (tool->waiting_count == MAX_WAITING) die("more calls wait than expected", NULL);
  tool->waiting[tool->waiting_count++] = copilot_request_ref(request);
  copilot_json_get_int(tool->json, "/together", &together);
  if (tool->waiting_count < (size_t)together) return;
  for (i = 0; i < tool->waiting_count; i++) {
    copilot_request *waiting = tool->waiting[i];
    if (give(waiting, tool->json, copilot_json_at(copilot_request_params(waiting), "/arguments")))
      copilot_request_free(waiting);
    else
      tool->waiting[open++] = waiting;
  }
  tool->waiting_count = open;
}

/* ---- Permissions ---- */

/* The row's answer to the permission request of this number: the only one, or the last that there is. */
static const copilot_json *decision(const struct run *run) {
  const copilot_json *answers = copilot_json_at(run->row, "/permissions");
  size_t count = copilot_json_count(answers, "");
  if (copilot_json_type_at(answers, "") != COPILOT_JSON_ARRAY) return answers;
  return copilot_json_item(answers, run->permissions < count ? run->permissions : count - 1);
}

static int is_word(const copilot_json *json, const char *word) {
  const char *text = copilot_json_get_string(json, "", NULL);
  return text && strcmp(text, word) == 0;
}

static void on_permission(copilot_request *request, void *user_data) {
  struct run *run = user_data;
  const copilot_json *answer = decision(run), *asked = copilot_request_params(request);
  const char *feedback = copilot_json_get_string(answer, "/feedback", NULL);
  const copilot_json *exactly = copilot_json_at(answer, "/result");
  copilot_json *result = copilot_json_new_object();
  copilot_error *error = NULL;
  note(run, "/asked/permission/-", copilot_json_text(copilot_json_at(asked, "/permissionRequest"), NULL));
  run->permissions++;
  check("decision",
        copilot_json_set_string(result, "/kind", is_word(answer, "approve") ? "approve-once" : "reject", &error),
        error);
  if (feedback) check("feedback", copilot_json_set_string(result, "/feedback", feedback, &error), error);
  check("respond",
        copilot_request_respond(request, copilot_json_text(exactly ? exactly : result, NULL), &error), error);
  copilot_json_free(result);
}

/* ---- Questions of other kinds ---- */

static const struct {
  const char *name;
  const char *answers; /* where the row has them */
  const char *asked;   /* where they are noted */
  copilot_request_kind kind;
} kinds[KINDS] = {
    {"userInput", "/questions/userInput", "/asked/userInput/-", COPILOT_REQUEST_USER_INPUT},
    {"elicitation", "/questions/elicitation", "/asked/elicitation/-", COPILOT_REQUEST_ELICITATION},
    {"hook", "/questions/hook", "/asked/hook/-", COPILOT_REQUEST_HOOK},
    {"command", "/questions/command", "/asked/command/-", COPILOT_REQUEST_COMMAND},
    {"exitPlanMode", "/questions/exitPlanMode", "/asked/exitPlanMode/-", COPILOT_REQUEST_EXIT_PLAN_MODE},
    {"systemMessage", "/questions/systemMessage", "/asked/systemMessage/-", COPILOT_REQUEST_SYSTEM_MESSAGE},
};

/* The first answer that is for a question and not used up. */
static const copilot_json *choose(struct asker *asker, const copilot_json *question) {
  size_t i;
  for (i = 0; i < copilot_json_count(asker->answers, ""); i++) {
    const copilot_json *answer = copilot_json_item(asker->answers, i);
    int64_t times = INT64_MAX;
    copilot_json_get_int(answer, "/times", &times);
    if (asker->taken[i] < times && has_values(question, copilot_json_at(answer, "/when"))) {
      asker->taken[i]++;
      return answer;
    }
  }
  return NULL;
}

static void on_question(copilot_request *request, void *user_data) {
  struct asker *asker = user_data;
  const copilot_json *question = copilot_request_params(request);
  const copilot_json *answer = choose(asker, question);
  size_t kind = (size_t)(asker - asker->run->askers);
  copilot_error *error = NULL;
  if (!answer) {
    if (kinds[kind].kind == COPILOT_REQUEST_HOOK)
      check("no opinion", copilot_request_respond(request, "null", &error), error);
    else
      check("no answer", copilot_request_fail(request, "the row has no answer to this", &error), error);
    return;
  }
  note(asker->run, kinds[kind].asked, copilot_json_text(question, NULL));
  if (give(request, answer, question)) return;
  if (asker->open_count == MAX_WAITING) die("more questions stay open than expected", NULL);
  asker->open[asker->open_count++] = copilot_request_ref(request);
}

/* ---- Registration ---- */

static void add_tools(struct run *run) {
  const copilot_json *tools = copilot_json_at(run->row, "/tools");
  size_t i;
  copilot_error *error = NULL;
  if (copilot_json_count(tools, "") > MAX_TOOLS) die("more tools than expected", NULL);
  for (i = 0; i < copilot_json_count(tools, ""); i++) {
    struct tool *tool = &run->tools[i];
    tool->run = run;
    tool->json = copilot_json_item(tools, i);
    check("tool",
          copilot_session_config_add_tool(run->config, copilot_json_text(copilot_json_at(tool->json, "/tool"), NULL),
                                          on_call, tool, NULL, &error),
          error);
  }
}

static void add_askers(struct run *run) {
  size_t i;
  copilot_error *error = NULL;
  for (i = 0; i < KINDS; i++) {
    struct asker *asker = &run->askers[i];
    asker->run = run;
    asker->kind = kinds[i].name;
    asker->answers = copilot_json_at(run->row, kinds[i].answers);
    if (!asker->answers) continue;
    if (copilot_json_count(asker->answers, "") > MAX_ANSWERS) die("more answers than expected", NULL);
    check(asker->kind,
          copilot_session_config_on_request(run->config, kinds[i].kind, on_question, asker, NULL, &error), error);
  }
}

void add_answers(struct run *run) {
  copilot_error *error = NULL;
  add_tools(run);
  add_askers(run);
  if (is_word(copilot_json_at(run->row, "/permissions"), "nobody")) return;
  check("on_request",
        copilot_session_config_on_request(run->config, COPILOT_REQUEST_PERMISSION, on_permission, run, NULL, &error),
        error);
}

void free_answers(struct run *run) {
  size_t i, j;
  for (i = 0; i < MAX_TOOLS; i++)
    for (j = 0; j < run->tools[i].waiting_count; j++) copilot_request_free(run->tools[i].waiting[j]);
  for (i = 0; i < KINDS; i++)
    for (j = 0; j < run->askers[i].open_count; j++) copilot_request_free(run->askers[i].open[j]);
}
