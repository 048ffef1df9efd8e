#include "transactiontest.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/hex.hpp"
#include "exception_names.hpp"
#include "execution/transaction.hpp"
#include "fixture_command.hpp"
#include "fork_names.hpp"
#include "state/memory_state.hpp"

namespace scope::app {

namespace {

using execution::TxError;
using fixture::Json;

/// What these tests call what is wrong with bytes: names of fields, mostly, which our decoder does
/// not tell apart. "A|B" where there are several; "A*" stands for all that begin so, "*A" for all
/// that end so. Bytes may be wrong in two ways; then the other of them may be what a test names.
struct DecodeRow {
    TxDecodeError error;
    std::string_view names;
};
constexpr std::array DECODE_TABLE{
    DecodeRow{TxDecodeError::malformed_rlp,
              "RLP_ERROR_*|RLP_LEADING_ZEROS_*|RLP_INVALID_*|RLP_TOO_FEW_ELEMENTS|"
              "GASLIMIT_OVERFLOW"},
    DecodeRow{TxDecodeError::trailing_bytes, "RLP_ERROR_SIZE|RLP_TOO_MANY_ELEMENTS"},
    DecodeRow{TxDecodeError::unknown_type, "TYPE_NOT_SUPPORTED|RLP_INVALID_HEADER|RLP_ERROR_EOF"},
    DecodeRow{TxDecodeError::field_too_large, "NONCE_TOO_BIG|*_OVERFLOW|INVALID_SIGNATURE_VRS"},
    DecodeRow{TxDecodeError::bad_address, "ADDRESS_TOO_LONG|ADDRESS_TOO_SHORT"},
    DecodeRow{TxDecodeError::bad_field_length, "RLP_INVALID_ACCESS_LIST_*"},
    DecodeRow{TxDecodeError::bad_signature_value,
              "INVALID_SIGNATURE_VRS|INVALID_CHAINID|RLP_TOO_FEW_ELEMENTS"},
};

/// Names that these tests, older than those of blocks and states, have for rules of execution.
struct ErrorRow {
    TxError error;
    std::string_view names;
};
constexpr std::array ERROR_TABLE{
    ErrorRow{TxError::type_1_before_berlin, "TYPE_NOT_SUPPORTED"},
    ErrorRow{TxError::type_2_before_london, "TYPE_NOT_SUPPORTED"},
    ErrorRow{TxError::invalid_signature, "EC_RECOVERY_FAIL"},
    ErrorRow{TxError::chain_id_before_spurious_dragon, "INVALID_CHAINID"},
    ErrorRow{TxError::priority_fee_above_max_fee, "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"},
};

bool matches(std::string_view name, std::string_view pattern) {
    if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
    return name == pattern;
}

template <typename Table, typename Error>
bool is_named(const Table& table, Error error, std::string_view expected) {
    constexpr std::string_view PREFIX = "TransactionException.";
    if (expected.starts_with(PREFIX)) expected.remove_prefix(PREFIX.size());
    for (const auto& row : table) {
        if (row.error != error) continue;
        for (std::string_view names = row.names; !names.empty();) {
            const size_t end = names.find('|');
            if (matches(expected, names.substr(0, end))) return true;
            names = end == std::string_view::npos ? "" : names.substr(end + 1);
        }
    }
    return false;
}

/// Whether bytes that begin like this are a transaction of a type that a fork has (EIP-2718).
bool has_type(evm::Revision revision, BytesView bytes) {
    if (bytes.empty() || bytes[0] >= 0xc0) return true;
    return (bytes[0] == 1 && revision >= evm::Revision::berlin) ||
           (bytes[0] == 2 && revision >= evm::Revision::london) ||
           (bytes[0] == 3 && revision >= evm::Revision::cancun) ||
           (bytes[0] == 4 && revision >= evm::Revision::prague);
}

/// Its rules but for those of the sender's account: this one has the nonce, and pays any sum.
Result<Address, TxError> validate(const Transaction& tx, evm::Revision revision) {
    execution::Environment environment;
    environment.revision = revision;
    environment.block.chain_id = 1;
    environment.blobs = execution::PRAGUE_BLOBS;
    const Address sender = TRY(execution::sender_of(tx, environment));
    const state::MemoryState account{
        {{sender, {.nonce = tx.nonce, .balance = ~uint256{}, .code = {}, .storage = {}}}}};
    const state::State state{account};
    const auto costs = execution::validate_transaction(state, environment, tx, sender);
    if (!costs && costs.error() != TxError::insufficient_funds)
        return std::unexpected{costs.error()};
    return sender;
}

std::optional<std::string> check_refused(BytesView bytes,
                                         const Result<Transaction, TxDecodeError>& tx,
                                         evm::Revision revision, std::string_view expected) {
    if (!tx) {
        if (is_named(DECODE_TABLE, tx.error(), expected)) return std::nullopt;
        if (!has_type(revision, bytes) && expected.ends_with("TYPE_NOT_SUPPORTED"))
            return std::nullopt;
        return fmt::format("refused for {}, expected {}", to_string(tx.error()), expected);
    }
    const auto sender = validate(*tx, revision);
    if (sender) return fmt::format("accepted, expected {}", expected);
    if (fixture::is_expected(expected, sender.error()) ||
        is_named(ERROR_TABLE, sender.error(), expected))
        return std::nullopt;
    return fmt::format("refused for {}, expected {}", execution::to_string(sender.error()),
                       expected);
}

std::optional<std::string> check_accepted(const Result<Transaction, TxDecodeError>& tx,
                                          evm::Revision revision, Json verdict) {
    if (!tx) return fmt::format("refused: {}", to_string(tx.error()));
    const auto sender = validate(*tx, revision);
    if (!sender) return fmt::format("refused: {}", execution::to_string(sender.error()));
    if (const Address expected = fixture::address(fixture::field(verdict, "sender"));
        *sender != expected)
        return fmt::format("sender {}, expected {}", to_hex(*sender), to_hex(expected));
    if (const Hash expected = fixture::hash(fixture::field(verdict, "hash")); hash(*tx) != expected)
        return fmt::format("hash {}, expected {}", to_hex(hash(*tx)), to_hex(expected));
    const uint64_t gas = execution::intrinsic_gas(*tx, revision).intrinsic;
    if (const uint64_t expected = fixture::u64(fixture::field(verdict, "intrinsicGas"));
        gas != expected)
        return fmt::format("intrinsic gas {}, expected {}", gas, expected);
    return std::nullopt;
}

bool is_transaction_test(Json test) {
    return fixture::optional_field(test, "txbytes") && fixture::optional_field(test, "result");
}

void run_test(const fixture::Options& options, const std::string& file, const std::string& name,
              Json test, TestReport& report) {
    const Bytes bytes = fixture::bytes(fixture::field(test, "txbytes"));
    const auto tx = decode_transaction(bytes);
    for (const auto& [fork_name, verdict] : fixture::object(fixture::field(test, "result"))) {
        if (!options.wants_fork(fork_name)) continue;
        const auto fork = fixture::fork_by_name(fork_name);
        if (!fork) {
            report.skip(fmt::format("fork {} is not known", fork_name));
            continue;
        }
        const auto exception = fixture::optional_field(verdict, "exception");
        report.add(file, fmt::format("{} {}", name, fork_name),
                   exception
                       ? check_refused(bytes, tx, fork->revision, std::string_view{*exception})
                       : check_accepted(tx, fork->revision, verdict));
    }
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "transaction test", fixture::HasForks::yes);
    app.footer(
        "Each verdict of a test, one a fork, counts as one. It passes if sender, hash and\n"
        "intrinsic gas are as it says, or if the transaction is refused for the reason that it\n"
        "names; of malformed bytes, which field is meant is not told apart.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        fixture::check_forks(*options);
        return fixture::run_files(
            *options, "transaction test", is_transaction_test,
            [&](const std::string& file, const std::string& name, Json test, TestReport& report) {
                run_test(*options, file, name, test, report);
            });
    };
}

}  // namespace

const Command transactiontest_command{
    "transactiontest", "Runs official transaction tests: bytes, and what each fork says of them",
    declare};

}  // namespace scope::app
