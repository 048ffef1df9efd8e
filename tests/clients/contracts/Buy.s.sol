// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ScopePrefill} from "scope/script/ScopePrefill.sol";
import {Desk} from "./Desk.sol";

interface Vm {
    function broadcast() external;
}

/// @title A script of forge's: buys, and goes by what it got
contract Buy {
    Vm private constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    event Got(uint256 amount);

    /// @notice At a desk where every transaction may ask.
    function run(Desk desk, bytes32 asset, uint256 budget) external returns (uint256 amount) {
        ScopePrefill.prefill(msg.sender, address(desk), 0, abi.encodeCall(Desk.buy, (asset, budget)));
        VM.broadcast();
        amount = desk.buy(asset, budget);
        require(amount == budget / 20, "not what the other chain says");
    }

    /// @notice At one where only those may that say so.
    function marked(Desk desk, bytes32 asset, uint256 budget) external {
        bytes memory data = bytes.concat(abi.encodeCall(Desk.tryBuy, (asset, budget)), ScopePrefill.MARKER);
        ScopePrefill.prefill(msg.sender, address(desk), 0, data);
        VM.broadcast();
        (bool success,) = address(desk).call(data);
        require(success);
    }

    /// @notice What makes equal calls with value, and gets different answers.
    function tickets(Desk desk) external {
        ScopePrefill.prefill(msg.sender, address(desk), 2, abi.encodeCall(Desk.buyTickets, ()));
        VM.broadcast();
        (uint256 first, uint256 second) = desk.buyTickets{value: 2}();
        require(second == first + 1, "not in turn");
    }
}
