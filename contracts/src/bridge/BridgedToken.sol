// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token of another chain
/// @dev Each is a minimal proxy, so that minting a new one fits an alias's gas limit. Its immutable arguments are
///      `abi.encode(TokenIdentity)`.
contract BridgedToken is ERC20 {
    struct TokenIdentity {
        uint256 homeChainId;
        address homeToken;
        uint8 decimals;
        string name;
        string symbol;
    }

    /// @notice Only the bridge may.
    error OnlyBridge(address caller);

    address private immutable BRIDGE = msg.sender;

    constructor() ERC20("", "") {}

    modifier onlyBridge() {
        if (msg.sender != BRIDGE) revert OnlyBridge(msg.sender);
        _;
    }

    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
    }

    /// @notice Returns the token's home: its chain and address.
    function identity() public view returns (TokenIdentity memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (TokenIdentity));
    }

    function name() public view override returns (string memory) {
        return identity().name;
    }

    function symbol() public view override returns (string memory) {
        return identity().symbol;
    }

    function decimals() public view override returns (uint8) {
        return identity().decimals;
    }
}
