#pragma once

#include <cstdio>
#include <cstdlib>
#include <expected>
#include <utility>

namespace scope {

/// A T, or what the outside got wrong: one enumerator of the library's error enum.
template <typename T, typename E>
using Result = std::expected<T, E>;

/// Ends the process with the condition and its place: for what we got wrong, never reachable from
/// input.
[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(const char* condition,
                                                                const char* file,
                                                                int line) noexcept {
    std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, condition);
    std::abort();
}

}  // namespace scope

/// Ends the process, in every build, if the condition does not hold.
#define CHECK(condition)                                           \
    do {                                                           \
        if (!(condition)) [[unlikely]]                             \
            ::scope::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)

/// Yields the value of a std::expected, or returns its error from the enclosing function.
#define TRY(expression)                                                  \
    ({                                                                   \
        auto scope_try_result = (expression);                            \
        if (!scope_try_result) [[unlikely]]                              \
            return std::unexpected{std::move(scope_try_result).error()}; \
        std::move(scope_try_result).value();                             \
    })

/// Does what TRY does, for a std::expected<void, E>.
#define TRY_VOID(expression)                                             \
    do {                                                                 \
        if (auto scope_try_result = (expression); !scope_try_result)     \
            return std::unexpected{std::move(scope_try_result).error()}; \
    } while (false)
