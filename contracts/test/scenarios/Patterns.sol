// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IScopedCallable} from "../../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../../src/interfaces/IScopedCallableExtension.sol";
import {ScopeLib} from "../../src/libraries/ScopeLib.sol";
import {Counter} from "./Counters.sol";

/// @title Low-level calls, as they are made to any account
contract LowLevel {
    bool public success;
    bytes public data;

    function make(address target, bytes calldata input) external payable {
        (success, data) = target.call{value: msg.value}(input);
    }

    function look(address target, bytes calldata input) external {
        (success, data) = target.staticcall(input);
    }
}

/// @title Pays with a token that may be on another chain
contract Payer {
    function pay(IERC20 token, address from, address to, uint256 amount) external {
        require(token.transferFrom(from, to, amount));
    }

    /// @notice Reads the balance there before and after it pays there.
    function payAndTell(IERC20 token, address from, address to, uint256 amount)
        external
        returns (uint256 before, uint256 afterwards)
    {
        before = token.balanceOf(to);
        require(token.transferFrom(from, to, amount));
        afterwards = token.balanceOf(to);
    }
}

/// @title Makes counters
contract CounterFactory {
    Counter public last;

    function make() external returns (Counter) {
        last = new Counter();
        return last;
    }
}

/// @title Calls a counter while it is being created
contract Newborn {
    uint256 public answer;

    constructor(Counter target) {
        answer = target.increment();
    }

    function again(Counter target) external {
        answer = target.increment();
    }
}

/// @title Calls contracts that are created in the same root
contract Creator {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    Newborn public newborn;
    uint256 public answer;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    /// @notice Has a counter made on `chainId` and calls it twice. Its alias has code before the first call, as the compiler's check
    ///         demands.
    function makeThere(uint256 chainId, CounterFactory factory) external {
        Counter counter = Counter(SCOPED_CALLABLE.deployAlias(chainId, address(factory.make())));
        require(address(counter).code.length != 0);
        counter.increment();
        answer = counter.increment();
    }

    /// @notice Makes a contract here, which calls out before it has code and once it has.
    function makeHere(Counter target) external {
        newborn = new Newborn(target);
        newborn.again(target);
        answer = newborn.answer();
    }
}

/// @title Says how much gas it got, uses it up, and the like
contract Engine {
    uint256 public runs;

    function gasHere() external returns (uint256 gas) {
        gas = gasleft();
        ++runs;
    }

    function burn() external {
        ++runs;
        while (true) {}
    }

    /// @dev What a fault looks like, without being one.
    function imitateFault() external {
        ++runs;
        revert IScopedCallableExtension.ResponseMissing(bytes32(uint256(1)));
    }

    /// @notice Calls the caller back with most of what it got.
    function callBack(Driver driver, uint256 burnt) external {
        driver.work(burnt);
        ++runs;
    }
}

