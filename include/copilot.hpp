// copilot.hpp - the C++ layer of libcopilot: C++14 and later, header only, above copilot.h.
//
//   copilot::client client = copilot::client::make();
//   copilot::session_config config = copilot::session_config::make();
//   config.add_tool(R"({"name":"add","description":"Adds two whole numbers"})",
//                   [](copilot::json_view a) { return a.get_int("/a") + a.get_int("/b"); });
//   copilot::session session = client.create_session(config, 60s);
//   copilot::json answer = session.send_and_wait(copilot::prompt("What is 19 + 23?"), 120s);
//   std::puts(answer.get_string("/event/data/content").c_str());
//
// A function here does what the C function of its name does, and that one's manual holds: threads, blocking, JSON. The
// classes are handles, one pointer wide, moved and not copied; ref() makes one more reference, get() gives the C handle
// for what is wanted of copilot.h itself.
//
// Failure. Functions that can fail return outcome<T>. With exceptions that is T itself, and copilot::error is thrown.
// With COPILOT_NO_EXCEPTIONS (by itself where the compiler has none) it is result<T>: a value or an error, and lambdas
// must not throw. attempt(lambda) gives a result<T> either way. Memory that is out is std::bad_alloc.
//
// Lambdas. Each is moved to one allocation and destroyed exactly once, after its last call, also when its registration
// fails. It runs on the thread that serves the queue, one at a time for each queue. An exception never enters the
// library. A tool that throws has failed, with what() as the reason. What any other lambda throws leaves the call of
// this layer that ran it on its thread (dispatch(), deliver(), a blocking call), when that call is done, in place of
// its result; of several the first does. If it was asked something, the answer is fail(). Where no such call is
// (start_thread(), on_event_direct(), the wakeup and log functions, calls of C), it ends the program by
// std::terminate(), as in a std::thread.
//
// Text. Parameters take const char *, std::string, std::string_view or anything else with data() and size(). They end
// at their first NUL, but for prompt(), quote(), set(), respond_text() and the answers of lambdas, which keep it.
#ifndef COPILOT_HPP
#define COPILOT_HPP

#include <copilot.h>

#include <chrono>
#include <cstring>
#include <exception>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 201703L
#  include <string_view>
#endif

#if !defined(COPILOT_NO_EXCEPTIONS) && !defined(__cpp_exceptions) && !defined(__EXCEPTIONS) && !defined(_CPPUNWIND)
#  define COPILOT_NO_EXCEPTIONS
#endif
#if __cplusplus >= 201703L
#  define COPILOT_HPP_NODISCARD [[nodiscard]]
#else
#  define COPILOT_HPP_NODISCARD
#endif
// Exceptions, and the mark of the call that runs, must be the same in every shared object of a program.
#if defined(__GNUC__)
#  define COPILOT_HPP_VISIBLE __attribute__((visibility("default")))
#else
#  define COPILOT_HPP_VISIBLE
#endif

namespace copilot {
// Files with and without exceptions can be linked together: their functions have different names.
#ifdef COPILOT_NO_EXCEPTIONS
inline namespace results {
#else
inline namespace exceptions {
#endif

using std::chrono::milliseconds;

/// A timeout that never comes.
constexpr milliseconds forever{-1};

// ---- Text ----

/// Text that belongs to somebody else: NULL where there is none, else with a NUL at its end.
class string_ref {
  const char *data_ = nullptr;
  std::size_t size_ = 0;

public:
  string_ref() noexcept = default;
  string_ref(const char *data) noexcept : data_(data), size_(data ? std::strlen(data) : 0) {}
  string_ref(const char *data, std::size_t size) noexcept : data_(data), size_(size) {}
  /// NULL where there is no text.
  const char *data() const noexcept { return data_; }
  /// Never NULL.
  const char *c_str() const noexcept { return data_ ? data_ : ""; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Whether there is text, if only an empty one.
  explicit operator bool() const noexcept { return data_ != nullptr; }
  std::string str() const { return std::string(c_str(), size_); }
  operator std::string() const { return str(); }
#ifdef __cpp_lib_string_view
  operator std::string_view() const noexcept { return std::string_view(c_str(), size_); }
#endif
  friend bool operator==(string_ref a, string_ref b) noexcept {
    return a.size_ == b.size_ && std::memcmp(a.c_str(), b.c_str(), a.size_) == 0;
  }
  friend bool operator!=(string_ref a, string_ref b) noexcept { return !(a == b); }
};

/// A parameter that is text; NULL where the C function may have NULL. It copies only what has no NUL at its end.
class text_arg {
  const char *data_ = nullptr;
  std::size_t size_ = 0;
  std::string copy_;

public:
  text_arg(std::nullptr_t = nullptr) noexcept {}
  text_arg(const char *text) noexcept : data_(text), size_(text ? std::strlen(text) : 0) {}
  text_arg(const std::string &text) noexcept : data_(text.c_str()), size_(text.size()) {}
  text_arg(string_ref text) noexcept : data_(text.data()), size_(text.size()) {}
  template <class S, class = decltype(std::string(std::declval<const S &>().data(), 0),
                                      std::size_t(std::declval<const S &>().size()))>
  text_arg(const S &text) : copy_(text.data(), std::size_t(text.size())) {
    data_ = copy_.c_str();
    size_ = copy_.size();
  }
  text_arg(const text_arg &) = delete;
  text_arg &operator=(const text_arg &) = delete;
  const char *c_str() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool has_nul() const noexcept { return data_ && std::strlen(data_) != size_; }
};

/// JSON as text: unlike a plain string it is never taken for the text itself.
struct json_text {
  std::string value;
};

/// The text as a JSON string, with its quotes.
inline std::string quote(const text_arg &text) {
  static const char hex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); i++) {
    const auto c = static_cast<unsigned char>(text.c_str()[i]);
    if (c < 0x20) {
      quoted += "\\u00";
      quoted += hex[c >> 4];
      quoted += hex[c & 15];
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<char>(c);
    }
  }
  return quoted + '"';
}

/// A message of nothing but a prompt.
inline json_text prompt(const text_arg &text) { return {"{\"prompt\":" + quote(text) + "}"}; }
/// The answer to a permission request: yes, this once.
inline json_text approve_once() { return {"{\"kind\":\"approve-once\"}"}; }
/// The answer to a permission request: yes, and the like of it until the session ends.
inline json_text approve_for_session() { return {"{\"kind\":\"approve-for-session\"}"}; }
/// The answer to a permission request: no. The model reads why, and goes on.
inline json_text reject(const text_arg &feedback) {
  return {"{\"kind\":\"reject\",\"feedback\":" + quote(feedback) + "}"};
}
/// The answer of a tool, with a type: "success", "failure", "rejected" or "denied".
inline json_text tool_result(const text_arg &text, const text_arg &type = "success") {
  return {"{\"textResultForLlm\":" + quote(text) + ",\"resultType\":" + quote(type) + "}"};
}

// ---- Reading JSON ----

/// A JSON value, or a part of one, that belongs to somebody else and is good as long as that. Reading never fails:
/// what is missing or of another type is empty, or the fallback. Places are JSON pointers: "/data/content".
class json_view {
protected:
  const copilot_json *json_;

public:
  class iterator;

  json_view(const copilot_json *json = nullptr) noexcept : json_(json) {}
  const copilot_json *get() const noexcept { return json_; }
  explicit operator bool() const noexcept { return json_ != nullptr; }
  /// A COPILOT_JSON_ constant.
  copilot_json_type type(const text_arg &pointer = "") const noexcept {
    return copilot_json_type_at(json_, pointer.c_str());
  }
  bool has(const text_arg &pointer) const noexcept { return type(pointer) != COPILOT_JSON_MISSING; }
  /// The number of elements or members.
  std::size_t size(const text_arg &pointer = "") const noexcept { return copilot_json_count(json_, pointer.c_str()); }
  json_view at(const text_arg &pointer) const noexcept { return copilot_json_at(json_, pointer.c_str()); }
  json_view operator[](std::size_t index) const noexcept { return copilot_json_item(json_, index); }
  string_ref key(std::size_t index, const text_arg &pointer = "") const noexcept {
    return copilot_json_key(json_, pointer.c_str(), index);
  }
  /// The JSON text of the whole.
  string_ref text() const noexcept {
    std::size_t size = 0;
    const char *text = copilot_json_text(json_, &size);
    return string_ref(text, size);
  }
  string_ref get_string(const text_arg &pointer = "") const noexcept {
    std::size_t size = 0;
    const char *text = copilot_json_get_string(json_, pointer.c_str(), &size);
    return string_ref(text, size);
  }
  /// The same as a string of one's own, with one copy less where it is long and has no escapes; "" where there is none.
  std::string copy_string(const text_arg &pointer = "") const {
    std::size_t size = 0;
    const char *bytes = copilot_json_get_bytes(json_, pointer.c_str(), &size);
    return bytes ? std::string(bytes, size) : std::string();
  }
  std::int64_t get_int(const text_arg &pointer = "", std::int64_t fallback = 0) const noexcept {
    copilot_json_get_int(json_, pointer.c_str(), &fallback);
    return fallback;
  }
  double get_double(const text_arg &pointer = "", double fallback = 0) const noexcept {
    copilot_json_get_double(json_, pointer.c_str(), &fallback);
    return fallback;
  }
  bool get_bool(const text_arg &pointer = "", bool fallback = false) const noexcept {
    read(pointer, fallback);
    return fallback;
  }
  /// Each read() tells whether there was such a value, and leaves the variable alone when not. An integer must fit.
  bool read(const text_arg &pointer, bool &value) const noexcept {
    std::int32_t found = 0;
    if (!copilot_json_get_bool(json_, pointer.c_str(), &found)) return false;
    value = found != 0;
    return true;
  }
  bool read(const text_arg &pointer, double &value) const noexcept {
    return copilot_json_get_double(json_, pointer.c_str(), &value) != 0;
  }
  bool read(const text_arg &pointer, std::string &value) const {
    const string_ref found = get_string(pointer);
    if (found) value.assign(found.data(), found.size());
    return bool(found);
  }
  template <class I, class = std::enable_if_t<std::is_integral<I>::value>>
  bool read(const text_arg &pointer, I &value) const noexcept {
    std::int64_t found = 0;
    if (!copilot_json_get_int(json_, pointer.c_str(), &found)) return false;
    const I narrowed = static_cast<I>(found);
    if (static_cast<std::int64_t>(narrowed) != found || (narrowed < I(0)) != (found < 0)) return false;
    value = narrowed;
    return true;
  }
  /// The elements of an array, or the values of an object.
  iterator begin() const noexcept;
  iterator end() const noexcept;
};

/// Walks over elements.
class json_view::iterator {
  json_view json_;
  std::size_t index_;

public:
  using iterator_category = std::input_iterator_tag;
  using value_type = json_view;
  using difference_type = std::ptrdiff_t;
  using pointer = const json_view *;
  using reference = json_view;

  iterator(json_view json, std::size_t index) noexcept : json_(json), index_(index) {}
  json_view operator*() const noexcept { return json_[index_]; }
  iterator &operator++() noexcept {
    index_++;
    return *this;
  }
  iterator operator++(int) noexcept { return iterator(json_, index_++); }
  friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.index_ == b.index_; }
  friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.index_ != b.index_; }
};

