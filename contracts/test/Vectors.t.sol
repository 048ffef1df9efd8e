// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedAccount, Operation} from "../src/interfaces/IScopedAccount.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Mark, Request, RootContext, Streams} from "../src/interfaces/ScopeTypes.sol";
import {OperationHash} from "../src/libraries/OperationHash.sol";
import {PublicInputsHash} from "../src/libraries/PublicInputsHash.sol";
import {ScopeHash} from "../src/libraries/ScopeHash.sol";
import {ScopeLib} from "../src/libraries/ScopeLib.sol";
import {Test} from "./utils/Test.sol";

/// @title The contracts' hashes are those of the shared vectors, which the C++ library `protocol` reads too
contract VectorsTest is Test {
    string private json = vm.readFile("contracts/test/vectors/protocol.json");

    function test_domains_and_seed() external view {
        assertEq(ScopeHash.ROOT_DOMAIN, _word(".domains['scope.root.v1']"), "root");
        assertEq(ScopeHash.REQUEST_DOMAIN, _word(".domains['scope.request.v1']"), "request");
        assertEq(ScopeHash.RESPONSE_DOMAIN, _word(".domains['scope.response.v1']"), "response");
        assertEq(PublicInputsHash.PUBLIC_INPUTS_DOMAIN, _word(".domains['scope.public-inputs.v1']"), "public inputs");
        assertEq(PublicInputsHash.CALLDATA_DOMAIN, _word(".domains['scope.da.calldata.v1']"), "calldata");
        assertEq(PublicInputsHash.BLOBS_DOMAIN, _word(".domains['scope.da.blobs.v1']"), "blobs");
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
            assertEq(ScopeHash.responseHash(requestHash, success, data), _word(r, ".response_hash"), r);
            bytes memory response = abi.encode(success, data, _word(r, ".trace"), _marks(r));
            assertEq(response, _bytes(r, ".response"), r);
            assertEq(ScopeHash.answerHash(requestHash, keccak256(response)), _word(r, ".answer_hash"), r);
        }
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
                batchNumber: _number(r, ".batch_number"),
                preStateRoot: _word(r, ".pre_state_root"),
                postStateRoot: _word(r, ".post_state_root"),
                firstBlock: _number(r, ".first_block"),
                lastBlockHash: _word(r, ".last_block_hash"),
                l1OriginHash: _word(r, ".l1_origin_hash"),
                l1OriginNumber: _number(r, ".l1_origin_number"),
                daCommitment: _word(r, ".da_commitment"),
                forcedQueuePosition: _number(r, ".forced_queue_position"),
                remotes: _streams(r),
                programId: _word(r, ".program_id")
            });
            assertEq(PublicInputsHash.hash(inputs), _word(r, ".hash"), r);
        }
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
                deadline: _number(r, ".deadline"),
                submitter: _account(r, ".submitter"),
                finalTrace: _word(r, ".final_trace"),
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
        assertEq(_selector(".errors.duplicate_fill"), bytes32(IScopedCallableExtension.DuplicateFill.selector), "fill");
        assertEq(
            _selector(".errors.too_little_operation_gas"), bytes32(IScopedAccount.TooLittleOperationGas.selector), "gas"
        );
        assertEq(_selector(".errors.no_open_root"), bytes32(IScopedCallableExtension.NoOpenRoot.selector), "root");
        assertTrue(!ScopeLib.isFault(_bytes("", ".errors.duplicate_fill")), "no fault");
        assertTrue(!ScopeLib.isFault(_bytes("", ".errors.too_little_operation_gas")), "no fault");
    }

    function decodeScope(bytes calldata data) external pure returns (ISettlement.Scope memory) {
        return abi.decode(data[4:], (ISettlement.Scope));
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
                valueOut: _number(s, ".value_out")
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