/// @title Asks with a chosen gas limit, or with little gas
contract Driver {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    uint256 public answer;
    bool public success;
    bytes public reason;
    uint256 public works;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function ask(uint256 chainId, address engine, uint256 gasLimit) external {
        bytes memory response = SCOPED_CALLABLE.scopedCall(
            chainId,
            address(this),
            IScopedCallable.ScopedRequest(engine, 0, gasLimit, abi.encodeCall(Engine.gasHere, ()))
        );
        answer = abi.decode(response, (uint256));
    }

    /// @notice A failed call of the engine is told; a fault is not caught.
    function tryAsk(uint256 chainId, address engine, uint256 gasLimit, bytes calldata data) external {
        (success, reason) =
            ScopeLib.tryScopedCall(SCOPED_CALLABLE, chainId, IScopedCallable.ScopedRequest(engine, 0, gasLimit, data));
        ++works;
    }

    /// @notice The same by a plain call to the engine's alias: what looks like a fault is one.
    function tryAlias(Engine engine) external {
        try engine.imitateFault() {
            success = true;
        } catch (bytes memory reason_) {
            ScopeLib.requireNoFault(reason_);
            reason = reason_;
        }
        ++works;
    }

    /// @notice Catches everything, faults included, of a call that gets `gas` here.
    function askWithGas(uint256 chainId, address engine, uint256 gasLimit, uint256 gas) external {
        try SCOPED_CALLABLE.scopedCall{gas: gas}(
            chainId,
            address(this),
            IScopedCallable.ScopedRequest(engine, 0, gasLimit, abi.encodeCall(Engine.gasHere, ()))
        ) {
            success = true;
        } catch {
            success = false;
        }
        ++works;
    }

    /// @notice Called back in the middle of `drive`.
    function work(uint256 burnt) external {
        uint256 end = gasleft() - burnt;
        while (gasleft() > end) {}
        ++works;
    }

    function drive(uint256 chainId, address engine, address self, uint256 gasLimit, uint256 burnt) external {
        SCOPED_CALLABLE.scopedCall(
            chainId,
            address(this),
            IScopedCallable.ScopedRequest(engine, 0, gasLimit, abi.encodeCall(Engine.callBack, (Driver(self), burnt)))
        );
    }

    /// @notice What is left after a callback: an answer that simulation can't know to the last unit.
    function driveAndTellGas(uint256 chainId, address engine, address self, uint256 gasLimit)
        external
        returns (uint256)
    {
        SCOPED_CALLABLE.scopedCall(
            chainId,
            address(this),
            IScopedCallable.ScopedRequest(engine, 0, gasLimit, abi.encodeCall(Engine.callBack, (Driver(self), 0)))
        );
        return gasleft();
    }
}

/// @title Two who call each other, each with a gas limit that leaves enough for all that follow
contract Player {
    uint256 private constant GAS_PER_CALL = 200_000;

    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    uint256 public hits;
    uint256 private _peerChain;
    address private _peer;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function meet(uint256 chainId, address peer) external {
        (_peerChain, _peer) = (chainId, peer);
    }

    /// @param left Calls that follow.
    function hit(uint256 left) external returns (uint256 calls) {
        ++hits;
        if (left == 0) return 0;
        bytes memory response = SCOPED_CALLABLE.scopedCall(
            _peerChain,
            address(this),
            IScopedCallable.ScopedRequest(_peer, 0, left * GAS_PER_CALL, abi.encodeCall(this.hit, (left - 1)))
        );
        return 1 + abi.decode(response, (uint256));
    }
}

/// @title Remembers what it was told
contract Notes {
    uint256[] public notes;

    function note(uint256 number) external {
        notes.push(number);
    }
}

/// @title Measures what it costs to touch accounts: whether they are warm
contract Thermometer {
    uint256 public measured;

    /// @notice What was measured goes into a request: simulation has to know it to the unit.
    function tell(address[] calldata accounts, address viewed, bytes calldata view_, Notes notes) external {
        for (uint256 i = 0; i < accounts.length; ++i) {
            notes.note(costOf(accounts[i]));
        }
        if (viewed == address(0)) return;
        uint256 before = gasleft();
        (bool success,) = viewed.staticcall(view_);
        notes.note(before - gasleft());
        require(success);
    }

    /// @notice The same for an answer.
    function measure(address[] calldata accounts) external returns (uint256 sum) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum = 10_000 * sum + costOf(accounts[i]);
        }
        measured = sum;
    }

    function ask(Thermometer other, address[] calldata accounts) external {
        measured = other.measure(accounts);
    }

    /// @notice What is left to who pays for the transaction.
    function tellBalance(Notes notes) external {
        notes.note(balanceOfOrigin());
    }

    function balanceOfOrigin() public view returns (uint256) {
        return tx.origin.balance;
    }

    function costOf(address account) private view returns (uint256 measured_) {
        // Memory-safe: a byte of scratch space, so that the compiler can't leave it out.
        assembly ("memory-safe") {
            let before := gas()
            extcodecopy(account, 0, 0, 1)
            measured_ := sub(before, gas())
        }
    }
}

