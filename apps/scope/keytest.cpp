#include "keytest.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "fixture_command.hpp"
#include "types/signing.hpp"

namespace scope::app {

namespace {

using fixture::Json;

crypto::SecretKey read_key(Json test) {
    const auto key = crypto::SecretKey::from(fixture::hash(fixture::field(test, "key")));
    if (!key) throw fixture::FormatError{"key is 0 or too large"};
    return *key;
}

/// A key's address, and who signs with it.
std::optional<std::string> run_address(Json test) {
    const crypto::SecretKey key = read_key(test);
    const Address address = fixture::address(fixture::field(test, "addr"));
    if (crypto::address_of(key) != address)
        return fmt::format("address {}, expected {}", to_hex(crypto::address_of(key)),
                           to_hex(address));
    if (const auto seed = fixture::optional_field(test, "seed"))
        if (crypto::keccak256(as_bytes(std::string_view{*seed})) !=
            fixture::hash(fixture::field(test, "key")))
            return "key: not the hash of the seed";

    if (crypto::recover(crypto::EMPTY_KECCAK, crypto::sign(crypto::EMPTY_KECCAK, key)) != address)
        return "its signature is somebody else's";
    return std::nullopt;
}

/// A transaction before EIP-155, signed: read, written and its sender found.
std::optional<std::string> run_transaction(Json test) {
    const crypto::SecretKey key = read_key(test);
    const Bytes bytes = fixture::bytes(fixture::field(test, "signed"));
    auto tx = decode_transaction(bytes);
    if (!tx) return fmt::format("refused: {}", to_string(tx.error()));
    if (encode(*tx) != bytes) return "written in another way than it was read";
    if (tx->nonce != fixture::u64(fixture::field(test, "nonce")) ||
        tx->gas_limit != fixture::u64(fixture::field(test, "startgas")) ||
        tx->max_fee_per_gas != uint256{fixture::u64(fixture::field(test, "gasprice"))} ||
        tx->value != uint256{fixture::u64(fixture::field(test, "value"))} ||
        tx->data != fixture::bytes(fixture::field(test, "data")))
        return "another transaction";
    if (recover_sender(*tx, SignatureRule::frontier) != crypto::address_of(key))
        return "somebody else's transaction";
    sign(*tx, key);
    if (recover_sender(*tx) != crypto::address_of(key)) return "signed for somebody else";
    return std::nullopt;
}

bool is_key_test(Json test) {
    return fixture::optional_field(test, "key") &&
           (fixture::optional_field(test, "sig_of_emptystring") ||
            fixture::optional_field(test, "signed"));
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "key test", fixture::HasForks::no);
    app.footer(
        "A test passes if a secret key has the address that it says, and made the signatures.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        return fixture::run_files(
            *options, "key test", is_key_test,
            [](const std::string& file, const std::string& name, Json test, TestReport& report) {
                if (fixture::optional_field(test, "signed")) {
                    report.add(file, name, run_transaction(test));
                    return;
                }
                report.add(file, name, run_address(test));
                report.skip("a signature that does not say of which hash it is");
            });
    };
}

}  // namespace

const Command keytest_command{"keytest", "Runs official key tests: addresses and signatures",
                              declare};

}  // namespace scope::app
