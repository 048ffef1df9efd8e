// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ScopedAccount} from "../../src/accounts/ScopedAccount.sol";
import {IScopedAccount, Operation} from "../../src/interfaces/IScopedAccount.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {RootContext, Streams} from "../../src/interfaces/ScopeTypes.sol";
import {Settlement} from "../../src/l1/Settlement.sol";
import {CommitteeVerifier} from "../../src/verifiers/CommitteeVerifier.sol";
import {Plan} from "./Plan.sol";
import {World} from "./World.sol";

/// @title L1 with its settlement, two rollups, a committee of three and a user with an account
/// @notice Roots are added to the scope one by one; their legs on rollups run at once, those on L1 when the scope is settled. A batch
///         claims what its rollup's ScopedCallable says, as a prover would.
abstract contract ScopeWorld is World {
    bytes32 internal constant PROGRAM = keccak256("program");
    uint256 internal constant USER_KEY = 0xa11ce;
    uint256 internal constant ESCROW = 1000 ether;

    Settlement internal settlement;
    CommitteeVerifier internal committee;
    /// @dev Ascending addresses.
    uint256[3] internal memberKeys;
    address internal user = vm.addr(USER_KEY);
    address internal submitter = makeAddress("submitter");

    Plan[] private _plans;
    bytes[] private _operations;

    function makeScopeWorld() internal {
        on(L1);
        vm.roll(100);
        vm.setBlockhash(99, keccak256("block 99"));
        settlement = new Settlement(address(this));
        (sc[L1], loaderOf[L1]) = (settlement.scopedCallable(), address(settlement));
        makeCommittee();
        for (uint256 chainId = A; chainId <= B; ++chainId) {
            on(L1);
            settlement.registerRollup{value: ESCROW}(
                chainId, PROGRAM, committee, keccak256(abi.encode("root", chainId, 0)), keccak256("genesis")
            );
            makeRollup(chainId, address(settlement));
        }
        // EIP-7702: the user's account delegates to our contract.
        vm.etch(user, abi.encodePacked(hex"ef0100", new ScopedAccount(address(settlement))));
        beginBatches();
    }

    function makeCommittee() private {
        memberKeys = [uint256(0xc1), 0xc2, 0xc3];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (vm.addr(memberKeys[j]) > vm.addr(memberKeys[j + 1])) {
                    (memberKeys[j], memberKeys[j + 1]) = (memberKeys[j + 1], memberKeys[j]);
                }
            }
        }
        address[] memory members = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            members[i] = vm.addr(memberKeys[i]);
        }
        committee = new CommitteeVerifier(members, 2);
    }

    function beginBatches() internal {
        open(A, L1, B);
        open(B, L1, A);
        delete _plans;
        delete _operations;
    }

    // ---- roots -------------------------------------------------------------------------------------------------------------------

    /// @dev A root of a rollup, or of L1 by `operation`; its index is the number of roots before it.
    function addRoot(uint256 chainId, bytes32 operationHash, bytes memory operation) internal returns (Plan plan) {
        plan = new Plan(L1, address(settlement), RootContext(chainId, operationHash, _plans.length));
        _plans.push(plan);
        _operations.push(operation);
    }

    function addRollupRoot(uint256 chainId, string memory name) internal returns (Plan) {
        return addRoot(chainId, keccak256(bytes(name)), "");
    }

    function addOperationRoot(Operation memory operation) internal returns (Plan) {
        return addRoot(L1, identityOf(operation), signed(operation));
    }

    function operationOf(address target, bytes memory data) internal view returns (Operation memory) {
        return Operation({
            account: user,
            nonce: IScopedAccount(user).operationNonce(),
            target: target,
            value: 0,
            data: data,
            gas: 8_000_000,
            deadline: block.timestamp,
            submitter: address(0),
            finalTrace: 0,
            runsAlone: false
        });
    }

    function signed(Operation memory operation) internal view returns (bytes memory) {
        return abi.encode(ISettlement.SignedOperation(operation, sign(USER_KEY, digestOf(operation))));
    }

    /// @dev The digest without the final trace.
    function identityOf(Operation memory operation) internal view returns (bytes32 identity) {
        bytes32 finalTrace = operation.finalTrace;
        operation.finalTrace = 0;
        identity = digestOf(operation);
        operation.finalTrace = finalTrace;
    }

    /// @dev EIP-712, written out.
    function digestOf(Operation memory o) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,uint256 deadline,address submitter,bytes32 finalTrace,bool runsAlone)"
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Scope"),
                keccak256("1"),
                L1,
                address(settlement)
            )
        );
        bytes memory head = abi.encode(typeHash, o.account, o.nonce, o.target, o.value, keccak256(o.data));
        bytes memory tail = abi.encode(o.gas, o.deadline, o.submitter, o.finalTrace, o.runsAlone);
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(bytes.concat(head, tail))));
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    // ---- the scope ----------------------------------------------------------------------------------------------------------------

    /// @dev Batches of A and B, and the legs of all roots that touch L1.
    function makeScope() internal returns (ISettlement.Scope memory scope) {
        uint256 count = 0;
        for (uint256 i = 0; i < _plans.length; ++i) {
            if (_touchesL1(i)) ++count;
        }
        scope.legs = new ISettlement.L1Leg[](count);
        count = 0;
        for (uint256 i = 0; i < _plans.length; ++i) {
            if (!_touchesL1(i)) continue;
            scope.legs[count++] = _leg(_plans[i], _operations[i]);
        }
        scope.batches = new ISettlement.Batch[](2);
        scope.batches[0] = makeBatch(A);
        scope.batches[1] = makeBatch(B);
    }

    function _leg(Plan plan, bytes memory operation) private view returns (ISettlement.L1Leg memory leg) {
        leg.context = plan.context();
        leg.fills = plan.fills(L1);
        leg.records = plan.records(L1);
        leg.signedOperation = operation;
    }

    function settle(ISettlement.Scope memory scope) internal {
        settle(scope, "");
    }

    /// @param refusal What it reverts with; empty if it doesn't.
    function settle(ISettlement.Scope memory scope, bytes memory refusal) internal {
        on(L1);
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function makeBatch(uint256 chainId) internal returns (ISettlement.Batch memory batch) {
        on(L1);
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        batch.chainId = chainId;
        batch.batchNumber = rollup.nextBatch;
        batch.preStateRoot = rollup.stateRoot;
        batch.postStateRoot = keccak256(abi.encode("root", chainId, rollup.nextBatch + 1));
        batch.firstBlock = 1 + rollup.nextBatch;
        batch.lastBlockHash = keccak256(abi.encode("block", chainId, rollup.nextBatch + 1));
        batch.l1OriginNumber = 99;
        batch.l1OriginHash = keccak256("block 99");
        batch.data = abi.encode("blocks of", chainId);
        batch.remotes = remotesOf(chainId);
        prove(batch, 0, 1);
    }

    /// @dev Two members sign.
    function prove(ISettlement.Batch memory batch, uint256 first, uint256 second) internal view {
        bytes32 message = keccak256(abi.encode(keccak256("scope.attestation.v1"), PROGRAM, publicInputsHash(batch)));
        batch.proof = bytes.concat(sign(memberKeys[first], message), sign(memberKeys[second], message));
    }

    function publicInputsHash(ISettlement.Batch memory batch) internal view returns (bytes32) {
        bytes32 da = keccak256(abi.encode(keccak256("scope.da.calldata.v1"), keccak256(batch.data)));
        if (batch.blobCount != 0) da = keccak256(abi.encode(keccak256("scope.da.blobs.v1"), _blobs));
        return keccak256(
            abi.encode(
                keccak256("scope.public-inputs.v1"),
                ISettlement.PublicInputs(
                    L1,
                    address(settlement),
                    batch.chainId,
                    batch.batchNumber,
                    batch.preStateRoot,
                    batch.postStateRoot,
                    batch.firstBlock,
                    batch.lastBlockHash,
                    batch.l1OriginHash,
                    batch.l1OriginNumber,
                    da,
                    batch.forcedQueuePosition,
                    batch.remotes,
                    PROGRAM
                )
            )
        );
    }

    /// @dev Blobs that a batch is proved to be in.
    bytes32[] internal _blobs;

    /// @dev Streams that something was folded into.
    function remotesOf(uint256 chainId) internal view returns (Streams[] memory remotes) {
        uint256[] memory open = sc[chainId].getRemotes();
        remotes = new Streams[](open.length);
        uint256 count = 0;
        for (uint256 i = 0; i < open.length; ++i) {
            Streams memory s = _streamsToward(chainId, open[i]);
            bool untouched =
                s.requestsOut == SEED && s.requestsIn == SEED && s.responsesOut == SEED && s.responsesIn == SEED;
            if (!untouched) remotes[count++] = s;
        }
        assembly ("memory-safe") {
            mstore(remotes, count)
        }
    }

    function _streamsToward(uint256 chainId, uint256 remote) private view returns (Streams memory s) {
        s.chainId = remote;
        (s.requestsOut, s.requestsIn, s.responsesOut, s.responsesIn) = sc[chainId].getRollingHashes(remote);
        (s.valueOut, s.valueIn) = sc[chainId].getValues(remote);
    }

    function _touchesL1(uint256 i) private view returns (bool) {
        return _operations[i].length != 0 || _plans[i].records(L1).length != 0;
    }
}