/// @title Two who call each other twice a level, in frames that revert: calls without end that leave nothing
/// @dev Each asks with all that it may; what a frame asked with is back when it reverts.
contract Branch {
    IScopedCallableExtension private immutable SCOPED_CALLABLE;

    uint256 private _peerChain;
    address private _peer;

    constructor(IScopedCallableExtension scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    function meet(uint256 peerChain, address peer) external {
        (_peerChain, _peer) = (peerChain, peer);
    }

    function grow(uint256 levels) external {
        if (levels == 0) return;
        try this.growAndRevert(levels) {} catch {}
        try this.growAndRevert(levels) {} catch {}
    }

    function growAndRevert(uint256 levels) external {
        SCOPED_CALLABLE.scopedCall(
            _peerChain,
            address(this),
            IScopedCallable.ScopedRequest(
                _peer, 0, SCOPED_CALLABLE.askableGas(), abi.encodeCall(this.grow, (levels - 1))
            )
        );
        revert();
    }
}

/// @title Tells another chain what it sees of its own chain's block and transaction
contract Almanac {
    Notes private immutable NOTES;

    constructor(Notes notes) {
        NOTES = notes;
    }

    /// @param field In the order of ISettlement.EnvironmentField.
    function tell(uint256 field) external {
        NOTES.note(valueOf(field));
    }

    function tellCoinbase() external {
        NOTES.note(block.coinbase.balance);
    }

    function tellCoinbasesCode() external {
        NOTES.note(uint256(block.coinbase.codehash));
    }

    function payCoinbase() external payable {
        (bool success,) = block.coinbase.call{value: msg.value}("");
        NOTES.note(success ? 1 : 0);
    }

    function valueOf(uint256 field) public view returns (uint256) {
        if (field == 0) return uint256(blockhash(block.number - 1));
        if (field == 1) return block.number;
        if (field == 2) return block.timestamp;
        if (field == 3) return block.prevrandao;
        if (field == 4) return uint160(address(block.coinbase));
        if (field == 5) return block.gaslimit;
        if (field == 6) return block.basefee;
        if (field == 7) return block.blobbasefee;
        return tx.gasprice;
    }
}

/// @title Asks ScopedCallable what it says of the scope
contract Spy {
    bool public saw;

    function look(IScopedCallableExtension callable, uint256 chainId) external returns (bool) {
        (bool hashes,) = address(callable).call(abi.encodeCall(callable.getRollingHashes, (chainId)));
        (bool values,) = address(callable).call(abi.encodeCall(callable.getValues, (chainId)));
        (bool limit,) = address(callable).call(abi.encodeCall(callable.getLimit, (chainId)));
        (bool remotes,) = address(callable).call(abi.encodeCall(callable.getRemotes, ()));
        saw = hashes || values || limit || remotes;
        return saw;
    }
}

/// @title Answers with as many bytes as it is asked for
contract Bomb {
    uint256 public runs;

    function answer(uint256 size) external {
        ++runs;
        assembly {
            return(0, size)
        }
    }

    function fail(uint256 size) external {
        ++runs;
        assembly {
            revert(0, size)
        }
    }

    function look(uint256 size) external pure {
        assembly {
            return(0, size)
        }
    }
}

/// @title Takes whatever it is called with
contract Sink {
    fallback() external {}
}

/// @title Calls with as many bytes as it is told, and copies nothing of what it gets
contract Careful {
    bool public success;
    uint256 public answerSize;

    function call(address target, bytes calldata input) external {
        (success, answerSize) = _call(target, input);
    }

    function callWith(address target, uint256 size) external returns (bool succeeded, uint256 returned) {
        return _call(target, new bytes(size));
    }

    function _call(address target, bytes memory input) private returns (bool succeeded, uint256 size) {
        // Memory-safe: only reads `input`.
        assembly ("memory-safe") {
            succeeded := call(gas(), target, 0, add(input, 0x20), mload(input), 0, 0)
            size := returndatasize()
        }
    }
}
