#include "fuzz_evm/differential.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/hex.hpp"
#include "execution/transaction.hpp"
#include "fuzz_evm/anvil.hpp"

namespace scope::fuzz_evm {

namespace {

using json::field;
using json::Json;
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
    block.context = {.coinbase = json::address(field(json, "miner")),
                     .number = json::u64(field(json, "number")),
                     .timestamp_s = json::u64(field(json, "timestamp")),
                     .gas_limit = json::u64(field(json, "gasLimit")),
                     .prev_randao = json::hash(field(json, "mixHash")),
                     .difficulty = {},
                     .base_fee = json::u256(field(json, "baseFeePerGas")),
                     .blob_base_fee = {},
                     .chain_id = CHAIN_ID};
    block.excess_blob_gas = json::u64(field(json, "excessBlobGas"));
    block.context.blob_base_fee =
        execution::blob_base_fee(block.excess_blob_gas, execution::PRAGUE_BLOBS);
    block.gas_used = json::u64(field(json, "gasUsed"));
    block.parent_hash = json::hash(field(json, "parentHash"));
    block.receipts_root = json::hash(field(json, "receiptsRoot"));
    for (const Json transaction : items(field(json, "transactions")))
        block.transactions.push_back(json::hash(transaction));
    return block;
}

Log read_log(Json json) {
    Log log{json::address(field(json, "address")), {}, json::bytes(field(json, "data"))};
    for (const Json topic : items(field(json, "topics"))) log.topics.push_back(json::hash(topic));
    return log;
}

// anvil traces a transaction by executing those before it in its block once more: few of them.
constexpr size_t PROGRAMS_A_BLOCK = 20;

/// EIP-2935's contract, as anvil has it in every chain and calls it before the transactions: with
/// nonce 0. It keeps the parent's hash in the slot of the parent's number.
const Address HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935"_address;
state::GenesisAccount history() {
    return {.nonce = 0,
            .balance = {},
            .code =
                "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f356001"
                "43038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f3561"
                "1fff60014303065500"_hex,
            .storage = {}};
}

struct Executed {
    const Program* program = nullptr;
    execution::Outcome outcome;
};

/// Returns the differences from a receipt of anvil's.
std::string describe(Json receipt, const execution::Outcome& ours) {
    std::string text;
    const bool succeeded = json::u64(field(receipt, "status")) == 1;
    if (succeeded != ours.succeeded())
        text += fmt::format(" status {}, anvil {};", evm::to_string(ours.status),
                            succeeded ? "success" : "failure");
    const uint64_t gas_used = json::u64(field(receipt, "gasUsed"));
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
    const auto result = json::optional_field(trace, "result");
    if (!result) return {};
    const auto output = json::optional_field(*result, "output");
    return output ? json::bytes(*output) : Bytes{};
}

/// The programs' transactions, block by block, on both sides.
class Session {
  public:
    Session(const std::filesystem::path& program, std::span<const Program> programs)
        : programs_(programs), alloc_(accounts_of(programs)), anvil_(program, alloc_) {
        alloc_[HISTORY] = history();
        before_ = state::MemoryState{alloc_};
        for (const Program& item : programs) waiting_[hash(item.tx)] = &item;
    }

    Comparison run() {
        for (size_t from = 0; from < programs_.size(); from += PROGRAMS_A_BLOCK)
            run_block(from / PROGRAMS_A_BLOCK,
                      programs_.subspan(from, std::min(PROGRAMS_A_BLOCK, programs_.size() - from)));
        compare_refused();
        compare_states();
        result_.pre = alloc_;
        if (!difference_.empty()) {
            difference_.pop_back();
            result_.difference = std::move(difference_);
        }
        return std::move(result_);
    }

  private:
    static state::GenesisAlloc accounts_of(std::span<const Program> programs) {
        state::GenesisAlloc alloc;
        for (const Program& program : programs)
            alloc.insert(program.accounts.begin(), program.accounts.end());
        return alloc;
    }

    void run_block(size_t index, std::span<const Program> programs) {
        std::vector<Request> requests;
        for (const Program& program : programs)
            requests.push_back(
                {"eth_sendRawTransaction", fmt::format(R"(["{}"])", to_hex(encode(program.tx)))});
        anvil_.batch(requests);
        anvil_.call({"evm_mine", fmt::format(R"([{{"timestamp":{}}}])", 2000 + index)});
        const AnvilBlock block =
            read_block(anvil_.call({"eth_getBlockByNumber", R"(["latest",false])"}));
        result_.block = block.context;
        result_.excess_blob_gas = block.excess_blob_gas;

        const Hash parent_slot = to_be(uint256{block.context.number - 1});
        overlay_.set_storage(HISTORY, parent_slot, block.parent_hash);
        if (block.context.number == 1) alloc_[HISTORY].storage[parent_slot] = block.parent_hash;
        const ParentHash parent{block.parent_hash};
        const execution::Environment environment{.revision = evm::Revision::osaka,
                                                 .block = block.context,
                                                 .blobs = execution::PRAGUE_BLOBS,
                                                 .rollup = {},
                                                 .block_hashes = &parent};
        last_environment_ = environment;
        last_environment_.block_hashes = nullptr;
        compare_transactions(block, execute(block, environment));
    }

