// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../../src/interfaces/IScopedCallable.sol";

/// @title Counts how often it is called
contract Counter {
    error Refused(uint256 counter);

    uint256 public counter;

    function increment() external returns (uint256) {
        return ++counter;
    }

    function refuse() external {
        revert Refused(++counter);
    }
}

/// @title Calls counters, here or elsewhere: a target is a contract of this chain, or the alias of one of another chain
/// @dev Nothing in this contract knows that there is more than one chain.
contract Caller {
    error Undone(uint256 answer);
    error TooMany(uint256 sum);

    uint256 public counter;
    uint256 public answer;
    bool public lastCallFailed;
    bytes public lastReason;

    function call(Counter target) external returns (uint256) {
        answer = target.increment();
        ++counter;
        return answer;
    }

    function callRefusing(Counter target) external {
        ++counter;
        target.refuse();
    }

    function callTwice(Counter target) external returns (uint256 first, uint256 second) {
        first = target.increment();
        second = target.increment();
    }

    function callBoth(Counter one, Counter other) external returns (uint256 first, uint256 second) {
        first = one.increment();
        second = other.increment();
    }

    /// @notice Twice through a remote caller, whose target is `nested` as seen there; then directly.
    function nestedTwiceThenDirect(Caller remote, Counter nested, Counter direct) external returns (uint256) {
        remote.call(nested);
        ++counter;
        remote.call(nested);
        ++counter;
        return direct.increment();
    }

    /// @notice Each hop is as the hop before sees it.
    function hop(Caller[] calldata path) external returns (uint256 hops) {
        ++counter;
        if (path.length != 0) hops = 1 + path[0].hop(path[1:]);
    }

    /// @notice A success that this frame takes back.
    function callAndRevert(Counter target) external {
        revert Undone(target.increment());
    }

    /// @notice Outlives a parent, here or elsewhere, that calls and reverts.
    function outlive(Caller parent, Counter target) external {
        try parent.callAndRevert(target) {}
        catch (bytes memory reason) {
            (lastCallFailed, lastReason) = (true, reason);
        }
        ++counter;
    }

    function undoThenCall(Counter undone, Counter target) external returns (uint256) {
        this.outlive(this, undone);
        answer = target.increment();
        return answer;
    }

    function callSafely(Counter target) external {
        ++counter;
        try target.refuse() {
            lastCallFailed = false;
        } catch (bytes memory reason) {
            (lastCallFailed, lastReason) = (true, reason);
        }
    }

    /// @notice Reverts after both calls succeeded, if they give more than `most` together.
    function callBothUpTo(Counter one, Counter other, uint256 most) external returns (uint256 sum) {
        sum = one.increment() + other.increment();
        if (sum > most) revert TooMany(sum);
        ++counter;
    }

    function callBothUpToSafely(Counter one, Counter other, uint256 most) external {
        try this.callBothUpTo(one, other, most) {}
        catch (bytes memory reason) {
            (lastCallFailed, lastReason) = (true, reason);
        }
    }
}

/// @title Calls its peer, which calls it
contract Deep {
    uint256 public count;
    Deep public peer;

    function meet(Deep peer_) external {
        peer = peer_;
    }

    function deepCall(uint256 depth) external returns (uint256 calls) {
        ++count;
        if (depth != 0) calls = 1 + peer.deepCall(depth - 1);
    }
}

contract Greeter {
    string public greeting;

    constructor(string memory greeting_) {
        greeting = greeting_;
    }

    /// @dev Not `view`, so that it is a call.
    function greet() external returns (string memory) {
        emit Greeted(msg.sender);
        return greeting;
    }

    event Greeted(address whom);
}

contract Listener {
    string public heard;

    function listen(Greeter greeter) external returns (string memory) {
        heard = greeter.greet();
        return heard;
    }
}

/// @title Calls its peer on another chain, which calls it back, with nine tenths of the gas on each level
contract Rally {
    IScopedCallable private immutable SCOPED_CALLABLE;
    uint256 private _peerChain;
    address private _peer;

    constructor(IScopedCallable scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function meet(uint256 chainId, address peer) external {
        (_peerChain, _peer) = (chainId, peer);
    }

    /// @param left Calls that follow.
    function hit(uint256 left, uint256 gasLimit) external returns (uint256 calls) {
        if (left == 0) return 0;
        bytes memory response = SCOPED_CALLABLE.scopedCall(
            _peerChain,
            address(this),
            IScopedCallable.ScopedRequest(_peer, 0, gasLimit, abi.encodeCall(this.hit, (left - 1, gasLimit * 9 / 10)))
        );
        return 1 + abi.decode(response, (uint256));
    }
}

/// @title Dives through its own frames until hardly any gas is left, then on into the next chain's
/// @dev A 64th of each gas limit can't be asked with below it.
contract Diver {
    IScopedCallable public callable;
    uint256 public nextChainId;
    address public next;
    uint256 public floor;

    function dive(uint256 hops, uint64 limit) external returns (uint256 depth) {
        if (gasleft() > floor) {
            try this.dive(hops, limit) returns (uint256 below) {
                return below + 1;
            } catch {
                return 1;
            }
        }
        if (hops == 0) return 1;
        bytes memory answer = callable.scopedCall(
            nextChainId,
            address(this),
            IScopedCallable.ScopedRequest(next, 0, limit, abi.encodeCall(this.dive, (hops - 1, limit - limit / 64)))
        );
        return abi.decode(answer, (uint256)) + 1;
    }
}
