// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {Baton, Fill, Mark, Request, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {ABORT_PRECOMPILE} from "../src/l2/ScopedCallableL2.sol";
import {Plan} from "./utils/Plan.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

/// @dev What is asked; tells how deep it is.
contract Quiet {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    uint256 public calls;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function quiet(uint256 number) external returns (uint256) {
        ++calls;
        return number;
    }

    function look(uint256 number) external pure returns (uint256) {
        return number;
    }

    /// @dev Not `view`, so that it is a call.
    function depth() external returns (uint256, uint256) {
        ++calls;
        (, Baton memory baton) = SCOPED_CALLABLE.getBaton();
        return (baton.depth, baton.gasToAsk);
    }
}

/// @dev Asks in several ways, and tells what it might ask with.
contract Spender {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function _request(address to, uint256 gasLimit, uint256 number)
        private
        pure
        returns (IScopedCallable.ScopedRequest memory)
    {
        return IScopedCallable.ScopedRequest(to, 0, gasLimit, abi.encodeCall(Quiet.quiet, (number)));
    }

    /// @return seen What might be asked with, and by an alias, before each call and at the end.
    function spend(uint256 chainId, address to, uint256[] calldata gasLimits) external returns (uint256[] memory seen) {
        seen = new uint256[](2 * gasLimits.length + 2);
        for (uint256 i = 0; i < gasLimits.length; ++i) {
            (seen[2 * i], seen[2 * i + 1]) = (SCOPED_CALLABLE.askableGas(), SCOPED_CALLABLE.aliasGasLimit());
            SCOPED_CALLABLE.scopedCall(chainId, address(this), _request(to, gasLimits[i], i));
        }
        seen[2 * gasLimits.length] = SCOPED_CALLABLE.askableGas();
        seen[2 * gasLimits.length + 1] = SCOPED_CALLABLE.aliasGasLimit();
    }

    /// @notice Asks with a unit more than it may, then with all that it may.
    function edge(uint256 chainId, address to) external returns (bytes memory refusal, uint256 left) {
        uint256 askable = SCOPED_CALLABLE.askableGas();
        try SCOPED_CALLABLE.scopedCall(chainId, address(this), _request(to, askable + 1, 0)) {}
        catch (bytes memory reason) {
            refusal = reason;
        }
        SCOPED_CALLABLE.scopedCall(chainId, address(this), _request(to, askable, 0));
        left = SCOPED_CALLABLE.askableGas();
    }

    function byAlias(Quiet remote, uint256 times) external returns (uint256[] memory left) {
        left = new uint256[](times);
        for (uint256 i = 0; i < times; ++i) {
            remote.quiet(i);
            left[i] = SCOPED_CALLABLE.askableGas();
        }
    }

    function lookTwice(uint256 chainId, address to) external view returns (uint256 left) {
        uint256 askable = SCOPED_CALLABLE.askableGas();
        for (uint256 i = 0; i < 2; ++i) {
            SCOPED_CALLABLE.scopedStaticCall(
                chainId, address(this), IScopedCallable.ScopedRequest(to, 0, askable, abi.encodeCall(Quiet.look, (i)))
            );
        }
        return SCOPED_CALLABLE.askableGas();
    }

    function spendInVain(uint256 chainId, address to, uint256 gasLimit) external returns (uint256 left) {
        try this.spendAndRevert(chainId, to, gasLimit) {} catch {}
        return SCOPED_CALLABLE.askableGas();
    }

    function spendAndRevert(uint256 chainId, address to, uint256 gasLimit) external {
        SCOPED_CALLABLE.scopedCall(chainId, address(this), _request(to, gasLimit, 0));
        revert();
    }

    /// @notice Asks by any function, and tells why it can't.
    function tryAsk(uint256 chainId, address to) external returns (bytes[3] memory reasons) {
        bytes memory arguments = abi.encode(chainId, address(this), _request(to, 10_000, 0));
        bytes4[3] memory selectors = [
            IScopedCallable.scopedCall.selector,
            IScopedCallableExtension.tryScopedCall.selector,
            IScopedCallableExtension.scopedStaticCall.selector
        ];
        for (uint256 i = 0; i < 3; ++i) {
            bool success;
            (success, reasons[i]) = address(SCOPED_CALLABLE).call(abi.encodePacked(selectors[i], arguments));
            require(!success);
        }
    }
}

