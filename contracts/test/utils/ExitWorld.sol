// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {TokenBridgeL1} from "../../src/bridge/TokenBridgeL1.sol";
import {IRollupExit} from "../../src/interfaces/IRollupExit.sol";
import {IRollupRegistry} from "../../src/interfaces/IRollupRegistry.sol";
import {ISequencingPolicy} from "../../src/interfaces/ISequencingPolicy.sol";
import {IVerifier} from "../../src/interfaces/IVerifier.sol";
import {Settlement} from "../../src/l1/Settlement.sol";
import {Deployment} from "./Deployment.sol";
import {StateTrie} from "./StateTrie.sol";
import {Test} from "./Test.sol";

/// @dev Takes any batch and any genesis: what L1 itself sees to is what is left.
contract TakesAll is IVerifier {
    function verify(bytes32, bytes32[] calldata, bytes calldata) external pure {}
}

/// @dev Its deployer has all there is.
contract HomeToken is ERC20("Home", "HOME") {
    constructor() {
        _mint(msg.sender, type(uint128).max);
    }
}

/// @title L1, and rollups of which only a state is known
/// @notice A rollup's bridge and token are there in its state alone.
abstract contract ExitWorld is Test, Deployment {
    using StateTrie for StateTrie.Trie;

    uint256 internal constant L1 = 1;
    uint256 internal constant BOND = 1 ether;
    uint256 internal constant WEEK = 50_400;
    bytes32 internal constant PROGRAM = keccak256("program");
    address internal constant PREDEPLOY = 0x5C09E00000000000000000000000000000000001;
    /// @dev On every rollup.
    address internal constant REMOTE_BRIDGE = address(0xb41d9e);
    address internal constant REMOTE_TOKEN = address(0x70ce11);
    /// @dev `bridgedToken` in a bridge's storage.
    uint256 internal constant BRIDGED_TOKEN_SLOT = 2;

    Settlement internal settlement;
    IRollupRegistry internal registry;
    IRollupExit internal exits;
    TokenBridgeL1 internal bridge;
    HomeToken internal coin;
    IVerifier internal verifier;
    /// @dev L1's clock. Not `block.number` and `block.timestamp`: the compiler takes these for constants.
    uint256 internal number = 1000;
    uint256 internal time = 1_800_000_000;

    function makeL1() internal {
        vm.chainId(L1);
        vm.roll(number);
        vm.warp(time);
        settlement = deploySettlement();
        (registry, exits) = (settlement.registry(), settlement.exits());
        bridge = new TokenBridgeL1(settlement, address(this));
        coin = new HomeToken();
        verifier = new TakesAll();
        vm.deal(address(this), 2 ** 100);
    }

    function register(uint256 chainId, bytes memory genesisHeader, bytes32 stateRoot, uint256 supply) internal {
        IRollupRegistry.Registration memory registration = IRollupRegistry.Registration({
            chainId: chainId,
            programId: PROGRAM,
            verifier: verifier,
            policy: ISequencingPolicy(address(0)),
            genesisBlockHash: keccak256(genesisHeader),
            genesisStateRoot: stateRoot,
            supply: supply
        });
        registry.register{value: supply + BOND}(registration, "");
    }

    /// @dev Lets blocks pass, of twelve seconds each.
    function pass(uint256 blocks) internal {
        (number, time) = (number + blocks, time + 12 * blocks);
        vm.roll(number);
        vm.warp(time);
        vm.setBlockhash(number - 1, blockHashOf(number - 1));
    }

    function blockHashOf(uint256 blockNumber) internal pure returns (bytes32) {
        return keccak256(abi.encode("L1 block", blockNumber));
    }

    /// @dev Closes a rollup whose last batch is new.
    function close(uint256 chainId) internal {
        pass(WEEK + 1);
        registry.close(chainId);
        pass(WEEK);
        registry.close(chainId);
    }

    // ---- a rollup's state -----------------------------------------------------------------------------------------------------

    /// @dev A bridge's storage in which a token of L1 is known as REMOTE_TOKEN.
    function bridgeStorage(address token) internal pure returns (StateTrie.Trie memory trie) {
        trie = StateTrie.make(2);
        trie.addWord(bytes32(uint256(0)), 1); // an owner
        trie.addWord(bridgedTokenSlot(token), uint160(REMOTE_TOKEN));
    }

    function bridgedTokenSlot(address token) internal pure returns (bytes32) {
        return keccak256(abi.encode(token, keccak256(abi.encode(L1, BRIDGED_TOKEN_SLOT))));
    }

    function balanceSlot(address holder) internal pure returns (bytes32) {
        return keccak256(abi.encode(holder, 0));
    }

    function delegation(address delegate) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"ef0100", delegate));
    }

    function accountProof(StateTrie.Trie memory state, address holder, address delegate)
        internal
        pure
        returns (IRollupExit.AccountProof memory)
    {
        return IRollupExit.AccountProof(state.proveAccount(holder), delegate);
    }

    /// @param balances The token's storage.
    function tokenProof(StateTrie.Trie memory state, address token, StateTrie.Trie memory balances, address holder)
        internal
        pure
        returns (IRollupExit.TokenProof memory)
    {
        return IRollupExit.TokenProof({
            bridge: state.proveAccount(REMOTE_BRIDGE),
            bridgedToken: bridgeStorage(token).proveWord(bridgedTokenSlot(token)),
            token: state.proveAccount(REMOTE_TOKEN),
            balance: balances.proveWord(balanceSlot(holder))
        });
    }

    /// @dev Adds the rollup's contracts to a state.
    function addContracts(StateTrie.Trie memory state, address token, StateTrie.Trie memory balances) internal pure {
        state.addAccount(PREDEPLOY, 1, 2 ** 128, StateTrie.EMPTY_ROOT, keccak256("predeploy"));
        state.addAccount(REMOTE_BRIDGE, 1, 0, bridgeStorage(token).root(), keccak256("bridge"));
        state.addAccount(REMOTE_TOKEN, 1, 0, balances.root(), keccak256("token"));
    }
}
