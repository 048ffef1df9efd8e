#include "demo/progress.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace scope::demo {

void Progress::say(std::string_view what) const {
    fmt::print(stderr, "{:6.2f} s  {}\n", elapsed_ms() / 1000, what);
}

double Progress::elapsed_ms() const {
    return std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
}

}  // namespace scope::demo