/// @dev Calls back, and tells what it was told.
contract Relay {
    function relay(Quiet remote) external returns (uint256, uint256) {
        return remote.depth();
    }
}

/// @title What may be asked, how deep and with how much gas (§7), and that all else is a plain revert
/// @dev This contract asks, on A or on L1; B answers, and calls back.
contract AskingTest is ScopeWorld {
    uint256 private constant ROOT_GAS = 1 << 24;
    uint256 private constant ALIAS_GAS = 2_000_000;
    uint256 private constant MAX_DEPTH = 64;
    uint256 private constant MAX_DATA = 24_576;

    mapping(uint256 chainId => Quiet) private quiet;
    Spender private spender;
    Plan private plan;

    function setUp() external {
        makeScopeWorld();
        on(L1);
        quiet[L1] = new Quiet(sc[L1]);
        quiet[A] = new Quiet(sc[A]);
        quiet[B] = new Quiet(sc[B]);
        spender = new Spender(sc[B]);
        vm.deal(address(this), 100 ether);
        _beginOn(A);
    }

    /// @dev A new scope with a root of this chain.
    function _beginOn(uint256 chainId) private {
        beginBatches();
        open(L1, A, B);
        plan = new Plan(L1, address(settlement), RootContext(chainId, keccak256("root"), 0));
    }

    function _request(address to, uint256 gasLimit, bytes memory data)
        private
        pure
        returns (IScopedCallable.ScopedRequest memory)
    {
        return IScopedCallable.ScopedRequest(to, 0, gasLimit, data);
    }

    /// @dev Has B's spender called by a root of A with this gas limit; it calls back as the plan says already.
    function _runSpender(uint256 gasLimit, bytes memory data) private returns (bytes memory response) {
        serve(plan, B);
        load(plan, A);
        on(A);
        response = sc[A].scopedCall(B, address(this), _request(address(spender), gasLimit, data));
        (, Baton memory baton) = sc[A].getBaton();
        assertEq(baton.depth, 0, "the root's own level again");
        assertEq(baton.gasToAsk, 0, "with nothing to count");
        assertEq(sc[A].askableGas(), ROOT_GAS, "and all to ask with");
        close(A);
        assertMirrored(A, B);
    }

    function _asksSpender(uint256 gasLimit, bytes memory data) private returns (Request memory) {
        return plan.asks(A, address(this), B, address(spender), 0, gasLimit, data);
    }

    /// @dev The spender calls A back.
    function _callsBack(uint256 gasLimit, uint256 number) private returns (Request memory) {
        return plan.asks(B, address(spender), A, address(quiet[A]), 0, gasLimit, abi.encodeCall(Quiet.quiet, (number)));
    }

    function _askable(uint256 left) private pure returns (uint256) {
        return left - left / 64;
    }

    function _byAlias(uint256 left) private pure returns (uint256) {
        return left / 2 < ALIAS_GAS ? left / 2 : ALIAS_GAS;
    }

    // ---- gas at the root's own level -------------------------------------------------------------------------------------------

    function test_a_root_asks_with_up_to_2_to_the_24() external {
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            _beginOn(here);
            bytes memory data = abi.encodeCall(Quiet.quiet, (7));
            plan.answers(
                plan.asks(here, address(this), B, address(quiet[B]), 0, ROOT_GAS, data), true, abi.encode(uint256(7))
            );
            serve(plan, B);
            load(plan, here);
            on(here);
            assertEq(sc[here].askableGas(), ROOT_GAS, "said so");
            assertEq(sc[here].aliasGasLimit(), ALIAS_GAS, "an alias's share");
            for (uint256 more = 1; more < 3; ++more) {
                uint256 gasLimit = more == 1 ? ROOT_GAS + 1 : type(uint256).max;
                vm.expectRevert(
                    abi.encodeWithSelector(IScopedCallableExtension.GasLimitTooHigh.selector, gasLimit, ROOT_GAS)
                );
                sc[here].scopedCall(B, address(this), _request(address(quiet[B]), gasLimit, data));
            }
            sc[here].scopedCall(B, address(this), _request(address(quiet[B]), ROOT_GAS, data));
            assertEq(sc[here].askableGas(), ROOT_GAS, "nothing is taken from it");
            close(here);
            assertMirrored(here, B);
        }
    }

    // ---- gas below a served call -------------------------------------------------------------------------------------------------

    function test_each_request_takes_from_what_the_served_call_may_ask_with() external {
        uint256[] memory gasLimits = new uint256[](3);
        (gasLimits[0], gasLimits[1], gasLimits[2]) = (300_000, 400_000, 100_000);
        uint256 left = 5_000_000;
        bytes memory data = abi.encodeCall(Spender.spend, (A, address(quiet[A]), gasLimits));
        uint256[] memory seen = new uint256[](8);
        Request memory q = _asksSpender(left, data);
        for (uint256 i = 0; i < 3; ++i) {
            (seen[2 * i], seen[2 * i + 1]) = (_askable(left), _byAlias(left));
            plan.answers(_callsBack(gasLimits[i], i), true, abi.encode(i));
            left -= gasLimits[i];
        }
        (seen[6], seen[7]) = (_askable(left), _byAlias(left));
        plan.answers(q, true, abi.encode(seen));
        assertEq(_runSpender(5_000_000, data), abi.encode(seen), "what was seen");
    }

    function test_a_served_call_may_ask_with_all_but_a_64th() external {
        uint256 gasLimit = 640_000;
        bytes memory data = abi.encodeCall(Spender.edge, (A, address(quiet[A])));
        Request memory q = _asksSpender(gasLimit, data);
        plan.answers(_callsBack(630_000, 0), true, abi.encode(uint256(0)));
        bytes memory refusal =
            abi.encodeWithSelector(IScopedCallableExtension.GasLimitTooHigh.selector, 630_001, 630_000);
        bytes memory told = abi.encode(refusal, uint256(9_844));
        plan.answers(q, true, told);
        assertEq(_runSpender(gasLimit, data), told, "what was seen");
    }

    function test_an_alias_asks_with_half_of_what_is_left() external {
        address remote = aliasOn(B, A, address(quiet[A]));
        uint256 gasLimit = 6_000_000;
        bytes memory data = abi.encodeCall(Spender.byAlias, (Quiet(remote), 3));
        Request memory q = _asksSpender(gasLimit, data);
        // 2,000,000 of 6; half of 4, which is as much; half of 2.
        uint256[3] memory asked = [uint256(2_000_000), 2_000_000, 1_000_000];
        uint256[] memory left = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            plan.answers(_callsBack(asked[i], i), true, abi.encode(i));
            gasLimit -= asked[i];
            left[i] = _askable(gasLimit);
        }
        plan.answers(q, true, abi.encode(left));
        assertEq(_runSpender(6_000_000, data), abi.encode(left), "what was left");
    }

    function test_a_static_call_takes_nothing() external {
        uint256 gasLimit = 640_000;
        bytes memory data = abi.encodeCall(Spender.lookTwice, (L1, address(quiet[L1])));
        Request memory q = _asksSpender(gasLimit, data);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory look = abi.encodeCall(Quiet.look, (i));
            plan.looks(B, address(spender), L1, address(quiet[L1]), 630_000, look, abi.encode(i));
        }
        plan.answers(q, true, abi.encode(uint256(630_000)));
        assertEq(_runSpender(gasLimit, data), abi.encode(uint256(630_000)), "as before");
    }

    function test_what_a_reverted_frame_asked_with_is_back() external {
        uint256 gasLimit = 640_000;
        bytes memory data = abi.encodeCall(Spender.spendInVain, (A, address(quiet[A]), 600_000));
        Request memory q = _asksSpender(gasLimit, data);
        Plan.Baton memory before = plan.baton();
        // Within A's wait, which begins before the frame, so that A sees it undone.
        plan.answersInVain(_callsBack(600_000, 0), true, abi.encode(uint256(0)));
        plan.rollsBack(before);
        plan.answers(q, true, abi.encode(uint256(630_000)));
        assertEq(_runSpender(gasLimit, data), abi.encode(uint256(630_000)), "as before");
    }

    function test_a_callback_has_a_depth_and_gas_of_its_own() external {
        address remote = aliasOn(B, A, address(quiet[A]));
        bytes memory data = abi.encodeCall(Relay.relay, (Quiet(remote)));
        Relay relay = new Relay();
        Request memory q = plan.asks(A, address(this), B, address(relay), 0, 1_000_000, data);
        Request memory back =
            plan.asks(B, address(relay), A, address(quiet[A]), 0, 500_000, abi.encodeCall(Quiet.depth, ()));
        plan.answers(back, true, abi.encode(uint256(2), uint256(500_000)));
        plan.answers(q, true, abi.encode(uint256(2), uint256(500_000)));
        serve(plan, B);
        load(plan, A);
        on(A);
        bytes memory response = sc[A].scopedCall(B, address(this), _request(address(relay), 1_000_000, data));
        assertEq(response, abi.encode(uint256(2), uint256(500_000)), "two deep, with the callback's limit");
        (, Baton memory baton) = sc[A].getBaton();
        assertEq(baton.depth, 0, "and then at the root's own level");
        close(A);
    }

    // ---- depth -----------------------------------------------------------------------------------------------------------------

    function _putAt(uint256 chainId, uint256 depth, uint256 gasToAsk) private {
        Plan.Baton memory baton = plan.baton();
        asLoader(chainId).setBaton(Baton(baton.trace, depth, gasToAsk, baton.marks));
        on(chainId);
    }

    function test_64_nested_calls_are_allowed() external {
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            _beginOn(here);
            Plan.Baton memory baton = plan.baton();
            baton.depth = MAX_DEPTH - 1;
            plan.rollsBack(baton);
            bytes memory data = abi.encodeCall(Quiet.depth, ());
            Request memory q = plan.asks(here, address(this), B, address(quiet[B]), 0, 100_000, data);
            assertEq(q.depth, MAX_DEPTH, "the deepest");
            plan.answers(q, true, abi.encode(MAX_DEPTH, uint256(100_000)));
            serve(plan, B);
            load(plan, here);
            bytes32 start = keccak256(abi.encode(plan.rootId()));
            asLoader(here).setBaton(Baton(start, MAX_DEPTH - 1, 1_000_000, new Mark[](0)));
            on(here);
            sc[here].scopedCall(B, address(this), _request(address(quiet[B]), 100_000, data));
            (, Baton memory ended) = sc[here].getBaton();
            assertEq(ended.depth, MAX_DEPTH - 1, "as deep as before");
            assertEq(ended.gasToAsk, 900_000, "with less to ask with");
            close(here);
            assertMirrored(here, B);
        }
    }

    function test_65_nested_calls_are_not() external {
        Plan.Baton memory baton = plan.baton();
        baton.depth = MAX_DEPTH - 1;
        plan.rollsBack(baton);
        bytes memory data = abi.encodeCall(Spender.tryAsk, (A, address(quiet[A])));
        Request memory q = _asksSpender(2_000_000, data);
        bytes memory tooDeep = abi.encodeWithSelector(IScopedCallableExtension.TooDeep.selector);
        bytes[3] memory reasons = [tooDeep, tooDeep, tooDeep];
        plan.answers(q, true, abi.encode(reasons));
        serve(plan, B);
        assertEq(quiet[A].calls(), 0, "the 65th is not made");
    }

    // ---- marks -----------------------------------------------------------------------------------------------------------------

    /// @dev Of chains that had control before.
    function _marks(uint256 count) private pure returns (Mark[] memory marks) {
        marks = new Mark[](count);
        for (uint256 i = 0; i < count; ++i) {
            marks[i] = Mark(1000 + i, keccak256(abi.encode("trace", i)));
        }
    }

    /// @dev An answer has two more, whose number is a byte.
    function test_a_request_carries_up_to_253_marks() external {
        bytes32 start = plan.baton().trace;
        plan.rollsBack(Plan.Baton(start, 0, _marks(253)));
        bytes memory data = abi.encodeCall(Quiet.quiet, (7));
        Request memory q = plan.asks(A, address(this), B, address(quiet[B]), 0, 100_000, data);
        plan.answers(q, true, abi.encode(uint256(7)));
        assertEq(plan.baton().marks.length, 255, "A's and B's too");
        serve(plan, B);
        load(plan, A);
        asLoader(A).setBaton(Baton(start, 0, 0, _marks(253)));
        on(A);
        sc[A].scopedCall(B, address(this), _request(address(quiet[B]), 100_000, data));
        (, Baton memory baton) = sc[A].getBaton();
        assertEq(abi.encode(baton.marks), abi.encode(plan.baton().marks), "all of them");
        close(A);
    }

    function test_a_254th_mark_is_too_many() external {
        load(plan, A);
        bytes32 start = plan.baton().trace;
        asLoader(A).setBaton(Baton(start, 0, 0, _marks(254)));
        _refuses(
            A,
            B,
            address(this),
            _request(address(quiet[B]), 100_000, ""),
            _error(IScopedCallableExtension.TooManyChains.selector)
        );
    }

    // ---- plain refusals ------------------------------------------------------------------------------------------------------------

    bytes4[3] private _asking = [
        IScopedCallable.scopedCall.selector,
        IScopedCallableExtension.tryScopedCall.selector,
        IScopedCallableExtension.scopedStaticCall.selector
    ];

    /// @dev Each way to ask is refused with this reason, at no more gas than that takes, and leaves nothing.
    function _refuses(
        uint256 here,
        uint256 target,
        address from,
        IScopedCallable.ScopedRequest memory request,
        bytes memory reason
    ) private {
        bytes32 before = _stateOf(here);
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory data = abi.encodePacked(_asking[i], abi.encode(target, from, request));
            for (uint256 inView = 0; inView < 2; ++inView) {
                bool success;
                bytes memory got;
                on(here);
                uint256 gas = gasleft();
                if (inView == 0) (success, got) = address(sc[here]).call{gas: 3_000_000}(data);
                else (success, got) = address(sc[here]).staticcall{gas: 3_000_000}(data);
                gas -= gasleft();
                assertTrue(!success, "refused");
                assertEq(got, reason, "with the reason");
                assertTrue(gas < 1_000_000, "which burns nothing");
            }
        }
        assertEq(_stateOf(here), before, "nothing is folded");
    }

    function _stateOf(uint256 here) private returns (bytes32) {
        bytes32[4] memory hashes;
        (hashes[0], hashes[1], hashes[2], hashes[3]) = asLoader(here).getRollingHashes(B);
        (, Baton memory baton) = sc[here].getBaton();
        return keccak256(abi.encode(hashes, baton));
    }

    function test_what_follows_from_the_transaction_alone_is_a_plain_revert() external {
        // No fault: nobody calls the abort precompile.
        vm.expectCall(ABORT_PRECOMPILE, "", 0);
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            IScopedCallable.ScopedRequest memory request =
                _request(address(quiet[B]), 100_000, abi.encodeCall(Quiet.quiet, (1)));
            _beginOn(here);
            _refuses(here, B, address(this), request, _error(IScopedCallableExtension.NoOpenRoot.selector));

            load(plan, here, new Fill[](0), "");
            _refuses(here, here, address(this), request, _error(IScopedCallableExtension.TargetIsLocal.selector));
            for (uint256 j = 0; j < 3; ++j) {
                uint256 unknown = [uint256(0), 7, type(uint256).max][j];
                _refuses(
                    here,
                    unknown,
                    address(this),
                    request,
                    abi.encodeWithSelector(IScopedCallableExtension.UnknownChain.selector, unknown)
                );
            }
            _refuses(
                here,
                B,
                user,
                request,
                abi.encodeWithSelector(IScopedCallableExtension.FromMismatch.selector, user, address(this))
            );
            request.value = 1;
            _refuses(
                here,
                B,
                address(this),
                request,
                abi.encodeWithSelector(IScopedCallableExtension.ValueMismatch.selector, 1, 0)
            );
            request.value = 0;
            request.gasLimit = ROOT_GAS + 1;
            _refuses(
                here,
                B,
                address(this),
                request,
                abi.encodeWithSelector(IScopedCallableExtension.GasLimitTooHigh.selector, ROOT_GAS + 1, ROOT_GAS)
            );
            request.gasLimit = 100_000;
            request.data = new bytes(MAX_DATA + 1);
            _refuses(
                here,
                B,
                address(this),
                request,
                abi.encodeWithSelector(IScopedCallableExtension.DataTooLong.selector, MAX_DATA + 1)
            );
            request.data = "";
            _putAt(here, MAX_DEPTH, 10_000_000);
            _refuses(here, B, address(this), request, _error(IScopedCallableExtension.TooDeep.selector));
            close(here);
        }
    }

    function _error(bytes4 selector) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector);
    }

    function test_data_of_24576_bytes_are_asked() external {
        bytes memory data = new bytes(MAX_DATA);
        plan.answers(plan.asks(A, address(this), B, user, 0, 1_000_000, data), true, "");
        serve(plan, B);
        load(plan, A);
        on(A);
        sc[A].scopedCall(B, address(this), _request(user, 1_000_000, data));
        close(A);
        assertMirrored(A, B);
    }

    function test_too_little_gas_for_the_probe_is_a_plain_revert() external {
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            _beginOn(here);
            bytes memory data = abi.encodeCall(Quiet.quiet, (1));
            plan.answers(
                plan.asks(here, address(this), B, address(quiet[B]), 0, 100_000, data), true, abi.encode(uint256(1))
            );
            load(plan, here);
            bytes memory ask = abi.encodeCall(
                IScopedCallable.scopedCall, (B, address(this), _request(address(quiet[B]), 100_000, data))
            );
            bytes32 before = _stateOf(here);
            on(here);
            uint256 told = 0;
            // Up to where the gas is enough for the probe.
            for (uint256 gas = 3_000; gas < 100_000; gas += 250) {
                (bool success, bytes memory reason) = address(sc[here]).call{gas: gas}(ask);
                if (success) break;
                if (reason.length == 0) continue; // out of gas, as any call
                if (bytes4(reason) != IScopedCallableExtension.TooLittleGasToAsk.selector) {
                    assertEq(
                        bytes32(bytes4(reason)), bytes32(IScopedCallableExtension.TooLittleGas.selector), "a fault"
                    );
                    break;
                }
                ++told;
                assertEq(reason.length, 36, "with what is left");
                assertEq(_stateOf(here), before, "nothing is folded");
                on(here);
            }
            assertTrue(told > 10, "told so");
            close(here);
        }
    }

    // ---- faults ------------------------------------------------------------------------------------------------------------------

    function test_a_fault_aborts_on_a_rollup() external {
        load(plan, A, new Fill[](0), "");
        on(A);
        vm.expectCall(ABORT_PRECOMPILE, abi.encodePacked(IScopedCallableExtension.ResponseMissing.selector));
        vm.expectPartialRevert(IScopedCallableExtension.ResponseMissing.selector);
        sc[A].scopedCall(B, address(this), _request(address(quiet[B]), 100_000, ""));
    }

    function test_a_fault_burns_its_frames_gas_on_l1() external {
        _beginOn(L1);
        load(plan, L1, new Fill[](0), "");
        on(L1);
        bytes memory ask =
            abi.encodeCall(IScopedCallable.scopedCall, (B, address(this), _request(address(quiet[B]), 100_000, "")));
        uint256 gas = gasleft();
        (bool success, bytes memory reason) = address(sc[L1]).call{gas: 3_000_000}(ask);
        gas -= gasleft();
        assertTrue(!success, "a fault");
        assertEq(bytes32(bytes4(reason)), bytes32(IScopedCallableExtension.ResponseMissing.selector), "its reason");
        assertTrue(gas > 2_900_000, "and hardly any gas is left");
    }

    // ---- known chains ------------------------------------------------------------------------------------------------------------

    function test_a_registered_rollup_is_known_on_l1_at_once() external {
        on(L1);
        assertTrue(sc[L1].isKnown(A) && sc[L1].isKnown(B), "rollups");
        assertTrue(!sc[L1].isKnown(L1) && !sc[L1].isKnown(0) && !sc[L1].isKnown(903), "nothing else");
    }

    /// @dev A call's gas tells whether a slot was read before.
    function test_what_is_known_on_l1_lies_where_no_scope_reads() external {
        addOperationRoot(operationOf(address(quiet[L1]), abi.encodeCall(Quiet.quiet, (1))));
        vm.record();
        settle(makeScope());
        (bytes32[] memory inScope,) = vm.accesses(address(sc[L1]));
        vm.record();
        sc[L1].isKnown(A);
        (bytes32[] memory asked,) = vm.accesses(address(sc[L1]));
        (bytes32[] memory ofSettlement,) = vm.accesses(address(settlement));
        assertEq(ofSettlement.length, 0, "the registry is not asked");
        assertTrue(asked.length != 0, "a slot is");
        for (uint256 i = 0; i < inScope.length; ++i) {
            for (uint256 j = 0; j < asked.length; ++j) {
                assertTrue(inScope[i] != asked[j], "which no scope reads");
            }
        }
    }

    function test_a_known_chain_outside_the_scope_is_a_fault() external {
        register(903, PROGRAM, settlement.getRollup(A).verifier, settlement.getRollup(A).policy, 0);
        know(A, 903);
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            _beginOn(chains[i]);
            load(plan, chains[i], new Fill[](0), "");
            on(chains[i]);
            vm.expectPartialRevert(IScopedCallableExtension.ResponseMissing.selector);
            sc[chains[i]].scopedCall(903, address(this), _request(address(quiet[B]), 100_000, ""));
            close(chains[i]);
        }
    }
}