inline json_view::iterator json_view::begin() const noexcept { return iterator(*this, 0); }
inline json_view::iterator json_view::end() const noexcept { return iterator(*this, size()); }

// ---- Failure ----

/// What went wrong. Copies share it.
class COPILOT_HPP_VISIBLE error : public std::exception {
  std::shared_ptr<copilot_error> error_;
  copilot_status code_ = COPILOT_OK;

public:
  /// No error.
  error() noexcept = default;
  /// Takes the C error.
  explicit error(copilot_error *e) : error_(e, copilot_error_free), code_(copilot_error_code(e)) {}

  const copilot_error *get() const noexcept { return error_.get(); }
  /// The message, for people.
  const char *what() const noexcept override { return copilot_error_message(get()); }
  /// A COPILOT_E_ constant; COPILOT_OK where there is no error.
  copilot_status code() const noexcept { return code_; }
  string_ref name() const noexcept { return copilot_status_name(code_); }
  /// The facts behind it, as the manual of copilot_error_data() lists them.
  json_view data() const noexcept { return copilot_error_data(get()); }
  /// "auth", "quota", "rate_limit", "context", "model", "tool", "transport", or empty.
  string_ref error_class() const noexcept { return data().get_string("/class"); }
  /// Why a turn ended without a result, or empty.
  string_ref reason() const noexcept { return data().get_string("/reason"); }
  /// The HTTP status that the provider answered with; 0 where none is known.
  int status_code() const noexcept { return static_cast<int>(data().get_int("/statusCode")); }
  /// How long a rate limit lasts; negative where it is not known.
  milliseconds retry_after() const noexcept { return milliseconds(data().get_int("/retryAfterMs", -1)); }
  std::int64_t rpc_code() const noexcept { return copilot_error_rpc_code(get()); }
  bool is_retriable() const noexcept { return copilot_error_is_retriable(get()) != 0; }
  bool is_fatal() const noexcept { return copilot_error_is_fatal(get()) != 0; }
};

/// A value, or the error for which there is none. What `*` gives of a failed one is an empty value, which every
/// function of the library refuses without harm.
template <class T> class COPILOT_HPP_NODISCARD result {
  T value_{};
  copilot::error error_;

public:
  result(T value) : value_(std::move(value)) {}
  result(copilot::error e) : error_(std::move(e)) {}
  explicit operator bool() const noexcept { return error_.code() == COPILOT_OK; }
  const copilot::error &error() const noexcept { return error_; }
  T &operator*() & noexcept { return value_; }
  const T &operator*() const & noexcept { return value_; }
  T &&operator*() && noexcept { return std::move(value_); }
  T *operator->() noexcept { return &value_; }
  const T *operator->() const noexcept { return &value_; }
};

template <> class COPILOT_HPP_NODISCARD result<void> {
  copilot::error error_;

public:
  result() noexcept = default;
  result(copilot::error e) : error_(std::move(e)) {}
  explicit operator bool() const noexcept { return error_.code() == COPILOT_OK; }
  const copilot::error &error() const noexcept { return error_; }
};

#ifdef COPILOT_NO_EXCEPTIONS
/// What functions return that can fail.
template <class T> using outcome = result<T>;

