#include "fuzz/differential.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/hex.hpp"
#include "execution/transaction.hpp"
#include "fuzz/anvil.hpp"

namespace scope::app::fuzz {

namespace {

using fixture::field;
using fixture::Json;
using namespace literals;

/// The block before the programs' is the only one that there is.
class ParentHash final : public execution::BlockHashes {
  public:
    explicit ParentHash(const Hash& hash) : hash_(hash) {}
    [[nodiscard]] Hash block_hash(uint64_t /*number*/) const override { return hash_; }

  private:
    Hash hash_;
};

std::vector<Json> items(Json list) {
    simdjson::dom::array array;
    if (list.get(array) != simdjson::SUCCESS)
        throw std::runtime_error{"anvil: a list was expected"};
    return {array.begin(), array.end()};
}

struct AnvilBlock {
    evm::BlockContext context;
    uint64_t excess_blob_gas = 0;
    uint64_t gas_used = 0;
    Hash parent_hash;
    Hash receipts_root;
    std::vector<Hash> transactions;
};

AnvilBlock read_block(Json json) {
    AnvilBlock block;
    block.context = {.coinbase = fixture::address(field(json, "miner")),
                     .number = fixture::u64(field(json, "number")),
                     .timestamp_s = fixture::u64(field(json, "timestamp")),
                     .gas_limit = fixture::u64(field(json, "gasLimit")),
                     .prev_randao = fixture::hash(field(json, "mixHash")),
                     .difficulty = {},
                     .base_fee = fixture::u256(field(json, "baseFeePerGas")),
                     .blob_base_fee = {},
                     .chain_id = CHAIN_ID};
    block.excess_blob_gas = fixture::u64(field(json, "excessBlobGas"));
    block.context.blob_base_fee =
        execution::blob_base_fee(block.excess_blob_gas, execution::PRAGUE_BLOBS);
    block.gas_used = fixture::u64(field(json, "gasUsed"));
    block.parent_hash = fixture::hash(field(json, "parentHash"));
    block.receipts_root = fixture::hash(field(json, "receiptsRoot"));
    for (const Json transaction : items(field(json, "transactions")))
        block.transactions.push_back(fixture::hash(transaction));
    return block;
}

Log read_log(Json json) {
    Log log{fixture::address(field(json, "address")), {}, fixture::bytes(field(json, "data"))};
    for (const Json topic : items(field(json, "topics")))
        log.topics.push_back(fixture::hash(topic));
    return log;
}

/// EIP-2935's contract, as anvil has it in every chain and calls it before the transactions: with
/// nonce 0, and the parent's hash in the slot of the parent's number, which is 0.
const Address HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935"_address;
state::GenesisAccount history(const Hash& parent_hash) {
    return {.nonce = 0,
            .balance = {},
            .code =
                "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f356001"
                "43038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f3561"
                "1fff60014303065500"_hex,
            .storage = {{Hash{}, parent_hash}}};
}

struct Executed {
    const Program* program = nullptr;
    execution::Outcome outcome;
};

/// What is not the same in a receipt of anvil's.
std::string describe(Json receipt, const execution::Outcome& ours) {
    std::string text;
    const bool succeeded = fixture::u64(field(receipt, "status")) == 1;
    if (succeeded != ours.succeeded())
        text += fmt::format(" status {}, anvil {};", evm::to_string(ours.status),
                            succeeded ? "success" : "failure");
    const uint64_t gas_used = fixture::u64(field(receipt, "gasUsed"));
    if (gas_used != ours.gas_used)
        text += fmt::format(" gas used {}, anvil {};", ours.gas_used, gas_used);
    std::vector<Log> logs;
    for (const Json log : items(field(receipt, "logs"))) logs.push_back(read_log(log));
    if (logs != ours.logs)
        text += fmt::format(" {} logs, anvil {}{};", ours.logs.size(), logs.size(),
                            logs.size() == ours.logs.size() ? " others" : "");
    return text;
}

std::string describe_account(const state::GenesisAccount* account) {
    if (account == nullptr) return "none";
    std::string text = fmt::format("nonce {} balance {} code {}", account->nonce,
                                   to_hex(to_be(account->balance)), to_hex(account->code));
    for (const auto& [key, value] : account->storage)
        text += fmt::format(" [{}]={}", to_hex(key), to_hex(value));
    return text;
}

/// The accounts that are not the same, at most a few.
std::string describe_states(const state::GenesisAlloc& ours, const state::GenesisAlloc& theirs) {
    std::string text;
    std::set<Address> addresses;
    for (const auto* side : {&ours, &theirs})
        for (const auto& [address, account] : *side) addresses.insert(address);
    size_t shown = 0;
    for (const Address& address : addresses) {
        const auto find = [&](const state::GenesisAlloc& side) {
            const auto found = side.find(address);
            return found == side.end() ? nullptr : &found->second;
        };
        const auto* const a = find(ours);
        const auto* const b = find(theirs);
        if (a != nullptr && b != nullptr && *a == *b) continue;
        if (++shown > 3) break;
        text += fmt::format("account {}: {}, anvil {}\n", to_hex(address), describe_account(a),
                            describe_account(b));
    }
    return text;
}

Bytes output_of(Json trace) {
    const auto result = fixture::optional_field(trace, "result");
    if (!result) return {};
    const auto output = fixture::optional_field(*result, "output");
    return output ? fixture::bytes(*output) : Bytes{};
}

}  // namespace

static Comparison compare_once(const std::filesystem::path& anvil_program,
                               std::span<const Program> programs) {
    state::GenesisAlloc alloc;
    std::map<Hash, const Program*> by_hash;
    std::vector<Request> requests;
    for (const Program& program : programs) {
        alloc.insert(program.accounts.begin(), program.accounts.end());
        by_hash[hash(program.tx)] = &program;
        requests.push_back(
            {"eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(program.tx)))});
    }
    Anvil anvil{anvil_program, alloc};
    anvil.batch(requests);
    anvil.call({"evm_mine", R"([{"timestamp":2000}])"});
    const AnvilBlock block =
        read_block(anvil.call({"eth_getBlockByNumber", R"(["latest",false])"}));

    const ParentHash parent{block.parent_hash};
    const execution::Environment environment{.revision = evm::Revision::osaka,
                                             .block = block.context,
                                             .blobs = execution::PRAGUE_BLOBS,
                                             .system_transactions = {},
                                             .block_hashes = &parent};
    alloc[HISTORY] = history(block.parent_hash);
    state::MemoryState state{alloc};
    state::State overlay{state};
    execution::Host host{overlay, environment};
    Comparison result{.difference = {},
                      .pre = alloc,
                      .block = block.context,
                      .excess_blob_gas = block.excess_blob_gas,
                      .expected = {}};
    std::string difference;

    // In anvil's order; then those that it refused.
    std::vector<Executed> executed;
    std::vector<Receipt> receipts;
    uint64_t gas_used = 0;
    for (const Hash& transaction : block.transactions) {
        const auto found = by_hash.extract(transaction);
        if (found.empty()) throw std::runtime_error{"anvil mined what it was not given"};
        const Program& program = *found.mapped();
        auto outcome = execution::execute_transaction(host, program.tx, program.sender,
                                                      {block.context.gas_limit - gas_used, 0});
        if (!outcome) {
            difference += fmt::format("program {}: refused for {}, anvil executes it\n",
                                      program.index, execution::to_string(outcome.error()));
            continue;
        }
        gas_used += outcome->gas_used;
        receipts.push_back({program.tx.type, outcome->succeeded(), std::nullopt, gas_used,
                            bloom_of(outcome->logs), outcome->logs});
        executed.push_back({&program, std::move(*outcome)});
    }
    for (const auto& [transaction, program] : by_hash) {
        if (execution::sender_of(program->tx, environment) == program->sender &&
            execution::validate_transaction(overlay, environment, program->tx, program->sender))
            difference += fmt::format("program {}: executed, anvil refuses it\n", program->index);
        else
            ++result.refused;
    }
    result.executed = executed.size();

    const auto traces = items(
        anvil.call({"debug_traceBlockByNumber",
                    R"(["latest",{"tracer":"callTracer","tracerConfig":{"onlyTopCall":true}}])"}));
    if (traces.size() != block.transactions.size())
        throw std::runtime_error{"anvil: not one trace for each transaction"};
    if (difference.empty())
        for (size_t i = 0; i < executed.size(); ++i) {
            const auto& [program, outcome] = executed[i];
            // Of a create that succeeded anvil tells the code.
            if (outcome.created) continue;
            const Bytes output = output_of(traces[i]);
            if (output != outcome.output)
                difference += fmt::format("program {}: output {}, anvil {}\n", program->index,
                                          to_hex(outcome.output), to_hex(output));
        }
    const bool same_receipts =
        receipts_root(receipts) == block.receipts_root && gas_used == block.gas_used;
    if (!same_receipts || programs.size() == 1) {
        const auto receipts_of_anvil = items(anvil.call({"eth_getBlockReceipts", R"(["latest"])"}));
        for (size_t i = 0; i < std::min(executed.size(), receipts_of_anvil.size()); ++i)
            if (const auto text = describe(receipts_of_anvil[i], executed[i].outcome);
                !text.empty())
                difference += fmt::format("program {}:{}\n", executed[i].program->index, text);
        if (!same_receipts && difference.empty()) difference += "another root of the receipts\n";
        std::vector<Log> logs;
        for (const Json receipt : receipts_of_anvil)
            for (const Json log : items(field(receipt, "logs"))) logs.push_back(read_log(log));
        result.expected.logs_hash = logs_hash(logs);
    }
    state.apply(overlay.diff());
    // The root in anvil's header counts accounts that were looked at and don't exist, as empty
    // ones, and slots that are zero; so the root of what it has is made here.
    auto theirs = anvil.state();
    std::erase_if(theirs, [](const auto& entry) {
        const auto& account = entry.second;
        return account.nonce == 0 && account.balance.is_zero() && account.code.empty();
    });
    for (auto& [address, account] : theirs)
        std::erase_if(account.storage, [](const auto& slot) { return slot.second.is_zero(); });
    result.expected.state_root = state::MemoryState{theirs}.state_root();
    if (state.state_root() != result.expected.state_root)
        difference += describe_states(state.dump(), theirs) +
                      fmt::format("state root {}, anvil {}\n", to_hex(state.state_root()),
                                  to_hex(result.expected.state_root));
    if (!difference.empty()) {
        difference.pop_back();
        result.difference = std::move(difference);
    }
    return result;
}

Comparison compare_with_anvil(const std::filesystem::path& anvil,
                              std::span<const Program> programs) {
    for (int attempt = 1;; ++attempt) {
        try {
            return compare_once(anvil, programs);
        } catch (const AnvilHangs&) {
            if (attempt == 5) throw;
        }
    }
}

}  // namespace scope::app::fuzz
