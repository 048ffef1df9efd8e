// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../../src/interfaces/IScopedCallableExtension.sol";
import {Operation} from "../../src/interfaces/IScopedAccount.sol";
import {Request} from "../../src/interfaces/ScopeTypes.sol";
import {Plan} from "./Plan.sol";
import {ScopeWorld} from "./ScopeWorld.sol";

/// @notice One scoped call to the script of another chain.
/// @param data `Script.run` with the calls that it makes then.
struct Step {
    uint256 chainId;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @title Calls scripts of other chains, and folds what they return
contract Script {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    mapping(uint256 chainId => address) private _peers;
    uint256 public runs;
    bytes32 public told;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    receive() external payable {}

    function meet(uint256 chainId, address peer) external {
        _peers[chainId] = peer;
    }

    function run(Step[] calldata steps) external payable returns (bytes32 folded) {
        ++runs;
        for (uint256 i = 0; i < steps.length; ++i) {
            bytes memory response = SCOPED_CALLABLE.scopedCall{value: steps[i].value}(
                steps[i].chainId,
                address(this),
                IScopedCallable.ScopedRequest(
                    _peers[steps[i].chainId], steps[i].value, steps[i].gasLimit, steps[i].data
                )
            );
            folded = keccak256(abi.encode(folded, response));
        }
        told = folded;
    }
}

/// @title A script on each of three chains
abstract contract ScriptWorld is ScopeWorld {
    mapping(uint256 chainId => Script) internal script;

    function makeScriptWorld() internal {
        makeScopeWorld();
        uint256[3] memory chains = [L1, A, B];
        for (uint256 i = 0; i < 3; ++i) {
            script[chains[i]] = new Script(sc[chains[i]]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                script[chains[i]].meet(chains[j], address(script[chains[j]]));
            }
        }
        vm.deal(user, 10_000 ether);
    }

    function step(uint256 chainId) internal pure returns (Step memory) {
        return step(chainId, 0);
    }

    function step(uint256 chainId, uint256 value) internal pure returns (Step memory) {
        return Step(chainId, value, 200_000, abi.encodeCall(Script.run, (new Step[](0))));
    }

    function step(uint256 chainId, Step memory inner) internal pure returns (Step memory) {
        return Step(chainId, 0, 600_000, abi.encodeCall(Script.run, (list(inner))));
    }

    function list(Step memory first) internal pure returns (Step[] memory steps) {
        steps = new Step[](1);
        steps[0] = first;
    }

    function list(Step memory first, Step memory second) internal pure returns (Step[] memory steps) {
        steps = new Step[](2);
        (steps[0], steps[1]) = (first, second);
    }

    function stepsOf(bytes calldata data) external pure returns (Step[] memory) {
        return abi.decode(data[4:], (Step[]));
    }

    /// @dev What happens, in order, and what it comes to.
    function writePlan(Plan plan, uint256 source, Step[] memory steps) internal returns (bytes32 folded) {
        for (uint256 i = 0; i < steps.length; ++i) {
            Step memory s = steps[i];
            Request memory q = plan.asks(
                source, address(script[source]), s.chainId, address(script[s.chainId]), s.value, s.gasLimit, s.data
            );
            bytes memory response = abi.encode(writePlan(plan, s.chainId, this.stepsOf(s.data)));
            plan.answers(q, true, response);
            folded = keccak256(abi.encode(folded, response));
        }
    }

    /// @dev A root of A; its legs on A and B run at once.
    function rootOnA(string memory name, uint256 value, Step[] memory steps) internal returns (Plan plan) {
        plan = addRollupRoot(A, name);
        bytes32 folded = writePlan(plan, A, steps);
        if (plan.records(B).length != 0) serve(plan, B);
        load(plan, A);
        vm.prank(user);
        assertEq(script[A].run{value: value}(steps), folded, "what A was told");
        close(A);
    }

    /// @dev A root of L1; its legs on A and B run at once.
    function rootOnL1(uint256 value, Step[] memory steps) internal returns (Plan plan) {
        plan = addOperationRoot(scriptOperation(value, steps));
        writePlan(plan, L1, steps);
        if (plan.records(A).length != 0) serve(plan, A);
        if (plan.records(B).length != 0) serve(plan, B);
    }

    function scriptOperation(uint256 value, Step[] memory steps) internal view returns (Operation memory operation) {
        operation = operationOf(address(script[L1]), abi.encodeCall(Script.run, (steps)));
        operation.value = value;
    }
}