/// Calls a function that returns an outcome, and returns that as a result.
template <class F> auto attempt(F &&f) -> decltype(f()) { return f(); }
#else
template <class T> using outcome = T;

namespace detail {
template <class F> result<void> attempt(F &f, std::true_type) {
  f();
  return {};
}
template <class F> auto attempt(F &f, std::false_type) -> result<decltype(f())> { return f(); }
} // namespace detail

/// Calls a function, and turns the copilot::error that it may throw into a result.
template <class F> auto attempt(F &&f) -> result<decltype(f())> {
  try {
    return detail::attempt(f, std::is_void<decltype(f())>());
  } catch (const error &e) {
    return e;
  }
}
#endif

// ---- How the C functions are called ----

namespace detail {

#ifdef COPILOT_NO_EXCEPTIONS
struct frame {};
#else
/// A call that may run lambdas on its thread: what they throw waits here until the C function has returned.
class COPILOT_HPP_VISIBLE frame {
  frame *outer_;
  std::exception_ptr thrown_;

public:
  frame() noexcept : outer_(innermost()) { innermost() = this; }
  ~frame() { innermost() = outer_; }
  frame(const frame &) = delete;
  frame &operator=(const frame &) = delete;

  static frame *&innermost() noexcept {
    static thread_local frame *innermost = nullptr;
    return innermost;
  }
  /// In a catch block: keeps the exception, or lets it end the program where no call is that could throw it.
  static void keep() noexcept {
    frame *const call = innermost();
    if (!call) std::terminate();
    if (!call->thrown_) call->thrown_ = std::current_exception();
  }
  void rethrow() {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
};
#endif

/// One call of a C function: its error, and the exceptions of the lambdas that it runs.
class call : frame {
  copilot_error *error_ = nullptr;

public:
  call() = default;
  call(const call &) = delete;
  call &operator=(const call &) = delete;
  ~call() { copilot_error_free(error_); }
  copilot_error **out() noexcept { return &error_; }
  void forget() noexcept { copilot_error_free(std::exchange(error_, nullptr)); }
#ifdef COPILOT_NO_EXCEPTIONS
  template <class T> result<T> end(T value) {
    if (error_) return error(std::exchange(error_, nullptr));
    return result<T>(std::move(value));
  }
  result<void> end() { return error_ ? result<void>(error(std::exchange(error_, nullptr))) : result<void>(); }
#else
  template <class T> T end(T value) {
    end();
    return value;
  }
  void end() {
    rethrow();
    if (error_) throw error(std::exchange(error_, nullptr));
  }
#endif
};

inline std::int32_t ms(milliseconds timeout) noexcept {
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  return timeout.count() < 0 ? -1 : timeout.count() > most ? most : static_cast<std::int32_t>(timeout.count());
}

/// Calls a function that makes something: a handle, or a number.
template <class T, class Function, class... A> outcome<T> make(Function function, A... arguments) {
  call c;
  T made(function(arguments..., c.out()));
  return c.end(std::move(made));
}

/// Calls a function that returns a status.
template <class Function, class... A> outcome<void> run(Function function, A... arguments) {
  call c;
  static_cast<void>(function(arguments..., c.out()));
  return c.end();
}

/// A reference to an object of the library.
template <class T, void (*Free)(T *)> class handle {
  T *handle_ = nullptr;

public:
  handle() noexcept = default;
  explicit handle(T *owned) noexcept : handle_(owned) {}
  handle(handle &&other) noexcept : handle_(other.release()) {}
  handle &operator=(handle &&other) noexcept {
    reset(other.release()); // also of itself
    return *this;
  }
  ~handle() { Free(handle_); }
  /// The C handle, which stays this object's.
  T *get() const noexcept { return handle_; }
  /// The C handle, which is yours to free.
  COPILOT_HPP_NODISCARD T *release() noexcept { return std::exchange(handle_, nullptr); }
  void reset(T *owned = nullptr) noexcept { Free(std::exchange(handle_, owned)); }
  explicit operator bool() const noexcept { return handle_ != nullptr; }
};

} // namespace detail

// ---- JSON that is owned ----

/// A JSON value of one's own. A json_view of it is good as long as it is neither changed nor destroyed.
class json : public json_view {
public:
  json() noexcept = default;
  /// Takes the C value.
  explicit json(copilot_json *owned) noexcept : json_view(owned) {}
  json(json &&other) noexcept : json_view(other.release()) {}
  json &operator=(json &&other) noexcept {
    reset(other.release()); // also of itself
    return *this;
  }
  ~json() { reset(); }
  copilot_json *get() const noexcept { return const_cast<copilot_json *>(json_); }
  COPILOT_HPP_NODISCARD copilot_json *release() noexcept {
    return const_cast<copilot_json *>(std::exchange(json_, nullptr));
  }
  void reset(copilot_json *owned = nullptr) noexcept {
    copilot_json_free(const_cast<copilot_json *>(std::exchange(json_, owned)));
  }

  static outcome<json> parse(const text_arg &text) { return detail::make<json>(copilot_json_parse, text.c_str()); }
  /// An empty object.
  static json object() noexcept { return json(copilot_json_new_object()); }
  /// A part of another value.
  static outcome<json> copy_of(json_view from, const text_arg &pointer = "") {
    return detail::make<json>(copilot_json_copy, from.get(), pointer.c_str());
  }

  // What is read out of a temporary is copied, or the compiler refuses it: it would not live.
  string_ref text() const & noexcept { return json_view::text(); }
  std::string text() && { return json_view::text(); }
  string_ref get_string(const text_arg &pointer = "") const & noexcept { return json_view::get_string(pointer); }
  std::string get_string(const text_arg &pointer = "") && { return json_view::get_string(pointer); }
  json_view at(const text_arg &pointer) const & noexcept { return json_view::at(pointer); }
  json_view at(const text_arg &pointer) && = delete;
  json_view operator[](std::size_t index) const & noexcept { return json_view::operator[](index); }
  json_view operator[](std::size_t index) && = delete;

