// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../src/interfaces/IScopedCallableL2.sol";
import {ForcedEntry, ForcedKind, IForcedQueue} from "../src/interfaces/IForcedQueue.sol";
import {IRollupRegistry} from "../src/interfaces/IRollupRegistry.sol";
import {IScopedAccount, Operation} from "../src/interfaces/IScopedAccount.sol";
import {ISequencingPolicy} from "../src/interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Baton, Fill, Mark, Record, Request, RootContext, Streams} from "../src/interfaces/ScopeTypes.sol";
import {RollupRegistry} from "../src/l1/RollupRegistry.sol";
import {OperationHash} from "../src/libraries/OperationHash.sol";
import {PublicInputsHash} from "../src/libraries/PublicInputsHash.sol";
import {Responses} from "../src/libraries/Responses.sol";
import {ScopeHash} from "../src/libraries/ScopeHash.sol";
import {ScopeLib} from "../src/libraries/ScopeLib.sol";
import {CommitteeVerifier} from "../src/verifiers/CommitteeVerifier.sol";
import {RawResponse} from "./utils/RawResponse.sol";
import {Test} from "./utils/Test.sol";

/// @title The contracts' hashes are those of the shared vectors, which the C++ library `protocol` reads too
contract VectorsTest is Test {
    string private json = vm.readFile("contracts/test/vectors/protocol.json");

    function test_domains_and_seed() external view {
        assertEq(ScopeHash.ROOT_DOMAIN, _word(".domains['scope.root.v2']"), "root");
        assertEq(ScopeHash.REQUEST_DOMAIN, _word(".domains['scope.request.v2']"), "request");
        assertEq(ScopeHash.RESPONSE_DOMAIN, _word(".domains['scope.response.v2']"), "response");
        assertEq(PublicInputsHash.PUBLIC_INPUTS_DOMAIN, _word(".domains['scope.public-inputs.v2']"), "public inputs");
        assertEq(PublicInputsHash.CALLDATA_DOMAIN, _word(".domains['scope.da.calldata.v2']"), "calldata");
        assertEq(PublicInputsHash.BLOBS_DOMAIN, _word(".domains['scope.da.blobs.v2']"), "blobs");
        assertEq(OperationHash.OUTCOME_DOMAIN, _word(".domains['scope.outcome.v1']"), "outcome");
        assertEq(ScopeHash.SEED, _word(".seed"), "seed");
    }

    function test_root_ids() external view {
        for (uint256 i = 0; _exists(".roots", i); ++i) {
            string memory r = _item(".roots", i);
            bytes32 id = ScopeHash.rootId(
                _number(r, ".l1_chain_id"),
                _account(r, ".settlement"),
                RootContext(_number(r, ".root_chain_id"), _word(r, ".operation_hash"), _number(r, ".root_index"))
            );
            assertEq(id, _word(r, ".root_id"), r);
            assertEq(keccak256(abi.encode(id)), _word(r, ".first_trace"), r);
        }
    }

    function test_request_hashes() external view {
        for (uint256 i = 0; _exists(".requests", i); ++i) {
            string memory r = _item(".requests", i);
            assertEq(ScopeHash.requestHash(_request(r)), _word(r, ".request_hash"), r);
        }
    }

    function test_responses() external view {
        for (uint256 i = 0; _exists(".responses", i); ++i) {
            string memory r = _item(".responses", i);
            (bytes32 requestHash, bool success) =
                (_word(r, ".request_hash"), vm.parseJsonBool(json, string.concat(r, ".success")));
            bytes memory data = _bytes(r, ".data");
            bytes memory response = _bytes(r, ".response");
            assertEq(ScopeHash.responseHash(requestHash, success, data), _word(r, ".response_hash"), r);
            assertEq(ScopeHash.answerHash(requestHash, keccak256(response)), _word(r, ".answer_hash"), r);
            (bytes32 trace, Mark[] memory marks) = (_word(r, ".trace"), _marks(r));
            if (vm.parseJsonBool(json, string.concat(r, ".has_baton"))) {
                assertEq(Responses.encodeCall(success, trace, marks, data), response, r);
                assertEq(RawResponse.ofCall(success, data, trace, marks), response, r);
            } else {
                assertEq(Responses.encodeStatic(success, data), response, r);
                assertEq(RawResponse.ofStaticCall(success, data), response, r);
            }
            bytes memory parts = abi.encode(success, trace, marks, data);
            (success, trace, marks, data) = this.decodeResponse(response);
            assertEq(abi.encode(success, trace, marks, data), parts, r);
        }
    }

    function test_malformed_responses() external view {
        for (uint256 i = 0; _exists(".malformed_responses", i); ++i) {
            string memory r = _item(".malformed_responses", i);
            string memory rule = vm.parseJsonString(json, string.concat(r, ".reason"));
            try this.decodeResponse(_bytes(r, ".response")) {
                assertTrue(false, rule);
            } catch (bytes memory reason) {
                assertEq(reason, abi.encodeWithSelector(Responses.MalformedResponse.selector), rule);
            }
        }
    }

    function decodeResponse(bytes memory response)
        external
        pure
        returns (bool success, bytes32 trace, Mark[] memory marks, bytes memory data)
    {
        return Responses.decode(response);
    }

    function test_folds() external view {
        for (uint256 i = 0; _exists(".folds", i); ++i) {
            string memory r = _item(".folds", i);
            bytes32 h = _word(r, ".start");
            bytes32[] memory items = vm.parseJsonBytes32Array(json, string.concat(r, ".items"));
            for (uint256 j = 0; j < items.length; ++j) {
                h = ScopeHash.fold(h, items[j]);
            }
            assertEq(h, _word(r, ".folded"), r);
        }
    }

    function test_baton() external view {
        bytes32 trace = _word(".baton.first_trace");
        for (uint256 i = 0; _exists(".baton.steps", i); ++i) {
            string memory r = _item(".baton.steps", i);
            trace = ScopeHash.fold(trace, _word(r, ".item"));
            assertEq(trace, _word(r, ".trace"), r);
        }
        assertEq(ScopeHash.requestHash(_request(".baton.requests[1]")), _word(".baton.steps[1].item"), "inner");
    }

    function test_data_commitments() external view {
        for (uint256 i = 0; _exists(".data_commitments", i); ++i) {
            string memory r = _item(".data_commitments", i);
            assertEq(this.calldataCommitment(_bytes(r, ".data")), _word(r, ".commitment"), r);
        }
        for (uint256 i = 0; _exists(".blob_commitments", i); ++i) {
            string memory r = _item(".blob_commitments", i);
            bytes32[] memory hashes = vm.parseJsonBytes32Array(json, string.concat(r, ".versioned_hashes"));
            assertEq(PublicInputsHash.blobsCommitment(hashes), _word(r, ".commitment"), r);
        }
    }

    function calldataCommitment(bytes calldata data) external pure returns (bytes32) {
        return PublicInputsHash.calldataCommitment(data);
    }

    function test_public_inputs() external view {
        for (uint256 i = 0; _exists(".public_inputs", i); ++i) {
            string memory r = _item(".public_inputs", i);
            ISettlement.PublicInputs memory inputs = ISettlement.PublicInputs({
                l1ChainId: _number(r, ".l1_chain_id"),
                settlement: _account(r, ".settlement"),
                chainId: _number(r, ".chain_id"),
                programId: _word(r, ".program_id"),
                batchNumber: _number(r, ".batch_number"),
                firstBlock: _number(r, ".first_block"),
                parentBlockHash: _word(r, ".parent_block_hash"),
                lastBlockHash: _word(r, ".last_block_hash"),
                builder: _account(r, ".builder"),
                l1OriginNumber: _number(r, ".l1_origin_number"),
                l1OriginHash: _word(r, ".l1_origin_hash"),
                data: ISettlement.DataSlice(
                    _word(r, ".data.commitment"), _number(r, ".data.offset"), _number(r, ".data.length")
                ),
                remotes: _streams(r),
                policyHash: _word(r, ".policy_hash"),
                forcedQueuePosition: _number(r, ".forced_queue_position")
            });
            assertEq(PublicInputsHash.hash(inputs), _word(r, ".hash"), r);
        }
    }

    function test_attestations() external {
        address[] memory members = new address[](1);
        members[0] = address(this);
        CommitteeVerifier committee = new CommitteeVerifier(members, 1);
        for (uint256 i = 0; _exists(".attestations", i); ++i) {
            string memory r = _item(".attestations", i);
            bytes32[] memory hashes = vm.parseJsonBytes32Array(json, string.concat(r, ".inputs_hashes"));
            assertEq(committee.attestationHash(_word(r, ".program_id"), hashes), _word(r, ".attestation_hash"), r);
        }
    }

    function test_outcomes() external view {
        uint256 i = 0;
        for (; _exists(".outcomes", i); ++i) {
            string memory r = _item(".outcomes", i);
            Fill[] memory fills = abi.decode(_bytes(r, ".encoded_fills"), (Fill[]));
            Record[] memory records = abi.decode(_bytes(r, ".encoded_records"), (Record[]));
            assertEq(keccak256(_bytes(r, ".return_data")), _word(r, ".return_data_hash"), r);
            bytes32 outcome = this.outcomeOf(
                vm.parseJsonBool(json, string.concat(r, ".success")),
                _word(r, ".return_data_hash"),
                _word(r, ".trace"),
                fills,
                records
            );
            assertEq(outcome, _word(r, ".outcome"), r);
        }
        // The last two differ in one record's `kept`.
        assertTrue(_word(_item(".outcomes", i - 1), ".outcome") != _word(_item(".outcomes", i - 2), ".outcome"), "kept");
    }

    function outcomeOf(
        bool success,
        bytes32 returnDataHash,
        bytes32 trace,
        Fill[] calldata fills,
        Record[] calldata records
    ) external pure returns (bytes32) {
        return OperationHash.outcome(success, returnDataHash, trace, fills, records);
    }

    function test_events() external view {
        assertEq(
            vm.parseJsonBytes32Array(json, ".events.scope_settled.topics")[0],
            ISettlement.ScopeSettled.selector,
            "ScopeSettled"
        );
        assertEq(
            vm.parseJsonBytes32Array(json, ".events.rollup_registered.topics")[0],
            ISettlement.RollupRegistered.selector,
            "RollupRegistered"
        );
        bytes memory data = _bytes("", ".events.scope_settled.data");
        (bytes32 commitment, ISettlement.SettledBatch[] memory batches) =
            abi.decode(data, (bytes32, ISettlement.SettledBatch[]));
        assertEq(abi.encode(commitment, batches), data, "ScopeSettled, again");
    }

    function test_forced_entries() external view {
        for (uint256 i = 0; _exists(".forced_entries", i); ++i) {
            string memory r = _item(".forced_entries", i);
            ForcedEntry memory entry = _forcedEntry(r);
            bytes32 hash = keccak256(abi.encode(_number(r, ".chain_id"), _number(r, ".index"), entry));
            assertEq(hash, _word(r, ".hash"), r);
            string memory queued = _item(".events.entries_queued", i);
            assertEq(abi.encode(entry), _bytes(queued, ".data"), "EntryQueued");
            bytes32[] memory topics = vm.parseJsonBytes32Array(json, string.concat(queued, ".topics"));
            assertEq(topics[0], ISettlement.EntryQueued.selector, "EntryQueued");
            assertEq(uint256(topics[2]), _number(r, ".index"), "its index");
        }
    }

    function test_genesis_claims() external {
        for (uint256 i = 0; _exists(".genesis_claims", i); ++i) {
            string memory r = _item(".genesis_claims", i);
            vm.chainId(_number(r, ".l1_chain_id"));
            IRollupRegistry registry = new RollupRegistry(ISettlement(_account(r, ".settlement")));
            bytes32 hash = registry.genesisHash(
                _account(r, ".owner"),
                IRollupRegistry.Registration({
                    chainId: _number(r, ".chain_id"),
                    programId: _word(r, ".program_id"),
                    verifier: IVerifier(address(0)),
                    policy: ISequencingPolicy(address(0)),
                    genesisBlockHash: _word(r, ".block_hash"),
                    genesisStateRoot: _word(r, ".state_root"),
                    supply: _number(r, ".supply")
                })
            );
            assertEq(hash, _word(r, ".hash"), r);
        }
    }

    function test_events_and_calls_of_what_enters_and_changes() external view {
        _isEvent("rollup_changed", ISettlement.RollupChanged.selector);
        _isEvent("predeploy_upgraded", ISettlement.PredeployUpgraded.selector);
        _isEvent("rollup_closed", ISettlement.RollupClosed.selector);
        _isEvent("deposited", IScopedCallableL2.Deposited.selector);
        _isCall("remove_chains.calldata", IScopedCallableL2.removeChains.selector);
        _isCall("upgrade.calldata", IScopedCallableL2.upgrade.selector);
        _isCall("take_forced.calldata", IScopedCallableL2.takeForced.selector);
        _isCall("deposits[0]", IScopedCallableL2.deposit.selector);
        _isCall("deposit", ISettlement.deposit.selector);
        _isCall("deposit_and_call", ISettlement.depositAndCall.selector);
        _isCall("force_transaction", ISettlement.forceTransaction.selector);
        _isCall("fee_of", IForcedQueue.feeOf.selector);
        _isCall("register", IRollupRegistry.register.selector);
        _isCall("close", IRollupRegistry.close.selector);
    }

    function _isEvent(string memory name, bytes32 topic) private view {
        string memory key = string.concat(".events.", name, ".topics");
        assertEq(vm.parseJsonBytes32Array(json, key)[0], topic, name);
    }

    function _isCall(string memory name, bytes4 selector) private view {
        assertEq(_selector(string.concat(".calls.", name)), bytes32(selector), name);
    }

    function _forcedEntry(string memory r) private view returns (ForcedEntry memory) {
        return ForcedEntry({
            kind: ForcedKind(_number(r, ".kind")),
            from: _account(r, ".from"),
            to: _account(r, ".to"),
            value: _number(r, ".value"),
            gasLimit: _number(r, ".gas_limit"),
            data: _bytes(r, ".data")
        });
    }

    function test_operations() external view {
        for (uint256 i = 0; _exists(".operations", i); ++i) {
            string memory r = _item(".operations", i);
            Operation memory operation = Operation({
                account: _account(r, ".account"),
                nonce: _number(r, ".nonce"),
                target: _account(r, ".target"),
                value: _number(r, ".value"),
                data: _bytes(r, ".data"),
                gas: _number(r, ".gas"),
                verificationGas: _number(r, ".verification_gas"),
                fee: _number(r, ".fee"),
                deadline: _number(r, ".deadline"),
                submitter: _account(r, ".submitter"),
                outcome: _word(r, ".outcome"),
                runsAlone: vm.parseJsonBool(json, string.concat(r, ".runs_alone"))
            });
            (uint256 chainId, address settlement) = (_number(r, ".chain_id"), _account(r, ".settlement"));
            assertEq(OperationHash.digest(chainId, settlement, operation), _word(r, ".digest"), r);
            assertEq(OperationHash.identity(chainId, settlement, operation), _word(r, ".operation_hash"), r);
        }
    }

    /// @dev The same selectors as the independent encoder's, so the same signatures.
    function test_calls_decode() external view {
        bytes memory data = _bytes("", ".calls.execute_scope");
        assertEq(bytes32(bytes4(data)), bytes32(ISettlement.executeScope.selector), "executeScope");
        ISettlement.Scope memory scope = this.decodeScope(data);
        assertEq(abi.encodeCall(ISettlement.executeScope, (scope)), data, "executeScope, again");
        ISettlement.SignedOperation memory signed =
            abi.decode(scope.legs[0].signedOperation, (ISettlement.SignedOperation));
        assertEq(abi.encode(signed), _bytes("", ".calls.signed_operation"), "signed operation, again");
        assertEq(
            _selector(".calls.open_scope.calldata"), bytes32(IScopedCallableExtension.openScope.selector), "openScope"
        );
        assertEq(_selector(".calls.add_chains.calldata"), bytes32(IScopedCallableL2.addChains.selector), "addChains");
        data = _bytes("", ".calls.set_baton.calldata");
        assertEq(abi.encodeCall(IScopedCallableExtension.setBaton, (this.decodeBaton(data))), data, "setBaton, again");
        data = _bytes("", ".calls.execute_operation");
        (Operation memory operation, bytes32 digest, bytes memory signature) = this.decodeOperation(data);
        assertEq(
            abi.encodeCall(IScopedAccount.executeOperation, (operation, digest, signature)),
            data,
            "executeOperation, again"
        );
        assertEq(_selector(".calls.load_root"), bytes32(IScopedCallableExtension.loadRoot.selector), "loadRoot");
        assertEq(_selector(".calls.run_root"), bytes32(IScopedCallableExtension.runRoot.selector), "runRoot");
        assertEq(
            _selector(".calls.fill_responses_in"), bytes32(IScopedCallable.fillResponsesIn.selector), "fillResponsesIn"
        );
        assertEq(_selector(".calls.answer_of"), bytes32(IScopedCallableExtension.answerOf.selector), "answerOf");
        assertEq(
            _selector(".calls.handle_scoped_call[0].calldata"),
            bytes32(IScopedCallable.handleScopedCall.selector),
            "handleScopedCall"
        );
    }

    function test_faults() external view {
        bytes4[5] memory faults = [
            IScopedCallableExtension.ResponseMissing.selector,
            IScopedCallableExtension.OutOfPosition.selector,
            IScopedCallableExtension.NotReproduced.selector,
            IScopedCallableExtension.TooLittleGas.selector,
            IScopedCallableExtension.EscrowExceeded.selector
        ];
        uint256 i = 0;
        for (; _exists(".faults", i); ++i) {
            string memory f = _item(".faults", i);
            assertEq(bytes32(faults[i]), bytes32(_bytes(f, ".selector")), f);
            assertTrue(ScopeLib.isFault(_bytes(f, ".revert_data")), f);
        }
        assertEq(bytes32(i), bytes32(faults.length), "faults");
    }

    function test_errors_that_are_no_faults() external view {
        _isPlain("duplicate_fill", IScopedCallableExtension.DuplicateFill.selector);
        _isPlain("no_open_root", IScopedCallableExtension.NoOpenRoot.selector);
        _isPlain("unknown_chain", IScopedCallableExtension.UnknownChain.selector);
        _isPlain("data_too_long", IScopedCallableExtension.DataTooLong.selector);
        _isPlain("answer_too_long", IScopedCallableExtension.AnswerTooLong.selector);
        _isPlain("too_deep", IScopedCallableExtension.TooDeep.selector);
        _isPlain("gas_limit_too_high", IScopedCallableExtension.GasLimitTooHigh.selector);
        _isPlain("too_little_gas_to_ask", IScopedCallableExtension.TooLittleGasToAsk.selector);
        _isPlain("asking_paused", IScopedCallableL2.AskingPaused.selector);
        _isPlain("too_little_operation_gas", IScopedAccount.TooLittleOperationGas.selector);
        _isPlain("too_little_gas_for_operation", ISettlement.TooLittleGasForOperation.selector);
    }

    function _isPlain(string memory name, bytes4 selector) private view {
        string memory key = string.concat(".errors.", name);
        assertEq(_selector(key), bytes32(selector), name);
        assertTrue(!ScopeLib.isFault(_bytes("", key)), name);
    }

    function decodeScope(bytes calldata data) external pure returns (ISettlement.Scope memory) {
        return abi.decode(data[4:], (ISettlement.Scope));
    }

    function decodeBaton(bytes calldata data) external pure returns (Baton memory) {
        return abi.decode(data[4:], (Baton));
    }

    function decodeOperation(bytes calldata data) external pure returns (Operation memory, bytes32, bytes memory) {
        return abi.decode(data[4:], (Operation, bytes32, bytes));
    }

    // ---- reading ---------------------------------------------------------------------------------------------------------------

    function _request(string memory r) private view returns (Request memory request) {
        request.rootId = _word(r, ".root_id");
        request.kind = uint8(_number(r, ".kind"));
        request.sourceChainId = _number(r, ".source_chain_id");
        request.targetChainId = _number(r, ".target_chain_id");
        request.from = _account(r, ".from");
        request.nonce = _number(r, ".nonce");
        request.marks = _marks(r);
        request.depth = _number(r, ".depth");
        request.variant = _number(r, ".variant");
        request.to = _account(r, ".to");
        request.value = _number(r, ".value");
        request.gasLimit = _number(r, ".gas_limit");
        request.data = _bytes(r, ".data");
    }

    function _marks(string memory r) private view returns (Mark[] memory marks) {
        string memory list = string.concat(r, ".marks");
        marks = new Mark[](_length(list));
        for (uint256 i = 0; i < marks.length; ++i) {
            marks[i] = Mark(_number(_item(list, i), ".chain_id"), _word(_item(list, i), ".trace"));
        }
    }

    function _streams(string memory r) private view returns (Streams[] memory streams) {
        string memory list = string.concat(r, ".remotes");
        streams = new Streams[](_length(list));
        for (uint256 i = 0; i < streams.length; ++i) {
            string memory s = _item(list, i);
            streams[i] = Streams({
                chainId: _number(s, ".chain_id"),
                requestsOut: _word(s, ".requests_out"),
                requestsIn: _word(s, ".requests_in"),
                responsesOut: _word(s, ".responses_out"),
                responsesIn: _word(s, ".responses_in"),
                valueIn: _number(s, ".value_in"),
                valueOut: _number(s, ".value_out"),
                limit: _number(s, ".limit")
            });
        }
    }

    function _length(string memory list) private view returns (uint256 length) {
        while (_exists(list, length)) ++length;
    }

    function _exists(string memory list, uint256 i) private view returns (bool) {
        return vm.keyExistsJson(json, _item(list, i));
    }

    function _item(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(i), "]");
    }

    function _selector(string memory key) private view returns (bytes32) {
        return bytes32(bytes4(_bytes("", key)));
    }

    function _word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }

    function _word(string memory r, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(r, key));
    }

    function _number(string memory r, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(r, key));
    }

    function _account(string memory r, string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(r, key));
    }

    function _bytes(string memory r, string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(r, key));
    }
}
