#include "witness/check.hpp"

#include <array>
#include <map>
#include <set>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "crypto/sha256.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "trie/root.hpp"
#include "types/account.hpp"
#include "types/block.hpp"
#include "witness/access_list.hpp"
#include "witness/node_set.hpp"

namespace scope::witness {

using namespace literals;

namespace {

constexpr std::array SYSTEM_CONTRACTS{
    "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address,   // EIP-4788
    "0x0000f90827f1c53a10cb7a02335b175320002935"_address,   // EIP-2935
    "0x00000961ef480eb55e80d19ad83579a64c007002"_address,   // EIP-7002
    "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address};  // EIP-7251

std::unexpected<WitnessError> refuse(WitnessError error) {
    return std::unexpected{error};
}

WitnessError from(trie::NodeError error) {
    return error == trie::NodeError::missing_node ? WitnessError::missing_node
                                                  : WitnessError::malformed_node;
}

/// The nodes on the way to what is read stay in memory, so that each is looked at once.
Result<std::optional<Bytes>, WitnessError> read(const trie::Trie& trie, BytesView key) {
    if (const auto done = trie.load(key); !done) return refuse(from(done.error()));
    auto value = trie.get(key);
    if (!value) return refuse(from(value.error()));
    return std::move(*value);
}

// --- Headers ---

struct Ancestor {
    Hash hash;
    Hash parent_hash;
    Hash state_root;
};

/// The fields that are needed of an Amsterdam header: 23, all strings.
Result<Ancestor, WitnessError> read_header(BytesView bytes) {
    constexpr size_t FIELDS = 23;
    constexpr size_t PARENT_HASH = 0;
    constexpr size_t STATE_ROOT = 3;
    rlp::Reader reader{bytes};
    auto list = reader.list();
    if (!list || !reader.at_end()) return refuse(WitnessError::malformed_header);
    std::vector<BytesView> fields;
    while (!list->at_end()) {
        const auto field = list->string();
        if (!field) return refuse(WitnessError::malformed_header);
        fields.push_back(*field);
    }
    if (fields.size() != FIELDS || fields[PARENT_HASH].size() != Hash::size() ||
        fields[STATE_ROOT].size() != Hash::size())
        return refuse(WitnessError::malformed_header);
    return Ancestor{crypto::keccak256(bytes), Hash::from(fields[PARENT_HASH]),
                    Hash::from(fields[STATE_ROOT])};
}

/// The state root of the parent, at the end of a chain of ancestors.
Result<Hash, WitnessError> parent_state_root(const std::vector<Bytes>& headers,
                                             const Hash& parent_hash) {
    if (headers.empty()) return refuse(WitnessError::missing_parent);
    std::vector<Ancestor> ancestors;
    ancestors.reserve(headers.size());
    for (const Bytes& header : headers) ancestors.push_back(TRY(read_header(header)));
    for (size_t i = 0; i < ancestors.size(); ++i) {
        const Hash& expected =
            i + 1 < ancestors.size() ? ancestors[i + 1].parent_hash : parent_hash;
        if (ancestors[i].hash != expected) return refuse(WitnessError::broken_header_chain);
    }
    return ancestors.back().state_root;
}

/// EIP-7685.
Hash requests_hash(const std::vector<Bytes>& requests) {
    Bytes hashes;
    for (const Bytes& request : requests)
        if (request.size() > 1) append(hashes, crypto::sha256(request));
    return crypto::sha256(hashes);
}

/// The hash of the header that the engine API's fields make.
Hash block_hash_of(const ssz::NewPayloadRequest& request) {
    const ssz::ExecutionPayload& payload = request.execution_payload;
    std::vector<Withdrawal> withdrawals;
    withdrawals.reserve(payload.withdrawals.size());
    for (const auto& [index, validator_index, address, amount_gwei] : payload.withdrawals)
        withdrawals.push_back({index, validator_index, address, amount_gwei});
    return crypto::keccak256(rlp::encode_list(
        payload.parent_hash, EMPTY_OMMERS_HASH, payload.fee_recipient, payload.state_root,
        trie::ordered_root(payload.transactions), payload.receipts_root, payload.logs_bloom,
        uint64_t{0}, payload.block_number, payload.gas_limit, payload.gas_used, payload.timestamp_s,
        payload.extra_data, payload.prev_randao, FixedBytes<8>{}, payload.base_fee_per_gas,
        withdrawals_root(withdrawals), payload.blob_gas_used, payload.excess_blob_gas,
        request.parent_beacon_block_root, requests_hash(request.execution_requests),
        crypto::keccak256(payload.block_access_list), payload.slot_number));
}

// --- State ---

struct StateAccount {
    uint64_t nonce = 0;
    uint256 balance;
    Hash storage_root = trie::EMPTY_ROOT;
    Hash code_hash = EMPTY_CODE_HASH;

    [[nodiscard]] bool is_empty() const {
        return nonce == 0 && balance.is_zero() && code_hash == EMPTY_CODE_HASH;
    }
};
constexpr auto rlp_fields(const StateAccount*) {
    return std::tuple{&StateAccount::nonce, &StateAccount::balance, &StateAccount::storage_root,
                      &StateAccount::code_hash};
}

class StateCheck {
  public:
    StateCheck(const ssz::ExecutionWitness& witness, const Hash& root,
               const std::vector<AccountAccess>& accesses)
        : nodes_(witness.state), trie_(nodes_, {.hash = root}), accesses_(accesses) {
        for (const Bytes& code : witness.codes) codes_.emplace(crypto::keccak256(code), code);
        for (const AccountAccess& access : accesses)
            for (const Bytes& code : access.codes)
                made_codes_.emplace(crypto::keccak256(code), code);
    }

    /// Returns the account as it was before the block.
    Result<std::optional<StateAccount>, WitnessError> account(const Address& address) {
        const auto known = accounts_.find(address);
        if (known != accounts_.end()) return known->second;
        const auto value = TRY(read(trie_, crypto::keccak256(address)));
        std::optional<StateAccount> account;
        if (value) {
            auto decoded = rlp::decode<StateAccount>(*value);
            if (!decoded) return refuse(WitnessError::malformed_account);
            account = *decoded;
            code_hashes_.insert(account->code_hash);
        }
        accounts_[address] = account;
        return account;
    }

    /// Its code must be there, or be made in the block, which may have been before; whom it
    /// delegates to, if it does (EIP-7702).
    Result<std::optional<Address>, WitnessError> need_code(const Address& address) {
        constexpr std::array<uint8_t, 3> DELEGATION{0xef, 0x01, 0x00};
        const auto account = TRY(this->account(address));
        if (!account || account->code_hash == EMPTY_CODE_HASH) return std::nullopt;
        auto code = codes_.find(account->code_hash);
        if (code == codes_.end()) {
            code = made_codes_.find(account->code_hash);
            if (code == made_codes_.end()) return refuse(WitnessError::missing_code);
        }
        const BytesView bytes = code->second;
        if (bytes.size() != DELEGATION.size() + Address::size() ||
            !equal(bytes.first(DELEGATION.size()), DELEGATION))
            return std::nullopt;
        return Address::from(bytes.subspan(DELEGATION.size()));
    }

    /// All that the access list names is there, and what it writes gives this state root.
    Result<Hash, WitnessError> apply() {
        std::vector<std::pair<Hash, Bytes>> changed;
        std::vector<Hash> deleted;
        for (const AccountAccess& access : accesses_) {
            const auto before = TRY(account(access.address));
            StateAccount after = before.value_or(StateAccount{});
            after.storage_root = TRY(apply_storage(access, after.storage_root));
            if (access.balance) after.balance = *access.balance;
            if (access.nonce) after.nonce = *access.nonce;
            if (!access.codes.empty()) after.code_hash = crypto::keccak256(access.codes.back());
            const Hash key = crypto::keccak256(access.address);
            if (after.is_empty())
                deleted.push_back(key);
            else
                changed.emplace_back(key, rlp::encode(after));
        }
        // What is added first may keep a branch that would else collapse.
        for (const auto& [key, value] : changed)
            if (const auto done = trie_.put(key, value); !done) return refuse(from(done.error()));
        for (const Hash& key : deleted)
            if (const auto done = trie_.erase(key); !done) return refuse(from(done.error()));
        return trie_.root_hash();
    }

    [[nodiscard]] WitnessUse use() const {
        WitnessUse use{nodes_.unused_count(), 0};
        for (const auto& [hash, code] : codes_)
            if (!code_hashes_.contains(hash)) ++use.unknown_codes;
        return use;
    }

  private:
    Result<Hash, WitnessError> apply_storage(const AccountAccess& access, const Hash& root) {
        trie::Trie storage{nodes_, {.hash = root}};
        for (const Hash& slot : access.storage_reads) TRY(read(storage, crypto::keccak256(slot)));
        for (const auto& [slot, value] : access.storage_writes)
            TRY(read(storage, crypto::keccak256(slot)));
        for (const bool adds : {true, false}) {
            for (const auto& [slot, value] : access.storage_writes) {
                if (value.is_zero() == adds) continue;
                const Hash key = crypto::keccak256(slot);
                const auto done = adds ? storage.put(key, rlp::encode(value)) : storage.erase(key);
                if (!done) return refuse(from(done.error()));
            }
        }
        return storage.root_hash();
    }

    NodeSet nodes_;
    trie::Trie trie_;
    const std::vector<AccountAccess>& accesses_;
    std::map<Hash, Bytes> codes_;
    std::map<Hash, Bytes> made_codes_;
    std::map<Address, std::optional<StateAccount>> accounts_;
    std::set<Hash> code_hashes_;
};

/// Codes that are looked at before any code runs. A transaction that authorizes looks at the codes
/// of authorities for the nonce that they have then.
Result<void, WitnessError> check_codes(StateCheck& state, const std::vector<Bytes>& transactions) {
    for (const Address& contract : SYSTEM_CONTRACTS) TRY(state.need_code(contract));
    std::set<Address> created;  // or given code in this block: theirs is not the witness's
    for (const Bytes& bytes : transactions) {
        const auto tx = decode_transaction(bytes);
        if (!tx) return refuse(WitnessError::malformed_transaction);
        if (const auto sender = recover_sender(*tx); sender && !created.contains(*sender))
            TRY(state.need_code(*sender));
        for (const Authorization& authorization : tx->authorization_list) {
            const auto authority = recover_authority(authorization);
            if (!authority || created.contains(*authority)) continue;
            TRY(state.need_code(*authority));
            created.insert(*authority);
        }
        if (!tx->to || created.contains(*tx->to)) continue;
        const auto delegate = TRY(state.need_code(*tx->to));
        if (delegate && !created.contains(*delegate)) TRY(state.need_code(*delegate));
    }
    return {};
}

}  // namespace

std::string_view to_string(WitnessError error) noexcept {
    switch (error) {
        case WitnessError::malformed_header:
            return "malformed_header";
        case WitnessError::broken_header_chain:
            return "broken_header_chain";
        case WitnessError::missing_parent:
            return "missing_parent";
        case WitnessError::malformed_access_list:
            return "malformed_access_list";
        case WitnessError::malformed_transaction:
            return "malformed_transaction";
        case WitnessError::malformed_node:
            return "malformed_node";
        case WitnessError::malformed_account:
            return "malformed_account";
        case WitnessError::missing_node:
            return "missing_node";
        case WitnessError::missing_code:
            return "missing_code";
        case WitnessError::wrong_block_hash:
            return "wrong_block_hash";
        case WitnessError::wrong_state_root:
            return "wrong_state_root";
    }
    return "";
}

Result<WitnessUse, WitnessError> check_witness(const ssz::StatelessInput& input) {
    const ssz::ExecutionPayload& payload = input.new_payload_request.execution_payload;
    if (block_hash_of(input.new_payload_request) != payload.block_hash)
        return refuse(WitnessError::wrong_block_hash);
    const Hash root = TRY(parent_state_root(input.witness.headers, payload.parent_hash));
    const auto accesses = decode_access_list(payload.block_access_list);
    if (!accesses) return refuse(WitnessError::malformed_access_list);
    StateCheck state{input.witness, root, *accesses};
    TRY_VOID(check_codes(state, payload.transactions));
    if (TRY(state.apply()) != payload.state_root) return refuse(WitnessError::wrong_state_root);
    return state.use();
}

}  // namespace scope::witness
