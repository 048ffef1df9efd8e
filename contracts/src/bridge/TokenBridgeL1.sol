// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForcedKind} from "../interfaces/IForcedQueue.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {ITokenBridgeL1} from "../interfaces/ITokenBridgeL1.sol";
import {TokenBridge} from "./TokenBridge.sol";
import {TokenMetadata} from "./TokenMetadata.sol";

/// @title L1's bridge
contract TokenBridgeL1 is ITokenBridgeL1, TokenBridge {
    using TokenMetadata for address;

    /// @dev More than the most that a mint takes: of a new token with a name and a symbol of 64 bytes. A test measures it.
    uint256 private constant MINT_GAS = 1_000_000;

    /// @inheritdoc ITokenBridgeL1
    ISettlement public immutable settlement;
    /// @dev Hash of what a deposit that isn't refunded took: depositor, token and amount.
    mapping(uint256 chainId => mapping(uint256 index => bytes32)) private _deposits;

    constructor(ISettlement settlement_, address owner) TokenBridge(settlement_.scopedCallable(), owner) {
        settlement = settlement_;
    }

    /// @inheritdoc ITokenBridgeL1
    function deposit(address token, uint256 chainId, address to, uint256 amount)
        external
        payable
        returns (uint256 index)
    {
        if (to == address(0)) revert NoReceiver();
        if (_isBridged(token)) revert NotAtHome(token);
        address bridge = connection(chainId);
        if (bridge == address(0)) revert NotConnected(chainId);
        _take(token, amount);
        locked[token][chainId] += amount;

        bytes memory data = _mintCall(token, to, amount);
        uint256 fee = _feeOf(chainId, data);
        if (msg.value < fee) revert FeeTooLow(msg.value, fee);
        index = settlement.depositAndCall{value: fee}(chainId, bridge, 0, MINT_GAS, data);
        _deposits[chainId][index] = _depositHash(msg.sender, token, amount);
        emit TokensDeposited(chainId, index, msg.sender, token, to, amount);

        if (msg.value == fee) return index;
        (bool taken,) = msg.sender.call{value: msg.value - fee}("");
        if (!taken) revert RestRefused(msg.sender);
    }

    /// @inheritdoc ITokenBridgeL1
    function depositFeeOf(address token, uint256 chainId) external view returns (uint256) {
        return _feeOf(chainId, _mintCall(token, address(0), 0));
    }

    /// @inheritdoc ITokenBridgeL1
    function refundDeposit(uint256 chainId, uint256 index, address depositor, address token, uint256 amount) external {
        if (_deposits[chainId][index] != _depositHash(depositor, token, amount)) revert UnknownDeposit(chainId, index);
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        if (!rollup.closed || index < rollup.forcedQueuePosition) revert NotRefundable(chainId, index);
        delete _deposits[chainId][index];
        _release(token, chainId, depositor, amount);
    }

    /// @inheritdoc ITokenBridgeL1
    function exit(uint256 chainId, address token, address to, uint256 amount) external {
        if (msg.sender != address(settlement.exits())) revert OnlyExits(msg.sender);
        _release(token, chainId, to, amount);
    }

    function _feeOf(uint256 chainId, bytes memory data) private view returns (uint256) {
        return settlement.forcedQueue().feeOf(chainId, ForcedKind.Deposit, MINT_GAS, data.length);
    }

    function _mintCall(address token, address to, uint256 amount) private view returns (bytes memory) {
        (string memory name, string memory symbol) = (token.nameOf(), token.symbolOf());
        return abi.encodeCall(ITokenBridge.mint, (token, name, symbol, token.decimalsOf(), to, amount));
    }

    function _depositHash(address depositor, address token, uint256 amount) private pure returns (bytes32) {
        return keccak256(abi.encode(depositor, token, amount));
    }
}
