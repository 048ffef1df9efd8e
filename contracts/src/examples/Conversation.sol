// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";

/// @title Story 2, on the rollup: asks, and is asked back while it waits
contract Asker {
    enum Phase {
        Idle,
        Waiting,
        Answered
    }

    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    Phase public phase;
    uint256 public secret;
    uint256 public answer;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function ask(uint256 chainId, address answerer, uint256 secret_) external returns (uint256) {
        (phase, secret) = (Phase.Waiting, secret_);
        answer = Answerer(SCOPED_CALLABLE.deployAlias(chainId, answerer)).answer(7);
        phase = Phase.Answered;
        return answer;
    }

    /// @notice Returns to the answerer, in the middle of `ask`, a state that no block ever holds.
    function reveal() external returns (Phase, uint256) {
        // Told, so that it isn't told again; and so that it writes in the callback.
        uint256 told = secret;
        secret = 0;
        return (phase, told);
    }
}

/// @title Story 2, on L1: answers with what its caller holds at that moment
contract Answerer {
    /// @notice The caller is not in the middle of asking.
    error NotWaiting(Asker.Phase phase);

    uint256 public answers;

    function answer(uint256 factor) external returns (uint256) {
        // The caller is the asker's alias: calling it is calling the asker.
        (Asker.Phase phase, uint256 secret) = Asker(msg.sender).reveal();
        if (phase != Asker.Phase.Waiting) revert NotWaiting(phase);
        ++answers;
        return factor * secret;
    }
}
