// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISequencingPolicy} from "./ISequencingPolicy.sol";
import {ISettlement} from "./ISettlement.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title Who registers rollups, changes them with notice, and closes those that stopped (§12)
///
/// Anyone registers a rollup, with a bond of 1 ether. Who registers the first one of a range (chain ids that differ in their last byte
/// alone: `range = chainId >> 8`) owns the range, and so every rollup in it. An owner can change how batches are verified and the predeploy's
/// code, each 30 days after it was announced; anybody may then apply it, for 7 days, and not during a closing. Of a rollup without a
/// settled batch for a week anyone may start the closing, and a week later, if there was none then either, finish it: so who wants to
/// leave a stopped rollup can, before an owner could change it.
interface IRollupRegistry {
    /// @notice A new rollup.
    /// @param chainId Below 2^64.
    /// @param programId The rollup's state transition, as its verifier knows it.
    /// @param verifier Checks the proofs of its batches, and of its genesis; not 0.
    /// @param policy 0: anyone may submit batches.
    /// @param genesisBlockHash Hash of the block that its first batch builds on.
    /// @param genesisStateRoot That block's.
    /// @param supply Wei that exist on it at genesis: all balances but the predeploy's reserve.
    struct Registration {
        uint256 chainId;
        bytes32 programId;
        IVerifier verifier;
        ISequencingPolicy policy;
        bytes32 genesisBlockHash;
        bytes32 genesisStateRoot;
        uint256 supply;
    }

    /// @notice An announced change of how a rollup's batches are verified.
    /// @param appliesFrom First L1 timestamp at which it may be applied; 0 if none is announced.
    struct PendingChange {
        IVerifier verifier;
        bytes32 programId;
        ISequencingPolicy policy;
        uint64 appliesFrom;
    }

    /// @notice An announced change of the code of a rollup's predeploy.
    /// @param codeHash keccak256 of the runtime code.
    /// @param appliesFrom First L1 timestamp at which it may be applied; 0 if none is announced.
    struct PendingUpgrade {
        bytes32 codeHash;
        uint64 appliesFrom;
    }

    /// @notice All that the registry knows of a rollup; zeros if it is not registered.
    /// @param pendingOwner To whom its owner offered the range; 0 if to nobody.
    /// @param bond Wei that lie here for its owner.
    /// @param registeredAt Number of the L1 block that registered it.
    /// @param closesAt Number of the first L1 block that may close it, if no batch settles before; 0 if nobody started that, or a
    ///        batch has settled since.
    /// @param closed Closed for good.
    struct RollupState {
        address owner;
        address pendingOwner;
        uint256 bond;
        uint64 registeredAt;
        PendingChange change;
        PendingUpgrade upgrade;
        uint64 closesAt;
        bool closed;
    }

    /// @notice The caller doesn't own the rollup's range.
    error NotOwner(uint256 range, address caller);
    /// @notice The range was not offered to the caller.
    error NotPendingOwner(uint256 range, address caller);
    /// @notice A registration pays the genesis supply and the bond, exactly.
    error WrongPayment(uint256 paid, uint256 expected);
    /// @notice A rollup's verifier is a contract.
    error NoVerifier(uint256 chainId);
    /// @notice A change of this kind is announced already.
    error AlreadyAnnounced(uint256 chainId);
    /// @notice No change of this kind is announced.
    error NotAnnounced(uint256 chainId);
    /// @notice It may not be applied before.
    error TooEarly(uint256 chainId, uint256 appliesFrom);
    /// @notice It had to be applied within 7 days, until then, and can be announced anew.
    error Lapsed(uint256 chainId, uint256 lapsedAt);
    /// @notice The rollup's closing was started, and no batch has settled since.
    error IsClosing(uint256 chainId);
    /// @notice The code is not the announced one.
    error WrongCode(bytes32 codeHash, bytes32 announced);
    /// @notice No account can have this code: it is empty, has more than 24,576 bytes, or begins with 0xef (EIP-3541).
    error ImpossibleCode(bytes32 codeHash);
    /// @notice No rollup of this chain id is registered, or it is closed.
    error UnknownRollup(uint256 chainId);
    /// @notice The L1 origin of its last batch (or its registration) is not far enough back.
    error NotIdle(uint256 chainId, uint256 lastSeen);
    /// @notice The week since the closing was started is not over.
    error ClosingTooEarly(uint256 chainId, uint256 closesAt);
    /// @notice There is no bond to withdraw: the rollup isn't closed, or it was withdrawn.
    error NoBond(uint256 chainId);
    /// @notice The receiver refused the bond.
    error PaymentFailed(address to);

