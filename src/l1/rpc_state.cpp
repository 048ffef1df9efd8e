#include "l1/rpc_state.hpp"

#include "l1/l1_view.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "json/appender.hpp"
#include "rlp/decode.hpp"
#include "trie/proof.hpp"

namespace scope::l1 {

namespace {

using json::Json;

std::unexpected<L1Error> wrong(std::string reason) {
    return std::unexpected{L1Error{L1Error::wrong, std::move(reason)}};
}

std::string block_json(const Hash& hash) {
    json::Appender out;
    out.begin_object();
    out.key("blockHash").hex(hash);
    out.end_object();
    return out.take();
}

/// An account as its leaf in the state trie has it.
struct Leaf {
    Account account;
    Hash storage_root;
};
rlp::RlpResult<Leaf> decode_leaf(BytesView bytes) {
    rlp::Reader whole{bytes};
    rlp::Reader list = TRY(whole.list());
    Leaf leaf;
    leaf.account.nonce = TRY(list.u64());
    leaf.account.balance = TRY(list.u256());
    leaf.storage_root = TRY(list.fixed<32>());
    leaf.account.code_hash = TRY(list.fixed<32>());
    TRY_VOID(list.finish());
    TRY_VOID(whole.finish());
    return leaf;
}
rlp::RlpResult<uint256> decode_slot(BytesView bytes) {
    rlp::Reader reader{bytes};
    const uint256 value = TRY(reader.u256());
    TRY_VOID(reader.finish());
    return value;
}

/// Proves what a trie has at the hash of a key. The trie without entries has no nodes to prove
/// with, whatever a client sends for it.
Result<std::optional<Bytes>, L1Error> prove(const Hash& root, BytesView key,
                                            std::span<const Bytes> nodes, std::string_view what) {
    if (root == EMPTY_TRIE_ROOT) return std::nullopt;
    auto value = trie::verify_proof(root, crypto::keccak256(key), nodes);
    if (!value) return wrong(fmt::format("{}: {}", what, trie::to_string(value.error())));
    return std::move(*value);
}

struct SlotProof {
    Hash key;
    std::vector<Bytes> nodes;
};
struct AccountProofs {
    std::vector<Bytes> nodes;
    std::vector<SlotProof> slots;
};
AccountProofs read_proofs(Json object) {
    const auto nodes = [](Json values) { return json::list(values, json::bytes); };
    return {json::get(object, "accountProof", nodes),
            json::get(object, "storageProof", [&](Json values) {
                return json::list(values, [&](Json each) {
                    return SlotProof{json::get(each, "key", json::word),
                                     json::get(each, "proof", nodes)};
                });
            })};
}

}  // namespace

std::vector<Hash> with_those_behind(const std::vector<Hash>& slots) {
    std::vector<Hash> result;
    for (const Hash& slot : slots) {
        uint256 number = from_be(slot);
        for (uint64_t i = 0; i < RpcState::SLOTS_AT_ONCE; ++i, number += uint256{1u})
            result.push_back(to_be(number));
    }
    return result;
}

/// One call: a proof, or an account's code.
struct RpcState::Question {
    Address address;
    std::vector<Hash> slots;
    bool is_code = false;