  /// Sets a part to a text, a number, a bool, a json_view, or a json_text. Views of this value are gone afterwards.
  template <class V> outcome<void> set(const text_arg &pointer, const V &value);
};

/// A parameter that is JSON: as text, as a json_text, or as a value. NULL where the C function may have NULL.
class json_arg : public text_arg {
public:
  using text_arg::text_arg;
  json_arg() noexcept = default;
  json_arg(json_view json) noexcept : text_arg(json ? json.text() : string_ref()) {}
  json_arg(const json &json) noexcept : json_arg(json_view(json)) {}
  json_arg(const json_text &json) noexcept : text_arg(json.value) {}
};

namespace detail {
struct as_bool {};
struct as_real {};
struct as_whole {};
struct as_text {};
template <class V> using sort_of_number = std::conditional_t<std::is_floating_point<V>::value, as_real, as_whole>;
template <class V>
using sort_of = std::conditional_t<
    std::is_same<V, bool>::value, as_bool,
    std::conditional_t<std::is_arithmetic<V>::value, sort_of_number<V>, as_text>>;

inline outcome<void> set_json(copilot_json *json, const text_arg &pointer, const char *text) {
  return run(copilot_json_set_json, json, pointer.c_str(), text);
}
inline outcome<void> set_value(copilot_json *json, const text_arg &pointer, bool value, as_bool) {
  return run(copilot_json_set_bool, json, pointer.c_str(), std::int32_t(value));
}
inline outcome<void> set_value(copilot_json *json, const text_arg &pointer, double value, as_real) {
  return run(copilot_json_set_double, json, pointer.c_str(), value);
}
template <class I> outcome<void> set_value(copilot_json *json, const text_arg &pointer, I value, as_whole) {
  // Beyond int64_t there is only text.
  if (value > I(0) && static_cast<std::uint64_t>(value) > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
    return set_json(json, pointer, std::to_string(value).c_str());
  return run(copilot_json_set_int, json, pointer.c_str(), static_cast<std::int64_t>(value));
}
inline outcome<void> set_value(copilot_json *json, const text_arg &pointer, const text_arg &value, as_text) {
  if (value.has_nul()) return set_json(json, pointer, quote(value).c_str());
  return run(copilot_json_set_string, json, pointer.c_str(), value.c_str());
}
inline outcome<void> set_value(copilot_json *json, const text_arg &pointer, json_view value, as_text) {
  // Written down first: it may be a part of what is changed.
  const std::string text = value ? value.text().str() : "null";
  return set_json(json, pointer, text.c_str());
}
inline outcome<void> set_value(copilot_json *json, const text_arg &pointer, const json_text &value, as_text) {
  return set_json(json, pointer, value.value.c_str());
}
} // namespace detail

template <class V> outcome<void> json::set(const text_arg &pointer, const V &value) {
  return detail::set_value(get(), pointer, value, detail::sort_of<V>());
}

// ---- Requests, operations, events ----

class session;
class event;

/// A question of the server's, to be answered once, now or later, on any thread. When the last reference goes without
/// an answer, the default of its kind is sent.
class request : public detail::handle<copilot_request, copilot_request_free> {
public:
  using handle::handle;
  request ref() const noexcept { return request(copilot_request_ref(get())); }
  /// A COPILOT_REQUEST_ constant.
  copilot_request_kind kind() const noexcept { return copilot_request_get_kind(get()); }
  string_ref method() const noexcept { return copilot_request_method(get()); }
  string_ref session_id() const noexcept { return copilot_request_session_id(get()); }
  string_ref tool_name() const noexcept { return copilot_request_tool_name(get()); }
  /// All that the server tells, good as long as the request.
  json_view params() const noexcept { return copilot_request_params(get()); }
  /// The arguments of a tool.
  json_view arguments() const noexcept { return params().at("/arguments"); }
  std::uint64_t id() const noexcept { return copilot_request_id(get()); }
  bool is_cancelled() const noexcept { return copilot_request_is_cancelled(get()) != 0; }
  /// Calls a lambda without parameters when the question is withdrawn; nullptr takes it back. A lambda that holds
  /// this request keeps it alive until then.
  template <class F> outcome<void> on_cancel(F &&f) const;
  outcome<void> respond(const json_arg &result) const {
    return detail::run(copilot_request_respond, get(), result.c_str());
  }
  outcome<void> respond_text(const text_arg &text) const {
    if (text.has_nul()) return respond(json_text{quote(text)});
    return detail::run(copilot_request_respond_text, get(), text.c_str());
  }
  outcome<void> fail(const text_arg &message) const {
    return detail::run(copilot_request_fail, get(), message.c_str());
  }
  outcome<void> decline() const { return detail::run(copilot_request_decline, get()); }
};

/// A call on its way. Destroying it does not cancel it.
class op : public detail::handle<copilot_op, copilot_op_free> {
public:
  using handle::handle;
  op ref() const noexcept { return op(copilot_op_ref(get())); }
  std::uint64_t id() const noexcept { return copilot_op_id(get()); }
  /// A COPILOT_OP_ constant.
  copilot_op_state state() const noexcept { return copilot_op_get_state(get()); }
  bool is_pending() const noexcept { return state() == COPILOT_OP_PENDING; }
  /// True when it has succeeded; false when the time was up first, for the operation or its lambda. What it failed
  /// with is the error.
  outcome<bool> wait(milliseconds timeout) const {
    detail::call c;
    const copilot_status status = copilot_op_wait(get(), detail::ms(timeout), c.out());
    if (status != COPILOT_E_TIMEOUT) return c.end(true);
    c.forget();
    if (state() != COPILOT_OP_FAILED) return c.end(false);
    // It may be the operation itself that ran out of time. Of one that failed there is nothing to take but the error.
    copilot_json_free(copilot_op_take_result(get(), c.out()));
    return c.end(false);
  }
  void cancel() const noexcept { copilot_op_cancel(get()); }
  /// The result, once; an empty value (null) where the operation yields nothing.
  outcome<json> take_result() const { return detail::make<json>(copilot_op_take_result, get()); }
  /// The session that a create or a resume made, once.
  outcome<session> take_session() const;
};

/// Something that happened, lent for a call.
class event_view {
protected:
  const copilot_event *event_;

public:
  event_view(const copilot_event *borrowed = nullptr) noexcept : event_(borrowed) {}
  const copilot_event *get() const noexcept { return event_; }
  explicit operator bool() const noexcept { return event_ != nullptr; }
  /// A COPILOT_EVENT_ constant.
  copilot_event_kind kind() const noexcept { return copilot_event_get_kind(event_); }
  string_ref type() const noexcept { return copilot_event_type(event_); }
  string_ref session_id() const noexcept { return copilot_event_session_id(event_); }
  /// What the opening comment of copilot.h lists for the kind; good as long as the event.
  json_view json() const noexcept { return copilot_event_json(event_); }
  /// The operation that has ended.
  op operation() const noexcept { return op(copilot_event_op(event_)); }
  /// A reference that outlives the call.
  event keep() const noexcept;
};

/// An event of one's own.
class event : public event_view {
public:
  event() noexcept = default;
  /// Takes the C event.
  explicit event(copilot_event *owned) noexcept : event_view(owned) {}
  event(event &&other) noexcept : event_view(other.release()) {}
  event &operator=(event &&other) noexcept {
    reset(other.release()); // also of itself
    return *this;
  }
  ~event() { reset(); }
  copilot_event *get() const noexcept { return const_cast<copilot_event *>(event_); }
  COPILOT_HPP_NODISCARD copilot_event *release() noexcept {
    return const_cast<copilot_event *>(std::exchange(event_, nullptr));
  }
  void reset(copilot_event *owned = nullptr) noexcept {
    copilot_event_free(const_cast<copilot_event *>(std::exchange(event_, owned)));
  }
  event ref() const noexcept { return keep(); }
  /// The request of a COPILOT_EVENT_REQUEST, once; empty otherwise.
  request take_request() const noexcept { return request(copilot_event_take_request(get())); }
  /// Runs the lambdas that were registered for it; tells whether there were any.
  outcome<bool> deliver() const {
    detail::call c;
    const bool had_one = copilot_event_deliver(get()) != 0;
    return c.end(had_one);
  }
};

inline event event_view::keep() const noexcept { return event(copilot_event_ref(event_)); }

// ---- Lambdas as callbacks ----

namespace detail {

/// User data as the C functions take it.
struct owned {
  void *data;
  copilot_destroy_cb destroy;
};

template <class F> void COPILOT_CALL destroy(void *data) noexcept { delete static_cast<F *>(data); }

/// Gives a lambda to the library, which destroys it in any case.
template <class F> owned own(F &&f) {
  using lambda = std::decay_t<F>;
  return {new lambda(std::forward<F>(f)), destroy<lambda>};
}
inline owned own(std::nullptr_t) noexcept { return {nullptr, nullptr}; }

#ifdef COPILOT_NO_EXCEPTIONS
template <class Body> void guarded(Body body) noexcept { body(); }
template <class Body> void guarded(copilot_request *, bool, Body body) noexcept { body(); }
#else
template <class Body> void guarded(Body body) noexcept {
  try {
    body();
  } catch (...) {
    frame::keep();
  }
}

/// In a catch block: fails the request. The exception is done with when that told it to somebody, or when nobody
/// waits for the answer of this tool any more.
inline void failed(copilot_request *request, bool is_tool, const char *why) noexcept {
  copilot_status status = copilot_request_fail(request, why, nullptr);
  if (status == COPILOT_E_INVALID_UTF8) status = copilot_request_fail(request, nullptr, nullptr);
  const bool done = status == COPILOT_OK || status == COPILOT_E_CANCELLED || status == COPILOT_E_CLOSED;
  if (!is_tool || !done) frame::keep();
}

template <class Body> void guarded(copilot_request *request, bool is_tool, Body body) noexcept {
  try {
    body();
  } catch (const std::exception &why) {
    failed(request, is_tool, why.what());
  } catch (...) {
    failed(request, is_tool, "it threw something that is no std::exception");
  }
}
#endif

/// What becomes of an answer that was refused: nothing where nobody waits for it any more.
inline void answered(copilot_request *request, copilot_error *refusal) {
  if (!refusal) return;
  const error why(refusal);
  if (why.code() == COPILOT_E_CANCELLED || why.code() == COPILOT_E_CLOSED) return;
#ifdef COPILOT_NO_EXCEPTIONS
  copilot_request_fail(request, why.what(), nullptr);
#else
  static_cast<void>(request);
  throw why;
#endif
}

// The answers that a lambda may return.
inline void reply(copilot_request *request, const json_text &answer) {
  copilot_error *refusal = nullptr;
  copilot_request_respond(request, answer.value.c_str(), &refusal);
  answered(request, refusal);
}
inline void reply(copilot_request *request, const text_arg &answer) {
  if (answer.has_nul()) return reply(request, json_text{quote(answer)});
  copilot_error *refusal = nullptr;
  copilot_request_respond_text(request, answer.c_str(), &refusal);
  answered(request, refusal);
}
inline void reply(copilot_request *request, json_view answer) {
  reply(request, json_text{answer ? answer.text().str() : "null"});
}
template <class B, std::enable_if_t<std::is_same<B, bool>::value, int> = 0>
void reply(copilot_request *request, B yes) {
  const std::string word = yes ? "true" : "false";
  switch (copilot_request_get_kind(request)) {
    case COPILOT_REQUEST_PERMISSION:
      return reply(request, yes ? approve_once() : reject("The program does not allow it."));
    case COPILOT_REQUEST_EXIT_PLAN_MODE: return reply(request, json_text{"{\"approved\":" + word + "}"});
    default: return reply(request, json_text{word});
  }
}
template <class I, std::enable_if_t<std::is_integral<I>::value && !std::is_same<I, bool>::value, int> = 0>
void reply(copilot_request *request, I answer) {
  reply(request, json_text{std::to_string(answer)});
}
template <class T> void reply(copilot_request *request, const result<T> &answer) {
  if (answer) return reply(request, *answer);
  copilot_request_fail(request, answer.error().what(), nullptr);
}
inline void reply(copilot_request *request, const result<void> &by_hand) {
  if (!by_hand) copilot_request_fail(request, by_hand.error().what(), nullptr);
}

/// Lambdas take the request, or what it asks.
template <class F> auto ask(F &f, copilot_request *r, bool, int) -> decltype(f(std::declval<request>())) {
  return f(request(copilot_request_ref(r)));
}
template <class F> auto ask(F &f, copilot_request *r, bool is_tool, long) -> decltype(f(json_view())) {
  return f(json_view(copilot_request_params(r)).at(is_tool ? "/arguments" : ""));
}
template <class F>
void ask_and_reply(F &f, copilot_request *r, bool is_tool, std::true_type) { ask(f, r, is_tool, 0); }
template <class F> void ask_and_reply(F &f, copilot_request *r, bool is_tool, std::false_type) {
  reply(r, ask(f, r, is_tool, 0));
}

/// The C functions that call a lambda.
template <class F> struct lambda {
  static F &of(void *data) noexcept { return *static_cast<F *>(data); }
  static void asked(copilot_request *r, void *data, bool is_tool) noexcept {
    using nothing = std::is_void<decltype(ask(of(data), r, is_tool, 0))>;
    guarded(r, is_tool, [&] { ask_and_reply(of(data), r, is_tool, nothing()); });
  }
  static void COPILOT_CALL tool(copilot_request *r, void *data) noexcept { asked(r, data, true); }
  static void COPILOT_CALL question(copilot_request *r, void *data) noexcept { asked(r, data, false); }
  static void COPILOT_CALL on_cancel(copilot_request *, void *data) noexcept {
    guarded([&] { static_cast<void>(of(data)()); });
  }
  static void COPILOT_CALL on_event(const copilot_event *e, void *data) noexcept {
    guarded([&] { static_cast<void>(of(data)(event_view(e))); });
  }
  static void COPILOT_CALL on_end(copilot_op *o, void *data) noexcept {
    guarded([&] { static_cast<void>(of(data)(op(copilot_op_ref(o)))); });
  }
  // These two run on any thread, inside of any call.
  static void COPILOT_CALL wakeup(void *data) noexcept { static_cast<void>(of(data)()); }
  static void COPILOT_CALL log(copilot_log_level level, const char *target, const char *message, void *data) noexcept {
    static_cast<void>(of(data)(level, string_ref(target), string_ref(message)));
  }
};

/// No lambda, no C function.
template <> struct lambda<std::nullptr_t> {
  static constexpr copilot_request_cb tool = nullptr, question = nullptr, on_cancel = nullptr;
  static constexpr copilot_event_cb on_event = nullptr;
  static constexpr copilot_op_cb on_end = nullptr;
  static constexpr copilot_wakeup_cb wakeup = nullptr;
  static constexpr copilot_log_cb log = nullptr;
};
template <class F> using lambda_of = lambda<std::decay_t<F>>;

/// Begins an operation that calls a lambda at its end.
template <class F, class Function, class... A> outcome<op> begin(F &&f, Function function, A... arguments) {
  const owned user = own(std::forward<F>(f));
  const copilot_op_cb on_end = lambda_of<F>::on_end;
  call c;
  op begun(function(arguments..., on_end, user.data, user.destroy, c.out()));
  return c.end(std::move(begun));
}

} // namespace detail

template <class F> outcome<void> request::on_cancel(F &&f) const {
  const detail::owned user = detail::own(std::forward<F>(f));
  return detail::run(copilot_request_on_cancel, get(), detail::lambda_of<F>::on_cancel, user.data, user.destroy);
}

// ---- Queues ----

/// Where everything arrives. Blocking calls serve it meanwhile when nobody else does; a host's own loop uses
/// dispatch(), next() or items(). Destroying it ends nothing for those who deliver here: it lives as long as they.
class queue : public detail::handle<copilot_queue, copilot_queue_free> {
public:
  class range;
  using handle::handle;
  /// copilot_queue_new(): R"({"mode":"items"})" makes one for next().
  static outcome<queue> make(const json_arg &options = nullptr) {
    return detail::make<queue>(copilot_queue_new, options.c_str());
  }
  queue ref() const noexcept { return queue(copilot_queue_ref(get())); }
  /// COPILOT_OK and an item, or why there is none: COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED (wake()), COPILOT_E_CLOSED.
  outcome<copilot_status> next(milliseconds timeout, event &item) const {
    copilot_event *taken = nullptr;
    detail::call c;
    const copilot_status status = copilot_queue_next(get(), detail::ms(timeout), &taken, c.out());
    item.reset(taken);
    return c.end(status);
  }
  /// The same for all items that wait, some dozens at most. It waits for the first one only; without COPILOT_OK there are
  /// none. The vector's memory is used again.
  outcome<copilot_status> next_batch(milliseconds timeout, std::vector<event> &items) const {
    copilot_event *taken[64];
    std::size_t count = 0;
    detail::call c;
    items.clear();
    items.reserve(sizeof taken / sizeof *taken);
    const copilot_status status =
        copilot_queue_next_batch(get(), detail::ms(timeout), taken, sizeof taken / sizeof *taken, &count, c.out());
    for (std::size_t i = 0; i < count; i++) items.emplace_back(taken[i]);
    return c.end(status);
  }
  /// Items as one JSON text: an array of {"kind":...,"type":...,"sessionId":...,"event":...}. `last` is the item behind
  /// them that is more than its JSON (a request, a completion, what has a lambda), or nothing.
  outcome<copilot_status> next_batch_json(milliseconds timeout, json &batch, event &last,
                                          std::int32_t max_items = -1) const {
    copilot_json *text = nullptr;
    copilot_event *behind = nullptr;
    detail::call c;
    const copilot_status status =
        copilot_queue_next_batch_json(get(), detail::ms(timeout), max_items, &text, &behind, c.out());
    batch.reset(text);
    last.reset(behind);
    return c.end(status);
  }
  /// Items for a range-based for, until none comes in time, or wake(), or close().
  range items(milliseconds timeout) const noexcept;
  /// Runs lambdas: how many items, or COPILOT_E_CLOSED when the queue is closed and empty, or the other codes of
  /// copilot_queue_dispatch(). Throws what a lambda threw.
  outcome<std::int32_t> dispatch(std::int32_t max_items = -1, milliseconds timeout = milliseconds(0)) const {
    detail::call c;
    const std::int32_t run = copilot_queue_dispatch(get(), max_items, detail::ms(timeout));
    return c.end(run);
  }
  outcome<void> start_thread() const { return detail::run(copilot_queue_start_thread, get()); }
  outcome<void> stop_thread() const { return detail::run(copilot_queue_stop_thread, get()); }
  /// A descriptor that is readable while items wait.
  int fd() const noexcept { return copilot_queue_fd(get()); }
  /// Calls a lambda without parameters, on any thread, when items wait; nullptr takes it back. It may only signal.
  template <class F> outcome<void> set_wakeup(F &&f) const {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_queue_set_wakeup, get(), detail::lambda_of<F>::wakeup, user.data, user.destroy);
  }
  void wake() const noexcept { copilot_queue_wake(get()); }
  void close() const noexcept { copilot_queue_close(get()); }
  /// How many items wait.
  std::size_t length() const noexcept { return copilot_queue_length(get()); }
};

/// The items of a queue, each good until the next is taken. It must outlive its loop, and not its queue.
class queue::range {
  copilot_queue *queue_;
  milliseconds timeout_;
  event item_;
  copilot_status status_ = COPILOT_OK;

