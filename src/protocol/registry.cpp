#include "protocol/registry.hpp"

#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"

namespace scope::protocol {

namespace {

/// Returns the chain id in the topics of an event that indexes nothing else; nullopt for another.
std::optional<uint256> chain_in(std::span<const Hash> topics, const Hash& event) {
    if (topics.size() != 2 || topics[0] != event) return std::nullopt;
    return from_be(topics[1]);
}

}  // namespace

Hash genesis_hash(const GenesisClaim& claim) {
    static const Hash DOMAIN = crypto::keccak256(as_bytes("scope.genesis.v2"));
    return crypto::keccak256(abi::encode(DOMAIN, claim));
}

Bytes register_rollup(const Registration& registration, BytesView genesis_proof) {
    return abi::call("register((uint256,bytes32,address,address,bytes32,bytes32,uint256),bytes)",
                     registration, genesis_proof);
}

Bytes close_rollup(ChainId chain_id) {
    return abi::call("close(uint256)", uint256{chain_id});
}

Bytes registry() {
    return abi::call("registry()");
}

Bytes exits() {
    return abi::call("exits()");
}

Bytes state_of(ChainId chain_id) {
    return abi::call("stateOf(uint256)", uint256{chain_id});
}

std::optional<RollupState> decode_rollup_state(BytesView output) {
    return decode_one<RollupState>(output);
}

Hash rollup_closed_topic() {
    static const Hash TOPIC = abi::topic("RollupClosed(uint256)");
    return TOPIC;
}

std::optional<uint256> decode_rollup_closed(std::span<const Hash> topics) {
    return chain_in(topics, rollup_closed_topic());
}

Hash predeploy_upgraded_topic() {
    static const Hash TOPIC = abi::topic("PredeployUpgraded(uint256,bytes)");
    return TOPIC;
}

std::optional<PredeployUpgraded> decode_predeploy_upgraded(std::span<const Hash> topics,
                                                           BytesView data) {
    const auto chain_id = chain_in(topics, predeploy_upgraded_topic());
    if (!chain_id) return std::nullopt;
    auto code = decode_one<Bytes>(data);
    if (!code || code->empty() || code->size() > MAX_PREDEPLOY_BYTES || code->front() == 0xef)
        return std::nullopt;
    return PredeployUpgraded{*chain_id, std::move(*code)};
}

Hash rollup_changed_topic() {
    static const Hash TOPIC = abi::topic("RollupChanged(uint256,address,bytes32,address)");
    return TOPIC;
}

std::optional<RollupChanged> decode_rollup_changed(std::span<const Hash> topics, BytesView data) {
    const auto chain_id = chain_in(topics, rollup_changed_topic());
    const auto decoded = abi::decode<Address, Hash, Address>(data);
    if (!chain_id || !decoded) return std::nullopt;
    const auto& [verifier, program_id, policy] = *decoded;
    return RollupChanged{*chain_id, verifier, program_id, policy};
}

}  // namespace scope::protocol
