#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace scope {

void check_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, condition);
    std::abort();
}

}  // namespace scope