  bool advance() {
    copilot_event *taken = nullptr;
    detail::call c;
    status_ = copilot_queue_next(queue_, detail::ms(timeout_), &taken, c.out());
    item_.reset(taken);
    static_cast<void>(c.end(status_));
    return status_ == COPILOT_OK;
  }

public:
  class iterator {
    range *range_;

  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = event;
    using difference_type = std::ptrdiff_t;
    using pointer = event *;
    using reference = event &;

    explicit iterator(range *range) noexcept : range_(range) {}
    event &operator*() const noexcept { return range_->item_; }
    event *operator->() const noexcept { return &range_->item_; }
    iterator &operator++() {
      if (!range_->advance()) range_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.range_ == b.range_; }
    friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.range_ != b.range_; }
  };

  range(copilot_queue *queue, milliseconds timeout) noexcept : queue_(queue), timeout_(timeout) {}
  iterator begin() { return iterator(advance() ? this : nullptr); }
  iterator end() noexcept { return iterator(nullptr); }
  /// Why it ended: what next() would return, or, where nothing throws, the code of its error.
  copilot_status status() const noexcept { return status_; }
};

inline queue::range queue::items(milliseconds timeout) const noexcept { return range(get(), timeout); }

// ---- Options and configurations ----

/// Options for a client; docs/client.md lists them.
class client_options : public detail::handle<copilot_client_options, copilot_client_options_free> {
public:
  using handle::handle;
  static outcome<client_options> make(const json_arg &options = nullptr) {
    return detail::make<client_options>(copilot_client_options_new, options.c_str());
  }
  /// What they are, good until the next change.
  json_view view() const noexcept { return copilot_client_options_json(get()); }
  /// As json::set(): set("/cliPath", path).
  template <class V> outcome<void> set(const text_arg &pointer, const V &value) {
    return detail::set_value(copilot_client_options_json(get()), pointer, value, detail::sort_of<V>());
  }
  outcome<void> set_queue(const queue &queue) {
    return detail::run(copilot_client_options_set_queue, get(), queue.get());
  }
};

