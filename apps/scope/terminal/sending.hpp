#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "terminal/endpoint.hpp"

/// Sending, and waiting for what becomes of it.
namespace scope::terminal {

/// A transaction or an operation that was sent, and the method that tells what became of it.
struct Sent {
    std::string hash;
    std::string_view receipt_method;
};

/// Adds --timeout: the seconds that are waited for what was sent.
void add_timeout(CLI::App& command, uint64_t& seconds);
/// Returns @p from, or the node's first account if that is empty. Throws cli::UsageError if it has
/// none.
std::string sender(const Endpoint& endpoint, const std::string& from);

/// Waits until it stands in a block; returns its receipt. Throws std::runtime_error if it was
/// refused, or if that takes longer than @p seconds.
Answer wait_for(const Endpoint& endpoint, const Sent& sent, uint64_t seconds);
/// Returns whether scope_getRefusal tells why something waits, not why it was refused.
bool is_pending(const Answer& refusal);
/// Returns whether a receipt is of a success.
bool succeeded(const Answer& receipt);

/// Asks again and again until there is an answer; returns nullopt if there is none within
/// @p seconds.
/// @param ask  Returns a std::optional.
template <typename Ask>
auto ask_until(uint64_t seconds, Ask&& ask) -> decltype(ask()) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
    for (;;) {
        auto answer = ask();
        if (answer || std::chrono::steady_clock::now() > end) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

}  // namespace scope::terminal
