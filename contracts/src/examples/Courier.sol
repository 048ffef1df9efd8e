// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";

/// @title Story 4: carries ETH from chain to chain, keeping some at each
contract Courier {
    /// @notice What the stops ahead kept is not what was sent.
    error Lost(uint256 sent, uint256 accounted);

    event Carried(uint256 received, uint256 kept);

    /// @param courier The courier on `chainId`.
    /// @param gasLimit Gas that it gets to go on: each stop needs less than the one before.
    /// @param value Wei that goes there.
    struct Stop {
        uint256 chainId;
        address courier;
        uint256 gasLimit;
        uint256 value;
    }

    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    /// @param stops Those ahead, in order; none ahead: everything stays here.
    /// @return accounted Wei that this stop and those ahead kept: as much as it got.
    function carry(Stop[] calldata stops) external payable returns (uint256 accounted) {
        accounted = msg.value;
        if (stops.length != 0) {
            Stop calldata next = stops[0];
            bytes memory response = SCOPED_CALLABLE.scopedCall{value: next.value}(
                next.chainId,
                address(this),
                IScopedCallable.ScopedRequest(
                    next.courier, next.value, next.gasLimit, abi.encodeCall(this.carry, (stops[1:]))
                )
            );
            accounted = msg.value - next.value + abi.decode(response, (uint256));
            if (accounted != msg.value) revert Lost(msg.value, accounted);
        }
        emit Carried(msg.value, stops.length == 0 ? msg.value : msg.value - stops[0].value);
    }
}