    event OwnershipOffered(uint256 indexed range, address indexed owner, address indexed to);
    event OwnershipTransferred(uint256 indexed range, address indexed from, address indexed to);
    event ChangeAnnounced(
        uint256 indexed chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy, uint64 appliesFrom
    );
    event ChangeCancelled(uint256 indexed chainId);
    event UpgradeAnnounced(uint256 indexed chainId, bytes32 codeHash, uint64 appliesFrom);
    event UpgradeCancelled(uint256 indexed chainId);
    /// @notice From block `closesAt` on the rollup may be closed, unless a batch settles before that is done.
    event ClosingStarted(uint256 indexed chainId, uint64 closesAt);
    event BondWithdrawn(uint256 indexed chainId, address indexed to, uint256 bond);

    /// @notice Registers a rollup; the first one of a range makes the caller the range's owner, all others are the owner's to
    ///         register. `msg.value` is `supply`, which becomes the rollup's escrow, and the bond.
    /// @param genesisProof Convinces `verifier` of {genesisHash}, alone and under `programId`.
    function register(Registration calldata registration, bytes calldata genesisProof) external payable;

    /// @notice Offers a range to another owner, who has to accept it; 0 takes the offer back.
    function transferOwnership(uint256 range, address to) external;

    /// @notice Takes a range that was offered to the caller.
    function acceptOwnership(uint256 range) external;

    /// @notice Announces another verifier, program and policy. Another committee is another verifier, which
    ///         has to be deployed.
    function announceChange(uint256 chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy) external;

    /// @notice Takes an announced change back.
    function cancelChange(uint256 chainId) external;

    /// @notice Applies an announced change whose time has come, within 7 days, and not during a closing: {ISettlement-RollupChanged}.
    ///         Anyone may call. Its verifier has to be a contract.
    function applyChange(uint256 chainId) external;

    /// @notice Announces other code for the predeploy of the rollup.
    function announceUpgrade(uint256 chainId, bytes32 codeHash) external;

    /// @notice Takes an announced upgrade back.
    function cancelUpgrade(uint256 chainId) external;

    /// @notice Applies an announced upgrade whose time has come, within 7 days, and not during a closing:
    ///         {ISettlement-PredeployUpgraded}. Anyone may call.
    /// @param code The runtime code that was announced.
    function applyUpgrade(uint256 chainId, bytes calldata code) external;

    /// @notice Starts the closing of a rollup whose last batch's L1 origin (before any batch: whose registration) is more than 50,400 L1
    ///         blocks back; or finishes it, at least 50,400 blocks after that, for good: {ISettlement-RollupClosed}. A batch settled
    ///         in between has undone the start. Anyone may call.
    function close(uint256 chainId) external;

    /// @notice Pays the bond of a closed rollup. Its owner only.
    function withdrawBond(uint256 chainId, address to) external;

    /// @notice Returns who owns the rollups of a chain id's range; 0 if none is registered there.
    function ownerOf(uint256 chainId) external view returns (address);

    /// @notice Returns to whom the owner offered a chain id's range; 0 if to nobody.
    function pendingOwnerOf(uint256 chainId) external view returns (address);

    /// @notice Returns all that the registry knows of a rollup.
    function stateOf(uint256 chainId) external view returns (RollupState memory);

    /// @notice Returns the hash that a genesis proof is about: `keccak256(abi.encode(keccak256("scope.genesis.v2"), l1ChainId, settlement,
    ///         owner, chainId, programId, genesisBlockHash, genesisStateRoot, supply))`.
    /// @param owner Who registers it: so nobody who sees a proof can take the range with it.
    function genesisHash(address owner, Registration calldata registration) external view returns (bytes32);

    /// @notice Returns the settlement contract.
    function settlement() external view returns (ISettlement);
}
