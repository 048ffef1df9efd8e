// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {Operation} from "../src/interfaces/IScopedAccount.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {Request} from "../src/interfaces/ScopeTypes.sol";
import {ScopeLib} from "../src/libraries/ScopeLib.sol";
import {Plan} from "./utils/Plan.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

/// @dev How a call ends, and what its caller does.
enum Mode {
    /// The callee succeeds.
    Succeeds,
    /// The callee fails; the caller catches scopedCall's revert, so the call is rolled back.
    Caught,
    /// The callee fails; tryScopedCall, so the failed call survives.
    Tried
}

struct RandomStep {
    uint256 chainId;
    Mode mode;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @dev Makes calls, and tells what it was told and how often it ran: each run sees the runs before it, also within its own root.
contract RandomScript {
    error Failed(bytes32 folded);

    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    mapping(uint256 chainId => address) private _peers;
    uint256 public runs;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function meet(uint256 chainId, address peer) external {
        _peers[chainId] = peer;
    }

    /// @param salt Makes requests differ.
    function run(uint256 salt, bool fails, RandomStep[] calldata steps) external payable returns (bytes32 folded) {
        folded = keccak256(abi.encode(salt, ++runs));
        for (uint256 i = 0; i < steps.length; ++i) {
            IScopedCallable.ScopedRequest memory request = IScopedCallable.ScopedRequest(
                _peers[steps[i].chainId], steps[i].value, steps[i].gasLimit, steps[i].data
            );
            bool success;
            bytes memory data;
            if (steps[i].mode == Mode.Tried) {
                (success, data) = SCOPED_CALLABLE.tryScopedCall(steps[i].chainId, address(this), request);
            } else {
                try SCOPED_CALLABLE.scopedCall{value: request.value}(steps[i].chainId, address(this), request) returns (
                    bytes memory response
                ) {
                    (success, data) = (true, response);
                } catch (bytes memory reason) {
                    ScopeLib.requireNoFault(reason);
                    data = reason;
                }
            }
            folded = keccak256(abi.encode(folded, success, data, address(this).balance, runs));
        }
        if (fails) revert Failed(folded);
    }
}

/// @title Random call trees over three chains settle, with the outcome they have on a single chain (§13)
/// @notice `_write` is the oracle: it goes through the tree as one chain would, with one thread of control and plain undoing, and writes
///         down on the way what each chain has to be told.
contract RandomTest is ScopeWorld {
    mapping(uint256 chainId => RandomScript) private script;
    uint256[3] private chains = [L1, A, B];

    /// @dev The single chain's state: what must come out.
    struct State {
        uint256[3] runs;
        uint256[3] balances;
    }

    State private _state;
    uint256 private _random;
    uint256 private _salt;
    uint256 private _operations;
    /// @dev Moments at which frames that will revert began, and at which each chain began to wait; in order.
    uint256 private _clock;
    uint256[] private _doomed;
    uint256[][3] private _waits;

    function setUp() external {
        makeScopeWorld();
        for (uint256 i = 0; i < 3; ++i) {
            script[chains[i]] = new RandomScript(sc[chains[i]]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                script[chains[i]].meet(chains[j], address(script[chains[j]]));
            }
            vm.deal(address(script[chains[i]]), 100 ether);
            _state.balances[i] = 100 ether;
        }
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_random_call_trees_settle(uint256 seed) external {
        _random = seed;
        for (uint256 root = 0; root < 3; ++root) {
            uint256 origin = _next(3);
            (RandomStep[] memory steps,) = _generate(chains[origin], 0);
            _runRoot(origin, ++_salt, steps);
        }
        settle(makeScope());
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(script[chains[i]].runs(), _state.runs[i], "runs");
            assertEq(address(script[chains[i]]).balance, _state.balances[i], "balance");
        }
        uint256 held = settlement.escrowOf(A) + settlement.escrowOf(B);
        assertEq(address(sc[L1]).balance, held, "L1 holds what it holds for rollups");
        assertEq(settlement.escrowOf(A) + 100 ether, ESCROW + _state.balances[1], "what exists on A");
        assertEq(settlement.escrowOf(B) + 100 ether, ESCROW + _state.balances[2], "what exists on B");
    }

    function _runRoot(uint256 origin, uint256 salt, RandomStep[] memory steps) private {
        uint256 chainId = chains[origin];
        bytes memory data = abi.encodeCall(RandomScript.run, (salt, false, steps));
        Plan plan;
        if (chainId == L1) plan = addOperationRoot(_operation(data));
        else plan = addRollupRoot(chainId, string(abi.encode(salt)));
        bytes32 folded = _write(plan, origin, salt, steps);
        for (uint256 i = 1; i < 3; ++i) {
            if (i != origin && plan.records(chains[i]).length != 0) serve(plan, chains[i]);
        }
        if (chainId == L1) return;
        load(plan, chainId);
        assertEq(script[chainId].run(salt, false, steps), folded, "what the root was told");
        close(chainId);
    }

    /// @dev Operations of one account in one scope have consecutive nonces.
    function _operation(bytes memory data) private returns (Operation memory operation) {
        operation = operationOf(address(script[L1]), data);
        operation.nonce = _operations++;
        operation.gas = 200_000_000;
    }

    function _write(Plan plan, uint256 source, uint256 salt, RandomStep[] memory steps)
        private
        returns (bytes32 folded)
    {
        folded = keccak256(abi.encode(salt, ++_state.runs[source]));
        for (uint256 i = 0; i < steps.length; ++i) {
            (bool success, bytes memory data) = _writeStep(plan, source, steps[i]);
            folded = keccak256(abi.encode(folded, success, data, _state.balances[source], _state.runs[source]));
        }
    }

    function _writeStep(Plan plan, uint256 source, RandomStep memory step)
        private
        returns (bool success, bytes memory data)
    {
        uint256 target = step.chainId == L1 ? 0 : step.chainId - A + 1;
        Plan.Baton memory before = plan.baton();
        State memory stateBefore = _state;
        if (step.mode == Mode.Caught) _doomed.push(++_clock);
        Request memory q = plan.asks(
            chains[source],
            address(script[chains[source]]),
            step.chainId,
            address(script[step.chainId]),
            step.value,
            step.gasLimit,
            step.data
        );
        Plan.Baton memory asked = plan.baton();
        _waits[source].push(++_clock);

        _state.balances[source] -= step.value;
        _state.balances[target] += step.value;
        success = step.mode == Mode.Succeeds;
        if (!success) _doomed.push(++_clock);
        (uint256 salt,, RandomStep[] memory inner) = this.decode(step.data);
        bytes32 folded = _write(plan, target, salt, inner);
        if (success) {
            data = abi.encode(folded);
        } else {
            data = abi.encodeWithSelector(RandomScript.Failed.selector, folded);
            _doomed.pop();
            plan.rollsBack(asked);
            _state = stateBefore;
        }

        // The record stands as long as the target's wait does, if every doomed frame around it began before that.
        uint256 wait = _waits[target].length == 0 ? 0 : _waits[target][_waits[target].length - 1];
        uint256 doomed = _doomed.length == 0 ? 0 : _doomed[_doomed.length - 1];
        if (doomed <= wait) plan.answers(q, success, data);
        else plan.answersInVain(q, success, data);
        _waits[source].pop();
        if (step.mode == Mode.Caught) {
            _doomed.pop();
            plan.rollsBack(before);
        }
    }

    function decode(bytes calldata data) external pure returns (uint256, bool, RandomStep[] memory) {
        return abi.decode(data[4:], (uint256, bool, RandomStep[]));
    }

    /// @return steps Of a script on `source`.
    /// @return gasNeeded For them, amply.
    function _generate(uint256 source, uint256 depth) private returns (RandomStep[] memory steps, uint256 gasNeeded) {
        steps = new RandomStep[](depth == 3 ? 0 : _next(depth == 0 ? 4 : 3));
        gasNeeded = 600_000;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 target = chains[_next(3)];
            if (target == source) target = target == A ? B : A;
            (RandomStep[] memory inner, uint256 innerGas) = _generate(target, depth + 1);
            Mode mode = Mode(_next(3));
            uint256 value = mode == Mode.Tried ? 0 : _next(3) * 1 ether;
            bytes memory data = abi.encodeCall(RandomScript.run, (++_salt, mode != Mode.Succeeds, inner));
            steps[i] = RandomStep(target, mode, value, innerGas, data);
            // What is rolled back runs again each time that its anchor is reached.
            gasNeeded += 2 * innerGas + 400_000;
        }
    }

    function _next(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % bound;
    }
}
