// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "./ISettlement.sol";
import {ITokenBridgeL1} from "./ITokenBridgeL1.sol";

/// @title The way out of a closed rollup, which needs nobody (§12)
/// @notice Pays what the rollup's last settled block says, by proofs against its state root: ETH of keys and of the aliases of L1's
///         accounts, and the same of tokens whose home is L1. Each once per chain, token and holder. Anyone may do it for aliases' owners, and for
///         keys that signed anything on the rollup; other keys do it themselves. What contracts hold on the rollup stays: nobody
///         can run their code any more.
///
/// Proofs are nodes of tries, the root's first, as `eth_getProof` gives them (EIP-1186). `header` is always the RLP of the header of
/// the rollup's last settled block.
interface IRollupExit {
    /// @notice Shows that an account of the rollup is a key's: it is not there, or has no code, or delegates (EIP-7702).
    /// @param nodes Of the state's trie: the account's, or those that show that it isn't there.
    /// @param delegate What it delegates to; 0 if it has no code.
    struct AccountProof {
        bytes[] nodes;
        address delegate;
    }

    /// @notice Shows what somebody holds of a bridged token.
    /// @param bridge The rollup's bridge, in the state's trie.
    /// @param bridgedToken Where the bridge has the token's address, in its storage's trie.
    /// @param token The bridged token, in the state's trie.
    /// @param balance The holder's balance, in the token's storage's trie.
    struct TokenProof {
        bytes[] bridge;
        bytes[] bridgedToken;
        bytes[] token;
        bytes[] balance;
    }

    /// @notice The rollup is not registered, or not closed.
    error NotClosed(uint256 chainId);
    /// @notice Not the header of the rollup's last settled block.
    error WrongHeader(uint256 chainId, bytes32 hash, bytes32 expected);
    /// @notice The account has code that is no delegation to the given account: it is a contract, and what it holds stays.
    error NotAKey(address holder);
    /// @notice The account never signed on the rollup: it may be a contract to be, or an alias. Only the account itself may.
    error OnlyHolder(address holder);
    /// @notice The holder has none.
    error NothingToPay(address holder);
    /// @notice It has been paid.
    error AlreadyPaid(uint256 chainId, address bridge, address token, address holder);
    /// @notice The bridge on L1 knows none on the rollup.
    error NotConnected(address bridge, uint256 chainId);

    /// @param holder Who held it on the rollup: `to` itself, or its alias.
    event EtherPaid(uint256 indexed chainId, address indexed holder, address indexed to, uint256 amount);
    /// @param token At home, on L1.
    event TokensPaid(
        uint256 indexed chainId,
        address indexed holder,
        address indexed to,
        address bridge,
        address token,
        uint256 amount
    );

    /// @notice Returns the settlement contract.
    function settlement() external view returns (ISettlement);

    /// @notice Pays a key's ETH to the same address on L1.
    /// @return amount In wei.
    function exitEther(uint256 chainId, bytes calldata header, address holder, AccountProof calldata proof)
        external
        returns (uint256 amount);

    /// @notice Pays the ETH of the alias of an account of L1 to that account.
    /// @param proof The alias, in the state's trie.
    function exitEtherOfAlias(uint256 chainId, bytes calldata header, address owner, bytes[] calldata proof)
        external
        returns (uint256 amount);

    /// @notice Pays a key's tokens to the same address on L1.
    /// @param bridge The bridge on L1 that locked them.
    /// @param token At home, on L1.
    /// @param account Of the holder.
    function exitTokens(
        uint256 chainId,
        bytes calldata header,
        ITokenBridgeL1 bridge,
        address token,
        address holder,
        AccountProof calldata account,
        TokenProof calldata proof
    ) external returns (uint256 amount);

    /// @notice Pays the tokens of the alias of an account of L1 to that account.
    function exitTokensOfAlias(
        uint256 chainId,
        bytes calldata header,
        ITokenBridgeL1 bridge,
        address token,
        address owner,
        TokenProof calldata proof
    ) external returns (uint256 amount);

    /// @notice Returns whether it has been paid.
    /// @param bridge,token Both 0 for ETH.
    /// @param holder On the rollup.
    function isPaid(uint256 chainId, address bridge, address token, address holder) external view returns (bool);

    /// @notice Returns the alias that an account of L1 has on every rollup.
    function aliasOf(address owner) external view returns (address);
}
