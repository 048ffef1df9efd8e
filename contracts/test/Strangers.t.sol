// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL1} from "../src/interfaces/IScopedCallableL1.sol";
import {IScopedCallableL2} from "../src/interfaces/IScopedCallableL2.sol";
import {Fill, Limit, Mark, Record, Request, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

/// @dev Records who calls it. Below a STATICCALL it can't, and answers with that instead.
contract Recorder {
    address[] public callers;

    function count() external view returns (uint256) {
        return callers.length;
    }

    fallback(bytes calldata) external payable returns (bytes memory) {
        (bool stored,) = address(this).call{gas: 100_000}(abi.encodeCall(this.store, (msg.sender)));
        return abi.encode(msg.sender, stored);
    }

    function store(address caller) external {
        require(msg.sender == address(this));
        callers.push(caller);
    }
}

/// @title ScopedCallable never calls an address that a caller names, but through an alias (§9)
/// @dev Whoever it called directly would see ScopedCallable as its caller: a stranger could have it speak.
contract StrangersTest is ScopeWorld {
    Recorder private recorder;

    function setUp() external {
        makeScopeWorld();
        recorder = new Recorder();
        vm.deal(address(this), 100 ether);
    }

    function _named() private view returns (IScopedCallable.ScopedRequest memory) {
        return IScopedCallable.ScopedRequest(address(recorder), 0, 100_000, hex"deadbeef");
    }

    /// @dev Every function, with the recorder wherever it takes an address.
    function _calls() private view returns (bytes[] memory calls) {
        address named = address(recorder);
        Request memory request;
        (request.from, request.to) = (named, named);
        Record[] memory records = new Record[](1);
        records[0].request = request;
        RootContext memory context = RootContext(B, keccak256("root"), 0);
        calls = new bytes[](27);
        calls[0] = abi.encodeCall(IScopedCallable.scopedCall, (B, named, _named()));
        calls[1] = abi.encodeCall(IScopedCallable.scopedCall, (B, address(this), _named()));
        calls[2] = abi.encodeCall(IScopedCallableExtension.tryScopedCall, (B, address(this), _named()));
        calls[3] = abi.encodeCall(IScopedCallableExtension.scopedStaticCall, (B, address(this), _named()));
        calls[4] = abi.encodeCall(IScopedCallable.handleScopedCall, (B, named, 0, _named()));
        calls[5] = abi.encodeCall(IScopedCallable.fillResponsesIn, (new uint256[](0), new bytes32[](0), new bytes[](0)));
        calls[6] = abi.encodeCall(IScopedCallable.getRollingHashes, (uint160(named)));
        calls[7] = abi.encodeCall(IScopedCallableExtension.deployAlias, (B, named));
        calls[8] = abi.encodeCall(IScopedCallableExtension.aliasOf, (B, named));
        calls[9] = abi.encodeCall(IScopedCallableExtension.isAlias, (named));
        calls[10] = abi.encodeCall(IScopedCallableExtension.forwardStranded, (B, named));
        calls[11] = abi.encodeCall(IScopedCallableExtension.answerOf, (bytes32(0), request));
        calls[12] = abi.encodeCall(IScopedCallableExtension.serveAnchor, (bytes32(uint256(uint160(named)))));
        calls[13] = abi.encodeCall(IScopedCallableExtension.runRolledBack, (0));
        calls[14] = abi.encodeCall(IScopedCallableExtension.loadRoot, (context, new Limit[](0), new Fill[](0), records));
        calls[15] = abi.encodeCall(IScopedCallableExtension.runRoot, (context, new Limit[](0), new Fill[](0), records));
        calls[16] = abi.encodeCall(IScopedCallableExtension.getValues, (uint160(named)));
        calls[17] = abi.encodeCall(IScopedCallableExtension.getLimit, (uint160(named)));
        calls[18] = abi.encodeCall(IScopedCallableExtension.rootIdOf, (context));
        calls[19] = abi.encodeCall(IScopedCallableL2.isEntry, (named));
        calls[20] = abi.encodeCall(IScopedCallableL2.declareEntry, ());
        calls[21] = abi.encodeCall(IScopedCallableL2.pauseAsking, ());
        calls[22] = abi.encodeCall(IScopedCallableL1.addRollup, (uint160(named)));
        calls[23] = abi.encodeWithSignature(
            "ask((bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)[],uint256,uint256,address,uint256,uint256,bytes))",
            request
        );
        // What is no function: to the recorder, say, whose address it starts with, as an alias is told.
        calls[24] = abi.encodePacked(named, uint256(100_000), hex"deadbeef");
        calls[25] = "";
        // The loader's, which is a call by an alias.
        calls[26] = abi.encodeCall(IScopedCallableL2.deposit, (0, named, named, 1, 100_000, hex"deadbeef"));
    }

    function test_no_function_calls_who_is_named() external {
        vm.expectCall(address(recorder), "", 0);
        bytes[] memory calls = _calls();
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            beginBatches();
            open(L1, A, B);
            vm.deal(sc[here].aliasOf(B, address(recorder)), 1 ether);
            // Without a root, and in one.
            for (uint256 rooted = 0; rooted < 2; ++rooted) {
                if (rooted == 1) {
                    load(new Plan(L1, address(settlement), RootContext(here, keccak256("root"), 0)), here);
                }
                for (uint256 j = 0; j < calls.length; ++j) {
                    on(here);
                    (bool success,) = address(sc[here]).call{gas: 1_000_000}(calls[j]);
                    (success,) = address(sc[here]).staticcall{gas: 1_000_000}(calls[j]);
                    if (j < 3) {
                        (success,) = address(sc[here]).call{value: 1, gas: 1_000_000}(calls[j]);
                    }
                }
            }
            close(here);
        }
    }

    /// @dev Whatever the calldata: the recorder's address in every word, behind any selector there is, with any sender.
    /// forge-config: default.fuzz.runs = 256
    function testFuzz_no_calldata_has_who_is_named_called(uint256 seed, uint8 words, bool asLoaderOfIt) external {
        bytes[] memory calls = _calls();
        bytes4 selector = bytes4(calls[seed % 24]);
        bytes memory data = abi.encodePacked(selector);
        for (uint256 i = 0; i < words % 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 word = seed % 3 == 0 ? uint160(address(recorder)) : seed % 3 == 1 ? (seed >> 128) % 13 * 32 : seed;
            data = bytes.concat(data, bytes32(word));
        }
        uint256 here = seed % 2 == 0 ? A : L1;
        open(L1, A, B);
        if (!asLoaderOfIt) load(new Plan(L1, address(settlement), RootContext(here, keccak256("root"), 0)), here);
        vm.expectCall(address(recorder), "", 0);
        on(here);
        if (asLoaderOfIt) vm.prank(loaderOf[here]);
        (bool success,) = address(sc[here]).call{gas: 2_000_000}(data);
        success;
    }

    /// @dev What is served has an alias as its caller: a call, a static call, one in vain.
    function test_who_is_served_sees_an_alias() external {
        uint256[2] memory chains = [A, L1];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 here = chains[i];
            beginBatches();
            open(L1, A, B);
            address speaker = aliasOn(here, B, user);
            Plan plan = new Plan(L1, address(settlement), RootContext(B, keccak256("root"), 0));
            Plan.Baton memory before = plan.baton();
            Request memory q = plan.asks(B, user, here, address(recorder), 0, 500_000, hex"01");
            plan.answersInVain(q, true, _fallbackAnswer(speaker, true));
            plan.rollsBack(before);
            plan.looks(B, user, here, address(recorder), 500_000, hex"02", _fallbackAnswer(speaker, false));
            q = plan.asks(B, user, here, address(recorder), 0, 500_000, hex"03");
            plan.answers(q, true, _fallbackAnswer(speaker, true));
            uint256 count = recorder.count();
            serve(plan, here);
            assertEq(recorder.count(), count + 1, "called");
            assertEq(recorder.callers(count), speaker, "by the alias");
            assertTrue(sc[here].isAlias(speaker), "which is one");
        }
    }

    function _fallbackAnswer(address caller, bool stored) private pure returns (bytes memory) {
        return abi.encode(caller, stored);
    }

    /// @dev A forwarded balance goes by the alias, too.
    function test_stranded_ether_goes_by_its_alias() external {
        open(A, L1, B);
        address stranded = aliasOn(A, B, address(recorder));
        vm.deal(stranded, 5 ether);
        Plan plan = new Plan(L1, address(settlement), RootContext(A, keccak256("root"), 0));
        plan.answers(plan.asks(A, stranded, B, address(recorder), 5 ether, 2_000_000, ""), true, "");
        load(plan, A);
        on(A);
        vm.expectCall(address(recorder), "", 0);
        sc[A].forwardStranded(B, address(recorder));
        assertEq(address(recorder).balance, 0, "not here");
    }
}
