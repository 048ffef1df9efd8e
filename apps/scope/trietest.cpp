#include "trietest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <vector>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "fixture_command.hpp"
#include "rlp/decode.hpp"
#include "trie/node_encoding.hpp"
#include "trie/proof.hpp"
#include "trie/trie.hpp"

namespace scope::app {

namespace {

using fixture::Json;

struct Change {
    Bytes key;
    Bytes value;  // empty: erases
};

Bytes text_or_hex(std::string_view text) {
    if (!text.starts_with("0x")) return to_bytes(as_bytes(text));
    auto bytes = from_hex(text);
    if (!bytes) throw fixture::FormatError{fmt::format("expected bytes, found \"{}\"", text)};
    return std::move(*bytes);
}
Bytes text_or_hex(Json value) {
    if (value.is_null()) return {};
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) throw fixture::FormatError{"expected a string"};
    return text_or_hex(text);
}

/// A list of pairs, in order, or an object, in any order.
std::vector<Change> read_changes(Json in, bool secure) {
    std::vector<Change> changes;
    if (in.is_array()) {
        for (const Json pair : fixture::array(in)) {
            const auto entry = fixture::array(pair);
            if (entry.size() != 2) throw fixture::FormatError{"expected a key and a value"};
            changes.push_back({text_or_hex(entry.at(0).value()), text_or_hex(entry.at(1).value())});
        }
    } else {
        for (const auto& [key, value] : fixture::object(in))
            changes.push_back({text_or_hex(key), text_or_hex(value)});
    }
    for (Change& change : changes) {
        if (secure) change.key = to_bytes(crypto::keccak256(change.key));
        if (change.key.size() > trie::MAX_KEY_SIZE)
            throw fixture::FormatError{"a key of more than 32 bytes"};
    }
    return changes;
}

/// The root, and for each key what is read and proven.
std::optional<std::string> check_root(const std::vector<Change>& changes, const Hash& root) {
    trie::Trie trie;
    for (const Change& change : changes) trie.put(change.key, change.value);
    if (trie.root_hash() != root)
        return fmt::format("root {}, expected {}", to_hex(trie.root_hash()), to_hex(root));
    for (const Change& change : changes) {
        const auto value = trie.get(change.key);
        const auto proved = trie::verify_proof(root, change.key, trie.prove(change.key));
        if (!proved)
            return fmt::format("proof of {}: {}", to_hex(change.key), to_string(proved.error()));
        if (proved->has_value() != value.has_value() || (value && !equal(**proved, *value)))
            return fmt::format("proof of {}: another value", to_hex(change.key));
    }
    return std::nullopt;
}

std::optional<std::string> run_trie(Json test, bool secure) {
    constexpr int ORDERS = 20;
    const Json in = fixture::field(test, "in");
    std::vector<Change> changes = read_changes(in, secure);
    const Hash root = fixture::hash(fixture::field(test, "root"));
    std::mt19937 random{1};  // the same orders in every run
    for (int order = 0; order < (in.is_array() ? 1 : ORDERS); ++order) {
        if (auto problem = check_root(changes, root)) return problem;
        std::ranges::shuffle(changes, random);
    }
    return std::nullopt;
}

/// How a path stands in a node: nibbles, and whether it ends there.
std::optional<std::string> run_path(Json test) {
    Bytes nibbles;
    for (const Json nibble : fixture::array(fixture::field(test, "seq"))) {
        const uint64_t value = fixture::u64(nibble);
        if (value > 0x0f) throw fixture::FormatError{"seq: not a nibble"};
        nibbles.push_back(static_cast<uint8_t>(value));
    }
    const size_t begin = nibbles.size() % 2;  // of an odd number, the first is a low half
    if (begin == 1) nibbles.insert(nibbles.begin(), 0);
    Bytes key;
    for (size_t i = 0; i < nibbles.size(); i += 2)
        key.push_back(static_cast<uint8_t>(nibbles[i] << 4 | nibbles[i + 1]));
    bool is_leaf = false;
    if (fixture::field(test, "term").get(is_leaf) != simdjson::SUCCESS)
        throw fixture::FormatError{"term is neither true nor false"};

    Bytes scratch;
    const trie::NodeRef child = trie::reference_to(Bytes(32));
    const BytesView node =
        is_leaf ? trie::encode_leaf(scratch, key.data(), begin, nibbles.size(), as_bytes("value"))
                : trie::encode_extension(scratch, key.data(), begin, nibbles.size(), child);
    rlp::Reader reader{node};
    auto items = reader.list();
    const auto path = items ? items->string() : std::unexpected{items.error()};
    const Bytes expected = fixture::bytes(fixture::field(test, "out"));
    if (!path || !equal(*path, expected))
        return fmt::format("path {}, expected {}", path ? to_hex(*path) : "none", to_hex(expected));
    return std::nullopt;
}

bool is_trie_test(Json test) {
    const auto has = [&](const char* key) {
        return fixture::optional_field(test, key).has_value();
    };
    return (has("in") && (has("root") || has("tests"))) || (has("seq") && has("term"));
}

void run_test(const std::string& file, const std::string& name, Json test, TestReport& report) {
    if (fixture::optional_field(test, "seq")) {
        report.add(file, name, run_path(test));
        return;
    }
    if (fixture::optional_field(test, "tests")) {
        report.skip("the neighbours of a key: no operation that Ethereum needs");
        return;
    }
    // By their convention the file's name says whether keys are hashed.
    const bool secure =
        std::filesystem::path{file}.stem().string().find("ecure") != std::string::npos;
    report.add(file, name, run_trie(test, secure));
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "trie test", fixture::HasForks::no);
    app.footer(
        "A test passes if the root is as it says, for entries in any order in twenty orders, and\n"
        "every key's value, or its absence, is proven against that root.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] { return fixture::run_files(*options, "trie test", is_trie_test, run_test); };
}

}  // namespace

const Command trietest_command{"trietest", "Runs official trie tests: entries and their root",
                               declare};

}  // namespace scope::app
