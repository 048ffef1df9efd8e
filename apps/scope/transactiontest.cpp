#include "transactiontest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/hex.hpp"
#include "decode_fault_names.hpp"
#include "exception_names.hpp"
#include "execution/transaction.hpp"
#include "fixture_command.hpp"
#include "fork_names.hpp"
#include "state/memory_state.hpp"

namespace scope::app {

namespace {

using execution::TxError;
using fixture::Json;

/// Names that these tests, older than those of blocks and states, have for rules of execution.
struct ErrorRow {
    TxError error;
    std::string_view name;
};
constexpr std::array ERROR_TABLE{
    ErrorRow{TxError::type_1_before_berlin, "TYPE_NOT_SUPPORTED"},
    ErrorRow{TxError::type_2_before_london, "TYPE_NOT_SUPPORTED"},
    ErrorRow{TxError::invalid_signature, "EC_RECOVERY_FAIL"},
    ErrorRow{TxError::priority_fee_above_max_fee, "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"},
};

/// Whether @p expected is one of @p names, "A|B" if there are several.
bool is_one_of(std::string_view expected, std::string_view names) {
    constexpr std::string_view PREFIX = "TransactionException.";
    if (expected.starts_with(PREFIX)) expected.remove_prefix(PREFIX.size());
    while (!names.empty()) {
        const size_t end = names.find('|');
        if (expected == names.substr(0, end)) return true;
        names = end == std::string_view::npos ? "" : names.substr(end + 1);
    }
    return false;
}

bool is_expected(std::string_view expected, TxError error) {
    const auto* const row = std::ranges::find(ERROR_TABLE, error, &ErrorRow::error);
    return row == ERROR_TABLE.end() ? fixture::is_expected(expected, error)
                                    : is_one_of(expected, row->name);
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
                                         const Result<Transaction, TxDecodeFault>& tx,
                                         evm::Revision revision, std::string_view expected) {
    if (!tx) {
        const std::string found = fixture::official_name(tx.error(), bytes, revision);
        if (is_one_of(expected, found)) return std::nullopt;
        return fmt::format("refused for {} ({}), expected {}", found, to_string(tx.error().error),
                           expected);
    }
    const auto sender = validate(*tx, revision);
    if (sender) return fmt::format("accepted, expected {}", expected);
    if (is_expected(expected, sender.error())) return std::nullopt;
    return fmt::format("refused for {}, expected {}", execution::to_string(sender.error()),
                       expected);
}

std::optional<std::string> check_accepted(const Result<Transaction, TxDecodeFault>& tx,
                                          evm::Revision revision, Json verdict) {
    if (!tx) return fmt::format("refused: {}", to_string(tx.error().error));
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
    const auto tx = decode_or_locate_fault(bytes);
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
        "intrinsic gas are as it says, or if the transaction is refused for the reason, and of\n"
        "malformed bytes for the field, that it names.\n"
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
