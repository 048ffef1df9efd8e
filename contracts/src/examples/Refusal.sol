// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {ScopeLib} from "../libraries/ScopeLib.sol";

/// @title Story 5, there: refuses most of what it is asked
contract Refuser {
    error Refused(uint256 attempt, uint256 value);

    uint256 public attempts;
    uint256 public accepted;

    function refuse(uint256 attempt) external payable {
        ++attempts;
        revert Refused(attempt, msg.value);
    }

    function accept() external payable returns (uint256) {
        return accepted += msg.value;
    }
}

/// @title Story 5, here: is refused in three ways, and goes on
contract Persistent {
    event RefusalCaught(bytes reason);

    uint256 private constant GAS = 200_000;

    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    uint256 public refusals;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    /// @notice Offers all its value in three ways in vain, and once with success.
    function insist(uint256 chainId, address refuser) external payable returns (uint256) {
        Refuser remote = Refuser(SCOPED_CALLABLE.deployAlias(chainId, refuser));

        // A plain call in a try/catch: rolled back, the value is here again.
        try remote.refuse{value: msg.value}(1) {}
        catch (bytes memory reason) {
            _caught(reason);
        }

        // Without value a failed call may survive; with value it is rolled back as well.
        _try(chainId, refuser, 2, 0);
        _try(chainId, refuser, 3, msg.value);

        return remote.accept{value: msg.value}();
    }

    function _try(uint256 chainId, address refuser, uint256 attempt, uint256 value) private {
        (bool success, bytes memory reason) = ScopeLib.tryScopedCall(
            SCOPED_CALLABLE,
            chainId,
            IScopedCallable.ScopedRequest(refuser, value, GAS, abi.encodeCall(Refuser.refuse, (attempt)))
        );
        if (!success) _caught(reason);
    }

    function _caught(bytes memory reason) private {
        ScopeLib.requireNoFault(reason);
        ++refusals;
        emit RefusalCaught(reason);
    }
}
