// Text and JSON: what parameters may be, views and values, typed reading and writing.
#include "test.hpp"

using copilot::json;
using copilot::json_view;

// A string without a NUL at its end, as std::string_view may be, in every standard.
struct Slice {
  const char *data() const { return "/abc"; }
  int size() const { return 2; }
};

static void parameters() {
  const json value = MUST(json::parse(R"({"a":"A","ab":"AB"})"));
  CHECK_STRING("A", value.get_string("/a"));
  CHECK_STRING("A", value.get_string(std::string("/a")));
  CHECK_STRING("A", value.get_string(Slice()));
  CHECK_STRING("AB", value.get_string(copilot::string_ref("/ab")));
#ifdef __cpp_lib_string_view
  CHECK_STRING("A", value.get_string(std::string_view("/ab", 2)));
  const std::string_view view = value.get_string("/ab");
  CHECK(view == "AB");
#endif
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, json::parse(nullptr));
  FAILS(COPILOT_E_INVALID_JSON, "line 1", json::parse("{"));
  CHECK_STRING("\"a\\\"\\\\\\u0000\\u001f\xc3\xbc\"", copilot::quote(std::string("a\"\\\0\x1f\xc3\xbc", 7)));
  CHECK_STRING("{\"prompt\":\"\\u000a\"}", copilot::prompt("\n").value);
  CHECK_STRING("{\"kind\":\"reject\",\"feedback\":\"\"}", copilot::reject("").value);
  CHECK_STRING("\"\"", copilot::quote(nullptr));
}

static void strings() {
  const copilot::string_ref none, empty(""), text("text");
  CHECK(!none && empty && none == empty && text != empty && text == "text");
  CHECK(none.data() == nullptr && none.c_str()[0] == 0 && none.size() == 0 && empty.empty());
  std::string assigned;
  assigned = text;
  assigned += text;
  CHECK_STRING("texttext", assigned);
}

static void reading() {
  const json value = MUST(json::parse(R"({"s":"x\u0000y","i":300,"n":-1,"big":9007199254740993,"d":1.5,"b":true,
                                          "list":[1,2,3],"object":{"k":"v"},"null":null})"));
  const json_view view = value;
  CHECK_INT(3, value.get_string("/s").size());
  CHECK(view.copy_string("/s") == std::string("x\0y", 3));
  CHECK(view.copy_string("/object/k") == "v" && view.copy_string("/i").empty());
  CHECK_INT(300, view.get_int("/i"));
  CHECK_INT(5, view.get_int("/s", 5));
  CHECK(view.get_double("/d") == 1.5 && view.get_double("/missing", 2.5) == 2.5);
  CHECK(view.get_bool("/b") && view.get_bool("/i", true) && !view.get_bool("/i"));
  bool truth = false;
  double real = 0;
  std::string text = "before";
  CHECK(view.read("/b", truth) && truth && view.read("/d", real) && real == 1.5);
  CHECK(!view.read("/missing", text));
  CHECK_STRING("before", text);
  CHECK(view.read("/s", text) && text == std::string("x\0y", 3));
  int whole = 0;
  signed char small = 5;
  unsigned natural = 5;
  std::uint64_t large = 0;
  std::int64_t exact = 0;
  CHECK(view.read("/i", whole) && whole == 300);
  CHECK(!view.read("/i", small) && small == 5); // it does not fit
  CHECK(!view.read("/n", natural) && natural == 5 && !view.read("/n", large));
  CHECK(view.read("/big", large) && large == 9007199254740993u && view.read("/big", exact));
  CHECK(!view.read("/d", whole) && whole == 300);
  CHECK_INT(COPILOT_JSON_NULL, view.type("/null"));
  CHECK_INT(COPILOT_JSON_OBJECT, view.type());
  CHECK(view.has("/null") && !view.has("/missing"));
  CHECK_STRING("{\"k\":\"v\"}", view.at("/object").text());
  CHECK_STRING("k", view.key(0, "/object"));
  CHECK(!view.key(1, "/object"));
  CHECK_INT(3, view.size("/list"));
  CHECK_INT(3, view.at("/list")[2].get_int());
  std::int64_t sum = 0;
  for (const json_view element : view.at("/list")) sum += element.get_int();
  CHECK_INT(6, sum);
  for (const json_view element : view.at("/missing")) test_fail(__FILE__, __LINE__, "nothing has an element", element.text().c_str());
  CHECK(!json_view() && json_view().get_int("/a", 4) == 4 && json_view().text().empty());
}

// Reading out of a temporary copies.
static void temporaries() {
  const std::string text = MUST(json::parse(R"({"a":"copied"})")).get_string("/a");
  static_assert(std::is_same<decltype(std::declval<json>().get_string("/a")), std::string>::value, "it would dangle");
  CHECK_STRING("copied", text);
  CHECK_STRING("[1]", MUST(json::parse("[1]")).text());
}

static void writing() {
  json value = json::object();
  MUST(value.set("/s", "text"));
  MUST(value.set("/std", std::string("with\0NUL", 8)));
  MUST(value.set("/b", true));
  MUST(value.set("/i", 7));
  MUST(value.set("/u", std::numeric_limits<std::uint64_t>::max()));
  MUST(value.set("/d", 0.5f));
  MUST(value.set("/list/-", copilot::json_text{"[1,2]"}));
  MUST(value.set("/copy", value.at("/list")));
  MUST(value.set("/none", json_view()));
  CHECK_STRING(R"({"s":"text","std":"with\u0000NUL","b":true,"i":7,"u":18446744073709551615,"d":0.5,"list":[[1,2]],)"
               R"("copy":[[1,2]],"none":null})",
               value.text());
  FAILS(COPILOT_E_INVALID_ARGUMENT, nullptr, value.set("/s/below", 1));
  FAILS(COPILOT_E_INVALID_JSON, nullptr, value.set("/s", copilot::json_text{"{"}));
  FAILS(COPILOT_E_INVALID_UTF8, nullptr, value.set("/s", "\xff"));
  const json part = MUST(json::copy_of(value, "/list/0"));
  CHECK_STRING("[1,2]", part.text());
  FAILS(COPILOT_E_NOT_FOUND, nullptr, json::copy_of(value, "/missing"));
}

static void ownership() {
  json a = MUST(json::parse("1")), b = std::move(a);
  CHECK(!a && b.get_int() == 1);
  json &same = b;
  b = std::move(same);
  CHECK(b.get_int() == 1);
  a = std::move(b);
  json c(a.release());
  CHECK(!a && !b && c.get_int() == 1);
  c.reset();
  c.reset();
  CHECK(!c && c.get() == nullptr);
}

int main() {
  parameters();
  strings();
  reading();
  temporaries();
  writing();
  ownership();
  return test_end();
}
