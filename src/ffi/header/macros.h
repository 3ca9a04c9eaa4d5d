
/** The version of this header. copilot_version_number() is the library's. */
#define COPILOT_VERSION_MAJOR @MAJOR@
#define COPILOT_VERSION_MINOR @MINOR@
#define COPILOT_VERSION_PATCH @PATCH@
#define COPILOT_VERSION_NUMBER \
  (COPILOT_VERSION_MAJOR * 1000000 + COPILOT_VERSION_MINOR * 1000 + COPILOT_VERSION_PATCH)
#define COPILOT_VERSION_STRING "@VERSION@"

/** Changes only when a program built against the old header would break; the soname's number. */
#define COPILOT_ABI_VERSION @ABI@

/** 1 when the library that is loaded can run what was compiled against this header. */
#define COPILOT_CHECK_ABI()                        \
  (copilot_abi_version() == COPILOT_ABI_VERSION && \
   copilot_version_number() >= COPILOT_VERSION_NUMBER)

/** A timeout that never comes. */
#define COPILOT_WAIT_FOREVER (-1)

/* Marks what the library exports. Define COPILOT_STATIC where the static library is linked. */
#ifndef COPILOT_API
#  if defined(_WIN32) && !defined(COPILOT_STATIC)
#    define COPILOT_API __declspec(dllimport)
#  elif defined(__GNUC__)
#    define COPILOT_API __attribute__((visibility("default")))
#  else
#    define COPILOT_API
#  endif
#endif

/* The calling convention of callbacks. */
#ifndef COPILOT_CALL
#  if defined(_MSC_VER)
#    define COPILOT_CALL __cdecl
#  else
#    define COPILOT_CALL
#  endif
#endif

/* A result that must not be ignored. */
#ifndef COPILOT_MUST_USE
#  if defined(__GNUC__)
#    define COPILOT_MUST_USE __attribute__((warn_unused_result))
#  else
#    define COPILOT_MUST_USE
#  endif
#endif

/* A function that should not be used any more. */
#ifndef COPILOT_DEPRECATED
#  if defined(__GNUC__)
#    define COPILOT_DEPRECATED(why) __attribute__((deprecated(why)))
#  elif defined(_MSC_VER)
#    define COPILOT_DEPRECATED(why) __declspec(deprecated(why))
#  else
#    define COPILOT_DEPRECATED(why)
#  endif
#endif

/* The result is yours and this function frees it. gcc warns of double and of wrong frees. */
#ifndef COPILOT_OWNED
#  if defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__)
#    define COPILOT_OWNED(free_function) __attribute__((malloc(free_function, 1)))
#    define COPILOT_OWNED_NEEDS_DECLARATIONS 1
#  else
#    define COPILOT_OWNED(free_function)
#  endif
#endif
