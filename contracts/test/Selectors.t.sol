// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../src/interfaces/IScopedCallableL2.sol";
import {Test} from "./utils/Test.sol";

/// @title The seed's ABI is unchanged
contract SelectorsTest is Test {
    function test_the_selectors_are_those_of_the_seed() external pure {
        _same(IScopedCallable.scopedCall.selector, "scopedCall(uint256,address,(address,uint256,uint256,bytes))");
        _same(
            IScopedCallable.handleScopedCall.selector,
            "handleScopedCall(uint256,address,uint256,(address,uint256,uint256,bytes))"
        );
        _same(IScopedCallable.fillResponsesIn.selector, "fillResponsesIn(uint256[],bytes32[],bytes[])");
        _same(IScopedCallable.getRollingHashes.selector, "getRollingHashes(uint256)");
    }

    /// @dev While asking is paused, the host refuses these (§12).
    function test_the_selectors_that_ask() external pure {
        _same(
            IScopedCallableExtension.tryScopedCall.selector,
            "tryScopedCall(uint256,address,(address,uint256,uint256,bytes))"
        );
        _same(
            IScopedCallableExtension.scopedStaticCall.selector,
            "scopedStaticCall(uint256,address,(address,uint256,uint256,bytes))"
        );
        _same(IScopedCallableExtension.forwardStranded.selector, "forwardStranded(uint256,address)");
        _same(IScopedCallableL2.pauseAsking.selector, "pauseAsking()");
        _same(IScopedCallableL2.AskingPaused.selector, "AskingPaused()");
    }

    /// @dev The state transition knows it (§12).
    function test_the_selector_that_upgrades() external pure {
        _same(IScopedCallableL2.upgrade.selector, "upgrade(bytes)");
    }

    /// @dev In case a type of the seed's struct is renamed to one of the same shape: the interface as a whole.
    function test_the_interface_id_is_that_of_the_seed() external pure {
        bytes4 id = bytes4(keccak256("scopedCall(uint256,address,(address,uint256,uint256,bytes))"))
            ^ bytes4(keccak256("handleScopedCall(uint256,address,uint256,(address,uint256,uint256,bytes))"))
            ^ bytes4(keccak256("fillResponsesIn(uint256[],bytes32[],bytes[])"))
            ^ bytes4(keccak256("getRollingHashes(uint256)"));
        assertEq(bytes32(type(IScopedCallable).interfaceId), bytes32(id), "nothing added, nothing left out");
    }

    function _same(bytes4 selector, string memory signature) private pure {
        assertEq(bytes32(selector), bytes32(bytes4(keccak256(bytes(signature)))), signature);
    }
}
