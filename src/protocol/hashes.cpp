#include <string_view>

#include "crypto/keccak.hpp"
#include "protocol/response.hpp"
#include "protocol/rolling_hash.hpp"

namespace scope::protocol {

using crypto::keccak256;

namespace {

/// Appends 32-byte words, as abi.encode lays out static types.
class Words {
  public:
    Words& add(const Hash& word) {
        append(bytes_, word);
        return *this;
    }
    Words& add(const uint256& number) { return add(to_be(number)); }
    Words& add(ChainId chain_id) { return add(uint256{chain_id}); }
    Words& add(const Address& address) { return add(to_uint256(address)); }
    [[nodiscard]] Hash hash() const { return keccak256(bytes_); }

  private:
    Bytes bytes_;
};

Hash domain(std::string_view name) {
    return keccak256(as_bytes(name));
}

/// keccak256(abi.encode(marks)): one dynamic array of static pairs.
Hash marks_hash(const Marks& marks) {
    Words words;
    words.add(uint256{32u}).add(uint256{marks.size()});
    for (const auto& mark : marks) words.add(mark.chain_id).add(mark.trace);
    return words.hash();
}

Hash hash_pair(const Hash& a, const Hash& b) {
    return keccak256(concat(a, b));
}

}  // namespace

Hash trace_of(const Marks& marks, const uint256& chain_id) noexcept {
    for (const auto& mark : marks)
        if (mark.chain_id == chain_id) return mark.trace;
    return {};
}

Hash root_id(const SettlementId& settlement, const RootContext& context) {
    static const Hash ROOT_DOMAIN = domain("scope.root.v2");
    return Words{}
        .add(ROOT_DOMAIN)
        .add(settlement.l1_chain_id)
        .add(settlement.settlement)
        .add(context.root_chain_id)
        .add(context.operation_hash)
        .add(context.root_index)
        .hash();
}

Hash request_hash(const Request& request) {
    static const Hash REQUEST_DOMAIN = domain("scope.request.v2");
    return Words{}
        .add(REQUEST_DOMAIN)
        .add(request.root_id)
        .add(uint256{static_cast<uint8_t>(request.kind)})
        .add(request.source_chain_id)
        .add(request.target_chain_id)
        .add(request.from)
        .add(request.nonce)
        .add(marks_hash(request.marks))
        .add(request.depth)
        .add(request.variant)
        .add(request.to)
        .add(request.value)
        .add(request.gas_limit)
        .add(keccak256(request.data))
        .hash();
}

Hash trace_after(const Hash& trace, const Hash& item) {
    return hash_pair(trace, item);
}

Hash anchor_of(const Request& request) noexcept {
    return trace_of(request.marks, request.target_chain_id);
}

Hash response_hash(const Hash& request_hash, const Response& response) {
    static const Hash RESPONSE_DOMAIN = domain("scope.response.v2");
    return Words{}
        .add(RESPONSE_DOMAIN)
        .add(request_hash)
        .add(uint256{response.success ? 1u : 0u})
        .add(keccak256(response.data))
        .hash();
}

Hash answer_hash(const Hash& request_hash, BytesView response) {
    return hash_pair(request_hash, keccak256(response));
}

Hash rolling_hash_seed() {
    static const Hash SEED = keccak256(Hash{});
    return SEED;
}

Hash fold(const Hash& rolling, const Hash& item) {
    return hash_pair(rolling, item);
}

RollingHashes empty_streams() {
    const Hash seed = rolling_hash_seed();
    return {seed, seed, seed, seed};
}

bool RollingHashes::is_empty() const {
    return *this == empty_streams();
}

}  // namespace scope::protocol
