#include <ranges>

#include "abi/abi.hpp"
#include "crypto/keccak.hpp"
#include "execution/transaction.hpp"
#include "protocol/callable.hpp"
#include "rollup/forced.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/blocks.hpp"
#include "rpc/log_query.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"

// The queue that L1 has for a rollup, and what became of its entries (docs/protocol.md, §12).

namespace scope::rpc {

namespace {

namespace callable = protocol::callable;
using chain::StoredBlockPtr;
using protocol::ForcedKind;

/// An entry as L1 queued it.
struct Queued {
    protocol::EntryQueued event;
    StoredBlockPtr block;
    size_t transaction = 0;  ///< in the block
};

/// Calls visit(entry) for the entries of a rollup's queue, the last one first, until it returns
/// false.
template <typename Visit>
void for_each_queued(const Request& request, ChainId chain_id, std::vector<Hash> indices,
                     Visit&& visit) {
    const LogMatcher matcher{
        {.block_hash = {},
         .from = {},
         .to = {},
         .addresses = {request.network.contracts()->settlement.settlement},
         .topics = {
             {protocol::entry_queued_topic()}, {to_be(uint256{chain_id})}, std::move(indices)}}};
    const auto& l1 = l1_of(request);
    for (uint64_t number = l1.head()->header().number + 1; number-- > 0;) {
        const auto block = l1.chain().store().canonical_block(number);
        if (block == nullptr) continue;
        std::vector<Queued> found;
        matcher.for_each_in(*block, [&](const LogPlace& place) {
            const Log& log = block->receipts[place.transaction].logs[place.in_receipt];
            if (auto event = protocol::decode_entry_queued(log.topics, log.data))
                found.push_back({std::move(*event), block, place.transaction});
        });
        for (const auto& entry : std::views::reverse(found))
            if (!visit(entry)) return;
    }
}

// ---- deposits of tokens, which L1's bridge queues for somebody

/// Where the compiler puts TokenBridgeL1's _deposits, whose entry is zero once it was refunded.
constexpr uint64_t BRIDGE_DEPOSITS_SLOT = 8;

/// What the bridge's event TokensDeposited tells.
struct TokenDeposit {
    Address bridge;
    Address depositor;
    Address token;
    Address receiver;
    uint256 amount;  ///< of the token's smallest units
};

/// Returns nullopt if it is not L1's bridge that queued the entry.
std::optional<TokenDeposit> token_deposit_of(const Request& request, const Queued& queued) {
    static const Hash TOPIC =
        abi::topic("TokensDeposited(uint256,uint256,address,address,address,uint256)");
    const Address& bridge = queued.event.entry.from;
    const bool is_bridge = std::ranges::any_of(
        request.network.named_contracts(), [&](const Network::NamedContract& contract) {
            return contract.chain_id == l1_id_of(request) && contract.name == "TokenBridge" &&
                   contract.address == bridge;
        });
    if (!is_bridge) return std::nullopt;
    for (const Log& log : queued.block->receipts[queued.transaction].logs) {
        if (log.address != bridge || log.topics.size() != 4 || log.topics[0] != TOPIC ||
            from_be(log.topics[1]) != queued.event.chain_id ||
            from_be(log.topics[2]) != uint256{queued.event.index})
            continue;
        const auto data = abi::decode<Address, Address, uint256>(log.data);
        if (!data) continue;
        const auto& [token, receiver, amount] = *data;
        return TokenDeposit{bridge, to_address(from_be(log.topics[3])), token, receiver, amount};
    }
    return std::nullopt;
}

bool is_refunded(const Request& request, const TokenDeposit& deposit, ChainId chain_id,
                 uint64_t index) {
    const Hash of_chain =
        crypto::keccak256(abi::encode(uint256{chain_id}, uint256{BRIDGE_DEPOSITS_SLOT}));
    auto& l1 = l1_of(request);
    return state_of(l1, *l1.head())
               ->storage(deposit.bridge,
                         crypto::keccak256(abi::encode(uint256{index}, of_chain))) == Hash{};
}

// ---- forced transactions

/// Appends the hash of a forced transaction, and its sender and nonce if it can be one.
void append_transaction(json::Appender& out, const Request& request, const Queued& queued) {
    out.key("transactionHash").hex(crypto::keccak256(queued.event.entry.data));
    const auto transaction = rollup::user_transaction(queued.event.entry);
    if (!transaction) return;
    const auto& chain = *request.network.chain(*ChainId::from(queued.event.chain_id));
    const auto sender = execution::sender_of(
        *transaction,
        chain::make_environment(chain.chain().spec(), chain.head()->header(), nullptr));
    if (!sender) return;
    out.key("sender").hex(*sender);
    out.key("nonce").quantity(transaction->nonce);
}

void append_queued(json::Appender& out, const Request& request, const Queued& queued) {
    const auto& [event, block, transaction] = queued;
    const bool is_deposit = event.entry.kind == ForcedKind::deposit;
    append_chain(out.key("chainId"), event.chain_id);
    out.key("index").quantity(event.index);
    out.key("kind").string(is_deposit ? "deposit" : "transaction");
    out.key("from").hex(event.entry.from);
    if (is_deposit)
        out.key("to").hex(event.entry.to);
    else
        out.key("to").null();
    out.key("value").quantity(event.entry.value);
    out.key("gasLimit").quantity(event.entry.gas_limit);
    out.key("queuedAt").quantity(block->header().number);
    out.key("dueAt").quantity(block->header().number + protocol::FORCED_DEADLINE);
    out.key("l1TransactionHash").hex(block->transaction_hashes[transaction]);
    if (!is_deposit) return append_transaction(out, request, queued);
    if (const auto tokens = token_deposit_of(request, queued)) {
        out.key("token").hex(tokens->token);
        out.key("amount").quantity(tokens->amount);
        out.key("depositor").hex(tokens->depositor);
        out.key("receiver").hex(tokens->receiver);
    }
}

/// The block of a rollup that took an entry of its queue.
struct Taking {
    StoredBlockPtr block;
    uint64_t first = 0;  ///< index of the first entry that it took
    size_t behind = 0;   ///< place of the transaction directly behind its takeForced
};

/// Returns the position to which a block moves the queue, and the place of the transaction that does;
/// nullopt if it takes no entries.
std::optional<std::pair<uint64_t, size_t>> find_take_forced(const chain::StoredBlock& block) {
    static const auto TAKE_FORCED = abi::selector("takeForced(uint256)");
    const auto& transactions = block.block.transactions;
    for (size_t i = 0; i < transactions.size() && transactions[i].type == TxType::system; ++i)
        if (const auto position = abi::decode_call<uint64_t>(TAKE_FORCED, transactions[i].data))
            return std::pair{std::get<0>(*position), i};
    return std::nullopt;
}

std::optional<Taking> find_taking(const ChainView& chain, uint64_t index) {
    std::optional<Taking> taking;
    for (uint64_t number = chain.head()->header().number; number > 0; --number) {
        const auto block = chain.chain().store().canonical_block(number);
        const auto found = block == nullptr ? std::nullopt : find_take_forced(*block);
        if (!found) continue;
        if (found->first <= index) {
            if (taking) taking->first = found->first;
            break;
        }
        taking = {block, 0, found->second + 1};
    }
    return taking;
}

/// Returns whether a transaction of a block is what an entry became, if those of entries before it
/// stand before: one of another entry with the same envelope is none of an entry that can't be it.
bool is_of(const chain::StoredBlock& block, size_t place, const protocol::EntryQueued& event) {
    const auto& [chain_id, index, entry] = event;
    if (entry.kind == ForcedKind::transaction)
        return block.transaction_hashes[place] == crypto::keccak256(entry.data) &&
               rollup::user_transaction(entry);
    const auto& tx = block.block.transactions[place];
    return tx.type == TxType::system && tx.data == callable::deposit(index, entry);
}

/// Returns the place in its block of the transaction that an entry became; nullopt if it did nothing.
/// The transactions of entries stand in the order of these.
std::optional<size_t> find_standing(const Request& request, ChainId chain_id, const Taking& taking,
                                    uint64_t index) {
    std::vector<Queued> taken;
    for_each_queued(request, chain_id, {}, [&](const Queued& queued) {
        if (queued.event.index <= index && queued.event.index >= taking.first)
            taken.push_back(queued);
        return queued.event.index > taking.first;
    });
    const size_t length = taking.block->block.transactions.size();
    size_t place = taking.behind;
    for (const auto& [event, block, transaction] : std::views::reverse(taken)) {
        const bool stands = place < length && is_of(*taking.block, place, event);
        if (event.index == index) return stands ? std::optional{place} : std::nullopt;
        if (stands) ++place;
    }
    return std::nullopt;
}

// ---- deposits

/// The place of a deposit on its rollup.
struct Made {
    bool success = false;
    StoredBlockPtr block;
    Hash transaction;
};

std::optional<Made> find_deposited(const ChainView& chain, uint64_t index) {
    const LogMatcher matcher{{.block_hash = {},
                              .from = {},
                              .to = {},
                              .addresses = {rollup::PREDEPLOY},
                              .topics = {{callable::deposited_topic()}, {to_be(uint256{index})}}}};
    std::optional<Made> made;
    for (uint64_t number = chain.head()->header().number + 1; number-- > 0 && !made;) {
        const auto block = chain.chain().store().canonical_block(number);
        if (block == nullptr) continue;
        matcher.for_each_in(*block, [&](const LogPlace& place) {
            const Log& log = block->receipts[place.transaction].logs[place.in_receipt];
            if (const auto event = callable::decode_deposited(log.topics, log.data))
                made = {event->success, block, block->transaction_hashes[place.transaction]};
        });
    }
    return made;
}

/// Returns the alias that an account of L1 has on every rollup; nullopt of contracts that know none.
std::optional<Address> alias_of(const Request& request, const Address& account) {
    return protocol::decode_address(view_of_l1(request, request.network.contracts()->exits,
                                               abi::call("aliasOf(address)", account)));
}

/// Appends what became of an entry; of one that nobody here will take, why.
void append_status(json::Appender& out, const Request& request, ChainId chain_id,
                   std::string_view status) {
    out.key("status").string(status);
    if (status != "waiting") return;
    if (const auto why = why_unserved(request.network, chain_id, registered_of(request, chain_id)))
        out.key("reason").string(*why);
}

/// Returns what became of a deposit, in a word.
std::string_view status_of(const Request& request, ChainId chain_id, const Queued& queued,
                           const std::optional<Made>& made) {
    if (made) return made->success ? "succeeded" : "failed";
    const auto registered = registered_of(request, chain_id);
    const uint64_t index = queued.event.index;
    if (!registered.closed || index < registered.forced_queue_position)
        return index < position_of(request, chain_id, registered) ? "refused" : "waiting";
    if (const auto tokens = token_deposit_of(request, queued))
        return is_refunded(request, *tokens, chain_id, index) ? "refunded" : "refundable";
    const auto kept = protocol::decode_entry(view_of_l1(
        request, request.network.contracts()->forced_queue, protocol::entry_of(chain_id, index)));
    return kept && kept->hash == Hash{} ? "refunded" : "refundable";
}

// ---- parameters

ChainId read_rollup_id(const Request& request) {
    (void)l1_of(request);  // whose blocks tell of the queue
    const ChainId chain_id = read_chain_id(request, 0);
    if (!request.network.chain(chain_id)->is_rollup())
        Params::fail_at(0, "nothing waits for L1: name a rollup");
    return chain_id;
}

/// Returns the entry that the parameters name; nullopt if there is none of this kind.
std::optional<Queued> read_queued(const Request& request, ChainId chain_id, ForcedKind kind) {
    const uint64_t index = request.params.get(1, read_loose_u64);
    std::optional<Queued> queued;
    if (index < registered_of(request, chain_id).forced_queue_length)
        for_each_queued(request, chain_id, {to_be(uint256{index})}, [&](const Queued& found) {
            queued = found;
            return false;
        });
    if (queued && queued->event.entry.kind != kind) return std::nullopt;
    return queued;
}

}  // namespace

std::string scope_forced_queue(Request& request) {
    const ChainId chain_id = read_rollup_id(request);
    const auto registered = registered_of(request, chain_id);
    const uint64_t position = position_of(request, chain_id, registered);
    std::vector<Queued> waiting;
    if (position < registered.forced_queue_length)
        for_each_queued(request, chain_id, {}, [&](const Queued& queued) {
            if (queued.event.index >= position) waiting.push_back(queued);
            return queued.event.index > position;
        });
    json::Appender out;
    out.begin_array();
    for (const auto& queued : std::views::reverse(waiting)) {
        out.begin_object();
        append_queued(out, request, queued);
        out.end_object();
    }
    out.end_array();
    return out.take();
}

std::string scope_deposit(Request& request) {
    const ChainId chain_id = read_rollup_id(request);
    const auto queued = read_queued(request, chain_id, ForcedKind::deposit);
    if (!queued) return "null";
    const auto made = find_deposited(*request.network.chain(chain_id), queued->event.index);
    json::Appender out;
    out.begin_object();
    append_queued(out, request, *queued);
    out.key("data").hex(queued->event.entry.data);
    if (const auto alias = alias_of(request, queued->event.entry.from))
        out.key("alias").hex(*alias);
    append_status(out, request, chain_id, status_of(request, chain_id, *queued, made));
    if (made) {
        out.key("transactionHash").hex(made->transaction);
        out.key("blockHash").hex(made->block->hash);
        out.key("blockNumber").quantity(made->block->header().number);
    }
    out.end_object();
    return out.take();
}

std::string scope_forced_transaction(Request& request) {
    const ChainId chain_id = read_rollup_id(request);
    const auto queued = read_queued(request, chain_id, ForcedKind::transaction);
    if (!queued) return "null";
    const uint64_t index = queued->event.index;
    const auto taking = find_taking(*request.network.chain(chain_id), index);
    json::Appender out;
    out.begin_object();
    append_queued(out, request, *queued);
    out.key("data").hex(queued->event.entry.data);
    std::string_view status = "ignored";
    if (!taking)
        status = registered_of(request, chain_id).closed ? "lapsed" : "waiting";
    else if (const auto place = find_standing(request, chain_id, *taking, index))
        status = taking->block->receipts[*place].success ? "succeeded" : "failed";
    append_status(out, request, chain_id, status);
    if (taking) {
        out.key("blockHash").hex(taking->block->hash);
        out.key("blockNumber").quantity(taking->block->header().number);
    }
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
