#pragma once
// What a test cannot do under a sanitizer.

namespace harness {

/// Memory is not what the program itself has asked for.
#ifdef SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// It does not follow a process that shares the memory of the one that starts it (CLONE_VM).
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRUNCHER_THREAD_SANITIZER
#endif
#endif
#ifdef CRUNCHER_THREAD_SANITIZER
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

}  // namespace harness
