// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRollupRegistry} from "../src/interfaces/IRollupRegistry.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL1} from "../src/interfaces/IScopedCallableL1.sol";
import {ISequencingPolicy} from "../src/interfaces/ISequencingPolicy.sol";
import {ISettlement, SettlementParts} from "../src/interfaces/ISettlement.sol";
import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Settlement} from "../src/l1/Settlement.sol";
import {OneProof} from "./utils/OneProof.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

/// @dev Takes no ETH.
contract Refusing {}

/// @title Every rule of the registry: who registers, who changes what and when, and how a rollup closes
contract RollupRegistryTest is ScopeWorld {
    uint256 private constant DELAY = 30 days;
    uint256 private constant IDLE = 50_400;
    uint256 private constant NOTICE = 50_400;
    ISequencingPolicy private constant ANYONE = ISequencingPolicy(address(0));
    /// @dev Of another range than A and B.
    uint256 private constant NEW = 5001;
    uint256 private constant NEW_RANGE = 5001 >> 8;

    IRollupRegistry private registry;
    OneProof private verifier;
    address private owner = makeAddress("owner");
    address private stranger = makeAddress("stranger");

    function setUp() external {
        makeScopeWorld();
        on(L1);
        vm.warp(1_700_000_000);
        registry = settlement.registry();
        verifier = new OneProof();
        vm.deal(owner, 1000 ether);
        vm.deal(stranger, 1000 ether);
    }

    // ---- registration --------------------------------------------------------------------------------------------------------------

    function _registration(uint256 chainId) private view returns (IRollupRegistry.Registration memory) {
        return IRollupRegistry.Registration({
            chainId: chainId,
            programId: PROGRAM,
            verifier: committee,
            policy: ISequencingPolicy(makeAddress("policy")),
            genesisBlockHash: keccak256("genesis of it"),
            genesisStateRoot: keccak256("state of it"),
            supply: 3 ether
        });
    }

    function _register(address by, uint256 chainId) private {
        IRollupRegistry.Registration memory r = _registration(chainId);
        bytes memory proof = proveGenesis(by, r);
        vm.prank(by);
        registry.register{value: 4 ether}(r, proof);
    }

    function _refusesRegistration(IRollupRegistry.Registration memory r, uint256 paid, bytes memory refusal) private {
        bytes memory proof = proveGenesis(owner, r);
        vm.expectRevert(refusal);
        vm.prank(owner);
        registry.register{value: paid}(r, proof);
    }

    function test_anyone_registers_a_rollup() external {
        IRollupRegistry.Registration memory r = _registration(NEW);
        assertTrue(!sc[L1].isKnown(NEW), "not known before");
        assertEq(registry.ownerOf(NEW), address(0), "nobody's");
        bytes memory proof = proveGenesis(owner, r);
        assertEq(registry.genesisHash(owner, r), genesisHashOf(owner, r), "what is proved");
        vm.expectEmit(address(registry));
        emit IRollupRegistry.OwnershipTransferred(NEW_RANGE, address(0), owner);
        vm.expectEmit(address(settlement));
        emit ISettlement.RollupRegistered(NEW, committee, PROGRAM, r.policy, r.genesisBlockHash, 3 ether);
        vm.prank(owner);
        registry.register{value: 4 ether}(r, proof);

        ISettlement.Rollup memory rollup = settlement.getRollup(NEW);
        assertEq(settlement.escrowOf(NEW), 3 ether, "its escrow");
        assertEq(rollup.escrow, 3 ether, "the same");
        assertEq(rollup.lastBlockHash, r.genesisBlockHash, "its genesis");
        assertEq(rollup.programId, PROGRAM, "its program");
        assertEq(address(rollup.verifier), address(committee), "its verifier");
        assertEq(address(rollup.policy), address(r.policy), "its policy");
        assertTrue(!rollup.closed, "open");
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 3 ether, "held by ScopedCallable");
        assertEq(address(registry).balance, 3 * BOND, "with the bond of each here");
        assertTrue(sc[L1].isKnown(NEW), "known from here on");
        IRollupRegistry.RollupState memory state = registry.stateOf(NEW);
        assertEq(state.owner, owner, "its owner");
        assertEq(registry.ownerOf(NEW), owner, "the same");
        assertEq(state.bond, BOND, "its bond");
        assertEq(state.registeredAt, vm.getBlockNumber(), "registered here");
        assertEq(state.pendingOwner, address(0), "offered to nobody");
        assertEq(state.change.appliesFrom + state.upgrade.appliesFrom + state.closesAt, 0, "nothing announced");
        assertTrue(!state.closed, "nor closed");
        assertEq(abi.encode(registry.stateOf(NEW + 1)), abi.encode(_nothing()), "no other");
    }

    function _nothing() private pure returns (IRollupRegistry.RollupState memory state) {}

    function test_chain_ids_are_free_or_refused() external {
        // The highest there is.
        _register(owner, type(uint64).max);
        uint256[5] memory taken = [uint256(0), L1, 1 << 64, type(uint256).max, type(uint64).max];
        for (uint256 i = 0; i < 5; ++i) {
            _refusesRegistration(
                _registration(taken[i]), 4 ether, abi.encodeWithSelector(ISettlement.CannotRegister.selector, taken[i])
            );
        }
        IRollupRegistry.Registration memory r = _registration(NEW);
        bytes memory proof = proveGenesis(address(this), r);
        r.verifier = IVerifier(address(0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.CannotRegister.selector, NEW));
        registry.register{value: 4 ether}(r, proof);
    }

    function test_a_registration_pays_supply_and_bond() external {
        IRollupRegistry.Registration memory r = _registration(NEW);
        uint256[4] memory wrong = [uint256(0), 3 ether, 4 ether - 1, 4 ether + 1];
        for (uint256 i = 0; i < 4; ++i) {
            _refusesRegistration(
                r, wrong[i], abi.encodeWithSelector(IRollupRegistry.WrongPayment.selector, wrong[i], 4 ether)
            );
        }
        // One without ETH needs the bond alone; and no sum wraps.
        r.supply = type(uint256).max;
        bytes memory proof = proveGenesis(address(this), r);
        vm.expectRevert();
        registry.register{value: BOND - 1}(r, proof);
        r.supply = 0;
        proof = proveGenesis(address(this), r);
        registry.register{value: BOND}(r, proof);
        assertEq(settlement.escrowOf(NEW), 0, "no escrow");
    }

    /// @dev Each part of the claim counts.
    function test_the_verifier_attests_the_genesis() external {
        for (uint256 i = 0; i < 6; ++i) {
            IRollupRegistry.Registration memory r = _registration(NEW);
            r.verifier = verifier;
            bytes memory proof = proveGenesis(address(this), r);
            if (i == 0) r.chainId += 1;
            if (i == 1) r.programId = keccak256("another program");
            if (i == 2) r.genesisBlockHash = keccak256("another genesis");
            if (i == 3) r.genesisStateRoot = keccak256("another state");
            if (i == 4) r.supply = 2 ether;
            // Whoever saw the proof and was first with it.
            address by = i == 5 ? stranger : address(this);
            bytes32[] memory inputs = new bytes32[](1);
            inputs[0] = genesisHashOf(by, r);
            vm.expectRevert(abi.encodeWithSelector(OneProof.AnotherProof.selector, r.programId, inputs, proof));
            vm.prank(by);
            registry.register{value: r.supply + BOND}(r, proof);
        }
        assertEq(registry.ownerOf(NEW), address(0), "nobody owns what wasn't registered");
        IRollupRegistry.Registration memory last = _registration(NEW);
        last.verifier = verifier;
        registry.register{value: 4 ether}(last, proveGenesis(address(this), last));
    }

    function test_a_range_is_its_first_registrants() external {
        _register(owner, NEW);
        IRollupRegistry.Registration memory r = _registration(NEW | 0xff);
        bytes memory proof = proveGenesis(stranger, r);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotOwner.selector, NEW_RANGE, stranger));
        vm.prank(stranger);
        registry.register{value: 4 ether}(r, proof);
        _register(owner, NEW | 0xff);
        _register(stranger, (NEW_RANGE + 1) << 8);
        assertEq(registry.ownerOf((NEW_RANGE + 1) << 8), stranger, "the next range is another one");
        assertEq(registry.ownerOf(NEW), owner, "his stays his");
    }

    // ---- the settlement contract and its parts -----------------------------------------------------------------------------------

    function test_only_the_parts_may() external {
        ISettlement s = settlement;
        bytes memory refusal = abi.encodeWithSelector(ISettlement.OnlyPart.selector, address(registry), address(this));
        vm.expectRevert(refusal);
        s.addRollup{value: 1 ether}(NEW, PROGRAM, committee, ANYONE, 0);
        vm.expectRevert(refusal);
        s.changeRollup(A, verifier, PROGRAM, ANYONE);
        vm.expectRevert(refusal);
        s.upgradePredeploy(A, "code");
        vm.expectRevert(refusal);
        s.removeRollup(A);
        address exits = address(settlement.exits());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.OnlyPart.selector, exits, address(this)));
        s.payOut(A, owner, 1);
    }

    function test_only_the_settlement_moves_what_is_held() external {
        IScopedCallableL1 held = settlement.scopedCallable();
        bytes memory refusal = abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, address(this));
        vm.expectRevert(refusal);
        held.addRollup{value: 1}(NEW);
        vm.expectRevert(refusal);
        held.forget(A);
        vm.expectRevert(refusal);
        held.lock{value: 1}();
        vm.expectRevert(refusal);
        held.withdraw(owner, 1);
    }

    function create(SettlementParts memory parts) external returns (Settlement) {
        return new Settlement(parts);
    }

    function test_each_part_names_its_settlement() external {
        for (uint256 i = 0; i < 4; ++i) {
            SettlementParts memory parts = deployParts(ISettlement(makeAddress("another")));
            SettlementParts memory own = deployParts(futureAddress(4));
            if (i == 0) own.accountFactory = parts.accountFactory;
            if (i == 1) own.forcedQueue = parts.forcedQueue;
            if (i == 2) own.registry = parts.registry;
            if (i == 3) own.exits = parts.exits;
            address wrong = [
                address(parts.accountFactory), address(parts.forcedQueue), address(parts.registry), address(parts.exits)
            ][i];
            // expectRevert would end the test here, with success: forge's own code makes this call.
            try this.create(own) {
                assertTrue(false, "created");
            } catch (bytes memory reason) {
                assertEq(reason, abi.encodeWithSelector(ISettlement.WrongPart.selector, wrong), "its reason");
            }
        }
        Settlement another = deploySettlement();
        assertEq(address(another.registry().settlement()), address(another), "its registry");
        assertEq(address(another.forcedQueue().settlement()), address(another), "its queue");
        assertEq(address(another.exits().settlement()), address(another), "its exits");
        assertEq(another.accountFactory().settlement(), address(another), "its accounts");
        assertEq(another.scopedCallable().loader(), address(another), "what holds its ETH");
    }

    // ---- owners --------------------------------------------------------------------------------------------------------------------

    function test_a_range_changes_hands_in_two_steps() external {
        _register(owner, NEW);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotOwner.selector, NEW_RANGE, stranger));
        vm.prank(stranger);
        registry.transferOwnership(NEW_RANGE, stranger);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotOwner.selector, 77, stranger));
        vm.prank(stranger);
        registry.transferOwnership(77, stranger);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotPendingOwner.selector, NEW_RANGE, stranger));
        vm.prank(stranger);
        registry.acceptOwnership(NEW_RANGE);

        vm.expectEmit(address(registry));
        emit IRollupRegistry.OwnershipOffered(NEW_RANGE, owner, stranger);
        vm.prank(owner);
        registry.transferOwnership(NEW_RANGE, stranger);
        assertEq(registry.ownerOf(NEW), owner, "still his");
        assertEq(registry.pendingOwnerOf(NEW), stranger, "offered");
        assertEq(registry.stateOf(NEW).pendingOwner, stranger, "and shown");
        // Taken back, and offered again.
        vm.prank(owner);
        registry.transferOwnership(NEW_RANGE, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotPendingOwner.selector, NEW_RANGE, stranger));
        vm.prank(stranger);
        registry.acceptOwnership(NEW_RANGE);
        vm.prank(owner);
        registry.transferOwnership(NEW_RANGE, stranger);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.OwnershipTransferred(NEW_RANGE, owner, stranger);
        vm.prank(stranger);
        registry.acceptOwnership(NEW_RANGE);
        assertEq(registry.ownerOf(NEW), stranger, "another one's");
        assertEq(registry.pendingOwnerOf(NEW), address(0), "offered to nobody");
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotOwner.selector, NEW_RANGE, owner));
        vm.prank(owner);
        registry.announceUpgrade(NEW, keccak256("code"));
        _register(stranger, NEW + 1);
    }

    // ---- changes -------------------------------------------------------------------------------------------------------------------

    bytes32 private constant PROGRAM_2 = keccak256("the next program");
    bytes private constant CODE = hex"6001600155";

    function test_a_change_applies_30_days_after_it_was_announced() external {
        ISequencingPolicy policy = ISequencingPolicy(makeAddress("another policy"));
        uint64 appliesFrom = uint64(vm.getBlockTimestamp() + DELAY);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.ChangeAnnounced(A, verifier, PROGRAM_2, policy, appliesFrom);
        registry.announceChange(A, verifier, PROGRAM_2, policy);
        IRollupRegistry.PendingChange memory change = registry.stateOf(A).change;
        assertEq(
            abi.encode(change),
            abi.encode(IRollupRegistry.PendingChange(verifier, PROGRAM_2, policy, appliesFrom)),
            "shown"
        );
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.AlreadyAnnounced.selector, A));
        registry.announceChange(A, committee, PROGRAM, policy);
        vm.warp(appliesFrom - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.TooEarly.selector, A, appliesFrom));
        registry.applyChange(A);
        assertEq(settlement.getRollup(A).programId, PROGRAM, "nothing changed");
        vm.warp(appliesFrom);
        vm.expectEmit(address(settlement));
        emit ISettlement.RollupChanged(A, verifier, PROGRAM_2, policy);
        vm.prank(stranger);
        registry.applyChange(A);
        ISettlement.Rollup memory rollup = settlement.getRollup(A);
        assertEq(address(rollup.verifier), address(verifier), "another verifier");
        assertEq(rollup.programId, PROGRAM_2, "another program");
        assertEq(address(rollup.policy), address(policy), "another policy");
        assertEq(rollup.escrow, ESCROW, "the same escrow");
        assertEq(rollup.lastBlockHash, keccak256("genesis"), "the same head");
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyChange(A);
        registry.announceChange(A, committee, PROGRAM, policy);
    }

    function test_a_changed_rollup_settles_by_its_new_verifier() external {
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        ISettlement.Scope memory scope = _onlyBatch(A);
        uint256 fresh = vm.snapshotState();
        settle(scope);
        vm.revertToState(fresh);
        registry.applyChange(A);
        bytes32[] memory inputs = new bytes32[](1);
        inputs[0] = publicInputsHash(scope, 0, PROGRAM_2, 0);
        settle(scope, abi.encodeWithSelector(OneProof.AnotherProof.selector, PROGRAM_2, inputs, scope.proofs[0]));
        verifier.accept(PROGRAM_2, inputs, scope.proofs[0]);
        settle(scope);
    }

    function test_an_upgrade_applies_30_days_after_it_was_announced() external {
        uint64 appliesFrom = uint64(vm.getBlockTimestamp() + DELAY);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.UpgradeAnnounced(A, keccak256(CODE), appliesFrom);
        registry.announceUpgrade(A, keccak256(CODE));
        assertEq(registry.stateOf(A).upgrade.codeHash, keccak256(CODE), "shown");
        assertEq(registry.stateOf(A).upgrade.appliesFrom, appliesFrom, "with its time");
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.AlreadyAnnounced.selector, A));
        registry.announceUpgrade(A, keccak256("more"));
        vm.warp(appliesFrom - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.TooEarly.selector, A, appliesFrom));
        registry.applyUpgrade(A, CODE);
        vm.warp(appliesFrom);
        vm.expectRevert(
            abi.encodeWithSelector(IRollupRegistry.WrongCode.selector, keccak256("another"), keccak256(CODE))
        );
        registry.applyUpgrade(A, "another");
        vm.expectEmit(address(settlement));
        emit ISettlement.PredeployUpgraded(A, CODE);
        vm.prank(stranger);
        registry.applyUpgrade(A, CODE);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyUpgrade(A, CODE);
        assertEq(registry.stateOf(A).upgrade.codeHash, 0, "done");
        registry.announceUpgrade(A, keccak256(CODE));
    }

    function test_an_upgrade_is_to_code_that_can_be() external {
        bytes[4] memory impossible = [bytes(""), hex"ef", hex"ef0100", new bytes(24_577)];
        for (uint256 i = 0; i < 4; ++i) {
            registry.announceUpgrade(A, keccak256(impossible[i]));
            vm.warp(vm.getBlockTimestamp() + DELAY);
            vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.ImpossibleCode.selector, keccak256(impossible[i])));
            registry.applyUpgrade(A, impossible[i]);
            registry.cancelUpgrade(A);
        }
        bytes memory largest = new bytes(24_576);
        registry.announceUpgrade(A, keccak256(largest));
        vm.warp(vm.getBlockTimestamp() + DELAY);
        registry.applyUpgrade(A, largest);
    }

    function test_a_verifier_without_code_is_none() external {
        bytes memory refusal = abi.encodeWithSelector(IRollupRegistry.NoVerifier.selector, A);
        vm.expectRevert(refusal);
        registry.announceChange(A, IVerifier(address(0)), PROGRAM_2, ANYONE);
        vm.expectRevert(refusal);
        registry.announceChange(A, IVerifier(stranger), PROGRAM_2, ANYONE);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        // One that destroyed itself, in the transaction in which it was made and announced.
        bytes memory code = address(verifier).code;
        vm.etch(address(verifier), "");
        vm.expectRevert(refusal);
        registry.applyChange(A);
        vm.etch(address(verifier), code);
        registry.applyChange(A);
        assertEq(address(settlement.getRollup(A).verifier), address(verifier), "with code");
    }

    function test_announcements_are_taken_back() external {
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.cancelChange(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.cancelUpgrade(A);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.warp(vm.getBlockTimestamp() + DELAY);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.ChangeCancelled(A);
        registry.cancelChange(A);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.UpgradeCancelled(A);
        registry.cancelUpgrade(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyChange(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyUpgrade(A, CODE);
        // The time begins anew.
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        uint256 appliesFrom = vm.getBlockTimestamp() + DELAY;
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.TooEarly.selector, A, appliesFrom));
        registry.applyChange(A);
    }

    /// @dev Else one that nobody heeds any more could be kept for the day on which it pays.
    function test_what_is_not_applied_within_a_week_lapses() external {
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        registry.announceUpgrade(A, keccak256(CODE));
        uint256 last = vm.getBlockTimestamp() + DELAY + 7 days;
        vm.warp(last + 1);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.Lapsed.selector, A, last));
        registry.applyChange(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.Lapsed.selector, A, last));
        registry.applyUpgrade(A, CODE);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.AlreadyAnnounced.selector, A));
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        vm.warp(vm.getBlockTimestamp() + DELAY + 7 days);
        registry.applyChange(A);
        registry.applyUpgrade(A, CODE);
        assertEq(settlement.getRollup(A).programId, PROGRAM_2, "applied on the last day");
    }

    function test_nothing_is_applied_during_a_closing() external {
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.warp(vm.getBlockTimestamp() + DELAY);
        vm.roll(vm.getBlockNumber() + IDLE + 1);
        registry.close(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.IsClosing.selector, A));
        registry.applyChange(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.IsClosing.selector, A));
        registry.applyUpgrade(A, CODE);
        _settleBatch(A);
        registry.applyChange(A);
    }

    function test_only_owners_announce() external {
        bytes memory refusal = abi.encodeWithSelector(IRollupRegistry.NotOwner.selector, A >> 8, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.cancelChange(A);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.cancelUpgrade(A);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.withdrawBond(A, stranger);
        // Of the owner's range, but no rollup.
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.UnknownRollup.selector, 903));
        registry.announceChange(903, verifier, PROGRAM_2, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.UnknownRollup.selector, 903));
        registry.announceUpgrade(903, keccak256(CODE));
    }

    /// @dev Whatever an owner does, in whatever order: for 30 days after the first of it a rollup is as it was.
    function testFuzz_an_owner_changes_nothing_within_30_days(uint256 seed) external {
        uint256 start = vm.getBlockTimestamp();
        bytes memory before = abi.encode(settlement.getRollup(A));
        for (uint256 i = 0; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(start + (i * DELAY) / 40);
            _anything(seed);
        }
        vm.warp(start + DELAY - 1);
        _anything(3);
        _anything(5);
        assertEq(abi.encode(settlement.getRollup(A)), before, "as it was");
    }

    /// @dev Something that an owner can call, which may fail.
    function _anything(uint256 seed) private {
        bytes[8] memory calls = [
            abi.encodeCall(registry.announceChange, (A, verifier, PROGRAM_2, ANYONE)),
            abi.encodeCall(registry.announceUpgrade, (A, keccak256(CODE))),
            abi.encodeCall(registry.cancelChange, (A)),
            abi.encodeCall(registry.applyChange, (A)),
            abi.encodeCall(registry.cancelUpgrade, (A)),
            abi.encodeCall(registry.applyUpgrade, (A, CODE)),
            abi.encodeCall(registry.close, (A)),
            abi.encodeCall(registry.withdrawBond, (A, address(this)))
        ];
        (bool success,) = address(registry).call(calls[seed % 8]);
        (success);
    }

    // ---- closing ---------------------------------------------------------------------------------------------------------------------

    function _onlyBatch(uint256 chainId) private returns (ISettlement.Scope memory scope) {
        uint256[] memory chainIds = new uint256[](1);
        chainIds[0] = chainId;
        addBatches(scope, chainIds);
        prove(scope, 0, 1);
    }

    /// @return origin L1 origin of the batch: the block before this one.
    function _settleBatch(uint256 chainId) private returns (uint256 origin) {
        origin = vm.getBlockNumber() - 1;
        vm.setBlockhash(origin, keccak256("origin"));
        ISettlement.Scope memory scope = _onlyBatch(chainId);
        (scope.batches[0].l1OriginNumber, scope.batches[0].l1OriginHash) = (origin, keccak256("origin"));
        prove(scope, 0, 1);
        settle(scope);
    }

    function _refusesClosing(uint256 lastSeen) private {
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotIdle.selector, A, lastSeen));
        registry.close(A);
    }

    function test_closing_takes_a_week_idle_and_a_week_of_notice() external {
        uint256 registered = vm.getBlockNumber();
        vm.roll(registered + IDLE);
        _refusesClosing(registered);
        uint256 origin = _settleBatch(A);
        vm.roll(origin + IDLE);
        _refusesClosing(origin);
        vm.roll(origin + IDLE + 1);
        uint64 closesAt = uint64(vm.getBlockNumber() + NOTICE);
        vm.expectEmit(address(registry));
        emit IRollupRegistry.ClosingStarted(A, closesAt);
        vm.prank(stranger);
        registry.close(A);
        assertEq(registry.stateOf(A).closesAt, closesAt, "shown");
        vm.roll(closesAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.ClosingTooEarly.selector, A, closesAt));
        registry.close(A);
        assertTrue(!settlement.getRollup(A).closed, "open");
        vm.roll(closesAt);
        vm.expectEmit(address(settlement));
        emit ISettlement.RollupClosed(A);
        vm.prank(stranger);
        registry.close(A);
        assertTrue(settlement.getRollup(A).closed, "closed");
    }

    function test_a_batch_undoes_a_closing() external {
        vm.roll(vm.getBlockNumber() + IDLE + 1);
        registry.close(A);
        uint256 closesAt = registry.stateOf(A).closesAt;
        vm.roll(closesAt - 1);
        uint256 origin = _settleBatch(A);
        assertEq(registry.stateOf(A).closesAt, 0, "not any more");
        vm.roll(closesAt + 1);
        _refusesClosing(origin);
        vm.roll(origin + IDLE + 1);
        registry.close(A);
        assertEq(registry.stateOf(A).closesAt, vm.getBlockNumber() + NOTICE, "anew");
        // To the last moment.
        vm.roll(vm.getBlockNumber() + NOTICE + 5);
        origin = _settleBatch(A);
        _refusesClosing(origin);
    }

    function test_batches_of_others_do_not_undo_it() external {
        vm.roll(vm.getBlockNumber() + IDLE + 1);
        registry.close(A);
        _settleBatch(B);
        vm.roll(vm.getBlockNumber() + NOTICE);
        registry.close(A);
        assertTrue(settlement.getRollup(A).closed, "closed");
        assertTrue(!settlement.getRollup(B).closed, "not B");
    }

    /// @dev Random blocks, batches and calls of close, against two sentences: no rollup closes within two weeks of a batch's origin,
    ///      nor is a closing started within one.
    function testFuzz_closings(uint256 seed) external {
        uint256 last = vm.getBlockNumber();
        uint256 started = 0;
        for (uint256 i = 0; i < 12 && !settlement.getRollup(A).closed; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.roll(vm.getBlockNumber() + 1 + (seed >> 8) % (IDLE / 2));
            if (seed % 6 == 0) {
                last = _settleBatch(A);
                started = 0;
                continue;
            }
            (bool success,) = address(registry).call(abi.encodeCall(registry.close, (A)));
            uint256 since = started != 0 ? started + NOTICE : last + IDLE + 1;
            assertTrue(success == (vm.getBlockNumber() >= since), "when it may");
            if (success && started != 0) {
                assertTrue(vm.getBlockNumber() > last + IDLE + NOTICE, "not within two weeks");
            }
            if (success && started == 0) started = vm.getBlockNumber();
        }
        assertTrue(IDLE + NOTICE < DELAY / 12, "sooner than an owner could change it");
    }

    function _close(uint256 chainId) private {
        vm.roll(vm.getBlockNumber() + IDLE + 1);
        registry.close(chainId);
        vm.roll(vm.getBlockNumber() + NOTICE);
        registry.close(chainId);
    }

    function test_a_closed_rollup_is_closed_for_good() external {
        ISettlement.Scope memory scope = _onlyBatch(A);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.warp(vm.getBlockTimestamp() + DELAY);
        bytes32 head = settlement.getRollup(A).lastBlockHash;
        _close(A);
        ISettlement.Rollup memory rollup = settlement.getRollup(A);
        assertEq(address(rollup.verifier), address(0), "no verifier");
        assertEq(rollup.lastBlockHash, head, "its last block");
        assertEq(rollup.escrow, ESCROW, "its escrow");
        assertTrue(!sc[L1].isKnown(A) && sc[L1].isKnown(B), "not known on L1");
        IRollupRegistry.RollupState memory state = registry.stateOf(A);
        assertTrue(state.closed, "shown");
        assertEq(state.change.appliesFrom + state.upgrade.appliesFrom + state.closesAt, 0, "nothing is announced");
        assertEq(state.owner, address(this), "its owner stays");

        settle(scope, abi.encodeWithSelector(ISettlement.UnknownRollup.selector, A));
        bytes memory unknown = abi.encodeWithSelector(IRollupRegistry.UnknownRollup.selector, A);
        vm.expectRevert(unknown);
        registry.close(A);
        vm.expectRevert(unknown);
        registry.announceChange(A, verifier, PROGRAM_2, ANYONE);
        vm.expectRevert(unknown);
        registry.announceUpgrade(A, keccak256(CODE));
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyChange(A);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotAnnounced.selector, A));
        registry.applyUpgrade(A, CODE);
        IRollupRegistry.Registration memory r = _registration(A);
        bytes memory proof = proveGenesis(address(this), r);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.CannotRegister.selector, A));
        registry.register{value: 4 ether}(r, proof);
        // Even if the registry said so.
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownRollup.selector, A));
        vm.prank(address(registry));
        settlement.changeRollup(A, verifier, PROGRAM_2, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownRollup.selector, A));
        vm.prank(address(registry));
        settlement.upgradePredeploy(A, CODE);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownRollup.selector, A));
        vm.prank(address(registry));
        settlement.removeRollup(A);
    }

    /// @dev A root of L1 that closes a rollup of its own scope leaves nothing of that scope.
    function test_a_rollup_does_not_close_within_its_scope() external {
        vm.roll(vm.getBlockNumber() + IDLE + 1);
        registry.close(A);
        vm.roll(vm.getBlockNumber() + NOTICE);
        uint256 origin = vm.getBlockNumber() - 1;
        vm.setBlockhash(origin, keccak256("origin"));
        addOperationRoot(operationOf(address(registry), abi.encodeCall(IRollupRegistry.close, (A))));
        ISettlement.Scope memory scope = makeScope();
        for (uint256 i = 0; i < 2; ++i) {
            (scope.batches[i].l1OriginNumber, scope.batches[i].l1OriginHash) = (origin, keccak256("origin"));
        }
        prove(scope, 0, 1);
        vm.expectRevert();
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
        registry.close(A);
    }

    function test_an_unknown_rollup_is_not_closed() external {
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.UnknownRollup.selector, NEW));
        registry.close(NEW);
    }

    function test_the_bond_of_a_closed_rollup_is_its_owners() external {
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NoBond.selector, A));
        registry.withdrawBond(A, owner);
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NoBond.selector, 903));
        registry.withdrawBond(903, owner);
        _close(A);
        assertEq(registry.stateOf(A).bond, BOND, "still here");
        Refusing refusing = new Refusing();
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.PaymentFailed.selector, address(refusing)));
        registry.withdrawBond(A, address(refusing));
        uint256 before = owner.balance;
        vm.expectEmit(address(registry));
        emit IRollupRegistry.BondWithdrawn(A, owner, BOND);
        registry.withdrawBond(A, owner);
        assertEq(owner.balance - before, BOND, "paid");
        assertEq(address(registry).balance, BOND, "B's stays");
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NoBond.selector, A));
        registry.withdrawBond(A, owner);
        assertEq(registry.stateOf(A).bond, 0, "and shown");
    }

    // ---- exits ---------------------------------------------------------------------------------------------------------------------

    function test_exits_pay_out_of_a_closed_rollups_escrow_alone() external {
        address exits = address(settlement.exits());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotClosed.selector, A));
        vm.prank(exits);
        settlement.payOut(A, stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotClosed.selector, NEW));
        vm.prank(exits);
        settlement.payOut(NEW, stranger, 0);
        _close(A);
        uint256 before = stranger.balance;
        vm.prank(exits);
        settlement.payOut(A, stranger, 400 ether);
        assertEq(stranger.balance - before, 400 ether, "paid");
        assertEq(settlement.escrowOf(A), 600 ether, "the rest");
        assertEq(settlement.escrowOf(B), ESCROW, "B's stays");
        assertEq(address(sc[L1]).balance, 600 ether + ESCROW, "held");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EscrowNegative.selector, A));
        vm.prank(exits);
        settlement.payOut(A, stranger, 600 ether + 1);
        address refusing = address(new Refusing());
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableL1.PaymentFailed.selector, refusing));
        vm.prank(exits);
        settlement.payOut(A, refusing, 1);
        vm.prank(exits);
        settlement.payOut(A, stranger, 600 ether);
        assertEq(settlement.escrowOf(A), 0, "nothing is left");
    }
}
