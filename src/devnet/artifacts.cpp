#include "devnet/artifacts.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "builder/error_text.hpp"

namespace scope::devnet {

namespace {

using Json = simdjson::dom::element;

/// Contracts whose functions and errors appear in calls, or that are deployed.
constexpr auto CONTRACTS = std::to_array<std::pair<std::string_view, std::string_view>>({
    // source file, contract
    {"ScopedCallableL1", "ScopedCallableL1"},
    {"ScopedCallableL2", "ScopedCallableL2"},
    {"Settlement", "Settlement"},
    {"CommitteeVerifier", "CommitteeVerifier"},
    {"ScopedAccount", "ScopedAccount"},
    {"ScopedAccountFactory", "ScopedAccountFactory"},
    {"ForcedQueue", "ForcedQueue"},
    {"RollupRegistry", "RollupRegistry"},
    {"RollupExit", "RollupExit"},
    {"TokenBridge", "TokenBridge"},
    {"TokenBridgeL1", "TokenBridgeL1"},
    {"BridgedToken", "BridgedToken"},
    {"Token", "Token"},
    {"RemoteSwap", "RemoteSwap"},
    {"RemoteSwap", "Shop"},
    {"Swapper", "Swapper"},
    {"Conversation", "Asker"},
    {"Conversation", "Answerer"},
    {"Arbitrage", "Arbitrage"},
    {"Courier", "Courier"},
    {"Refusal", "Persistent"},
    {"Refusal", "Refuser"},
});
constexpr auto UNISWAP = std::to_array<std::string_view>({"UniswapV2Factory", "UniswapV2Pair"});

constexpr size_t MAX_SHOWN_BYTES = 36;

std::string text(Json json, const char* key) {
    std::string_view value;
    if (json[key].get(value) != simdjson::SUCCESS) return {};
    return std::string{value};
}

std::string describe_bytes(BytesView bytes, Detail detail) {
    return bytes.size() <= MAX_SHOWN_BYTES || detail == Detail::full
               ? to_hex(bytes)
               : fmt::format("{} ({} bytes)", short_hex(bytes), bytes.size());
}

/// Returns one word of a static type as text; nullopt for a type that is not described.
std::optional<std::string> describe_word(std::string_view type, BytesView word, Detail detail) {
    const auto hex = [&](BytesView bytes) {
        return detail == Detail::full ? to_hex(bytes) : short_hex(bytes);
    };
    if (type == "address") return hex(word.subspan(12));
    if (type == "bool") return word[31] != 0 ? "true" : "false";
    if (type.ends_with(']')) return std::nullopt;
    if (type.starts_with("uint"))
        return detail == Detail::full ? to_decimal(from_be(word))
                                      : Artifacts::describe_number(from_be(word));
    if (type.starts_with("bytes") && type != "bytes") return hex(word);
    return std::nullopt;
}

}  // namespace

std::string short_hex(BytesView bytes) {
    if (bytes.size() <= 5) return to_hex(bytes);
    return to_hex(bytes.first(2)) + "…" + to_hex(bytes.last(2)).substr(2);
}

std::string Artifacts::describe_number(const uint256& number) {
    constexpr uint64_t THOUSANDTH = 1'000'000'000'000'000;
    if (number < uint256{THOUSANDTH} || uint256{THOUSANDTH} * uint256{UINT64_MAX} < number)
        return to_decimal(number);
    const auto thousandths = (number / uint256{THOUSANDTH})[0];
    return fmt::format("{}.{:03}e18", thousandths / 1000, thousandths % 1000);
}

Artifacts::Artifacts(const std::filesystem::path& contracts, const std::filesystem::path& uniswap) {
    for (const auto& [source, contract] : CONTRACTS)
        read_interface(contracts / fmt::format("{}.sol", source) / fmt::format("{}.json", contract),
                       std::string{contract});
    for (const auto contract : UNISWAP)
        read_interface(uniswap / fmt::format("{}.json", contract), std::string{contract});
}

Artifacts Artifacts::locate() {
    const char* const root_variable = std::getenv("SCOPE_ROOT");
    const std::filesystem::path root = root_variable ? root_variable : SCOPE_SOURCE_DIR;
    const char* const contracts = std::getenv("SCOPE_CONTRACTS");
    return {contracts ? std::filesystem::path{contracts} : root / "contracts" / "out",
            root / "node_modules" / "@uniswap" / "v2-core" / "build"};
}

void Artifacts::read_interface(const std::filesystem::path& file, const std::string& contract) {
    const auto wrong = [&](const char* what) {
        return std::runtime_error{
            fmt::format("{}: {}; ./scope build compiles the contracts", file.string(), what)};
    };
    simdjson::dom::parser parser;
    Json json;
    if (parser.load(file.string()).get(json) != simdjson::SUCCESS)
        throw wrong("no such file, or not JSON");

    // forge: {"bytecode": {"object": "0x..."}}; Uniswap's: {"bytecode": "..."}.
    Json code_json;
    std::string_view code;
    if (json["bytecode"].get(code_json) != simdjson::SUCCESS ||
        (code_json.get(code) != simdjson::SUCCESS &&
         code_json["object"].get(code) != simdjson::SUCCESS))
        throw wrong("no bytecode");
    auto bytes = from_hex(code);
    if (!bytes) throw wrong("its bytecode is not hex");
    init_codes_[contract] = std::move(*bytes);

    const auto parameters_of = [](Json entry, const char* key) {
        std::vector<Parameter> parameters;
        simdjson::dom::array list;
        if (entry[key].get(list) == simdjson::SUCCESS)
            for (const Json parameter : list)
                parameters.push_back({text(parameter, "name"), text(parameter, "type")});
        return parameters;
    };
    simdjson::dom::array entries;
    if (json["abi"].get(entries) != simdjson::SUCCESS) throw wrong("no abi");
    for (const Json entry : entries) {
        if (text(entry, "type") != "error") continue;
        Signature error{text(entry, "name"), parameters_of(entry, "inputs")};
        std::string signature = error.name + '(';
        for (const auto& parameter : error.parameters)
            signature += (signature.ends_with('(') ? "" : ",") + parameter.type;
        errors_[abi::selector(signature + ')')] = std::move(error);
    }

    // Selectors of functions, structs included, are given beside the ABI, by signature.
    simdjson::dom::object identifiers;
    if (json["methodIdentifiers"].get(identifiers) != simdjson::SUCCESS) return;
    for (const auto [signature, value] : identifiers) {
        std::string_view digits;
        if (value.get(digits) != simdjson::SUCCESS) continue;
        const auto selector = fixed_from_hex<4>(digits);
        if (!selector) throw wrong("a method identifier is not 4 bytes");
        Signature function{std::string{signature.substr(0, signature.find('('))}, {}};
        for (const Json entry : entries)
            if (text(entry, "type") == "function" && text(entry, "name") == function.name)
                function.parameters = parameters_of(entry, "outputs");
        functions_[*selector] = std::move(function);
    }
}

const Bytes& Artifacts::init_code(const std::string& contract) const {
    const auto found = init_codes_.find(contract);
    CHECK(found != init_codes_.end());
    return found->second;
}

std::string Artifacts::function_name(BytesView calldata) const {
    if (calldata.empty()) return "(plain transfer)";
    if (calldata.size() < 4) return to_hex(calldata);
    const auto found = functions_.find(abi::Selector::from(calldata.first(4)));
    return found == functions_.end() ? to_hex(calldata.first(4)) : found->second.name;
}

std::optional<std::string> Artifacts::describe(const std::vector<Parameter>& parameters,
                                               BytesView data, Detail detail) {
    std::string told;
    for (size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, type] = parameters[i];
        if (data.size() < abi::WORD * (i + 1)) return std::nullopt;
        auto value = describe_word(type, data.subspan(abi::WORD * i, abi::WORD), detail);
        if (!value) return std::nullopt;
        if (!told.empty()) told += ", ";
        told += name.empty() ? *value : fmt::format("{}: {}", name, *value);
    }
    return told;
}

