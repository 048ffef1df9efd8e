// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A bridge for ERC-20 tokens: locks at home, mints elsewhere
/// @notice A token's home is where it was deployed, any chain. Elsewhere it is a {BridgedToken}, which only the home's bridge has
///         minted: a transfer between two other chains goes through the home, whose bridge knows how much it locked for whom. So a
///         bad chain can lose only what is on it.
///
/// Tokens differ:
/// - Balances that shrink: while the bridge holds less of a token than is locked in all, it neither takes nor releases any of it, so
///   that no chain gets what is locked for another one. Whoever transfers what is missing to the bridge ends that. Moves between other
///   chains go on, for they change no total. Losses are not shared out.
/// - Balances that grow: the surplus is nobody's. No function pays it out; it makes up for a later shrinking. Wrap such tokens first.
/// - Fees: what the bridge gets must be the amount to the unit, and a release may cost others nothing.
/// - Hooks: whoever is told of a transfer may revert, which fails that transfer alone, or call the bridge, to send on, say.
/// - Name and symbol are strings, or words, which end at their first zero. They are cut after 64 bytes and need not be UTF-8. If
///   missing, failing or malformed, they are empty; decimals are 0 then, so that amounts are in the token's units. What a
///   chain is told first it keeps.
///
/// A bridge knows another one by its alias as `msg.sender`, and calls it by calling that alias.
interface ITokenBridge {
    /// @notice Only a connected bridge of another chain may, by its alias.
    error OnlyRemoteBridge(address caller);
    /// @notice No bridge of this chain is connected.
    error NotConnected(uint256 chainId);
    /// @notice A bridge of this chain is connected already, or the chain is this one.
    error CannotConnect(uint256 chainId);
    /// @notice The chain asks for more than is locked for it.
    error NotEnoughLocked(uint256 chainId, address token, uint256 amount);
    /// @notice Not a token of this chain: an account without code, or an alias, behind which a contract of another chain is.
    error NotAToken(address token);
    /// @notice The bridge holds less of the token than is locked, or would: a chain could take what is locked for another one.
    error TokenShort(address token, uint256 balance, uint256 locked);
    /// @notice The token did not move exactly the amount: it takes a fee, say, or its transfer came back here.
    error WrongAmountReceived(address token, uint256 received, uint256 amount);

    event Connected(uint256 indexed chainId, address bridge);
    event TokensSent(address indexed token, uint256 indexed targetChainId, address indexed to, uint256 amount);
    event TokensReceived(address indexed token, uint256 indexed sourceChainId, address indexed to, uint256 amount);

    /// @notice Connects the bridge of another chain, for good. Owner only.
    function connect(uint256 chainId, address bridge) external;

    /// @notice Sends tokens of the caller: a home token is taken by allowance and locked, a bridged one burnt.
    /// @param token A contract of this chain: {NotAToken} refuses an alias, of which every call would be a scoped call.
    /// @return remoteToken The token that `to` got on the target chain.
    function send(address token, uint256 targetChainId, address to, uint256 amount)
        external
        returns (address remoteToken);

    /// @notice Mints a token here for its home, deploying it if it is new.
    function mint(
        address homeToken,
        string calldata name,
        string calldata symbol,
        uint8 decimals,
        address to,
        uint256 amount
    ) external returns (address token);

    /// @notice Releases at a token's home what was locked for the caller's chain.
    function release(address token, address to, uint256 amount) external returns (address);

    /// @notice Locks at a token's home for another chain what was locked for the caller's, and mints it there.
    function move(address token, uint256 targetChainId, address to, uint256 amount)
        external
        returns (address remoteToken);

    /// @notice Returns the bridge of another chain, its address there; 0 if none is connected.
    function connection(uint256 chainId) external view returns (address bridge);

    /// @notice Returns this chain's token for a token of another chain; 0 if it has none yet.
    function bridgedToken(uint256 homeChainId, address homeToken) external view returns (address);

    /// @notice Returns the amount of a token of this chain that exists on another one.
    function locked(address token, uint256 chainId) external view returns (uint256);

    /// @notice Returns the amount of a token of this chain that exists on all others.
    function totalLocked(address token) external view returns (uint256);
}
