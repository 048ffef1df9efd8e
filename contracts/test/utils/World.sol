// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "../../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../../src/interfaces/IScopedCallableL2.sol";
import {Fill, Limit, Record, RootContext} from "../../src/interfaces/ScopeTypes.sol";
import {ScopedCallableL2, SYSTEM_ADDRESS} from "../../src/l2/ScopedCallableL2.sol";
import {Plan} from "./Plan.sol";
import {Test} from "./Test.sol";

/// @title Chains in one EVM: `on(chain)` says which one runs
/// @dev All contracts share an address space here, so each deployment has its own address.
abstract contract World is Test {
    uint256 internal constant L1 = 1;
    uint256 internal constant A = 901;
    uint256 internal constant B = 902;

    bytes32 internal constant SEED = keccak256(abi.encode(bytes32(0)));

    mapping(uint256 chainId => IScopedCallableExtension) internal sc;
    mapping(uint256 chainId => address) internal loaderOf;

    function on(uint256 chainId) internal {
        vm.chainId(chainId);
    }

    function makeRollup(uint256 chainId, address settlement) internal {
        on(chainId);
        sc[chainId] = new ScopedCallableL2(L1, settlement);
        loaderOf[chainId] = SYSTEM_ADDRESS;
        vm.deal(address(sc[chainId]), 2 ** 128);
    }

    /// @dev Makes a rollup known to another one, as derivation does after its registration.
    function know(uint256 chainId, uint256 remote) internal {
        uint256[] memory chainIds = new uint256[](1);
        chainIds[0] = remote;
        on(chainId);
        vm.prank(loaderOf[chainId]);
        predeploy(chainId).addChains(chainIds);
    }

    function predeploy(uint256 chainId) internal view returns (IScopedCallableL2) {
        return IScopedCallableL2(address(sc[chainId]));
    }

    /// @dev What L1 holds for a rollup as the scope begins.
    function heldFor(uint256) internal view virtual returns (uint256) {
        return 1000 ether;
    }

    /// @dev The next call is the loader's. Makes no call itself, so that it may stand between expectRevert and what reverts.
    function asLoader(uint256 chainId) internal returns (IScopedCallableExtension) {
        on(chainId);
        vm.prank(loaderOf[chainId]);
        return sc[chainId];
    }

    function aliasOn(uint256 chainId, uint256 remote, address account) internal returns (address) {
        on(chainId);
        return sc[chainId].deployAlias(remote, account);
    }

    function open(uint256 chainId, uint256 remote) internal {
        uint256[] memory remotes = new uint256[](1);
        remotes[0] = remote;
        asLoader(chainId).openScope(remotes);
    }

    function open(uint256 chainId, uint256 remote, uint256 other) internal {
        uint256[] memory remotes = new uint256[](2);
        (remotes[0], remotes[1]) = (remote, other);
        asLoader(chainId).openScope(remotes);
    }

    /// @dev The chain's leg of a root of another chain: one transaction.
    function serve(Plan plan, uint256 chainId) internal {
        serve(plan, chainId, plan.records(chainId), "");
    }

    /// @param refusal What it reverts with; empty if it doesn't.
    function serve(Plan plan, uint256 chainId, Record[] memory records, bytes memory refusal) internal {
        serve(plan, chainId, limitsOf(chainId, records), records, refusal);
    }

    function serve(Plan plan, uint256 chainId, Limit[] memory limits, Record[] memory records, bytes memory refusal)
        internal
    {
        (RootContext memory context, Fill[] memory fills) = (plan.context(), plan.fills(chainId));
        if (refusal.length != 0) vm.expectRevert(refusal);
        asLoader(chainId).runRoot(context, limits, fills, records);
    }

    /// @dev Those that a rollup needs to serve these records: of rollups that send value and that have none in this scope yet.
    function limitsOf(uint256 chainId, Record[] memory records) internal view returns (Limit[] memory limits) {
        limits = new Limit[](records.length);
        uint256 count = 0;
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 source = records[i].request.sourceChainId;
            if (chainId == L1 || source == L1 || records[i].request.value == 0) continue;
            if (heldFor(source) == 0 || sc[chainId].getLimit(source) != 0) continue;
            uint256 j = 0;
            while (j < count && limits[j].chainId != source) ++j;
            if (j == count) limits[count++] = Limit(source, heldFor(source));
        }
        assembly ("memory-safe") {
            mstore(limits, count)
        }
    }

    function limit(uint256 remote, uint256 value) internal pure returns (Limit[] memory limits) {
        limits = new Limit[](1);
        limits[0] = Limit(remote, value);
    }

    /// @dev Opens a root on its own chain; the user's operation follows, then `close`.
    function load(Plan plan, uint256 chainId) internal {
        load(plan, chainId, plan.fills(chainId), "");
    }

    /// @param refusal As above.
    function load(Plan plan, uint256 chainId, Fill[] memory fills, bytes memory refusal) internal {
        (RootContext memory context, Record[] memory records) = (plan.context(), plan.records(chainId));
        Limit[] memory limits = limitsOf(chainId, records);
        if (refusal.length != 0) vm.expectRevert(refusal);
        asLoader(chainId).loadRoot(context, limits, fills, records);
    }

    function close(uint256 chainId) internal {
        asLoader(chainId).closeRoot();
    }

    /// @dev Both directions of a pair match, and something crossed.
    function assertMirrored(uint256 x, uint256 y) internal view {
        bytes32[4] memory a = streams(x, y);
        bytes32[4] memory b = streams(y, x);
        assertEq(a[0], b[1], "requests, there");
        assertEq(b[0], a[1], "requests, back");
        assertEq(a[3], b[2], "responses, there");
        assertEq(b[3], a[2], "responses, back");
        (uint256 outX, uint256 inX) = sc[x].getValues(y);
        (uint256 outY, uint256 inY) = sc[y].getValues(x);
        assertEq(outX, inY, "value, there");
        assertEq(outY, inX, "value, back");
        assertTrue(a[2] != SEED || a[3] != SEED, "something crossed");
    }

    /// @dev requestsOut, requestsIn, responsesOut, responsesIn.
    function streams(uint256 chainId, uint256 remote) internal view returns (bytes32[4] memory s) {
        (s[0], s[1], s[2], s[3]) = sc[chainId].getRollingHashes(remote);
    }
}
