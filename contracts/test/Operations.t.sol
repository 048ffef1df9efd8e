// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedAccount, Operation} from "../src/interfaces/IScopedAccount.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Record, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {RawResponse} from "./utils/RawResponse.sol";
import {Script, ScriptWorld, Step} from "./utils/Script.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev An account that says what gas it got, and that it succeeded. Whatever it is called with.
contract GasAccount {
    uint256 public gasSeen;

    fallback() external {
        gasSeen = gasleft();
        assembly {
            mstore(0, 1)
            mstore(0x20, 0)
            return(0, 0x40)
        }
    }
}

/// @dev An account that answers with as many bytes as it is told, of a memory of a million; they say that it succeeded.
contract BombAccount {
    uint256 private immutable SIZE;
    bool private immutable FAILS;

    constructor(uint256 size, bool fails) {
        (SIZE, FAILS) = (size, fails);
    }

    fallback() external {
        (uint256 size, bool fails) = (SIZE, FAILS);
        assembly {
            mstore(0, 1)
            mstore(0x40, 0)
            mstore(999968, 1)
            if fails { revert(0, size) }
            return(0, size)
        }
    }
}

/// @dev An account that runs nothing, says that it succeeded, and pays as much as it is told.
contract Miser {
    uint256 private immutable PAYS;

    constructor(uint256 pays) payable {
        PAYS = pays;
    }

    function executeOperation(Operation calldata, bytes32, bytes calldata) external returns (bool, bytes32) {
        (bool paid,) = tx.origin.call{value: PAYS}("");
        return (paid, 0);
    }
}

/// @dev A target of operations.
contract Chatterbox {
    uint256 public runs;
    uint256 public gasSeen;

    receive() external payable {}

    function returnMany(uint256 size) external {
        ++runs;
        assembly {
            mstore(0x40, 0)
            mstore(31, 7)
            return(0, size)
        }
    }

    function failWithMany(uint256 size) external {
        ++runs;
        assembly {
            mstore(0x40, 0)
            mstore(31, 7)
            revert(0, size)
        }
    }

    function attempt(address target, bytes calldata data) external {
        (bool success,) = target.call(data);
        success;
    }

    function fault() external pure {
        revert IScopedCallableExtension.ResponseMissing(0);
    }

    function look(bytes calldata) external payable {
        gasSeen = gasleft();
        ++runs;
    }
}

