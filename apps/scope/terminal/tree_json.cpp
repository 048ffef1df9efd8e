#include "terminal/tree_json.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "builder/revert.hpp"

namespace scope::terminal {

namespace {

using Json = simdjson::dom::element;

Json member(Json object, const char* name) {
    Json found;
    if (object[name].get(found) != simdjson::SUCCESS)
        throw std::runtime_error{fmt::format("a tree of calls without {}", name)};
    return found;
}

template <typename T>
T value(Json object, const char* name) {
    T found{};
    if (member(object, name).get(found) != simdjson::SUCCESS)
        throw std::runtime_error{fmt::format("a tree of calls with another type of {}", name)};
    return found;
}

std::string text(Json object, const char* name) {
    return printable(value<std::string_view>(object, name));
}

/// Returns the text of a member that may be left out.
std::string text_if_there(Json object, const char* name) {
    std::string_view found;
    return object[name].get(found) == simdjson::SUCCESS ? printable(found) : std::string{};
}

/// "0x1234…cdef" of hex.
std::string ends(std::string_view hex) {
    constexpr size_t LONGEST = 2 + 2 * 5;
    if (hex.size() <= LONGEST) return std::string{hex};
    return fmt::format("{}…{}", hex.substr(0, 6), hex.substr(hex.size() - 4));
}

std::string chain(Json object, const char* name, const ChainName& chain_name) {
    const Json id = member(object, name);
    std::string_view digits;
    return chain_name(id.get(digits) == simdjson::SUCCESS
                          ? std::string{digits}
                          : fmt::to_string(value<uint64_t>(object, name)));
}

/// Returns what was answered: in words where the document has them.
std::string answer(Json object) {
    if (const auto words = text_if_there(object, "output_text"); !words.empty())
        return (value<bool>(object, "success") ? "" : "failed: ") + words;
    const auto output = text(object, "output");
    if (value<bool>(object, "success")) return output == "0x" ? "nothing" : ends(output);
    const auto data = from_hex(output);
    return "failed: " + (data && !data->empty() ? builder::describe_revert(*data) : "without data");
}

std::vector<Call> read_calls(Json list, const ChainName& chain_name) {
    std::vector<Call> calls;
    simdjson::dom::array array;
    if (list.get(array) != simdjson::SUCCESS)
        throw std::runtime_error{"a tree of calls that is no array"};
    for (const Json call : array) {
        auto callee = text_if_there(call, "to_name");
        if (callee.empty()) callee = ends(text(call, "to"));
        const auto value_wei = uint256_from_text(text(call, "value_wei"));
        if (!value_wei) throw std::runtime_error{"a tree of calls with no number in value_wei"};
        calls.push_back({.source = chain(call, "source", chain_name),
                         .target = chain(call, "target", chain_name),
                         .callee = callee + "." + text(call, "function"),
                         .answer = answer(call),
                         .value_wei = *value_wei,
                         .gas_used = value<uint64_t>(call, "gas_used"),
                         .is_static = text(call, "kind") == "static",
                         .kept = value<bool>(call, "kept"),
                         .calls = read_calls(member(call, "calls"), chain_name)});
    }
    return calls;
}

}  // namespace

std::string draw_root(Json root, const ChainName& chain_name) {
    const auto what = fmt::format("{}  root {}", chain(root, "origin_chain", chain_name),
                                  ends(text(root, "operation_hash")));
    return root_line(what, value<uint64_t>(root, "gas_used"), answer(root)) +
           draw_calls_of(member(root, "calls"), chain_name);
}

std::string draw_calls_of(Json calls, const ChainName& chain_name) {
    return draw_calls(read_calls(calls, chain_name));
}

}  // namespace scope::terminal