    std::vector<Executed> execute(const AnvilBlock& block,
                                  const execution::Environment& environment) {
        execution::Host host{overlay_, environment};
        std::vector<Executed> executed;
        uint64_t gas_used = 0;
        for (const Hash& transaction : block.transactions) {  // in anvil's order
            const auto found = waiting_.extract(transaction);
            if (found.empty()) throw std::runtime_error{"anvil mined what it was not given"};
            const Program& program = *found.mapped();
            auto outcome = execution::execute_transaction(host, program.tx, program.sender,
                                                          {block.context.gas_limit - gas_used, 0});
            if (!outcome) {
                difference_ += fmt::format("program {}: refused for {}, anvil executes it\n",
                                           program.index, execution::to_string(outcome.error()));
                return {};
            }
            gas_used += outcome->gas_used;
            executed.push_back({&program, std::move(*outcome)});
        }
        result_.executed += executed.size();
        return executed;
    }

    void compare_transactions(const AnvilBlock& block, const std::vector<Executed>& executed) {
        if (executed.size() != block.transactions.size()) return;
        std::vector<Receipt> receipts;
        uint64_t gas_used = 0;
        for (const auto& [program, outcome] : executed) {
            gas_used += outcome.gas_used;
            receipts.push_back({program->tx.type, outcome.succeeded(), std::nullopt, gas_used,
                                bloom_of(outcome.logs), outcome.logs});
        }
        const auto traces = items(anvil_.call(
            {"debug_traceBlockByNumber",
             R"(["latest",{"tracer":"callTracer","tracerConfig":{"onlyTopCall":true}}])"}));
        if (traces.size() != executed.size())
            throw std::runtime_error{"anvil: not one trace for each transaction"};
        for (size_t i = 0; i < executed.size(); ++i) {
            const auto& [program, outcome] = executed[i];
            if (outcome.created) continue;  // of such a create anvil tells the code
            const Bytes output = output_of(traces[i]);
            if (output != outcome.output)
                difference_ += fmt::format("program {}: output {}, anvil {}\n", program->index,
                                           to_hex(outcome.output), to_hex(output));
        }
        const bool same =
            receipts_root(receipts) == block.receipts_root && gas_used == block.gas_used;
        if (same && programs_.size() != 1) return;

        const auto theirs = items(anvil_.call({"eth_getBlockReceipts", R"(["latest"])"}));
        std::vector<Log> logs;
        for (size_t i = 0; i < executed.size() && i < theirs.size(); ++i) {
            if (const auto text = describe(theirs[i], executed[i].outcome); !text.empty())
                difference_ += fmt::format("program {}:{}\n", executed[i].program->index, text);
            for (const Json log : items(field(theirs[i], "logs"))) logs.push_back(read_log(log));
        }
        if (!same && difference_.empty()) difference_ += "another root of the receipts\n";
        result_.expected.logs_hash = logs_hash(logs);
    }

    void compare_refused() {
        for (const auto& [transaction, program] : waiting_) {
            if (execution::sender_of(program->tx, last_environment_) == program->sender &&
                execution::validate_transaction(overlay_, last_environment_, program->tx,
                                                program->sender))
                difference_ +=
                    fmt::format("program {}: executed, anvil refuses it\n", program->index);
            else
                ++result_.refused;
        }
    }

    void compare_states() {
        state::MemoryState ours = before_;
        ours.apply(overlay_.diff());
        // The root in anvil's header counts accounts that were looked at and don't exist, as empty
        // ones, and slots that are zero; so the root of what it has is made here.
        auto theirs = anvil_.state();
        std::erase_if(theirs, [](const auto& entry) {
            const auto& account = entry.second;
            return account.nonce == 0 && account.balance.is_zero() && account.code.empty();
        });
        for (auto& [address, account] : theirs)
            std::erase_if(account.storage, [](const auto& slot) { return slot.second.is_zero(); });
        result_.expected.state_root = state::MemoryState{theirs}.state_root();
        if (ours.state_root() != result_.expected.state_root)
            difference_ += describe_states(ours.dump(), theirs) +
                           fmt::format("state root {}, anvil {}\n", to_hex(ours.state_root()),
                                       to_hex(result_.expected.state_root));
    }

    std::span<const Program> programs_;
    state::GenesisAlloc alloc_;
    Anvil anvil_;
    state::MemoryState before_;
    state::State overlay_{before_};
    std::map<Hash, const Program*> waiting_;  // given to anvil, not in a block
    execution::Environment last_environment_;
    Comparison result_;
    std::string difference_;
};

}  // namespace

Comparison compare_with_anvil(const std::filesystem::path& anvil,
                              std::span<const Program> programs) {
    constexpr int TRIES = 3;
    for (int tries = 1;; ++tries) {
        try {
            return Session{anvil, programs}.run();
        } catch (const AnvilHangs&) {
            if (tries == TRIES) throw;
        }
    }
}

}  // namespace scope::fuzz_evm