std::string Artifacts::describe_output(BytesView calldata, BytesView output, Detail detail) const {
    if (output.empty()) return "nothing";
    if (calldata.size() >= 4) {
        const auto found = functions_.find(abi::Selector::from(calldata.first(4)));
        if (found != functions_.end() && !found->second.parameters.empty()) {
            auto parameters = found->second.parameters;
            // A single value needs no name.
            if (parameters.size() == 1) parameters.front().name.clear();
            if (auto told = describe(parameters, output, detail))
                return parameters.size() == 1 ? *told : fmt::format("({})", *told);
        }
    }
    return describe_bytes(output, detail);
}

std::string Artifacts::describe_error(BytesView revert_data, Detail detail) const {
    static const auto PANIC = abi::selector("Panic(uint256)");
    static const auto OPERATION_REFUSED = abi::selector("OperationRefused(bytes)");
    if (revert_data.empty()) return "reverted without data";
    if (const auto message = builder::error_text(revert_data))
        return fmt::format("\"{}\"", printable(*message));
    if (const auto code = abi::decode_call<uint256>(PANIC, revert_data))
        return fmt::format("Panic({})", to_quantity(std::get<0>(*code)));
    if (const auto reason = abi::decode_call<Bytes>(OPERATION_REFUSED, revert_data))
        return fmt::format("OperationRefused({})", describe_error(std::get<0>(*reason), detail));
    if (revert_data.size() >= 4) {
        const auto found = errors_.find(abi::Selector::from(revert_data.first(4)));
        if (found != errors_.end())
            if (const auto told =
                    describe(found->second.parameters, revert_data.subspan(4), detail))
                return fmt::format("{}({})", found->second.name, *told);
    }
    return describe_bytes(revert_data, detail);
}

}  // namespace scope::devnet