/// @title Every rule about operations (§11), each with its refusal
contract OperationsTest is ScriptWorld {
    uint256 private constant MAX_HASHED = 24_576;
    uint256 private constant MAX_LOGGED = 2048;

    Chatterbox private chatterbox;

    function setUp() external {
        makeScriptWorld();
        chatterbox = new Chatterbox();
    }

    function _error(bytes4 selector, uint256 a) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a);
    }

    function _refused(bytes memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.OperationRefused.selector, reason);
    }

    /// @dev Of the one operation in the recorded logs.
    function _executed() private returns (bytes32 digest, bool success, bytes memory returnData) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IScopedAccount.OperationExecuted.selector) {
                digest = logs[i].topics[1];
                (success, returnData) = abi.decode(logs[i].data, (bool, bytes));
                return (digest, success, returnData);
            }
        }
        assertTrue(false, "no operation was executed");
    }

    /// @dev An operation that calls A's script, with a plan that matches it.
    function _operation() private view returns (Operation memory) {
        return scriptOperation(0, list(step(A)));
    }

    function _add(Operation memory operation) private returns (Plan plan) {
        plan = addOperationRoot(operation);
        writePlan(plan, L1, list(step(A)));
        serve(plan, A);
    }

    /// @dev One that touches no other chain.
    function _local(bytes memory data) private view returns (Operation memory operation) {
        operation = operationOf(address(chatterbox), data);
        operation.gas = 3_000_000;
    }

    /// @dev Refused with an error whose arguments the test doesn't say.
    function _settlePartlyRefused(ISettlement.Scope memory scope, bytes4 selector) private {
        on(L1);
        vm.expectPartialRevert(selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    // ---- which operation -------------------------------------------------------------------------------------------------------

    function test_refuses_operations_that_are_not_the_root() external {
        rootOnL1(0, list(step(A)));
        ISettlement.Scope memory scope = makeScope();
        bytes32 hash = scope.legs[0].context.operationHash;
        scope.legs[0].context.operationHash = keccak256("another");
        settle(scope, abi.encodeWithSelector(ISettlement.WrongOperationHash.selector, keccak256("another"), hash));
        scope = makeScope();
        scope.legs[0].signedOperation = "";
        settle(scope, _error(ISettlement.UnexpectedOperation.selector, 0));
        scope = makeScope();
        scope.legs[0].context.rootChainId = A;
        settle(scope, _error(ISettlement.UnexpectedOperation.selector, 0));
    }

    function test_the_two_hashes_are_those_of_eip_712() external {
        Operation memory operation = _operation();
        (operation.verificationGas, operation.fee, operation.submitter) = (1, 2, submitter);
        (operation.outcome, operation.runsAlone) = (keccak256("outcome"), true);
        on(L1);
        assertEq(settlement.operationDigest(operation), digestOf(operation), "what is signed");
        assertEq(settlement.operationHashOf(operation), identityOf(operation), "what identifies the root");
        assertTrue(digestOf(operation) != identityOf(operation), "without the outcome");
    }

    function test_every_field_of_an_operation_is_signed() external {
        Operation memory operation = _operation();
        bytes memory signature = sign(USER_KEY, digestOf(operation));
        Operation memory changed = abi.decode(abi.encode(operation), (Operation));
        for (uint256 i = 0; i < 9; ++i) {
            if (i == 0) changed.target = address(chatterbox);
            if (i == 1) changed.value = 1;
            if (i == 2) changed.data = "other data";
            if (i == 3) changed.gas += 1;
            if (i == 4) changed.verificationGas += 1;
            if (i == 5) changed.fee += 1;
            if (i == 6) changed.deadline += 1;
            if (i == 7) changed.submitter = submitter;
            if (i == 8) changed.runsAlone = true;
            beginBatches();
            addRoot(L1, identityOf(changed), abi.encode(ISettlement.SignedOperation(changed, signature, address(0))));
            _settlePartlyRefused(makeScope(), ISettlement.OperationRefused.selector);
            changed = abi.decode(abi.encode(operation), (Operation));
        }
        // The outcome is not of the identity, but it is signed.
        beginBatches();
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        changed.outcome = keccak256("another");
        scope.legs[0].signedOperation = abi.encode(ISettlement.SignedOperation(changed, signature, address(0)));
        _settlePartlyRefused(scope, ISettlement.OperationRefused.selector);
    }

    function test_refuses_another_submitter() external {
        Operation memory operation = _operation();
        operation.submitter = makeAddress("another");
        _add(operation);
        settle(makeScope(), abi.encodeWithSelector(ISettlement.WrongSubmitter.selector, operation.submitter, submitter));
    }

    function test_accepts_its_submitter() external {
        Operation memory operation = _operation();
        operation.submitter = submitter;
        _add(operation);
        settle(makeScope());
        assertEq(script[A].runs(), 1, "run");
    }

    function test_runs_alone_if_it_says_so() external {
        Operation memory operation = _operation();
        operation.runsAlone = true;
        _add(operation);
        uint256 fresh = vm.snapshotState();
        settle(makeScope());
        vm.revertToState(fresh);
        rootOnA("another", 0, list(step(L1)));
        settle(makeScope(), abi.encodeWithSelector(ISettlement.OperationNotAlone.selector, identityOf(operation)));
    }

    function test_refuses_late_operations() external {
        vm.warp(1000);
        Operation memory operation = _operation();
        operation.deadline = 1500;
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        vm.warp(1501);
        settle(scope, _error(ISettlement.DeadlinePassed.selector, 1500));
        vm.warp(1500);
        settle(scope);
    }

    // ---- nonces ------------------------------------------------------------------------------------------------------------------

    function _wrongNonce(uint256 nonce, uint256 expected) private view returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.WrongNonce.selector, user, nonce, expected);
    }

    function test_a_failed_operation_uses_its_nonce() external {
        Operation memory operation = operationOf(address(script[L1]), hex"deadbeef");
        addOperationRoot(operation);
        vm.recordLogs();
        settle(makeScope());
        (bytes32 digest, bool success,) = _executed();
        assertEq(digest, digestOf(operation), "it ran");
        assertTrue(!success, "it failed");
        assertEq(settlement.nonceOf(user), 1, "its nonce is used");
        beginBatches();
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(0, 1));
    }

    function test_an_operation_runs_once() external {
        Operation memory operation = _local(abi.encodeCall(Chatterbox.look, ("")));
        addOperationRoot(operation);
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(0, 1));
        beginBatches();
        operation.nonce = 1;
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(1, 0));
        beginBatches();
        operation.nonce = 0;
        addOperationRoot(operation);
        settle(makeScope());
        beginBatches();
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(0, 1));
        assertEq(chatterbox.runs(), 1, "once");
    }

    function test_nonces_are_the_settlements_whatever_the_account_forgets() external {
        // The account changes its code and its storage; its operations stay used.
        Operation memory operation = _local(abi.encodeCall(Chatterbox.look, ("")));
        addOperationRoot(operation);
        settle(makeScope());
        vm.etch(user, address(new GasAccount()).code);
        beginBatches();
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(0, 1));
    }

    function test_an_account_gives_up_operations() external {
        on(L1);
        vm.expectEmit(address(settlement));
        emit ISettlement.NonceInvalidated(user, 5);
        vm.prank(user);
        settlement.invalidateNonce(5);
        assertEq(settlement.nonceOf(user), 5, "up to here");
        assertEq(settlement.nonceOf(submitter), 0, "nobody else's");
        for (uint256 nonce = 0; nonce <= 5; ++nonce) {
            vm.expectPartialRevert(ISettlement.WrongNonce.selector);
            vm.prank(user);
            settlement.invalidateNonce(nonce);
        }
        Operation memory operation = _local(abi.encodeCall(Chatterbox.look, ("")));
        operation.nonce = 4;
        addOperationRoot(operation);
        settle(makeScope(), _wrongNonce(4, 5));
        beginBatches();
        operation.nonce = 5;
        addOperationRoot(operation);
        settle(makeScope());
        assertEq(settlement.nonceOf(user), 6, "the next one");
    }

    function test_an_operation_may_give_up_those_behind_it() external {
        Operation memory operation = operationOf(address(settlement), abi.encodeCall(ISettlement.invalidateNonce, (3)));
        addOperationRoot(operation);
        settle(makeScope());
        assertEq(settlement.nonceOf(user), 3, "given up");
    }

    // ---- accounts ----------------------------------------------------------------------------------------------------------------

    function test_refuses_an_account_without_code() external {
        rootOnL1(0, list(step(A)));
        vm.etch(user, "");
        settle(makeScope(), abi.encodeWithSelector(ISettlement.AccountWithoutCode.selector, user));
    }

    function test_an_alias_signs_nothing() external {
        address speaker = aliasOn(L1, A, address(script[A]));
        Operation memory operation = _local("");
        operation.account = speaker;
        addOperationRoot(operation);
        settle(makeScope(), abi.encodeWithSelector(ISettlement.AccountIsAlias.selector, speaker));
    }

    function test_refuses_a_signature_of_another_key() external {
        Operation memory operation = _operation();
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        scope.legs[0].signedOperation =
            abi.encode(ISettlement.SignedOperation(operation, sign(0xbad, digestOf(operation)), address(0)));
        settle(scope, _refused(abi.encodeWithSelector(IScopedAccount.WrongSignature.selector, vm.addr(0xbad))));
        scope.legs[0].signedOperation = abi.encode(ISettlement.SignedOperation(operation, hex"00", address(0)));
        settle(scope, _refused(abi.encodeWithSelector(IScopedAccount.WrongSignature.selector, address(0))));
    }

    function test_only_the_settlement_runs_operations() external {
        Operation memory operation = _operation();
        bytes32 digest = digestOf(operation);
        bytes memory signature = sign(USER_KEY, digest);
        on(L1);
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.OnlySettlement.selector, address(this)));
        IScopedAccount(user).executeOperation(operation, digest, signature);
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.OnlyAccount.selector, address(this)));
        IScopedAccount(user).executeBatch(new IScopedAccount.Call[](0));
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.OnlyAccount.selector, address(settlement)));
        vm.prank(address(settlement));
        IScopedAccount(user).executeBatch(new IScopedAccount.Call[](0));
    }

    function test_a_batch_of_calls_is_all_or_nothing() external {
        IScopedAccount.Call[] memory calls = new IScopedAccount.Call[](2);
        calls[0] = IScopedAccount.Call(address(script[L1]), 1 ether, "");
        calls[1] = IScopedAccount.Call(address(script[L1]), 0, hex"deadbeef");
        addOperationRoot(operationOf(user, abi.encodeCall(IScopedAccount.executeBatch, (calls))));
        settle(makeScope());
        assertEq(address(script[L1]).balance, 0, "none");
        beginBatches();
        calls[1].data = abi.encodeWithSignature("runs()");
        addOperationRoot(operationOf(user, abi.encodeCall(IScopedAccount.executeBatch, (calls))));
        settle(makeScope());
        assertEq(address(script[L1]).balance, 1 ether, "all");
    }

    /// @dev Of the user's own account as a contract.
    function _ownedOperation() private view returns (Operation memory operation) {
        operation = _local(abi.encodeCall(Chatterbox.look, ("")));
        operation.account = settlement.accountFactory().accountOf(user);
        operation.nonce = settlement.nonceOf(operation.account);
    }

    function test_the_first_operation_deploys_its_owners_account() external {
        on(L1);
        Operation memory operation = _ownedOperation();
        address account = operation.account;
        assertEq(account.code.length, 0, "not there");
        vm.deal(account, 3 ether);
        (operation.value, operation.fee) = (1 ether, 1 ether);
        addRoot(L1, identityOf(operation), signed(operation, user));
        settle(makeScope());
        assertTrue(account.code.length != 0, "deployed");
        assertEq(IScopedAccount(account).owner(), user, "its owner's");
        assertEq(address(chatterbox).balance, 1 ether, "it ran");
        assertEq(submitter.balance, 1 ether, "and paid");
        assertEq(settlement.nonceOf(account), 1, "its nonce");
        assertEq(settlement.nonceOf(user), 0, "is not its owner's");

        // From then on the owner may be said or not, or wrongly.
        address[3] memory owners = [address(0), user, submitter];
        for (uint256 i = 0; i < 3; ++i) {
            beginBatches();
            operation.nonce = settlement.nonceOf(account);
            (operation.value, operation.fee) = (0, 0);
            addRoot(L1, identityOf(operation), signed(operation, owners[i]));
            settle(makeScope());
            assertEq(chatterbox.runs(), 2 + i, "ran");
        }
    }

    function test_nobody_deploys_an_account_that_is_not_the_owners() external {
        on(L1);
        Operation memory operation = _ownedOperation();
        address[2] memory owners = [address(0), submitter];
        for (uint256 i = 0; i < 2; ++i) {
            beginBatches();
            addRoot(L1, identityOf(operation), signed(operation, owners[i]));
            settle(makeScope(), abi.encodeWithSelector(ISettlement.AccountWithoutCode.selector, operation.account));
        }
        operation.account = makeAddress("nobody's");
        beginBatches();
        addRoot(L1, identityOf(operation), signed(operation, user));
        settle(makeScope(), abi.encodeWithSelector(ISettlement.AccountWithoutCode.selector, operation.account));
    }

    /// @dev A signature that recovers to nobody is not the owner 0's.
    function test_the_account_of_nobody_runs_nothing() external {
        on(L1);
        Operation memory operation = _ownedOperation();
        operation.account = settlement.accountFactory().accountOf(address(0));
        addRoot(L1, identityOf(operation), abi.encode(ISettlement.SignedOperation(operation, hex"00", address(0))));
        ISettlement.Scope memory scope = makeScope();
        on(L1);
        vm.expectRevert();
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
        assertEq(chatterbox.runs(), 0, "not run");
    }

    function test_an_owners_account_takes_no_other_key() external {
        on(L1);
        Operation memory operation = _ownedOperation();
        operation.account = settlement.accountFactory().accountOf(vm.addr(0xbad));
        addRoot(L1, identityOf(operation), signed(operation, vm.addr(0xbad)));
        settle(makeScope(), _refused(abi.encodeWithSelector(IScopedAccount.WrongSignature.selector, user)));
        assertEq(operation.account.code.length, 0, "not deployed either");
    }

    // ---- gas ---------------------------------------------------------------------------------------------------------------------

    /// @dev §11: what the account gets, of what was signed alone.
    function _gasOf(Operation memory operation) private pure returns (uint256) {
        return operation.gas + operation.gas / 31 + operation.verificationGas + 100_000 + 32 * operation.data.length;
    }

    function test_the_account_gets_exactly_its_gas() external {
        GasAccount account = new GasAccount();
        uint256[3] memory gas = [uint256(0), 1_000_000, 8_000_001];
        uint256[3] memory verificationGas = [uint256(0), 77, 500_000];
        uint256[3] memory submitted = [uint256(12_000_000), 20_000_000, 300_000_000];
        for (uint256 i = 0; i < 3; ++i) {
            Operation memory operation = _local(new bytes(i * 1000));
            (operation.account, operation.gas, operation.verificationGas) =
            (address(account), gas[i], verificationGas[i]);
            beginBatches();
            addOperationRoot(operation);
            ISettlement.Scope memory scope = makeScope();
            uint256 seen = 0;
            for (uint256 j = 0; j < 3; ++j) {
                uint256 fresh = vm.snapshotState();
                on(L1);
                vm.prank(submitter, submitter);
                settlement.executeScope{gas: submitted[j]}(scope);
                if (j != 0) assertEq(account.gasSeen(), seen, "the same, whatever the submitter's");
                seen = account.gasSeen();
                vm.revertToState(fresh);
            }
            assertTrue(seen <= _gasOf(operation) && seen + 200 >= _gasOf(operation), "exactly what follows from it");
        }
    }

    function test_refuses_gas_that_is_not_there() external {
        Operation memory operation = _operation();
        operation.gas = 1 << 40;
        _add(operation);
        settle(makeScope(), _error(ISettlement.TooLittleGasForOperation.selector, _gasOf(operation)));
        beginBatches();
        operation.gas = 8_000_000;
        operation.verificationGas = 1 << 40;
        _add(operation);
        settle(makeScope(), _error(ISettlement.TooLittleGasForOperation.selector, _gasOf(operation)));
        // Not even a number.
        for (uint256 i = 0; i < 2; ++i) {
            beginBatches();
            operation.gas = i == 0 ? type(uint256).max : 8_000_000;
            operation.verificationGas = i == 0 ? 0 : type(uint256).max;
            _add(operation);
            ISettlement.Scope memory scope = makeScope();
            on(L1);
            vm.expectRevert();
            vm.prank(submitter, submitter);
            settlement.executeScope(scope);
        }
    }

    function test_a_submitter_with_too_little_gas_fails_with_all() external {
        Operation memory operation = _operation();
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        on(L1);
        vm.expectRevert(_error(ISettlement.TooLittleGasForOperation.selector, _gasOf(operation)));
        vm.prank(submitter, submitter);
        settlement.executeScope{gas: 8_500_000}(scope);
    }

    /// @dev With no gas of its own for verification: a key's signature needs none. With data and fee; delegated, and by a proxy of which
    ///      each of two calls keeps a 64th back.
    function test_a_signed_call_gets_all_its_gas_without_verification_gas() external {
        uint256[4] memory gas = [uint256(60_000), 400_000, 4_000_000, 16_000_000];
        uint256[4] memory sizes = [uint256(0), 1, 10_000, 100_000];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                _getsAllItsGas(user, gas[i], sizes[j]);
                _getsAllItsGas(settlement.accountFactory().accountOf(user), gas[i], sizes[j]);
            }
        }
    }

    function _getsAllItsGas(address account, uint256 gas, uint256 size) private {
        uint256 fresh = vm.snapshotState();
        vm.deal(account, 10 ether);
        Operation memory operation = _local(abi.encodeCall(Chatterbox.look, (new bytes(size))));
        (operation.account, operation.gas, operation.fee) = (account, gas, 1 ether);
        addRoot(L1, identityOf(operation), signed(operation, user));
        vm.recordLogs();
        settle(makeScope());
        (, bool success,) = _executed();
        assertTrue(success, "ran");
        uint256 seen = chatterbox.gasSeen();
        assertTrue(seen <= gas && seen + 1_000 >= gas, "with its gas");
        vm.revertToState(fresh);
    }

    /// @dev Never less than was signed: what a CALL can't forward in full is not forwarded.
    function test_an_account_with_too_little_gas_runs_nothing() external {
        Operation memory operation = _local(abi.encodeCall(Chatterbox.look, ("")));
        bytes32 digest = digestOf(operation);
        bytes memory signature = sign(USER_KEY, digest);
        on(L1);
        for (uint256 i = 0; i < 2; ++i) {
            if (i == 1) {
                operation.gas = 1 << 64;
                digest = digestOf(operation);
                signature = sign(USER_KEY, digest);
            }
            vm.expectRevert(_error(IScopedAccount.TooLittleOperationGas.selector, operation.gas));
            vm.prank(address(settlement));
            IScopedAccount(user).executeOperation{gas: 3_050_000}(operation, digest, signature);
        }
        assertEq(chatterbox.runs(), 0, "not run");
    }

    // ---- the fee -----------------------------------------------------------------------------------------------------------------

    function test_the_fee_goes_to_who_submits() external {
        Operation memory operation = _operation();
        operation.fee = 3 ether;
        _add(operation);
        settle(makeScope());
        assertEq(submitter.balance, 3 ether, "paid");
        assertEq(user.balance, 10_000 ether - 3 ether, "by the account");
    }

    function test_a_failed_operation_pays_too() external {
        Operation memory operation = operationOf(address(script[L1]), hex"deadbeef");
        (operation.fee, operation.value) = (3 ether, 1 ether);
        addOperationRoot(operation);
        vm.recordLogs();
        settle(makeScope());
        (, bool success,) = _executed();
        assertTrue(!success, "it failed");
        assertEq(submitter.balance, 3 ether, "paid");
        assertEq(user.balance, 10_000 ether - 3 ether, "the fee alone");
    }

    function test_the_fee_is_paid_before_the_target_runs() external {
        // The target would take all that is there.
        Operation memory operation = _local("");
        (operation.fee, operation.value) = (3 ether, user.balance - 3 ether + 1);
        addOperationRoot(operation);
        vm.recordLogs();
        settle(makeScope());
        (, bool success,) = _executed();
        assertTrue(!success, "a wei is missing");
        assertEq(submitter.balance, 3 ether, "and it is not the submitter's");
    }

    function test_refuses_a_fee_that_is_not_there() external {
        Operation memory operation = _operation();
        operation.fee = user.balance + 1;
        _add(operation);
        settle(makeScope(), _refused(abi.encodeWithSelector(IScopedAccount.FeeNotPaid.selector, operation.fee)));
    }

    function _addMisers(uint256 pays) private returns (address miser) {
        miser = address(new Miser{value: pays}(pays));
        Operation memory operation = _local("");
        (operation.account, operation.nonce, operation.fee) = (miser, 0, 3 ether);
        addOperationRoot(operation);
    }

    function test_refuses_an_account_that_does_not_pay() external {
        address miser = _addMisers(3 ether - 1);
        settle(makeScope(), abi.encodeWithSelector(ISettlement.FeeNotPaid.selector, miser, 3 ether));
    }

    function test_an_account_pays_as_it_likes() external {
        _addMisers(3 ether);
        settle(makeScope());
        assertEq(submitter.balance, 3 ether, "paid");
    }

    /// @dev A submitter can have a call on L1 fault; that is no failure of the user's.
    function test_an_operation_that_faults_does_not_settle() external {
        addOperationRoot(_local(abi.encodeCall(Chatterbox.fault, ())));
        bytes memory fault = abi.encodeWithSelector(IScopedCallableExtension.ResponseMissing.selector, bytes32(0));
        settle(makeScope(), _refused(fault));
    }

    // ---- the outcome ---------------------------------------------------------------------------------------------------------------

    /// @dev Written out: of the L1 leg as loaded.
    function _outcomeOf(bool success, bytes memory returnData, bytes32 trace, ISettlement.L1Leg memory leg)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                keccak256("scope.outcome.v1"),
                success,
                keccak256(returnData),
                trace,
                keccak256(abi.encode(leg.fills)),
                keccak256(abi.encode(leg.records))
            )
        );
    }

    /// @dev A root of L1 that is called back, as its user rehearsed it, with a signed outcome.
    function _rehearsed() private returns (Operation memory operation, ISettlement.Scope memory scope, bytes32 trace) {
        return _rehearsed(false);
    }

    /// @param swallows Whether a contract around the script's catches whatever happens.
    function _rehearsed(bool swallows)
        private
        returns (Operation memory operation, ISettlement.Scope memory scope, bytes32 trace)
    {
        Step[] memory steps = list(step(A, step(L1)), step(A));
        operation = scriptOperation(0, steps);
        if (swallows) {
            operation.data = abi.encodeCall(Chatterbox.attempt, (operation.target, operation.data));
            operation.target = address(chatterbox);
        }
        Plan rehearsal = new Plan(L1, address(settlement), RootContext(L1, identityOf(operation), 0));
        bytes32 folded = writePlan(rehearsal, L1, steps);
        ISettlement.L1Leg memory leg;
        (leg.fills, leg.records) = (rehearsal.fills(L1), rehearsal.records(L1));
        trace = rehearsal.baton().trace;
        operation.outcome = _outcomeOf(true, swallows ? bytes("") : abi.encode(folded), trace, leg);
        serve(rehearsal, A);
        Plan plan = addOperationRoot(operation);
        writePlan(plan, L1, steps);
        scope = makeScope();
    }

    function test_ends_with_its_outcome() external {
        (, ISettlement.Scope memory scope,) = _rehearsed();
        settle(scope);
        assertEq(script[A].runs(), 2, "run");
    }

    function test_refuses_another_outcome() external {
        (Operation memory operation, ISettlement.Scope memory scope,) = _rehearsed();
        bytes32 right = operation.outcome;
        operation.outcome = keccak256("another");
        scope.legs[0].signedOperation = signed(operation);
        settle(scope, abi.encodeWithSelector(ISettlement.WrongOutcome.selector, right, operation.outcome));
        // 0 is any.
        operation.outcome = 0;
        scope.legs[0].signedOperation = signed(operation);
        settle(scope);
    }

    function test_the_outcome_tells_a_call_that_a_submitter_made_fail() external {
        (, ISettlement.Scope memory scope,) = _rehearsed();
        RawResponse.fail(scope.legs[0].fills[1].response);
        _settlePartlyRefused(scope, ISettlement.WrongOutcome.selector);
    }

    function test_the_outcome_tells_kept_from_rolled_back() external {
        (, ISettlement.Scope memory scope,) = _rehearsed(true);
        assertEq(scope.legs[0].records.length, 1, "the callback");
        scope.legs[0].records[0].kept = false;
        _settlePartlyRefused(scope, ISettlement.WrongOutcome.selector);
        scope.legs[0].records[0].kept = true;
        settle(scope);
    }

    function test_the_outcome_tells_what_never_ran() external {
        (, ISettlement.Scope memory scope,) = _rehearsed();
        // A record that is reached nowhere changes nothing of the run: trace and return data are the same.
        Record[] memory records = new Record[](2);
        (records[0], records[1]) = (scope.legs[0].records[0], scope.legs[0].records[0]);
        records[1] = abi.decode(abi.encode(records[1]), (Record));
        records[1].request.marks[records[1].request.marks.length - 1].trace = keccak256("nowhere");
        records[1].request.marks[0].trace = keccak256("nowhere");
        scope.legs[0].records = records;
        _settlePartlyRefused(scope, ISettlement.WrongOutcome.selector);
    }

    function test_the_outcome_of_a_failed_operation() external {
        Operation memory operation = _local(abi.encodeCall(Chatterbox.failWithMany, (100)));
        ISettlement.L1Leg memory none;
        Plan rehearsal = new Plan(L1, address(settlement), RootContext(L1, identityOf(operation), 0));
        bytes memory reason = new bytes(100);
        reason[62] = 0x07;
        operation.outcome = _outcomeOf(false, reason, rehearsal.baton().trace, none);
        addOperationRoot(operation);
        ISettlement.Scope memory scope = makeScope();
        uint256 fresh = vm.snapshotState();
        settle(scope);
        vm.revertToState(fresh);
        operation.outcome = _outcomeOf(true, reason, rehearsal.baton().trace, none);
        scope.legs[0].signedOperation = signed(operation);
        _settlePartlyRefused(scope, ISettlement.WrongOutcome.selector);
    }

    /// @dev It hashes the first 24,576 bytes, and the event has the first 2,048.
    function test_the_outcome_of_more_return_data_than_is_hashed() external {
        uint256[5] memory sizes = [MAX_LOGGED, MAX_LOGGED + 1, MAX_HASHED, MAX_HASHED + 1, 500_000];
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 fails = 0; fails < 2; ++fails) {
                uint256 fresh = vm.snapshotState();
                Operation memory operation = _local(
                    fails == 0
                        ? abi.encodeCall(Chatterbox.returnMany, (sizes[i]))
                        : abi.encodeCall(Chatterbox.failWithMany, (sizes[i]))
                );
                operation.gas = 2_000_000;
                ISettlement.L1Leg memory none;
                Plan rehearsal = new Plan(L1, address(settlement), RootContext(L1, identityOf(operation), 0));
                bytes memory hashed = new bytes(sizes[i] < MAX_HASHED ? sizes[i] : MAX_HASHED);
                hashed[62] = 0x07;
                operation.outcome = _outcomeOf(fails == 0, hashed, rehearsal.baton().trace, none);
                addOperationRoot(operation);
                vm.recordLogs();
                settle(makeScope());
                (, bool success, bytes memory logged) = _executed();
                assertTrue(success == (fails == 0), "success");
                assertEq(logged.length, MAX_LOGGED, "what is logged");
                assertEq(uint8(logged[62]), 7, "the first bytes");
                vm.revertToState(fresh);
            }
        }
    }

    // ---- accounts that mean ill ----------------------------------------------------------------------------------------------------

    function _runBomb(uint256 size, bool fails) private returns (bool success, bytes memory reason, uint256 gasUsed) {
        uint256 fresh = vm.snapshotState();
        Operation memory operation = _local("");
        operation.account = address(new BombAccount(size, fails));
        addOperationRoot(operation);
        bytes memory data = abi.encodeCall(ISettlement.executeScope, (makeScope()));
        on(L1);
        vm.prank(submitter, submitter);
        uint256 before = gasleft();
        (success, reason) = address(settlement).call(data);
        gasUsed = before - gasleft();
        vm.revertToState(fresh);
    }

    function test_a_reason_is_cut_off() external {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 size = [uint256(0), 2048, 1_000_000][i];
            (bool success, bytes memory reason,) = _runBomb(size, true);
            assertTrue(!success, "refused");
            bytes memory told = new bytes(size < 2048 ? size : 2048);
            if (size != 0) told[31] = 0x01;
            assertEq(reason, _refused(told), "its reason, as far as it is passed on");
        }
    }

    function test_a_return_bomb_costs_its_account_alone() external {
        (bool success,, uint256 small) = _runBomb(64, false);
        assertTrue(success, "what an account has to say");
        uint256 large;
        (success,, large) = _runBomb(1_000_000, false);
        assertTrue(success, "and more");
        assertTrue(large < small + 1_000 && small < large + 1_000, "which nobody copies");
        (success,, large) = _runBomb(1_000_000, true);
        assertTrue(!success, "refused");
        assertTrue(large < small, "at no more");
    }

    function test_refuses_an_account_that_says_too_little() external {
        bytes memory told = new bytes(63);
        told[31] = 0x01;
        (bool success, bytes memory reason,) = _runBomb(63, false);
        assertTrue(!success, "refused");
        assertEq(reason, _refused(told), "with what it said");
    }
}
