#pragma once

#include <optional>
#include <span>

#include "protocol/request.hpp"

/// What L1 keeps and announces of rollups: their registration, changes, closing (docs/protocol.md
/// §11, §12; contracts/src/interfaces/IRollupRegistry.sol; events: ISettlement.sol).
namespace scope::protocol {

/// A claim about a rollup's genesis, which its verifier attests for whoever registers it.
struct GenesisClaim {
    uint256 l1_chain_id;
    Address settlement;
    /// Who registers it: so that whoever sees the proof can't take the range with it.
    Address owner;
    uint256 chain_id;
    Hash program_id;
    Hash block_hash;
    Hash state_root;
    uint256 supply;  ///< wei: all balances but the predeploy's reserve
    friend bool operator==(const GenesisClaim&, const GenesisClaim&) = default;
};
/// Returns the hash that the proof of a genesis is for.
Hash genesis_hash(const GenesisClaim& claim);

/// The argument of register: IRollupRegistry.Registration.
struct Registration {
    uint256 chain_id;
    Hash program_id;
    Address verifier;
    Address policy;  ///< who may submit batches; zero: anyone
    Hash genesis_block_hash;
    Hash genesis_state_root;
    uint256 supply;  ///< wei
    friend bool operator==(const Registration&, const Registration&) = default;
};
/// The wei that whoever registers leaves beside the supply, for the rollup's owner once it is closed.
inline constexpr uint256 REGISTRATION_BOND{uint64_t{1'000'000'000'000'000'000}};

/// Encodes calldata of register, to be sent by the owner with the supply and REGISTRATION_BOND.
/// @param genesis_proof  For the one input genesis_hash.
Bytes register_rollup(const Registration& registration, BytesView genesis_proof);
/// Encodes calldata of close, which starts a rollup's closing or finishes it.
Bytes close_rollup(ChainId chain_id);

/// L1 blocks since the L1 origin of a rollup's last batch, or its registration before any: after
/// more, anyone may start its closing.
inline constexpr uint64_t CLOSING_IDLE = 50'400;
/// L1 blocks from then on until it may be closed.
inline constexpr uint64_t CLOSING_NOTICE = 50'400;

/// Encodes calldata of Settlement's registry and exits, which return these contracts' addresses.
Bytes registry();
Bytes exits();

/// An announced change of how a rollup's batches are verified.
struct PendingChange {
    Address verifier;
    Hash program_id;
    Address policy;
    uint64_t applies_from_s = 0;  ///< L1 timestamp; 0: none is announced
    friend bool operator==(const PendingChange&, const PendingChange&) = default;
};
/// An announced change of the predeploy's code.
struct PendingUpgrade {
    Hash code_hash;
    uint64_t applies_from_s = 0;  ///< L1 timestamp; 0: none is announced
    friend bool operator==(const PendingUpgrade&, const PendingUpgrade&) = default;
};
/// All that the registry knows of a rollup: IRollupRegistry.RollupState. All zeros if it is not
/// registered.
struct RollupState {
    Address owner;
    Address pending_owner;       ///< to whom the owner offered the rollup's range; zero: to nobody
    uint256 bond;                ///< wei
    uint64_t registered_at = 0;  ///< L1 block
    PendingChange change;
    PendingUpgrade upgrade;
    uint64_t closes_at = 0;  ///< first L1 block that may close it; 0 if no closing is under way
    bool is_closed = false;  ///< for good
    friend bool operator==(const RollupState&, const RollupState&) = default;
};
/// Encodes calldata of stateOf.
Bytes state_of(ChainId chain_id);
std::optional<RollupState> decode_rollup_state(BytesView output);

Hash rollup_closed_topic();
/// Returns the chain id in the topics of RollupClosed; nullopt for another event.
std::optional<uint256> decode_rollup_closed(std::span<const Hash> topics);

/// The most bytes of a predeploy's code.
inline constexpr size_t MAX_PREDEPLOY_BYTES = 24'576;
/// The event PredeployUpgraded.
struct PredeployUpgraded {
    uint256 chain_id;
    Bytes code;  ///< not empty
    friend bool operator==(const PredeployUpgraded&, const PredeployUpgraded&) = default;
};
Hash predeploy_upgraded_topic();
/// Decodes a log of the settlement contract; nullopt for another event, and for code that no account
/// can have (EIP-170, EIP-3541), which the registry refuses.
std::optional<PredeployUpgraded> decode_predeploy_upgraded(std::span<const Hash> topics,
                                                           BytesView data);

/// The event RollupChanged.
struct RollupChanged {
    uint256 chain_id;
    Address verifier;
    Hash program_id;
    Address policy;
    friend bool operator==(const RollupChanged&, const RollupChanged&) = default;
};
Hash rollup_changed_topic();
std::optional<RollupChanged> decode_rollup_changed(std::span<const Hash> topics, BytesView data);

}  // namespace scope::protocol
