#include "terminal/sending.hpp"

#include <fmt/format.h>

#include "base/printable.hpp"

namespace scope::terminal {

void add_timeout(CLI::App& command, uint64_t& seconds) {
    command.add_option("--timeout", seconds, "Seconds to wait for its block")
        ->check(cli::numbers(0, 86'400))
        ->capture_default_str();
}

std::string sender(const Endpoint& endpoint, const std::string& from) {
    if (!from.empty()) return from;
    const auto accounts = endpoint.ask("eth_accounts");
    if (simdjson::dom::array{accounts.json()}.size() == 0)
        throw cli::UsageError{"--from: the node has no accounts of its own"};
    return std::string{std::string_view{accounts.json().at(0)}};
}

Answer wait_for(const Endpoint& endpoint, const Sent& sent, uint64_t seconds) {
    const auto hash = fmt::format(R"(["{}"])", sent.hash);
    std::string waits;
    auto receipt = ask_until(seconds, [&]() -> std::optional<std::string> {
        const auto found = endpoint.ask(sent.receipt_method, hash);
        if (!found.is_null()) return found.text();
        const auto refusal = endpoint.ask("scope_getRefusal", hash);
        if (refusal.is_null()) return std::nullopt;
        const auto reason = printable(std::string_view{refusal.json()["reason"]});
        if (!is_pending(refusal))
            throw std::runtime_error{fmt::format("{} was refused: {}", sent.hash, reason)};
        waits = ": " + reason;
        return std::nullopt;
    });
    if (!receipt)
        throw std::runtime_error{
            fmt::format("{} stands in no block after {} s{}", sent.hash, seconds, waits)};
    return Answer{*receipt};
}

bool is_pending(const Answer& refusal) {
    bool pending = false;
    return refusal.json()["pending"].get(pending) == simdjson::SUCCESS && pending;
}

bool succeeded(const Answer& receipt) {
    std::string_view status;
    if (receipt.json()["status"].get(status) == simdjson::SUCCESS) return status == "0x1";
    return bool{receipt.json()["success"]};
}

}  // namespace scope::terminal
