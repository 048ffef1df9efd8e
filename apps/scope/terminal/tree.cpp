#include "terminal/tree.hpp"

#include <fmt/format.h>

namespace scope::terminal {

namespace {

constexpr size_t TREE = 48;
constexpr size_t GAS = 10;
constexpr size_t ANSWER = COLUMNS - TREE - GAS - 5;

std::string line(std::string_view what, uint64_t gas_used, std::string_view answer) {
    return fmt::format("  {} {:>{}}  {}\n", left(cut(what, TREE), TREE), grouped(uint256{gas_used}),
                       GAS, cut(answer, ANSWER));
}

void append_calls(std::string& out, const std::vector<Call>& calls, const std::string& indent) {
    for (size_t i = 0; i < calls.size(); ++i) {
        const auto& call = calls[i];
        const bool last = i + 1 == calls.size();
        std::string what = fmt::format("{}{}{} → {}  {}", indent, last ? "└─ " : "├─ ", call.source,
                                       call.target, call.callee);
        if (!call.value_wei.is_zero()) what += fmt::format("  [{} ETH]", amount(call.value_wei));
        if (call.is_static) what += "  [static]";
        out += line(what, call.gas_used, call.answer + (call.kept ? "" : ", rolled back"));
        append_calls(out, call.calls, indent + (last ? "   " : "│  "));
    }
}

}  // namespace

std::string tree_heading() {
    return left("calls across chains", TREE) + right("gas there", GAS + 1) + "  answer";
}

std::string root_line(std::string_view what, uint64_t gas_used, std::string_view answer) {
    return line(what, gas_used, answer);
}

std::string draw_calls(const std::vector<Call>& calls) {
    std::string out;
    append_calls(out, calls, "");
    return out;
}

}  // namespace scope::terminal
