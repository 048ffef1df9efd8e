// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Operation} from "../../src/interfaces/IScopedAccount.sol";
import {IRollupRegistry} from "../../src/interfaces/IRollupRegistry.sol";
import {ISequencingPolicy} from "../../src/interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {IVerifier} from "../../src/interfaces/IVerifier.sol";
import {RootContext, Streams} from "../../src/interfaces/ScopeTypes.sol";
import {Settlement} from "../../src/l1/Settlement.sol";
import {CommitteeVerifier} from "../../src/verifiers/CommitteeVerifier.sol";
import {Deployment} from "./Deployment.sol";
import {OneProof} from "./OneProof.sol";
import {Plan} from "./Plan.sol";
import {World} from "./World.sol";

/// @title L1 with its settlement, two rollups, a committee of three and a user with an account
/// @notice Roots are added to the scope one by one; their legs on rollups run at once, those on L1 when the scope is settled. A batch
///         claims what its rollup's ScopedCallable says, as a prover would.
abstract contract ScopeWorld is World, Deployment {
    bytes32 internal constant PROGRAM = keccak256("program");
    uint256 internal constant USER_KEY = 0xa11ce;
    uint256 internal constant ESCROW = 1000 ether;
    uint256 internal constant BOND = 1 ether;

    Settlement internal settlement;
    CommitteeVerifier internal committee;
    /// @dev Ascending addresses.
    uint256[3] internal memberKeys;
    address internal user = vm.addr(USER_KEY);
    address internal submitter = makeAddress("submitter");

    /// @dev Blobs of the transaction, if a scope has no data.
    bytes32[] internal _blobs;

    Plan[] private _plans;
    bytes[] private _operations;

    function makeScopeWorld() internal {
        on(L1);
        vm.roll(100);
        vm.setBlockhash(99, keccak256("block 99"));
        settlement = deploySettlement();
        (sc[L1], loaderOf[L1]) = (settlement.scopedCallable(), address(settlement));
        makeCommittee();
        for (uint256 chainId = A; chainId <= B; ++chainId) {
            register(chainId, PROGRAM, committee, ISequencingPolicy(address(0)), ESCROW);
            makeRollup(chainId, address(settlement));
        }
        know(A, B);
        know(B, A);
        on(L1);
        // EIP-7702: the user's account delegates to our contract.
        vm.etch(user, abi.encodePacked(hex"ef0100", settlement.accountFactory().implementation()));
        beginBatches();
    }

    /// @dev By this contract, which owns their range.
    function register(uint256 chainId, bytes32 programId, IVerifier verifier, ISequencingPolicy policy, uint256 escrow)
        internal
    {
        IRollupRegistry.Registration memory r = IRollupRegistry.Registration({
            chainId: chainId,
            programId: programId,
            verifier: verifier,
            policy: policy,
            genesisBlockHash: keccak256("genesis"),
            genesisStateRoot: keccak256("genesis state"),
            supply: escrow
        });
        bytes memory proof = proveGenesis(address(this), r);
        on(L1);
        settlement.registry().register{value: escrow + BOND}(r, proof);
    }

    /// @dev Two members sign; any other verifier is told to accept.
    function proveGenesis(address by, IRollupRegistry.Registration memory r) internal returns (bytes memory) {
        bytes32[] memory inputs = new bytes32[](1);
        inputs[0] = genesisHashOf(by, r);
        if (address(r.verifier) != address(committee)) {
            OneProof(address(r.verifier)).accept(r.programId, inputs, "genesis");
            return "genesis";
        }
        bytes32 message =
            keccak256(abi.encode(keccak256("scope.attestation.v2"), r.programId, keccak256(abi.encode(inputs[0]))));
        return bytes.concat(sign(memberKeys[0], message), sign(memberKeys[1], message));
    }

    function genesisHashOf(address by, IRollupRegistry.Registration memory r) internal view returns (bytes32) {
        bytes memory place = abi.encode(keccak256("scope.genesis.v2"), L1, address(settlement), by, r.chainId);
        bytes memory claim = abi.encode(r.programId, r.genesisBlockHash, r.genesisStateRoot, r.supply);
        return keccak256(bytes.concat(place, claim));
    }

    function heldFor(uint256 remote) internal view override returns (uint256) {
        return settlement.escrowOf(remote);
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
            nonce: settlement.nonceOf(user),
            target: target,
            value: 0,
            data: data,
            gas: 8_000_000,
            verificationGas: 0,
            fee: 0,
            deadline: block.timestamp,
            submitter: address(0),
            outcome: 0,
            runsAlone: false
        });
    }

    function signed(Operation memory operation) internal view returns (bytes memory) {
        return signed(operation, address(0));
    }

    /// @param owner Of an account that is not there yet; else 0.
    function signed(Operation memory operation, address owner) internal view returns (bytes memory) {
        return abi.encode(ISettlement.SignedOperation(operation, sign(USER_KEY, digestOf(operation)), owner));
    }

    /// @dev The digest without the outcome.
    function identityOf(Operation memory operation) internal view returns (bytes32 identity) {
        bytes32 outcome = operation.outcome;
        operation.outcome = 0;
        identity = digestOf(operation);
        operation.outcome = outcome;
    }

    /// @dev EIP-712, written out.
    function digestOf(Operation memory o) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,"
            "uint256 verificationGas,uint256 fee,uint256 deadline,address submitter,bytes32 outcome,bool runsAlone)"
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
        bytes memory middle = abi.encode(o.gas, o.verificationGas, o.fee);
        bytes memory tail = abi.encode(o.deadline, o.submitter, o.outcome, o.runsAlone);
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(bytes.concat(head, middle, tail))));
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
        uint256[] memory chainIds = new uint256[](2);
        (chainIds[0], chainIds[1]) = (A, B);
        addBatches(scope, chainIds);
        prove(scope, 0, 1);
    }

    /// @dev The batches of these chains, ascending, with the bytes of their blocks.
    function addBatches(ISettlement.Scope memory scope, uint256[] memory chainIds) internal {
        scope.batches = new ISettlement.Batch[](chainIds.length);
        for (uint256 i = 0; i < chainIds.length; ++i) {
            scope.batches[i] = makeBatch(chainIds[i]);
            _addData(scope, scope.batches[i], abi.encode("blocks of", chainIds[i]));
        }
    }

    function _addData(ISettlement.Scope memory scope, ISettlement.Batch memory batch, bytes memory data) private pure {
        (batch.dataOffset, batch.dataLength) = (scope.data.length, data.length);
        scope.data = bytes.concat(scope.data, data);
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
        batch.firstBlock = 1 + rollup.nextBatch;
        batch.parentBlockHash = rollup.lastBlockHash;
        batch.lastBlockHash = keccak256(abi.encode("block", chainId, rollup.nextBatch + 1));
        batch.l1OriginNumber = 99;
        batch.l1OriginHash = keccak256("block 99");
        batch.forcedQueuePosition = rollup.forcedQueuePosition;
        if (address(sc[chainId]) != address(0)) batch.remotes = remotesOf(chainId);
    }

    /// @dev Two members sign for all batches.
    function prove(ISettlement.Scope memory scope, uint256 first, uint256 second) internal view {
        bytes32 message = attestationOf(scope);
        scope.proofs = new bytes[](1);
        scope.proofs[0] = bytes.concat(sign(memberKeys[first], message), sign(memberKeys[second], message));
    }

    function attestationOf(ISettlement.Scope memory scope) internal view returns (bytes32) {
        bytes memory inputs = "";
        for (uint256 i = 0; i < scope.batches.length; ++i) {
            inputs = bytes.concat(inputs, publicInputsHash(scope, i, PROGRAM, 0));
        }
        return keccak256(abi.encode(keccak256("scope.attestation.v2"), PROGRAM, keccak256(inputs)));
    }

    /// @param policyHash What the rollup's policy says of the batch.
    function publicInputsHash(ISettlement.Scope memory scope, uint256 i, bytes32 programId, bytes32 policyHash)
        internal
        view
        returns (bytes32)
    {
        ISettlement.Batch memory batch = scope.batches[i];
        ISettlement.PublicInputs memory inputs = ISettlement.PublicInputs({
            l1ChainId: L1,
            settlement: address(settlement),
            chainId: batch.chainId,
            programId: programId,
            batchNumber: batch.batchNumber,
            firstBlock: batch.firstBlock,
            parentBlockHash: batch.parentBlockHash,
            lastBlockHash: batch.lastBlockHash,
            builder: batch.builder,
            l1OriginNumber: batch.l1OriginNumber,
            l1OriginHash: batch.l1OriginHash,
            data: ISettlement.DataSlice(dataCommitment(scope.data), batch.dataOffset, batch.dataLength),
            remotes: batch.remotes,
            policyHash: policyHash,
            forcedQueuePosition: batch.forcedQueuePosition
        });
        return keccak256(abi.encode(keccak256("scope.public-inputs.v2"), inputs));
    }

    function dataCommitment(bytes memory data) internal view returns (bytes32) {
        if (data.length == 0) return keccak256(abi.encode(keccak256("scope.da.blobs.v2"), _blobs));
        return keccak256(abi.encode(keccak256("scope.da.calldata.v2"), keccak256(data)));
    }

    /// @dev Streams that something was folded into, and limits.
    function remotesOf(uint256 chainId) internal view returns (Streams[] memory remotes) {
        uint256[] memory open = sc[chainId].getRemotes();
        remotes = new Streams[](open.length);
        uint256 count = 0;
        for (uint256 i = 0; i < open.length; ++i) {
            Streams memory s = _streamsToward(chainId, open[i]);
            bool untouched =
                s.requestsOut == SEED && s.requestsIn == SEED && s.responsesOut == SEED && s.responsesIn == SEED;
            if (!untouched || s.limit != 0) remotes[count++] = s;
        }
        assembly ("memory-safe") {
            mstore(remotes, count)
        }
    }

    function _streamsToward(uint256 chainId, uint256 remote) private view returns (Streams memory s) {
        s.chainId = remote;
        (s.requestsOut, s.requestsIn, s.responsesOut, s.responsesIn) = sc[chainId].getRollingHashes(remote);
        (s.valueOut, s.valueIn) = sc[chainId].getValues(remote);
        s.limit = sc[chainId].getLimit(remote);
    }

    function _touchesL1(uint256 i) private view returns (bool) {
        return _operations[i].length != 0 || _plans[i].records(L1).length != 0;
    }
}
