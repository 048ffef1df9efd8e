// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ALIAS_SIZE, aliasArguments} from "../core/Alias.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {BridgedToken} from "./BridgedToken.sol";
import {TokenMetadata} from "./TokenMetadata.sol";

/// @title A bridge for ERC-20 tokens, one per chain
/// @dev Tokens may call anyone while they move, and anyone may call this bridge then, to send on what it received, say: there is no lock.
///      Each function leaves the books complete before it makes another call, but for {send}, which books what the token has
///      moved: it measures the surplus, in which the books of calls in between cancel out.
contract TokenBridge is ITokenBridge, Ownable2Step {
    using Math for uint256;
    using SafeERC20 for IERC20;
    using TokenMetadata for address;

    struct Home {
        uint256 chainId;
        address token;
    }

    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    BridgedToken private immutable TOKEN_IMPLEMENTATION;

    /// @inheritdoc ITokenBridge
    mapping(uint256 homeChainId => mapping(address homeToken => address)) public bridgedToken;
    /// @inheritdoc ITokenBridge
    mapping(address token => mapping(uint256 chainId => uint256)) public locked;
    /// @inheritdoc ITokenBridge
    mapping(address token => uint256) public totalLocked;
    /// @dev 0 chain: not a bridged token.
    mapping(address token => Home) private _homes;
    /// @dev The alias of each chain's bridge: the one to call, and the one that calls.
    mapping(uint256 chainId => address) private _bridges;
    mapping(address bridge => uint256 chainId) private _chains;

    constructor(IScopedCallableExtension scopedCallable, address owner) Ownable(owner) {
        SCOPED_CALLABLE = scopedCallable;
        TOKEN_IMPLEMENTATION = new BridgedToken();
    }

    // ---- here -----------------------------------------------------------------------------------------------------------------

    /// @inheritdoc ITokenBridge
    function connect(uint256 chainId, address bridge) external onlyOwner {
        if (_bridges[chainId] != address(0) || chainId == block.chainid) revert CannotConnect(chainId);
        address remote = SCOPED_CALLABLE.deployAlias(chainId, bridge);
        _bridges[chainId] = remote;
        _chains[remote] = chainId;
        emit Connected(chainId, bridge);
    }

    /// @inheritdoc ITokenBridge
    function send(address token, uint256 targetChainId, address to, uint256 amount)
        external
        returns (address remoteToken)
    {
        emit TokensSent(token, targetChainId, to, amount);
        Home memory home = _homes[token];
        if (home.chainId != 0) {
            BridgedToken(token).burn(msg.sender, amount);
            ITokenBridge bridge = _bridge(home.chainId);
            if (home.chainId == targetChainId) return bridge.release(home.token, to, amount);
            return bridge.move(home.token, targetChainId, to, amount);
        }
        _take(token, amount);
        return _mintOn(targetChainId, token, to, amount);
    }

    /// @inheritdoc ITokenBridge
    function connection(uint256 chainId) public view returns (address bridge) {
        address remote = _bridges[chainId];
        if (remote != address(0)) (, bridge) = aliasArguments(remote);
    }

    // ---- for the bridges of other chains -------------------------------------------------------------------------------------

    /// @inheritdoc ITokenBridge
    function mint(
        address homeToken,
        string calldata name,
        string calldata symbol,
        uint8 decimals,
        address to,
        uint256 amount
    ) external returns (address token) {
        uint256 homeChainId = _callerChain();
        token = bridgedToken[homeChainId][homeToken];
        if (token == address(0)) {
            token = Clones.cloneWithImmutableArgs(
                address(TOKEN_IMPLEMENTATION),
                abi.encode(BridgedToken.TokenIdentity(homeChainId, homeToken, decimals, name, symbol))
            );
            bridgedToken[homeChainId][homeToken] = token;
            _homes[token] = Home(homeChainId, homeToken);
        }
        emit TokensReceived(token, homeChainId, to, amount);
        BridgedToken(token).mint(to, amount);
    }

    /// @inheritdoc ITokenBridge
    function release(address token, address to, uint256 amount) external returns (address) {
        _release(token, _callerChain(), to, amount);
        return token;
    }

    /// @inheritdoc ITokenBridge
    function move(address token, uint256 targetChainId, address to, uint256 amount)
        external
        returns (address remoteToken)
    {
        _unlock(token, _callerChain(), amount);
        return _mintOn(targetChainId, token, to, amount);
    }

    // ---- parts ------------------------------------------------------------------------------------------------------------------

    /// @dev Takes a home token from the caller.
    function _take(address token, uint256 amount) internal {
        if (!_isLocalContract(token)) revert NotAToken(token);
        uint256 before = _surplusOf(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = _surplusOf(token).saturatingSub(before);
        if (received != amount) revert WrongAmountReceived(token, received, amount);
        totalLocked[token] += amount;
    }

    /// @dev Gives out a home token that was locked for a chain.
    function _release(address token, uint256 chainId, address to, uint256 amount) internal {
        _unlock(token, chainId, amount);
        _surplusOf(token);
        totalLocked[token] -= amount;
        emit TokensReceived(token, chainId, to, amount);
        IERC20(token).safeTransfer(to, amount);
        // A token may take more than it gives.
        _surplusOf(token);
    }

    /// @dev Returns whether a token's home is another chain.
    function _isBridged(address token) internal view returns (bool) {
        return _homes[token].chainId != 0;
    }

    function _mintOn(uint256 chainId, address token, address to, uint256 amount) private returns (address) {
        locked[token][chainId] += amount;
        (string memory name, string memory symbol) = (token.nameOf(), token.symbolOf());
        return _bridge(chainId).mint(token, name, symbol, token.decimalsOf(), to, amount);
    }

    function _unlock(address token, uint256 chainId, uint256 amount) private {
        if (locked[token][chainId] < amount) revert NotEnoughLocked(chainId, token, amount);
        locked[token][chainId] -= amount;
    }

    /// @dev Returns what the bridge holds of the token beyond what is locked; reverts if that is less than nothing.
    function _surplusOf(address token) private view returns (uint256) {
        (uint256 balance, uint256 total) = (IERC20(token).balanceOf(address(this)), totalLocked[token]);
        if (balance < total) revert TokenShort(token, balance, total);
        // Unchecked: it isn't.
        unchecked {
            return balance - total;
        }
    }

    function _isLocalContract(address account) private view returns (bool) {
        uint256 size = account.code.length;
        if (size != ALIAS_SIZE) return size != 0;
        (uint256 chainId, address original) = aliasArguments(account);
        return SCOPED_CALLABLE.aliasOf(chainId, original) != account;
    }

    function _bridge(uint256 chainId) private view returns (ITokenBridge bridge) {
        bridge = ITokenBridge(_bridges[chainId]);
        if (address(bridge) == address(0)) revert NotConnected(chainId);
    }

    function _callerChain() private view returns (uint256 chainId) {
        chainId = _chains[msg.sender];
        if (chainId == 0) revert OnlyRemoteBridge(msg.sender);
    }
}
