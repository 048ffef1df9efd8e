#include "execution/statistics.hpp"

#include <atomic>

namespace scope::execution {

namespace {

std::atomic<uint64_t> executed{0};
std::atomic<uint64_t> recovered{0};

}  // namespace

Statistics statistics() noexcept {
    return {executed.load(std::memory_order_relaxed), recovered.load(std::memory_order_relaxed)};
}

void count_executed() noexcept {
    executed.fetch_add(1, std::memory_order_relaxed);
}

void count_recovered() noexcept {
    recovered.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace scope::execution