/// The configuration of sessions; docs/sessions.md lists it. Its lambdas live as long as it and its sessions.
///
/// The lambda of a tool takes its arguments as a json_view, or a request. What a lambda returns is the answer: text
/// as a string; a json, json_view or json_text; an integer or a bool (for a permission: yes or no); a result of
/// these. One that returns nothing answers by the request itself, now or, when it keeps the request, later. Other
/// questions are the same, but that the json_view has all that the server tells. Without a lambda they come as items
/// of a queue.
class session_config : public detail::handle<copilot_session_config, copilot_session_config_free> {
public:
  using handle::handle;
  static outcome<session_config> make(const json_arg &config = nullptr) {
    return detail::make<session_config>(copilot_session_config_new, config.c_str());
  }
  /// What it is, good until the next change.
  json_view view() const noexcept { return copilot_session_config_json(get()); }
  /// As json::set(): set("/streaming", true).
  template <class V> outcome<void> set(const text_arg &pointer, const V &value) {
    return detail::set_value(copilot_session_config_json(get()), pointer, value, detail::sort_of<V>());
  }
  outcome<void> set_queue(const queue &queue) {
    return detail::run(copilot_session_config_set_queue, get(), queue.get());
  }
  template <class F = std::nullptr_t> outcome<void> add_tool(const json_arg &tool, F &&f = nullptr) {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_session_config_add_tool, get(), tool.c_str(), detail::lambda_of<F>::tool, user.data,
                       user.destroy);
  }
  template <class F = std::nullptr_t> outcome<void> on_request(copilot_request_kind kind, F &&f = nullptr) {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_session_config_on_request, get(), kind, detail::lambda_of<F>::question, user.data,
                       user.destroy);
  }
  template <class F = std::nullptr_t> outcome<void> on_permission(F &&f = nullptr) {
    return on_request(COPILOT_REQUEST_PERMISSION, std::forward<F>(f));
  }
  /// copilot_approve_all(): the agent runs whatever it likes.
  outcome<void> approve_all() { return always(copilot_approve_all); }
  outcome<void> deny_all() { return always(copilot_deny_all); }
  template <class F = std::nullptr_t> outcome<void> on_user_input(F &&f = nullptr) {
    return on_request(COPILOT_REQUEST_USER_INPUT, std::forward<F>(f));
  }
  template <class F = std::nullptr_t> outcome<void> on_method(const text_arg &method, F &&f = nullptr) {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_session_config_on_method, get(), method.c_str(), detail::lambda_of<F>::question,
                       user.data,
                       user.destroy);
  }
  /// Calls a lambda with an event_view for events of a type; nullptr is every type.
  template <class F> outcome<void> on_event(const text_arg &type, F &&f) {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_session_config_on_event, get(), type.c_str(), detail::lambda_of<F>::on_event,
                       user.data,
                       user.destroy);
  }

  /// The same on the thread that reads the events, before they go anywhere else: it must not block, and not throw.
  template <class F> outcome<void> on_event_direct(const text_arg &type, F &&f) {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_session_config_on_event_direct, get(), type.c_str(), detail::lambda_of<F>::on_event,
                       user.data,
                       user.destroy);
  }

