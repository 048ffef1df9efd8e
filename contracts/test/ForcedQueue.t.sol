// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForcedEntry, ForcedKind, IForcedQueue} from "../src/interfaces/IForcedQueue.sol";
import {IRollupRegistry} from "../src/interfaces/IRollupRegistry.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Operation} from "../src/interfaces/IScopedAccount.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Takes no ETH, but what it asks for.
contract Refuser {
    function depositAndCall(ISettlement settlement, uint256 chainId, uint256 value, uint256 paid) external payable {
        settlement.depositAndCall{value: paid}(chainId, address(this), value, 0, "");
    }
}

/// @dev Queues on, with the rest of what it paid.
contract Requeuer {
    ISettlement private immutable SETTLEMENT;
    uint256 private immutable CHAIN;

    constructor(ISettlement settlement, uint256 chainId) payable {
        (SETTLEMENT, CHAIN) = (settlement, chainId);
    }

    receive() external payable {
        if (address(this).balance >= 3 ether) queue();
    }

    function queue() public {
        SETTLEMENT.depositAndCall{value: 3 ether}(CHAIN, address(this), 1 ether, 0, "");
    }
}

/// @title Every rule of the forced queue: what may enter, what that costs, what a batch has to take
contract ForcedQueueTest is ScopeWorld {
    uint256 private constant MIN_PRICE = 1e7;
    uint256 private constant DEPOSIT_GAS = 600_000;
    uint256 private constant TRANSACTION_GAS = 100_000;
    uint256 private constant DOUBLING = 2 ** 24;
    uint256 private constant DEADLINE = 64;

    IForcedQueue private queue;
    address private alice = makeAddress("alice");
    address private bob = makeAddress("bob");

    /// @dev What it paid too much.
    receive() external payable {}

    function setUp() external {
        makeScopeWorld();
        on(L1);
        queue = settlement.forcedQueue();
        vm.deal(alice, 2 ** 100);
    }

    // ---- what enters ------------------------------------------------------------------------------------------------------------

    function test_a_deposit_is_what_is_paid_less_its_fee() external {
        uint256 fee = queue.feeOf(A, ForcedKind.Deposit, 100_000, 0);
        assertEq(fee, 700_000 * MIN_PRICE, "the fee");
        uint256 burnt = address(0).balance;
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, alice, bob, 5 ether - fee, 100_000, "");
        vm.expectEmit(address(settlement));
        emit ISettlement.EntryQueued(A, 0, entry);
        vm.prank(alice);
        assertEq(settlement.deposit{value: 5 ether}(A, bob), 0, "its index");
        assertEq(address(0).balance - burnt, fee, "the fee is burnt");
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 5 ether - fee, "the value is held");
        assertEq(settlement.escrowOf(A), ESCROW, "and is no escrow yet");
        assertEq(address(settlement).balance, 0, "nothing stays behind");
        _assertQueued(0, entry, 0, 0);
        assertEq(settlement.getRollup(A).forcedQueueLength, 1, "A's queue");
        assertEq(settlement.getRollup(B).forcedQueueLength, 0, "not B's");
    }

    function test_a_deposit_with_a_call_gives_the_rest_back() external {
        uint256 fee = queue.feeOf(A, ForcedKind.Deposit, 300_000, 5);
        assertEq(fee, (300_000 + 5 * 16 + DEPOSIT_GAS) * MIN_PRICE, "the fee");
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, alice, bob, 2 ether, 300_000, "hello");
        uint256 before = alice.balance;
        vm.expectEmit(address(settlement));
        emit ISettlement.EntryQueued(A, 0, entry);
        vm.prank(alice);
        settlement.depositAndCall{value: 9 ether}(A, bob, 2 ether, 300_000, "hello");
        assertEq(before - alice.balance, 2 ether + fee, "what it cost");
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 2 ether, "held");
        _assertQueued(0, entry, 0, 0);
    }

    function test_a_forced_transaction_carries_no_value() external {
        uint256 fee = queue.feeOf(A, ForcedKind.Transaction, 21_000, 3);
        assertEq(fee, (21_000 + 3 * 16 + TRANSACTION_GAS) * MIN_PRICE, "the fee");
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Transaction, alice, address(0), 0, 21_000, hex"02c0ff");
        uint256 before = alice.balance;
        vm.expectEmit(address(settlement));
        emit ISettlement.EntryQueued(A, 0, entry);
        vm.prank(alice);
        settlement.forceTransaction{value: 1 ether}(A, hex"02c0ff", 21_000);
        assertEq(before - alice.balance, fee, "what it cost");
        assertEq(address(sc[L1]).balance, 2 * ESCROW, "nothing is held");
        _assertQueued(0, entry, 0, 0);
    }

    function _assertQueued(uint256 index, ForcedEntry memory entry, uint256 gasBefore, uint256 valueBefore)
        private
        view
    {
        IForcedQueue.QueuedEntry memory queued = queue.entryOf(A, index);
        assertEq(queued.entryHash, keccak256(abi.encode(A, index, entry)), "its hash");
        assertEq(queued.queuedAt, vm.getBlockNumber(), "queued here");
        assertEq(queued.cumulativeGas, gasBefore, "gas before it");
        assertEq(queued.cumulativeValue, valueBefore, "value before it");
    }

    function test_the_fee_and_the_value_are_paid() external {
        uint256 fee = queue.feeOf(A, ForcedKind.Deposit, 100_000, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooLittlePaid.selector, fee - 1, 0, fee));
        settlement.deposit{value: fee - 1}(A, bob);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooLittlePaid.selector, fee + 6, 7, fee));
        settlement.depositAndCall{value: fee + 6}(A, bob, 7, 100_000, "");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooLittlePaid.selector, 1, type(uint128).max, fee));
        settlement.depositAndCall{value: 1}(A, bob, type(uint128).max, 100_000, "");
        // Nor does a sum wrap.
        vm.expectRevert();
        settlement.depositAndCall{value: fee}(A, bob, type(uint256).max - fee + 1, 100_000, "");
        uint256 feeOfTransaction = queue.feeOf(A, ForcedKind.Transaction, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlement.TooLittlePaid.selector, feeOfTransaction - 1, 0, feeOfTransaction)
        );
        settlement.forceTransaction{value: feeOfTransaction - 1}(A, "", 0);
        // Exactly that is enough.
        settlement.depositAndCall{value: fee + 7}(A, bob, 7, 100_000, "");
        settlement.deposit{value: queue.feeOf(A, ForcedKind.Deposit, 100_000, 0)}(B, bob);
    }

    function test_who_refuses_the_rest_pays_exactly() external {
        Refuser refuser = new Refuser();
        uint256 fee = queue.feeOf(A, ForcedKind.Deposit, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.PaymentFailed.selector, address(refuser)));
        refuser.depositAndCall{value: 2 ether}(settlement, A, 1 ether, 1 ether + fee + 1);
        refuser.depositAndCall{value: 2 ether}(settlement, A, 1 ether, 1 ether + fee);
    }

    /// @dev The rest comes last: what its receiver queues then is behind, in the queue and in the log.
    function test_the_rest_may_be_queued_on() external {
        Requeuer requeuer = new Requeuer{value: 6 ether}(settlement, A);
        vm.recordLogs();
        requeuer.queue();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 3, "three times");
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(logs[i].topics[0], ISettlement.EntryQueued.selector, "an entry");
            assertEq(uint256(logs[i].topics[2]), i, "in order");
            assertEq(queue.entryOf(A, i).cumulativeValue, i * 1 ether, "counted");
        }
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 3 ether, "each is held");
    }

    /// @dev What came to nothing could be given back neither to it nor to its own alias.
    function test_an_alias_queues_nothing() external {
        address speaker = sc[L1].deployAlias(A, address(0xa11ce));
        vm.deal(speaker, 2 ether);
        bytes memory refusal = abi.encodeWithSelector(ISettlement.AccountIsAlias.selector, speaker);
        vm.expectRevert(refusal);
        vm.prank(speaker);
        settlement.deposit{value: 1 ether}(B, speaker);
        vm.expectRevert(refusal);
        vm.prank(speaker);
        settlement.forceTransaction{value: 1 ether}(B, "", 50_000);
    }

    function test_only_open_rollups_have_queues() external {
        _close(A);
        uint256[2] memory chains = [A, 903];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory refusal = abi.encodeWithSelector(ISettlement.UnknownRollup.selector, chains[i]);
            vm.expectRevert(refusal);
            settlement.deposit{value: 1 ether}(chains[i], bob);
            vm.expectRevert(refusal);
            settlement.depositAndCall{value: 1 ether}(chains[i], bob, 0, 0, "");
            vm.expectRevert(refusal);
            settlement.forceTransaction{value: 1 ether}(chains[i], "", 0);
            vm.expectRevert(refusal);
            queue.feeOf(chains[i], ForcedKind.Deposit, 0, 0);
        }
    }

    function test_only_the_settlement_queues() external {
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, alice, bob, 1 ether, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.OnlySettlement.selector, address(this)));
        queue.push(A, 0, 0, entry);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.OnlyPart.selector, address(queue), address(this)));
        settlement.refund(alice, 1);
    }

    /// @dev From an operation of a scope too, which takes none of what it queues.
    function test_a_scope_may_queue() external {
        bytes memory data = abi.encodeCall(ISettlement.depositAndCall, (A, bob, 1 ether, 50_000, ""));
        Operation memory operation = operationOf(address(settlement), data);
        operation.value = 2 ether;
        vm.deal(user, 2 ether);
        addOperationRoot(operation);
        settle(makeScope());
        ISettlement.Rollup memory rollup = settlement.getRollup(A);
        assertEq(rollup.forcedQueueLength, 1, "queued");
        assertEq(rollup.forcedQueuePosition, 0, "and not taken");
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, user, bob, 1 ether, 50_000, "");
        assertEq(queue.entryOf(A, 0).entryHash, keccak256(abi.encode(A, 0, entry)), "the account's");
    }

    // ---- bounds ------------------------------------------------------------------------------------------------------------------

    function test_an_entry_is_bounded() external {
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryTooLong.selector, 24_577));
        settlement.depositAndCall{value: 1 ether}(A, bob, 0, 0, new bytes(24_577));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryTooLong.selector, 24_577));
        settlement.forceTransaction{value: 1 ether}(A, new bytes(24_577), 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryTooLong.selector, type(uint256).max));
        queue.feeOf(A, ForcedKind.Deposit, 0, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryGasTooHigh.selector, 2 ** 24 + 1));
        settlement.depositAndCall{value: 1 ether}(A, bob, 0, 2 ** 24 + 1, "");
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryGasTooHigh.selector, 2 ** 24 + 1));
        settlement.forceTransaction{value: 1 ether}(A, "", 2 ** 24 + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.EntryGasTooHigh.selector, type(uint256).max));
        queue.feeOf(A, ForcedKind.Deposit, type(uint256).max, 0);
        // The largest there is: one fits a block.
        settlement.depositAndCall{value: 1 ether}(A, bob, 0, 2 ** 24, new bytes(24_576));
    }

    function test_a_block_takes_so_much_gas_for_a_rollup() external {
        _queueGas(A, 2 ** 24);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, "", 2 ** 24 + 1 - TRANSACTION_GAS);
        _queueGas(A, 2 ** 24);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, "", 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        queue.feeOf(A, ForcedKind.Transaction, 0, 0);
        // Another rollup's queue is another one.
        _queueGas(B, 2 ** 24);
        vm.roll(vm.getBlockNumber() + 1);
        _queueGas(A, 2 ** 24);
    }

    function test_a_block_takes_so_many_bytes_for_a_rollup() external {
        for (uint256 i = 0; i < 5; ++i) {
            settlement.forceTransaction{value: 1 ether}(A, new bytes(24_576), 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, new bytes(8193), 0);
        settlement.forceTransaction{value: 1 ether}(A, new bytes(8192), 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, new bytes(1), 0);
        // Its gas is used up, too.
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, "", 0);
        vm.roll(vm.getBlockNumber() + 1);
        settlement.forceTransaction{value: 1 ether}(A, new bytes(24_576), 0);
    }

    /// @dev A forced transaction that is charged `gas`.
    function _queueGas(uint256 chainId, uint256 gas) private returns (uint256 fee) {
        uint256 before = alice.balance;
        vm.prank(alice);
        settlement.forceTransaction{value: alice.balance}(chainId, "", gas - TRANSACTION_GAS);
        return before - alice.balance;
    }

    // ---- price -------------------------------------------------------------------------------------------------------------------

    function test_the_price_doubles_and_falls_back() external {
        assertEq(_queueGas(A, DOUBLING), DOUBLING * MIN_PRICE, "calm");
        // A doubling waits.
        assertEq(_queueGas(A, DOUBLING), DOUBLING * MIN_PRICE * 2, "doubled");
        vm.roll(vm.getBlockNumber() + 1);
        // Two wait; and what was queued above the target, 2 - 1/4 doublings, is in excess: 3 3/4.
        uint256 price = MIN_PRICE * 8 + (MIN_PRICE * 8 * 3) / 4;
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * price, "a line between");
        vm.roll(vm.getBlockNumber() + 3);
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * MIN_PRICE * 8, "three blocks later");
        vm.roll(vm.getBlockNumber() + 4);
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * MIN_PRICE * 4, "no excess");
        vm.roll(vm.getBlockNumber() + 1_000_000);
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * MIN_PRICE * 4, "what waits still does");
        _take(A, 2);
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * MIN_PRICE, "calm again");
    }

    /// @dev Who takes at once floods at a rising price.
    function test_taking_at_once_does_not_make_flooding_cheap() external {
        uint256 last = 0;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 fee = _queueGas(A, DOUBLING) + _queueGas(A, DOUBLING);
            assertTrue(fee > 2 * last, "dearer with each block");
            last = fee;
            vm.roll(vm.getBlockNumber() + 1);
            _take(A, settlement.getRollup(A).forcedQueueLength);
        }
    }

    function test_above_40_doublings_nothing_is_queued() external {
        vm.deal(alice, 2 ** 120);
        // 2 doublings wait more with each block, and 1 3/4 more are in excess.
        for (uint256 i = 0; i < 10; ++i) {
            _queueGas(A, DOUBLING);
            _queueGas(A, DOUBLING);
            vm.roll(vm.getBlockNumber() + 1);
        }
        // 20 + 17 1/2; a block more has 18 1/2, 19 1/4.
        _queueGas(A, DOUBLING);
        _queueGas(A, DOUBLING);
        assertEq(settlement.getRollup(A).forcedQueueLength, 22, "all queued");
        vm.roll(vm.getBlockNumber() + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        queue.feeOf(A, ForcedKind.Transaction, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        settlement.forceTransaction{value: 1 ether}(A, "", 0);
        // 41 1/4: at 40 the last is queued.
        vm.roll(vm.getBlockNumber() + 4);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        queue.feeOf(A, ForcedKind.Transaction, 0, 0);
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(queue.feeOf(A, ForcedKind.Transaction, 0, 0), TRANSACTION_GAS * (MIN_PRICE << 40), "the highest price");
    }

    /// @dev What an entry costs grows with its gas and its bytes.
    function testFuzz_a_fee_grows_with_the_entry(uint256 gasLimit, uint256 length, uint256 moreGas, uint256 moreBytes)
        external
        view
    {
        (gasLimit, moreGas) = (gasLimit % 2 ** 23, moreGas % 2 ** 23);
        (length, moreBytes) = (length % 12_288, moreBytes % 12_288);
        uint256 fee = queue.feeOf(A, ForcedKind.Transaction, gasLimit, length);
        uint256 more = queue.feeOf(A, ForcedKind.Transaction, gasLimit + moreGas, length + moreBytes);
        assertEq(fee, _chargedGas(gasLimit, length, false) * MIN_PRICE, "a transaction's");
        assertEq(more, _chargedGas(gasLimit + moreGas, length + moreBytes, false) * MIN_PRICE, "with what is more");
        assertTrue(more >= fee, "which is no less");
        uint256 ofDeposit = queue.feeOf(A, ForcedKind.Deposit, gasLimit, length);
        assertEq(ofDeposit, _chargedGas(gasLimit, length, true) * MIN_PRICE, "a deposit's");
    }

    /// @dev Each byte weighs at least what fills a block by bytes as it is filled by gas.
    function _chargedGas(uint256 gasLimit, uint256 length, bool isDeposit) private pure returns (uint256) {
        uint256 gas = gasLimit + 16 * length + (isDeposit ? DEPOSIT_GAS : TRANSACTION_GAS);
        return gas > 256 * length ? gas : 256 * length;
    }

    /// @dev Who shuts a user's entry out of every block, by bytes, by gas or by both, pays alike, also who takes at once.
    /// forge-config: default.fuzz.runs = 48
    function testFuzz_a_flood_of_bytes_or_of_gas_raises_the_price_alike(uint256 seed, uint256 kind) external {
        _seed = seed;
        vm.deal(alice, 2 ** 127);
        for (uint256 n = 1; n <= 8; ++n) {
            while (_fits(21_000, 110)) {
                _floodBy(kind % 3);
            }
            vm.roll(vm.getBlockNumber() + 1);
            _take(A, settlement.getRollup(A).forcedQueueLength);
            // But for the room that the user's entry did not find.
            uint256 full = 2 ** 25 - 2 ** 22;
            uint256 price = queue.feeOf(A, ForcedKind.Transaction, 0, 0) / TRANSACTION_GAS;
            assertTrue(price <= _priceAt(n * full), "no dearer than by so much gas");
            assertTrue(price >= _priceAt(n * (full - _chargedGas(21_000, 110, false))), "nor cheaper");
        }
    }

    function _fits(uint256 gasLimit, uint256 length) private view returns (bool) {
        try queue.feeOf(A, ForcedKind.Transaction, gasLimit, length) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Queues an entry: 0 of bytes, 1 of gas, 2 of either or both.
    function _floodBy(uint256 kind) private {
        if (kind == 2) kind = _random(3);
        uint256 gasLimit = kind == 0 ? 0 : _random(2 ** 24 + 1);
        uint256 length = kind == 1 ? 0 : _random(24_577);
        while (!_fits(gasLimit, length)) (gasLimit, length) = (gasLimit / 2, length / 2);
        vm.prank(alice);
        settlement.forceTransaction{value: alice.balance}(A, new bytes(length), gasLimit);
    }

    // ---- random histories --------------------------------------------------------------------------------------------------------

    /// @dev An entry as the test remembers it.
    struct Seen {
        uint256 queuedAt;
        uint256 gas;
        uint256 bytes_;
        uint256 value;
    }

    Seen[] private _seen;
    uint256 private _position;
    uint256 private _seed;

    function _random(uint256 below) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % below;
    }

    /// @dev Random pushes, blocks and batches. The model knows every entry, and adds up anew each time.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_histories(uint256 seed) external {
        _seed = seed;
        vm.deal(alice, 2 ** 127);
        uint256 pending = 0;
        uint256 escrow = ESCROW;
        for (uint256 i = 0; i < 24; ++i) {
            uint256 action = _random(8);
            if (action < 5) {
                pending += _pushRandom();
            } else if (action == 5) {
                vm.roll(vm.getBlockNumber() + 1 + _random(3));
            } else if (action == 6) {
                vm.roll(vm.getBlockNumber() + _random(2 * DEADLINE));
            } else {
                uint256 taken = _takeRandom();
                (pending, escrow) = (pending - taken, escrow + taken);
            }
            assertEq(settlement.escrowOf(A), escrow, "the escrow grows by the deposits taken");
            assertEq(address(sc[L1]).balance, escrow + ESCROW + pending, "and what waits is held");
            ISettlement.Rollup memory rollup = settlement.getRollup(A);
            assertEq(rollup.forcedQueuePosition, _position, "the position");
            assertEq(rollup.forcedQueueLength, _seen.length, "the length");
        }
        uint256 gas = 0;
        uint256 value = 0;
        for (uint256 i = 0; i < _seen.length; ++i) {
            IForcedQueue.QueuedEntry memory queued = queue.entryOf(A, i);
            assertEq(queued.cumulativeGas, gas, "gas before it");
            assertEq(queued.cumulativeValue, value, "value before it");
            assertEq(queued.queuedAt, _seen[i].queuedAt, "its block");
            (gas, value) = (gas + _seen[i].gas, value + _seen[i].value);
        }
    }

    /// @return value What it deposits; 0 if the queue was full.
    function _pushRandom() private returns (uint256 value) {
        bool isDeposit = _random(2) == 0;
        uint256 gasLimit = _random(3) == 0 ? _random(100_000) : _random(2 ** 24 + 1);
        uint256 length = _random(2) == 0 ? _random(100) : _random(24_577);
        uint256 gas = _chargedGas(gasLimit, length, isDeposit);
        (uint256 blockGas, uint256 blockBytes) = (gas, length);
        for (uint256 i = 0; i < _seen.length; ++i) {
            if (_seen[i].queuedAt != vm.getBlockNumber()) continue;
            (blockGas, blockBytes) = (blockGas + _seen[i].gas, blockBytes + _seen[i].bytes_);
        }
        uint256 load = _excess() + _backlog();
        bool fits = blockGas <= 2 ** 25 && load <= 40 * DOUBLING;
        if (fits) assertTrue(blockBytes <= 131_072, "its bytes are within bounds");
        value = isDeposit && fits ? _random(10 ether) : 0;
        uint256 fee = gas * _priceAt(load);
        if (!fits) vm.expectRevert(abi.encodeWithSelector(IForcedQueue.QueueFull.selector, A));
        else _seen.push(Seen(vm.getBlockNumber(), gas, length, value));
        uint256 before = alice.balance;
        vm.prank(alice);
        if (isDeposit) {
            settlement.depositAndCall{value: before}(A, bob, value, gasLimit, new bytes(length));
        } else {
            settlement.forceTransaction{value: before}(A, new bytes(length), gasLimit);
        }
        if (fits) assertEq(before - alice.balance, value + fee, "what the model says");
        if (fits) assertTrue(_priceAt(_excess() + _backlog()) >= _priceAt(load), "a longer queue is no cheaper");
    }

    /// @dev Block by block, from the first one.
    function _excess() private view returns (uint256 excess) {
        uint256 i = 0;
        uint256 last = 0;
        while (i < _seen.length && _seen[i].queuedAt < vm.getBlockNumber()) {
            uint256 number = _seen[i].queuedAt;
            excess = _minus(excess, (number - last) * 2 ** 22);
            for (; i < _seen.length && _seen[i].queuedAt == number; ++i) {
                excess += _seen[i].gas;
            }
            last = number;
        }
        return _minus(excess, (vm.getBlockNumber() - last) * 2 ** 22);
    }

    function _minus(uint256 x, uint256 y) private pure returns (uint256) {
        return x > y ? x - y : 0;
    }

    function _backlog() private view returns (uint256 gas) {
        for (uint256 i = _position; i < _seen.length; ++i) {
            gas += _seen[i].gas;
        }
    }

    function _priceAt(uint256 load) private pure returns (uint256) {
        if (load > 40 * DOUBLING) return type(uint128).max;
        uint256 whole = MIN_PRICE * 2 ** (load / DOUBLING);
        return whole + (whole * (load % DOUBLING)) / DOUBLING;
    }

    /// @dev Has a batch claim some position, which may be one that it may not.
    function _takeRandom() private returns (uint256 taken) {
        uint256 lastOrigin = settlement.getRollup(A).l1OriginNumber;
        uint256 claimed = _position + _random(_seen.length - _position + 1);
        bytes memory refusal = "";
        if (claimed < _seen.length && _seen[claimed].queuedAt + DEADLINE <= lastOrigin) {
            uint256 gas = 0;
            for (uint256 i = _position; i <= claimed; ++i) {
                gas += _seen[i].gas;
            }
            if (gas <= 2 ** 25 - 2 ** 22) {
                refusal = abi.encodeWithSelector(IForcedQueue.ForcedEntryOverdue.selector, A, claimed);
            }
        }
        _take(A, claimed, refusal);
        if (refusal.length != 0) return 0;
        for (; _position < claimed; ++_position) {
            taken += _seen[_position].value;
        }
    }

    // ---- what a batch takes ------------------------------------------------------------------------------------------------------

    function _take(uint256 chainId, uint256 position) private {
        _take(chainId, position, "");
    }

    /// @dev Settles a batch with the block before this one as its origin, which claims this position.
    function _take(uint256 chainId, uint256 position, bytes memory refusal) private {
        bytes32 origin = keccak256(abi.encode("block", vm.getBlockNumber() - 1));
        vm.setBlockhash(vm.getBlockNumber() - 1, origin);
        ISettlement.Scope memory scope = _onlyBatch(chainId);
        (scope.batches[0].l1OriginNumber, scope.batches[0].l1OriginHash) = (vm.getBlockNumber() - 1, origin);
        scope.batches[0].forcedQueuePosition = position;
        prove(scope, 0, 1);
        settle(scope, refusal);
    }

    function _onlyBatch(uint256 chainId) private returns (ISettlement.Scope memory scope) {
        uint256[] memory chainIds = new uint256[](1);
        chainIds[0] = chainId;
        addBatches(scope, chainIds);
    }

    function test_a_batch_takes_in_order_and_what_is_there() external {
        _deposit(3 ether);
        _deposit(2 ether);
        vm.roll(vm.getBlockNumber() + 1);
        _take(A, 3, abi.encodeWithSelector(ISettlement.WrongForcedQueuePosition.selector, A, 3));
        _take(A, 1);
        assertEq(settlement.escrowOf(A), ESCROW + 3 ether, "the first one's");
        _take(A, 0, abi.encodeWithSelector(ISettlement.WrongForcedQueuePosition.selector, A, 0));
        _take(A, 1);
        assertEq(settlement.escrowOf(A), ESCROW + 3 ether, "nothing more");
        _take(A, 2);
        assertEq(settlement.escrowOf(A), ESCROW + 5 ether, "both");
        assertEq(settlement.getRollup(A).forcedQueuePosition, 2, "all taken");
        _take(A, 3, abi.encodeWithSelector(ISettlement.WrongForcedQueuePosition.selector, A, 3));
    }

    function _deposit(uint256 value) private {
        vm.prank(alice);
        settlement.depositAndCall{value: alice.balance}(A, bob, value, 0, "");
    }

    /// @dev Due for a batch is what was, at the origin of the one before.
    function test_what_is_overdue_is_not_passed_over() external {
        _deposit(1 ether);
        vm.roll(vm.getBlockNumber() + DEADLINE);
        // Its origin is the block before: 63 blocks on.
        _take(A, 0);
        vm.roll(vm.getBlockNumber() + 1);
        _take(A, 0);
        // That one's was 64 blocks on.
        _take(A, 0, abi.encodeWithSelector(IForcedQueue.ForcedEntryOverdue.selector, A, 0));
        _deposit(2 ether);
        vm.roll(vm.getBlockNumber() + 1);
        _take(A, 1);
        _take(A, 1);
        vm.roll(vm.getBlockNumber() + DEADLINE);
        _take(A, 1);
        _take(A, 1, abi.encodeWithSelector(IForcedQueue.ForcedEntryOverdue.selector, A, 1));
        _take(A, 2);
        assertEq(settlement.escrowOf(A), ESCROW + 3 ether, "both");
    }

    /// @dev A batch takes 2^25 - 2^22 charged gas, to the unit.
    function test_a_batch_takes_no_more_than_it_has_room_for() external {
        _queueGas(A, 2 ** 24);
        _queueGas(A, 2 ** 24 - 2 ** 22);
        vm.roll(vm.getBlockNumber() + 1);
        _queueGas(A, TRANSACTION_GAS);
        vm.roll(vm.getBlockNumber() + DEADLINE + 1);
        _take(A, 0);
        bytes4 overdue = IForcedQueue.ForcedEntryOverdue.selector;
        _take(A, 0, abi.encodeWithSelector(overdue, A, 0));
        _take(A, 1, abi.encodeWithSelector(overdue, A, 1));
        _take(A, 2);
        _take(A, 2, abi.encodeWithSelector(overdue, A, 2));
        _take(A, 3);
    }

    /// @dev What a batch takes is there for its rollup to give, once it settled.
    function test_other_rollups_are_not_asked() external {
        _deposit(1 ether);
        vm.roll(vm.getBlockNumber() + 1);
        _take(B, 1, abi.encodeWithSelector(ISettlement.WrongForcedQueuePosition.selector, B, 1));
        _take(B, 0);
        assertEq(settlement.escrowOf(B), ESCROW, "no deposit of B's");
    }

    // ---- what is never taken -----------------------------------------------------------------------------------------------------

    function _close(uint256 chainId) private {
        IRollupRegistry registry = settlement.registry();
        vm.roll(vm.getBlockNumber() + 60_000);
        registry.close(chainId);
        vm.roll(vm.getBlockNumber() + 60_000);
        registry.close(chainId);
    }

    function test_deposits_that_are_never_taken_go_back() external {
        _deposit(1 ether);
        _deposit(2 ether);
        vm.prank(alice);
        settlement.forceTransaction{value: 1 ether}(A, "", 0);
        ForcedEntry memory first = ForcedEntry(ForcedKind.Deposit, alice, bob, 1 ether, 0, "");
        ForcedEntry memory second = ForcedEntry(ForcedKind.Deposit, alice, bob, 2 ether, 0, "");
        ForcedEntry memory third = ForcedEntry(ForcedKind.Transaction, alice, address(0), 0, 0, "");
        vm.roll(vm.getBlockNumber() + 1);
        _take(A, 1);
        _refusesRefund(1, second);
        _close(A);
        _refusesRefund(0, first);
        _refusesRefund(1, first);
        _refusesRefund(2, third);
        _refusesRefund(3, second);
        third.kind = ForcedKind.Deposit;
        _refusesRefund(2, third);
        uint256 before = alice.balance;
        vm.expectEmit(address(queue));
        emit IForcedQueue.DepositRefunded(A, 1, alice, 2 ether);
        vm.prank(bob);
        queue.refundDeposit(A, 1, second);
        assertEq(alice.balance - before, 2 ether, "its value");
        assertEq(settlement.escrowOf(A), ESCROW + 1 ether, "none of the escrow");
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 1 ether, "which stays");
        _refusesRefund(1, second);
    }

    function _refusesRefund(uint256 index, ForcedEntry memory entry) private {
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.NotRefundable.selector, A, index));
        queue.refundDeposit(A, index, entry);
    }

    /// @dev Only what the entry says counts.
    function testFuzz_a_refund_is_of_the_entry_queued(
        address from,
        address to,
        uint256 value,
        uint256 gas,
        bytes memory data
    ) external {
        _deposit(1 ether);
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, alice, bob, 1 ether, 0, "");
        _close(A);
        _refusesOther(entry, ForcedEntry(ForcedKind.Deposit, from, to, value, gas, data));
        _refusesOther(entry, ForcedEntry(ForcedKind.Deposit, from, bob, 1 ether, 0, ""));
        _refusesOther(entry, ForcedEntry(ForcedKind.Deposit, alice, to, 1 ether, 0, ""));
        _refusesOther(entry, ForcedEntry(ForcedKind.Deposit, alice, bob, value, 0, ""));
        _refusesOther(entry, ForcedEntry(ForcedKind.Deposit, alice, bob, 1 ether, gas, ""));
        queue.refundDeposit(A, 0, entry);
    }

    function _refusesOther(ForcedEntry memory entry, ForcedEntry memory other) private {
        if (keccak256(abi.encode(entry)) != keccak256(abi.encode(other))) _refusesRefund(0, other);
    }
}
