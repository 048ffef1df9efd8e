// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../../src/interfaces/IScopedCallableExtension.sol";

interface INumber {
    /// @dev Not `view`, so that it is a call.
    function number(uint256 call) external returns (uint256);
}

/// @title Does as little as it can, so that what is measured is the way to it
/// @dev Each takes the number of the call, so that no two calls of a root are equal.
contract Work is INumber {
    error Refused(uint256 number);

    function number(uint256) external pure returns (uint256) {
        return uint256(keccak256("an answer of 32 bytes"));
    }

    function seen(uint256) external pure returns (uint256) {
        return uint256(keccak256("an answer of 32 bytes"));
    }

    function take(uint256) external payable returns (uint256) {
        return uint256(keccak256("an answer of 32 bytes"));
    }

    function refuse(uint256) external pure {
        revert Refused(uint256(keccak256("a reason of 32 bytes")));
    }

    function callBack(uint256 call) external returns (uint256) {
        return INumber(msg.sender).number(call);
    }
}

/// @title Uses one pattern several times in a root
contract Meter is INumber {
    uint256 private constant GAS = 60_000;

    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    uint256 private immutable CHAIN_ID;
    address private immutable REMOTE;
    /// @dev Its alias here.
    Work private immutable WORK;

    constructor(IScopedCallableExtension scopedCallable, uint256 chainId, address remote, Work work) {
        (SCOPED_CALLABLE, CHAIN_ID, REMOTE, WORK) = (scopedCallable, chainId, remote, work);
    }

    function number(uint256) external pure returns (uint256) {
        return uint256(keccak256("an answer of 32 bytes"));
    }

    function scopedCall(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            SCOPED_CALLABLE.scopedCall(CHAIN_ID, address(this), _request(0, abi.encodeCall(Work.number, (i))));
        }
    }

    function scopedCallWithValue(uint256 times) external payable {
        for (uint256 i = 0; i < times; ++i) {
            SCOPED_CALLABLE.scopedCall{value: 1}(CHAIN_ID, address(this), _request(1, abi.encodeCall(Work.take, (i))));
        }
    }

    function scopedStaticCall(uint256 times) external view {
        for (uint256 i = 0; i < times; ++i) {
            SCOPED_CALLABLE.scopedStaticCall(CHAIN_ID, address(this), _request(0, abi.encodeCall(Work.seen, (i))));
        }
    }

    function failedTryScopedCall(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            (bool success,) =
                SCOPED_CALLABLE.tryScopedCall(CHAIN_ID, address(this), _request(0, abi.encodeCall(Work.refuse, (i))));
            assert(!success);
        }
    }

    function aliasCall(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            INumber(address(WORK)).number(i);
        }
    }

    function aliasCallWithValue(uint256 times) external payable {
        for (uint256 i = 0; i < times; ++i) {
            WORK.take{value: 1}(i);
        }
    }

    function aliasStaticCall(uint256 times) external view {
        for (uint256 i = 0; i < times; ++i) {
            WORK.seen(i);
        }
    }

    function sameAliasStaticCall(uint256 times) external view {
        for (uint256 i = 0; i < times; ++i) {
            WORK.seen(0);
        }
    }

    function aliasCallThatCallsBack(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            WORK.callBack(i);
        }
    }

    function failedAliasCall(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            (bool success,) = address(WORK).call(abi.encodeCall(Work.refuse, (i)));
            assert(!success);
        }
    }

    function rolledBackAliasCall(uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            try this.callAndRevert(i) {
                assert(false);
            } catch {}
        }
    }

    function callAndRevert(uint256 call) external {
        INumber(address(WORK)).number(call);
        revert();
    }

    function _request(uint256 value, bytes memory data) private view returns (IScopedCallable.ScopedRequest memory) {
        return IScopedCallable.ScopedRequest(REMOTE, value, GAS, data);
    }
}

/// @title Answers with as many zero bytes as it is asked for
contract Bulk {
    function bulk(uint256 size) external pure {
        assembly {
            return(0, size)
        }
    }
}

/// @title Asks for a bulky answer in a frame with hardly any gas, and catches that this fails
contract Starver {
    uint256 public runs;

    function starve(IScopedCallableExtension callable, uint256 chainId, address bulk, uint256 size, uint256 gasLimit)
        external
    {
        IScopedCallable.ScopedRequest memory request =
            IScopedCallable.ScopedRequest(bulk, 0, 1_000_000, abi.encodeCall(Bulk.bulk, (size)));
        (bool ignored,) = address(callable).call{gas: gasLimit}(
            abi.encodeCall(callable.tryScopedCall, (chainId, address(this), request))
        );
        ignored;
        ++runs;
    }
}

/// @title Has a Starver on another chain call back
contract StarveCaller {
    function go(
        IScopedCallableExtension callable,
        uint256 chainId,
        Starver starver,
        uint256 ownChainId,
        address bulk,
        uint256 size,
        uint256 gasLimit
    ) external {
        callable.scopedCall(
            chainId,
            address(this),
            IScopedCallable.ScopedRequest(
                address(starver),
                0,
                3_000_000,
                abi.encodeCall(starver.starve, (callable, ownChainId, bulk, size, gasLimit))
            )
        );
    }
}
