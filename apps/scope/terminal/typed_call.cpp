#include "terminal/typed_call.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "terminal/calldata.hpp"

namespace scope::terminal {

namespace {

std::string address(const char* name, const std::string& text) {
    const auto parsed = fixed_from_hex<20>(text);
    if (!parsed) throw cli::UsageError{fmt::format("{}: '{}' is no address", name, text)};
    return to_hex(*parsed);
}

}  // namespace

void TypedCall::declare(CLI::App& command) {
    command.add_option("to", to, "Contract that is called")->required();
    command.add_option("signature", signature,
                       "Its function, such as transfer(address,uint256), or calldata in hex");
    command.add_option("arguments", arguments, "One for each type of the signature");
    command.add_option("--from", from, "Account that calls")->envname("ETH_FROM");
    command.add_option("--value", value, "Wei that go along")->capture_default_str();
}

std::string TypedCall::json() const {
    const auto calldata = encode_call(signature, arguments);
    if (!calldata) throw cli::UsageError{calldata.error()};
    const auto wei = uint256_from_text(value);
    if (!wei) throw cli::UsageError{fmt::format("--value: '{}' is no number", value)};
    std::string out = fmt::format(R"({{"to":"{}","data":"{}","value":"{}")", address("to", to),
                                  to_hex(*calldata), to_quantity(*wei));
    if (!from.empty()) out += fmt::format(R"(,"from":"{}")", address("--from", from));
    return out + "}";
}

}  // namespace scope::terminal