    [[nodiscard]] net::RpcRequest request(const std::string& block) const {
        json::Appender params;
        params.begin_array();
        params.hex(address);
        if (!is_code) {
            params.begin_array();
            for (const Hash& slot : slots) params.hex(slot);
            params.end_array();
        }
        params.raw(block);
        params.end_array();
        return {is_code ? "eth_getCode" : "eth_getProof", params.take()};
    }
};

RpcState::RpcState(std::shared_ptr<const RpcEndpoint> endpoint, const L1BlockId& block,
                   const Hash& state_root, std::shared_ptr<SharedTouched> touched,
                   std::vector<Touch> expected)
    : endpoint_(std::move(endpoint)),
      block_(block),
      state_root_(state_root),
      touched_(std::move(touched)),
      expected_(std::move(expected)) {
    CHECK(endpoint_ != nullptr && touched_ != nullptr);
}

L1Error RpcState::at_block(L1Error error) const {
    error.reason = fmt::format("state of block {}: {}", block_.number, error.reason);
    return endpoint_->named(std::move(error));
}

// ---- reading

std::optional<Account> RpcState::account(const Address& address) const {
    const std::lock_guard lock{mutex_};
    return known(address, {}).account;
}

evm::CodePtr RpcState::code(const Address& address) const {
    const std::lock_guard lock{mutex_};
    Known& entry = known(address, {});
    if (entry.code == nullptr) {  // the one that was kept has been replaced
        count_read();
        const Touch touch{address, {}};
        if (const auto done = read({&touch, 1}); !done)
            throw StateUnavailable{at_block(done.error())};
    }
    return entry.code;
}

Hash RpcState::storage(const Address& address, const Hash& key) const {
    const std::lock_guard lock{mutex_};
    const Known& entry = known(address, {&key, 1});
    const auto found = entry.slots.find(key);
    return found != entry.slots.end() ? found->second : Hash{};
}

bool RpcState::has_storage(const Address& address) const {
    const std::lock_guard lock{mutex_};
    return known(address, {}).storage_root != EMPTY_TRIE_ROOT;
}

Result<void, L1Error> RpcState::prefetch(std::span<const Touch> touches) const {
    const std::lock_guard lock{mutex_};
    if (const auto done = read_with_expected({touches.begin(), touches.end()}); !done)
        return std::unexpected{at_block(done.error())};
    return {};
}

bool RpcState::knows(const Address& address, std::span<const Hash> slots) const {
    const std::lock_guard lock{mutex_};
    return is_known(address, slots) && known_.at(address).code != nullptr;
}

bool RpcState::is_known(const Address& address, std::span<const Hash> slots) const {
    const auto found = known_.find(address);
    if (found == known_.end()) return false;
    const Known& entry = found->second;
    return entry.storage_root == EMPTY_TRIE_ROOT ||
           std::ranges::all_of(slots, [&](const Hash& slot) { return entry.slots.contains(slot); });
}

RpcState::Known& RpcState::known(const Address& address, std::span<const Hash> slots) const {
    if (!is_known(address, slots)) {
        count_read();
        const auto done =
            read_with_expected({{address, with_those_behind({slots.begin(), slots.end()})}});
        if (!done) throw StateUnavailable{at_block(done.error())};
    }
    const std::lock_guard lock{touched_->mutex};
    touched_->touched.note(address);
    for (const Hash& slot : slots) touched_->touched.note(address, slot);
    Known& entry = known_.at(address);
    if (entry.code != nullptr) touched_->touched.set_code(address, entry.code);
    return entry;
}

// ---- asking

void RpcState::count_read() const {
    const std::lock_guard lock{touched_->mutex};
    auto& left = touched_->reads_left;
    if (!left || !has_begun_) return;
    if (*left == 0)
        throw state::TooManyReads{fmt::format(
            "it reads L1's state in more than {} steps, each of which waits for the one "
            "before",
            ReadLimit::MAX_ROUND_TRIPS)};
    --*left;
}

Result<void, L1Error> RpcState::read_with_expected(std::vector<Touch> touches) const {
    if (has_begun_) return read(touches);
    {
        const std::lock_guard lock{touched_->mutex};
        touched_->touched.begin();
        const auto remembered = touched_->touched.all();
        touches.insert(touches.end(), remembered.begin(), remembered.end());
        touches.insert(touches.end(), expected_.begin(), expected_.end());
    }
    TRY_VOID(read(touches));
    has_begun_ = true;
    const std::lock_guard lock{touched_->mutex};
    for (const Touch& each : expected_) {  // their code, too, is asked for once
        touched_->touched.note(each.address);
        touched_->touched.set_code(each.address, known_.at(each.address).code);
    }
    return {};
}

std::vector<RpcState::Question> RpcState::questions(std::span<const Touch> touches) const {
    // An account may be named twice.
    std::map<Address, std::set<Hash>> wanted;
    for (const auto& [address, slots] : touches) {
        auto& of_account = wanted[address];
        for (const Hash& slot : slots)
            if (!is_known(address, {&slot, 1})) of_account.insert(slot);
    }
    std::vector<Question> result;
    const std::lock_guard lock{touched_->mutex};
    for (const auto& [address, slots] : wanted) {
        const auto found = known_.find(address);
        Question question{address, {}};
        for (const Hash& slot : slots) {
            question.slots.push_back(slot);
            if (question.slots.size() < MAX_SLOTS_IN_PROOF) continue;
            result.push_back(std::exchange(question, Question{address, {}}));
        }
        if (found == known_.end() || !question.slots.empty()) result.push_back(std::move(question));
        const bool has_code = found != known_.end() ? found->second.code != nullptr
                                                    : touched_->touched.code(address) != nullptr;
        if (!has_code) result.push_back({.address = address, .slots = {}, .is_code = true});
    }
    return result;
}

Result<void, L1Error> RpcState::read(std::span<const Touch> touches) const {
    const auto questions = this->questions(touches);
    const std::string block = block_json(block_.hash);
    std::vector<net::RpcRequest> requests;
    requests.reserve(questions.size());
    for (const Question& question : questions) requests.push_back(question.request(block));
    const auto replies = TRY(endpoint_->call(requests));
    // An account's code stands behind its proof, which tells the hash.
    for (size_t i = 0; i < questions.size(); ++i) {
        if (!replies[i]) return std::unexpected{error_of(replies[i].error())};
        TRY_VOID(questions[i].is_code ? take_code(questions[i].address, *replies[i])
                                      : take_proof(questions[i], *replies[i]));
    }
    return {};
}

Result<void, L1Error> RpcState::take_proof(const Question& question, Json value) const {
    const std::string name = to_hex(question.address);
    const auto proofs = TRY(decoded(name, [&] { return read_proofs(value); }));
    const auto leaf_bytes =
        TRY(prove(state_root_, question.address, proofs.nodes, name + ": accountProof"));
    Known entry;
    entry.storage_root = EMPTY_TRIE_ROOT;
    if (leaf_bytes) {
        const auto leaf = decode_leaf(*leaf_bytes);
        if (!leaf) return wrong(name + ": its leaf is no account");
        entry.account = leaf->account;
        entry.storage_root = leaf->storage_root;
    }
    if (!entry.account || entry.account->code_hash == EMPTY_CODE_HASH) {
        entry.code = evm::empty_code();
    } else {
        const std::lock_guard lock{touched_->mutex};
        const auto kept = touched_->touched.code(question.address);
        if (kept != nullptr && kept->hash == entry.account->code_hash) entry.code = kept;
    }
    if (proofs.slots.size() != question.slots.size())
        return wrong(fmt::format("{}: proofs of {} slots, asked for {}", name, proofs.slots.size(),
                                 question.slots.size()));
    for (size_t i = 0; i < question.slots.size(); ++i) {
        const auto& [key, nodes] = proofs.slots[i];
        const std::string slot = fmt::format("{}: storageProof[{}]", name, i);
        if (key != question.slots[i]) return wrong(slot + ": it is of another slot");
        const auto bytes = TRY(prove(entry.storage_root, key, nodes, slot));
        const auto number = bytes ? decode_slot(*bytes) : uint256{};
        if (!number) return wrong(slot + ": no slot's value");
        entry.slots.emplace(key, to_be(*number));
    }
    // A known one stays where it is, for those that refer to it; its slots become more.
    const auto [place, is_new] = known_.try_emplace(question.address, std::move(entry));
    if (!is_new) place->second.slots.merge(entry.slots);
    return {};
}

Result<void, L1Error> RpcState::take_code(const Address& address, Json value) const {
    const std::string name = to_hex(address);
    const auto bytes = TRY(decoded(name + ": code", [&] { return json::bytes(value); }));
    Known& entry = known_.at(address);
    const Hash expected = entry.account ? entry.account->code_hash : EMPTY_CODE_HASH;
    if (crypto::keccak256(bytes) != expected)
        return wrong(fmt::format("{}: code with another hash than {}", name, to_hex(expected)));
    entry.code =
        bytes.empty() ? evm::empty_code() : evm::cached_code(expected, [&] { return bytes; });
    return {};
}

}  // namespace scope::l1
