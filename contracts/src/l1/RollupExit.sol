// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";

import {Alias} from "../core/Alias.sol";
import {IRollupExit} from "../interfaces/IRollupExit.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ITokenBridgeL1} from "../interfaces/ITokenBridgeL1.sol";
import {AliasAddress} from "../libraries/AliasAddress.sol";
import {StateProof} from "../libraries/StateProof.sol";

/// @title The way out of a closed rollup (§12)
/// @dev A rollup's state is what its verifier took, whatever that is: so it is paid out of its own escrow, and of what bridges locked
///      for it, alone. Receivers run code of theirs when they are paid; what was paid is noted before.
contract RollupExit is IRollupExit {
    /// @dev ScopedCallable on every rollup, which deploys its aliases.
    address private constant PREDEPLOY = 0x5C09E00000000000000000000000000000000001;
    /// @dev Where the compiler puts TokenBridge's `bridgedToken` and ERC20's balances. A test compares them.
    uint256 private constant BRIDGED_TOKEN_SLOT = 2;
    uint256 private constant BALANCES_SLOT = 0;
    bytes32 private constant NO_CODE_HASH = keccak256("");

    /// @dev The contract to which all aliases delegate, on every rollup.
    address private immutable ALIAS_IMPLEMENTATION =
        Create2.computeAddress(0, keccak256(type(Alias).creationCode), PREDEPLOY);

    /// @inheritdoc IRollupExit
    ISettlement public immutable settlement;
    /// @inheritdoc IRollupExit
    mapping(
        uint256 chainId => mapping(address bridge => mapping(address token => mapping(address holder => bool)))
    ) public isPaid;

    constructor(ISettlement settlement_) {
        settlement = settlement_;
    }

    // ---- ETH --------------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupExit
    function exitEther(uint256 chainId, bytes calldata header, address holder, AccountProof calldata proof)
        external
        returns (uint256 amount)
    {
        StateProof.Account memory account = StateProof.accountOf(_stateRoot(chainId, header), holder, proof.nodes);
        _requireKey(holder, account.nonce, account.codeHash, proof.delegate);
        return _payEther(chainId, holder, holder, account.balance);
    }

    /// @inheritdoc IRollupExit
    function exitEtherOfAlias(uint256 chainId, bytes calldata header, address owner, bytes[] calldata proof)
        external
        returns (uint256 amount)
    {
        // Its address says what it is, whether it is deployed or not.
        address holder = aliasOf(owner);
        return
            _payEther(chainId, holder, owner, StateProof.accountOf(_stateRoot(chainId, header), holder, proof).balance);
    }

    function _payEther(uint256 chainId, address holder, address to, uint256 amount) private returns (uint256) {
        _notePaid(chainId, address(0), address(0), holder, amount);
        emit EtherPaid(chainId, holder, to, amount);
        settlement.payOut(chainId, to, amount);
        return amount;
    }

    // ---- tokens -----------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupExit
    function exitTokens(
        uint256 chainId,
        bytes calldata header,
        ITokenBridgeL1 bridge,
        address token,
        address holder,
        AccountProof calldata account,
        TokenProof calldata proof
    ) external returns (uint256 amount) {
        bytes32 stateRoot = _stateRoot(chainId, header);
        if (StateProof.isAbsent(stateRoot, holder, account.nodes)) {
            _requireKey(holder, 0, NO_CODE_HASH, account.delegate);
        } else {
            StateProof.Account memory found = StateProof.accountOf(stateRoot, holder, account.nodes);
            _requireKey(holder, found.nonce, found.codeHash, account.delegate);
        }
        amount = _tokensOf(chainId, stateRoot, bridge, token, holder, proof);
        _payTokens(chainId, bridge, token, holder, holder, amount);
    }

    /// @inheritdoc IRollupExit
    function exitTokensOfAlias(
        uint256 chainId,
        bytes calldata header,
        ITokenBridgeL1 bridge,
        address token,
        address owner,
        TokenProof calldata proof
    ) external returns (uint256 amount) {
        address holder = aliasOf(owner);
        amount = _tokensOf(chainId, _stateRoot(chainId, header), bridge, token, holder, proof);
        _payTokens(chainId, bridge, token, holder, owner, amount);
    }

    /// @dev Returns what somebody holds of a token on the rollup, where the bridge that `bridge` knows there minted it.
    function _tokensOf(
        uint256 chainId,
        bytes32 stateRoot,
        ITokenBridgeL1 bridge,
        address token,
        address holder,
        TokenProof calldata proof
    ) private view returns (uint256) {
        address remote = bridge.connection(chainId);
        if (remote == address(0)) revert NotConnected(address(bridge), chainId);
        bytes32 root = StateProof.accountOf(stateRoot, remote, proof.bridge).storageRoot;
        bytes32 slot = _slotOf(token, uint256(_slotOf(block.chainid, BRIDGED_TOKEN_SLOT)));
        address bridged = address(uint160(StateProof.wordOf(root, slot, proof.bridgedToken)));
        root = StateProof.accountOf(stateRoot, bridged, proof.token).storageRoot;
        return StateProof.wordOf(root, _slotOf(holder, BALANCES_SLOT), proof.balance);
    }

    function _payTokens(
        uint256 chainId,
        ITokenBridgeL1 bridge,
        address token,
        address holder,
        address to,
        uint256 amount
    ) private {
        // Of this bridge alone: anyone may deploy one that connects what it likes.
        _notePaid(chainId, address(bridge), token, holder, amount);
        emit TokensPaid(chainId, holder, to, address(bridge), token, amount);
        bridge.exit(chainId, token, to, amount);
    }

    // ---- parts ------------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IRollupExit
    function aliasOf(address owner) public view returns (address) {
        return AliasAddress.compute(PREDEPLOY, ALIAS_IMPLEMENTATION, block.chainid, owner);
    }

    /// @dev Returns the state root after the closed rollup's last block.
    function _stateRoot(uint256 chainId, bytes calldata header) private view returns (bytes32) {
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        if (!rollup.closed) revert NotClosed(chainId);
        bytes32 hash = keccak256(header);
        if (hash != rollup.lastBlockHash) revert WrongHeader(chainId, hash, rollup.lastBlockHash);
        return BlockHeader.getStateRoot(header);
    }

    /// @dev Checks that an account is a key's. Without a transaction it may be a contract to be: an alias that was never deployed, say,
    ///      whose address is nobody's on L1; only who has the address there too says that it isn't.
    function _requireKey(address holder, uint256 nonce, bytes32 codeHash, address delegate) private view {
        bytes32 expected = delegate == address(0) ? NO_CODE_HASH : keccak256(abi.encodePacked(hex"ef0100", delegate));
        if (codeHash != expected) revert NotAKey(holder);
        if (nonce == 0 && msg.sender != holder) revert OnlyHolder(holder);
    }

    function _notePaid(uint256 chainId, address bridge, address token, address holder, uint256 amount) private {
        if (amount == 0) revert NothingToPay(holder);
        if (isPaid[chainId][bridge][token][holder]) revert AlreadyPaid(chainId, bridge, token, holder);
        isPaid[chainId][bridge][token][holder] = true;
    }

    /// @dev Returns the slot of a mapping's value.
    function _slotOf(uint256 key, uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    function _slotOf(address key, uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }
}
