// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The address at which `Clones.cloneDeterministicWithImmutableArgs(implementation, abi.encodePacked(chainId, account), 0)` deploys
/// @dev The same as OpenZeppelin's prediction, a test compares them; this one is on the path of every call through an alias, at a third
///      of the gas.
library AliasAddress {
    /// @dev The code by which OpenZeppelin's clone deploys itself, up to the implementation's address: 97 bytes of code to return (0x61),
    ///      10 bytes of itself to skip (0x0a), and the first 10 bytes of the proxy.
    bytes20 private constant BEFORE_IMPLEMENTATION = hex"6100613d81600a3d39f3363d3d373d3d3d363d73";
    bytes15 private constant AFTER_IMPLEMENTATION = hex"5af43d82803e903d91602b57fd5bf3";

    /// @notice Returns where this contract deploys it.
    function compute(address implementation, uint256 chainId, address account) internal view returns (address) {
        return compute(address(this), implementation, chainId, account);
    }

    /// @notice Returns where `deployer` deploys it.
    function compute(address deployer, address implementation, uint256 chainId, address account)
        internal
        pure
        returns (address predicted)
    {
        // Memory-safe: writes beyond the free memory pointer, which stays.
        assembly ("memory-safe") {
            let code := mload(0x40)
            mstore(code, BEFORE_IMPLEMENTATION) // 20 bytes
            mstore(add(code, 20), shl(96, implementation)) // 20 bytes
            mstore(add(code, 40), AFTER_IMPLEMENTATION) // 15 bytes
            mstore(add(code, 55), chainId) // 32 bytes
            mstore(add(code, 87), shl(96, account)) // 20 bytes
            let codeHash := keccak256(code, 107)

            // CREATE2: keccak256(0xff || deployer || salt || codeHash).
            mstore(code, or(shl(248, 0xff), shl(88, deployer)))
            mstore(add(code, 21), 0)
            mstore(add(code, 53), codeHash)
            predicted := and(keccak256(code, 85), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }
}