private:
  outcome<void> always(copilot_request_cb answer) {
    return detail::run(copilot_session_config_on_request, get(), COPILOT_REQUEST_PERMISSION, answer,
                       static_cast<void *>(nullptr), copilot_destroy_cb(nullptr));
  }
};

namespace detail {
inline const copilot_session_config *as_const(const session_config &config) noexcept { return config.get(); }
} // namespace detail

// ---- Sessions ----

/// One conversation. Functions that wait serve the session's queue meanwhile when nobody else does. Their _async
/// forms begin an operation; the lambda, which takes it as an op, is called when it has ended.
class session : public detail::handle<copilot_session, copilot_session_free> {
public:
  using handle::handle;
  session ref() const noexcept { return session(copilot_session_ref(get())); }
  string_ref id() const noexcept { return copilot_session_id(get()); }
  string_ref workspace_path() const noexcept { return copilot_session_workspace_path(get()); }

  /// The number of the subscription, for off_event(); nullptr is every type.
  template <class F> outcome<std::int64_t> on_event(const text_arg &type, F &&f) const {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::make<std::int64_t>(copilot_session_on_event, get(), type.c_str(), detail::lambda_of<F>::on_event,
                                      user.data, user.destroy);
  }
  /// The same on the thread that reads the events, before they go anywhere else: it must not block, and not throw.
  template <class F> outcome<std::int64_t> on_event_direct(const text_arg &type, F &&f) const {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::make<std::int64_t>(copilot_session_on_event_direct, get(), type.c_str(),
                                      detail::lambda_of<F>::on_event, user.data, user.destroy);
  }
  outcome<void> off_event(std::int64_t subscription) const {
    return detail::run(copilot_session_off_event, get(), subscription);
  }

