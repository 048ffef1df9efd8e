// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRollupRegistry} from "../interfaces/IRollupRegistry.sol";
import {ISequencingPolicy} from "../interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title Who registers rollups, changes them with notice, and closes those that stopped (§12)
contract RollupRegistry is IRollupRegistry {
    bytes32 private constant GENESIS_DOMAIN = keccak256("scope.genesis.v2");
    uint256 private constant BOND = 1 ether;
    /// @dev Seconds from an announcement to what it announced. Longer than a rollup takes to close, idle time and notice together.
    uint256 private constant CHANGE_DELAY = 30 days;
    /// @dev Seconds from then on until it lapses: so an announcement is always news.
    uint256 private constant CHANGE_WINDOW = 7 days;
    /// @dev A week each, in L1 blocks.
    uint256 private constant CLOSING_IDLE = 50_400;
    uint256 private constant CLOSING_NOTICE = 50_400;
    /// @dev What an account's code may have (EIP-170), and may not begin with (EIP-3541).
    uint256 private constant MAX_CODE = 24_576;
    bytes1 private constant RESERVED_CODE = 0xef;

    /// @notice A range's owner, and to whom it was offered.
    struct Ownership {
        address owner;
        address pendingOwner;
    }

    /// @notice What is known of one rollup.
    /// @param closesAt First block that may close it; 0 if nobody started that.
    /// @param closingBatch The rollup's next batch when its closing was started.
    struct Entry {
        uint128 bond;
        uint64 registeredAt;
        uint64 closesAt;
        uint64 closingBatch;
        PendingChange change;
        PendingUpgrade upgrade;
    }

    /// @inheritdoc IRollupRegistry
    ISettlement public immutable settlement;
    mapping(uint256 range => Ownership) private _ranges;
    mapping(uint256 chainId => Entry) private _entries;

    constructor(ISettlement settlement_) {
        settlement = settlement_;
    }

    modifier onlyOwner(uint256 range) {
        if (msg.sender != _ranges[range].owner) revert NotOwner(range, msg.sender);
        _;
    }

    /// @inheritdoc IRollupRegistry
    function register(Registration calldata registration, bytes calldata genesisProof) external payable {
        uint256 chainId = registration.chainId;
        _requireRange(_rangeOf(chainId));
        uint256 supply = registration.supply;
        if (msg.value != supply + BOND) revert WrongPayment(msg.value, supply + BOND);
        (_entries[chainId].bond, _entries[chainId].registeredAt) = (uint128(BOND), uint64(block.number));
        IVerifier verifier = registration.verifier;
        bytes32 programId = registration.programId;
        settlement.addRollup{value: supply}(
            chainId, programId, verifier, registration.policy, registration.genesisBlockHash
        );
        bytes32[] memory inputHashes = new bytes32[](1);
        inputHashes[0] = genesisHash(msg.sender, registration);
        verifier.verify(programId, inputHashes, genesisProof);
    }

    /// @dev Makes the caller the owner of a range that has none.
    function _requireRange(uint256 range) private {
        address owner = _ranges[range].owner;
        if (owner == msg.sender) return;
        if (owner != address(0)) revert NotOwner(range, msg.sender);
        _ranges[range].owner = msg.sender;
        emit OwnershipTransferred(range, address(0), msg.sender);
    }

    // ---- owners ---------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupRegistry
    function transferOwnership(uint256 range, address to) external onlyOwner(range) {
        _ranges[range].pendingOwner = to;
        emit OwnershipOffered(range, msg.sender, to);
    }

    /// @inheritdoc IRollupRegistry
    function acceptOwnership(uint256 range) external {
        Ownership storage ownership = _ranges[range];
        if (msg.sender != ownership.pendingOwner) revert NotPendingOwner(range, msg.sender);
        emit OwnershipTransferred(range, ownership.owner, msg.sender);
        (ownership.owner, ownership.pendingOwner) = (msg.sender, address(0));
    }

    // ---- changes, with notice ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupRegistry
    function announceChange(uint256 chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy)
        external
        onlyOwner(_rangeOf(chainId))
    {
        _requireOpen(chainId);
        _requireVerifier(chainId, verifier);
        if (!_isLapsed(_entries[chainId].change.appliesFrom)) revert AlreadyAnnounced(chainId);
        uint64 appliesFrom = uint64(block.timestamp + CHANGE_DELAY);
        _entries[chainId].change = PendingChange(verifier, programId, policy, appliesFrom);
        emit ChangeAnnounced(chainId, verifier, programId, policy, appliesFrom);
    }

    /// @inheritdoc IRollupRegistry
    function cancelChange(uint256 chainId) external onlyOwner(_rangeOf(chainId)) {
        if (_entries[chainId].change.appliesFrom == 0) revert NotAnnounced(chainId);
        delete _entries[chainId].change;
        emit ChangeCancelled(chainId);
    }

    /// @inheritdoc IRollupRegistry
    function applyChange(uint256 chainId) external {
        PendingChange memory change = _entries[chainId].change;
        _requireDue(chainId, change.appliesFrom);
        _requireVerifier(chainId, change.verifier);
        delete _entries[chainId].change;
        settlement.changeRollup(chainId, change.verifier, change.programId, change.policy);
    }

    /// @inheritdoc IRollupRegistry
    function announceUpgrade(uint256 chainId, bytes32 codeHash) external onlyOwner(_rangeOf(chainId)) {
        _requireOpen(chainId);
        if (!_isLapsed(_entries[chainId].upgrade.appliesFrom)) revert AlreadyAnnounced(chainId);
        uint64 appliesFrom = uint64(block.timestamp + CHANGE_DELAY);
        _entries[chainId].upgrade = PendingUpgrade(codeHash, appliesFrom);
        emit UpgradeAnnounced(chainId, codeHash, appliesFrom);
    }

    /// @inheritdoc IRollupRegistry
    function cancelUpgrade(uint256 chainId) external onlyOwner(_rangeOf(chainId)) {
        if (_entries[chainId].upgrade.appliesFrom == 0) revert NotAnnounced(chainId);
        delete _entries[chainId].upgrade;
        emit UpgradeCancelled(chainId);
    }

    /// @inheritdoc IRollupRegistry
    function applyUpgrade(uint256 chainId, bytes calldata code) external {
        PendingUpgrade memory upgrade = _entries[chainId].upgrade;
        _requireDue(chainId, upgrade.appliesFrom);
        bytes32 codeHash = keccak256(code);
        if (codeHash != upgrade.codeHash) revert WrongCode(codeHash, upgrade.codeHash);
        if (code.length == 0 || code.length > MAX_CODE || code[0] == RESERVED_CODE) revert ImpossibleCode(codeHash);
        delete _entries[chainId].upgrade;
        settlement.upgradePredeploy(chainId, code);
    }

    /// @dev A closing is there for those who leave: no owner changes what it ends with.
    function _requireDue(uint256 chainId, uint256 appliesFrom) private view {
        if (appliesFrom == 0) revert NotAnnounced(chainId);
        if (block.timestamp < appliesFrom) revert TooEarly(chainId, appliesFrom);
        if (_isLapsed(appliesFrom)) revert Lapsed(chainId, appliesFrom + CHANGE_WINDOW);
        if (_isClosing(_entries[chainId], _requireOpen(chainId))) revert IsClosing(chainId);
    }

    /// @dev One without code could pass no batch. A registration asks its verifier, so that one has code.
    function _requireVerifier(uint256 chainId, IVerifier verifier) private view {
        if (address(verifier).code.length == 0) revert NoVerifier(chainId);
    }

    function _isLapsed(uint256 appliesFrom) private view returns (bool) {
        return block.timestamp > appliesFrom + CHANGE_WINDOW;
    }

    // ---- closing ----------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupRegistry
    function close(uint256 chainId) external {
        ISettlement.Rollup memory rollup = _requireOpen(chainId);
        Entry storage entry = _entries[chainId];
        if (!_isClosing(entry, rollup)) {
            uint256 lastSeen = rollup.nextBatch == 0 ? entry.registeredAt : rollup.l1OriginNumber;
            if (block.number - lastSeen <= CLOSING_IDLE) revert NotIdle(chainId, lastSeen);
            (entry.closesAt, entry.closingBatch) = (uint64(block.number + CLOSING_NOTICE), rollup.nextBatch);
            emit ClosingStarted(chainId, entry.closesAt);
            return;
        }
        if (block.number < entry.closesAt) revert ClosingTooEarly(chainId, entry.closesAt);
        delete entry.change;
        delete entry.upgrade;
        settlement.removeRollup(chainId);
    }

    /// @inheritdoc IRollupRegistry
    function withdrawBond(uint256 chainId, address to) external onlyOwner(_rangeOf(chainId)) {
        uint256 bond = _entries[chainId].bond;
        if (bond == 0 || !settlement.getRollup(chainId).closed) revert NoBond(chainId);
        _entries[chainId].bond = 0;
        emit BondWithdrawn(chainId, to, bond);
        (bool paid,) = to.call{value: bond}("");
        if (!paid) revert PaymentFailed(to);
    }

    /// @dev Says whether a closing was started, and no batch has settled since.
    function _isClosing(Entry storage entry, ISettlement.Rollup memory rollup) private view returns (bool) {
        return entry.closesAt != 0 && entry.closingBatch == rollup.nextBatch;
    }

    function _requireOpen(uint256 chainId) private view returns (ISettlement.Rollup memory rollup) {
        rollup = settlement.getRollup(chainId);
        if (address(rollup.verifier) == address(0)) revert UnknownRollup(chainId);
    }

    // ---- views ------------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupRegistry
    function ownerOf(uint256 chainId) public view returns (address) {
        return _ranges[_rangeOf(chainId)].owner;
    }

    /// @inheritdoc IRollupRegistry
    function pendingOwnerOf(uint256 chainId) public view returns (address) {
        return _ranges[_rangeOf(chainId)].pendingOwner;
    }

    /// @inheritdoc IRollupRegistry
    function stateOf(uint256 chainId) external view returns (RollupState memory state) {
        Entry storage entry = _entries[chainId];
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        // Not by registeredAt, which is 0 of what is registered before L1's first block.
        if (address(rollup.verifier) == address(0) && !rollup.closed) return state;
        return RollupState({
            owner: ownerOf(chainId),
            pendingOwner: pendingOwnerOf(chainId),
            bond: entry.bond,
            registeredAt: entry.registeredAt,
            change: entry.change,
            upgrade: entry.upgrade,
            closesAt: !rollup.closed && _isClosing(entry, rollup) ? entry.closesAt : 0,
            closed: rollup.closed
        });
    }

    /// @inheritdoc IRollupRegistry
    function genesisHash(address owner, Registration calldata r) public view returns (bytes32) {
        return keccak256(
            abi.encode(
                GENESIS_DOMAIN,
                block.chainid,
                settlement,
                owner,
                r.chainId,
                r.programId,
                r.genesisBlockHash,
                r.genesisStateRoot,
                r.supply
            )
        );
    }

    function _rangeOf(uint256 chainId) private pure returns (uint256) {
        return chainId >> 8;
    }
}
