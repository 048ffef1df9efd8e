#include "rlptest.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/hex.hpp"
#include "fixture_command.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::app {

namespace {

using fixture::Json;

/// The encoding of a JSON value: lists, texts, numbers, and "#" before a decimal number; nothing if
/// a number has more than 256 bits.
std::optional<Bytes> encode_json(Json value) {
    if (value.is_array()) {
        Bytes out;
        for (const Json item : fixture::array(value)) {
            const auto encoded = encode_json(item);
            if (!encoded) return std::nullopt;
            append(out, *encoded);
        }
        rlp::close_list(out, 0);
        return out;
    }
    if (!value.is_string()) return rlp::encode(fixture::u64(value));
    const std::string_view text = value;
    if (!text.starts_with('#')) return rlp::encode(as_bytes(text));
    const auto number = uint256_from_text(text.substr(1));
    if (!number) return std::nullopt;
    return rlp::encode(*number);
}

/// What is wrong; nothing if the test passes.
std::optional<std::string> run_test(Json test) {
    const Json in = fixture::field(test, "in");
    const Bytes bytes = fixture::bytes(fixture::field(test, "out"));
    const auto valid = rlp::validate(bytes);
    if (in.is_string() && std::string_view{in} == "INVALID")
        return valid ? std::optional<std::string>{"accepted, expected a refusal"} : std::nullopt;
    if (!valid) return fmt::format("refused: {}", rlp::to_string(valid.error()));
    if (in.is_string() && std::string_view{in} == "VALID") return std::nullopt;

    if (const auto encoded = encode_json(in)) {
        if (*encoded == bytes) return std::nullopt;
        return fmt::format("encoded as {}, expected {}", to_hex(*encoded), to_hex(bytes));
    }
    // Numbers end at 256 bits: such a one is refused, for that reason.
    const auto number = rlp::decode<uint256>(bytes);
    if (number || number.error() != rlp::RlpError::number_too_large)
        return "a number of more than 256 bits was not refused for its size";
    return std::nullopt;
}

bool is_rlp_test(Json test) {
    return fixture::optional_field(test, "in") && fixture::optional_field(test, "out");
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "RLP test", fixture::HasForks::no);
    app.footer(
        "A test passes if the value is encoded as it says and its bytes are read, or if bytes\n"
        "that must be refused are.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        return fixture::run_files(
            *options, "RLP test", is_rlp_test,
            [](const std::string& file, const std::string& name, Json test, TestReport& report) {
                report.add(file, name, run_test(test));
            });
    };
}

}  // namespace

const Command rlptest_command{"rlptest", "Runs official RLP tests: values and their bytes",
                              declare};

}  // namespace scope::app