  /// Sends a message, such as prompt("..."), and does not wait for the turn; the JSON has its "messageId".
  outcome<json> send(const json_arg &message, milliseconds timeout) const {
    return detail::make<json>(copilot_session_send, get(), message.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> send_async(const json_arg &message, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_send_async, get(), message.c_str());
  }

  /// Sends a message and waits for the end of its turn: the answer is at "/event/data/content".
  outcome<json> send_and_wait(const json_arg &message, milliseconds timeout) const {
    return detail::make<json>(copilot_session_send_and_wait, get(), message.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> send_and_wait_async(const json_arg &message, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_send_and_wait_async, get(), message.c_str());
  }

  /// Ends the turn that runs.
  outcome<void> abort(milliseconds timeout) const {
    return detail::run(copilot_session_abort, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> abort_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_abort_async, get());
  }

  /// The history.
  outcome<json> get_messages(milliseconds timeout) const {
    return detail::make<json>(copilot_session_get_messages, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> get_messages_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_get_messages_async, get());
  }

  /// Goes on with another model.
  outcome<json> set_model(const text_arg &model_id, const json_arg &options, milliseconds timeout) const {
    return detail::make<json>(copilot_session_set_model, get(), model_id.c_str(), options.c_str(),
                              detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> set_model_async(const text_arg &model_id, const json_arg &options, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_set_model_async, get(), model_id.c_str(),
                         options.c_str());
  }

  /// Any method of the server that belongs to a session.
  outcome<json> call(const text_arg &method, const json_arg &params, milliseconds timeout) const {
    return detail::make<json>(copilot_session_call, get(), method.c_str(), params.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> call_async(const text_arg &method, const json_arg &params, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_call_async, get(), method.c_str(), params.c_str());
  }

  /// Opens it anew with another configuration.
  outcome<void> reopen(const session_config &config, milliseconds timeout) const {
    return detail::run(copilot_session_reopen, get(), detail::as_const(config), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> reopen_async(const session_config &config, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_reopen_async, get(), detail::as_const(config));
  }

  /// Replaces its tools by those of a configuration.
  outcome<void> set_tools(const session_config &config, milliseconds timeout) const {
    return detail::run(copilot_session_set_tools, get(), detail::as_const(config), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> set_tools_async(const session_config &config, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_set_tools_async, get(), detail::as_const(config));
  }

  /// Asks the user through the server: yes or no, one of several, a text.
  outcome<json> confirm(const text_arg &message, milliseconds timeout) const {
    return detail::make<json>(copilot_session_confirm, get(), message.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> confirm_async(const text_arg &message, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_confirm_async, get(), message.c_str());
  }

  outcome<json> select(const text_arg &message, const json_arg &options, milliseconds timeout) const {
    return detail::make<json>(copilot_session_select, get(), message.c_str(), options.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> select_async(const text_arg &message, const json_arg &options, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_select_async, get(), message.c_str(), options.c_str());
  }

  outcome<json> input(const text_arg &message, const json_arg &options, milliseconds timeout) const {
    return detail::make<json>(copilot_session_input, get(), message.c_str(), options.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> input_async(const text_arg &message, const json_arg &options, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_input_async, get(), message.c_str(), options.c_str());
  }

  /// Leaves the conversation, which can be resumed.
  outcome<void> disconnect(milliseconds timeout) const {
    return detail::run(copilot_session_disconnect, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> disconnect_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_disconnect_async, get());
  }
  outcome<json> info() const { return detail::make<json>(copilot_session_info, get()); }
};

inline outcome<session> op::take_session() const { return detail::make<session>(copilot_op_take_session, get()); }

// ---- Clients ----

/// A connection to one CLI, which is started when it is first needed.
class client : public detail::handle<copilot_client, copilot_client_free> {
public:
  using handle::handle;
  static outcome<client> make(const client_options &options = client_options()) {
    return detail::make<client>(copilot_client_new, static_cast<const copilot_client_options *>(options.get()));
  }
  /// With options as JSON.
  static outcome<client> make(const json_arg &json) {
    detail::call c;
    const client_options options(copilot_client_options_new(json.c_str(), c.out()));
    client made(options ? copilot_client_new(options.get(), c.out()) : nullptr);
    return c.end(std::move(made));
  }
  client ref() const noexcept { return client(copilot_client_ref(get())); }
  void force_stop() const noexcept { copilot_client_force_stop(get()); }
  /// A COPILOT_CLIENT_ constant.
  copilot_client_state state() const noexcept { return copilot_client_get_state(get()); }
  outcome<json> stats() const { return detail::make<json>(copilot_client_stats, get()); }
  /// A reference to the queue that the client delivers to.
  queue get_queue() const noexcept { return queue(copilot_queue_ref(copilot_client_queue(get()))); }

  /// Answers the requests of a method, of "namespace.*", or of "*".
  template <class F = std::nullptr_t> outcome<void> on_request(const text_arg &method, F &&f = nullptr) const {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::run(copilot_client_on_request, get(), method.c_str(), detail::lambda_of<F>::question, user.data,
                       user.destroy);
  }
  /// The number of the subscription, for off_event(); nullptr is every type.
  template <class F> outcome<std::int64_t> on_event(const text_arg &type, F &&f) const {
    const detail::owned user = detail::own(std::forward<F>(f));
    return detail::make<std::int64_t>(copilot_client_on_event, get(), type.c_str(), detail::lambda_of<F>::on_event,
                                      user.data, user.destroy);
  }
  outcome<void> off_event(std::int64_t subscription) const {
    return detail::run(copilot_client_off_event, get(), subscription);
  }

  /// Starts the CLI, which the first call that needs it does otherwise.
  outcome<void> start(milliseconds timeout) const {
    return detail::run(copilot_client_start, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> start_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_start_async, get());
  }

  /// Ends the CLI in order.
  outcome<void> stop(milliseconds timeout) const {
    return detail::run(copilot_client_stop, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> stop_async(milliseconds timeout, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_stop_async, get(), detail::ms(timeout));
  }

  /// Begins a conversation; session_config() is the default one. The operation is of op::take_session().
  outcome<session> create_session(const session_config &config, milliseconds timeout) const {
    return detail::make<session>(copilot_session_create, get(), detail::as_const(config), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> create_session_async(const session_config &config, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_create_async, get(), detail::as_const(config));
  }

  /// Goes on with a conversation.
  outcome<session> resume_session(const text_arg &session_id, const session_config &config,
                                  milliseconds timeout) const {
    return detail::make<session>(copilot_session_resume, get(), session_id.c_str(), detail::as_const(config),
                                 detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> resume_session_async(const text_arg &session_id, const session_config &config, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_session_resume_async, get(), session_id.c_str(),
                         detail::as_const(config));
  }

  /// Any method of the server.
  outcome<json> call(const text_arg &method, const json_arg &params, milliseconds timeout) const {
    return detail::make<json>(copilot_client_call, get(), method.c_str(), params.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> call_async(const text_arg &method, const json_arg &params, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_call_async, get(), method.c_str(), params.c_str());
  }

  /// Asks whether the server is there.
  outcome<json> ping(const text_arg &message, milliseconds timeout) const {
    return detail::make<json>(copilot_client_ping, get(), message.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> ping_async(const text_arg &message, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_ping_async, get(), message.c_str());
  }

  /// The version of the CLI, and the like.
  outcome<json> status(milliseconds timeout) const {
    return detail::make<json>(copilot_client_status, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> status_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_status_async, get());
  }

  /// Who is logged in.
  outcome<json> auth_status(milliseconds timeout) const {
    return detail::make<json>(copilot_client_auth_status, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> auth_status_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_auth_status_async, get());
  }

  /// The models that can be used.
  outcome<json> list_models(milliseconds timeout) const {
    return detail::make<json>(copilot_client_list_models, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> list_models_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_list_models_async, get());
  }

  /// The sessions that can be resumed.
  outcome<json> list_sessions(const json_arg &filter, milliseconds timeout) const {
    return detail::make<json>(copilot_client_list_sessions, get(), filter.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> list_sessions_async(const json_arg &filter, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_list_sessions_async, get(), filter.c_str());
  }

  /// The session that was used last.
  outcome<json> last_session_id(milliseconds timeout) const {
    return detail::make<json>(copilot_client_last_session_id, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> last_session_id_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_last_session_id_async, get());
  }

  /// Deletes a conversation for good.
  outcome<void> delete_session(const text_arg &session_id, milliseconds timeout) const {
    return detail::run(copilot_client_delete_session, get(), session_id.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> delete_session_async(const text_arg &session_id, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_delete_session_async, get(), session_id.c_str());
  }

  /// The session that the server shows.
  outcome<json> get_foreground_session(milliseconds timeout) const {
    return detail::make<json>(copilot_client_get_foreground_session, get(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t> outcome<op> get_foreground_session_async(F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_get_foreground_session_async, get());
  }

  /// Lets the server show a session.
  outcome<void> set_foreground_session(const text_arg &session_id, milliseconds timeout) const {
    return detail::run(copilot_client_set_foreground_session, get(), session_id.c_str(), detail::ms(timeout));
  }
  template <class F = std::nullptr_t>
  outcome<op> set_foreground_session_async(const text_arg &session_id, F &&f = nullptr) const {
    return detail::begin(std::forward<F>(f), copilot_client_set_foreground_session_async, get(), session_id.c_str());
  }
};

// ---- The library ----

static_assert(sizeof(client) == sizeof(void *) && sizeof(json) == sizeof(void *) && sizeof(event) == sizeof(void *),
              "a handle is one pointer");

/// Whether the library that is loaded can run what was compiled with this header.
inline bool check_abi() noexcept { return COPILOT_CHECK_ABI(); }
inline std::int32_t abi_version() noexcept { return copilot_abi_version(); }
inline std::int32_t version_number() noexcept { return copilot_version_number(); }
inline string_ref version() noexcept { return copilot_version_string(); }
inline std::int32_t protocol_version() noexcept { return copilot_protocol_version(); }
/// JSON about the build.
inline string_ref build_info() noexcept { return copilot_build_info(); }
inline bool has_feature(const text_arg &name) noexcept { return copilot_has_feature(name.c_str()) != 0; }
inline string_ref status_name(copilot_status status) noexcept { return copilot_status_name(status); }
inline string_ref status_text(copilot_status status) noexcept { return copilot_status_text(status); }

/// Calls a lambda with level, target and message (two string_refs), on any thread; nullptr ends that. It must not
/// call the library.
template <class F> outcome<void> set_log(copilot_log_level max_level, F &&f) {
  const detail::owned user = detail::own(std::forward<F>(f));
  return detail::run(copilot_set_log, max_level, detail::lambda_of<F>::log, user.data, user.destroy);
}
/// Ends the library's work in this process.
inline outcome<void> shutdown(milliseconds timeout) { return detail::run(copilot_shutdown, detail::ms(timeout)); }
/// For tests: how many objects of the library live.
inline std::int64_t live_objects() noexcept { return copilot_debug_live_objects(); }

} // namespace results or exceptions
} // namespace copilot

#undef COPILOT_HPP_NODISCARD
#undef COPILOT_HPP_VISIBLE

#endif
