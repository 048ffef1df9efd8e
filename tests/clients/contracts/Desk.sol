// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "scope/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "scope/interfaces/IScopedCallableL2.sol";
import {ScopeLib} from "scope/libraries/ScopeLib.sol";
import {Prices} from "./Prices.sol";

/// @title The contract that asks: sells at the price that another chain says
contract Desk {
    event Sold(address indexed to, bytes32 indexed asset, uint256 amount, uint256 price);
    event NotSold(bytes32 indexed asset, bytes reason);

    /// @notice The prices of the other chain, as they stand here.
    Prices public immutable PRICES;

    mapping(address buyer => uint256 amount) public holds;

    constructor(IScopedCallableExtension scopedCallable, uint256 chainId, address prices) {
        PRICES = Prices(scopedCallable.deployAlias(chainId, prices));
    }

    /// @notice Uses the answer of the other chain. If it refuses, so does this, with its reason.
    function buy(bytes32 asset, uint256 budget) external returns (uint256 amount) {
        return _sell(asset, budget, PRICES.ask(asset));
    }

    /// @notice Catches a refusal of the other chain.
    function tryBuy(bytes32 asset, uint256 budget) external returns (uint256 amount) {
        try PRICES.ask(asset) returns (uint256 price) {
            return _sell(asset, budget, price);
        } catch (bytes memory reason) {
            ScopeLib.requireNoFault(reason);
            emit NotSold(asset, reason);
            return 0;
        }
    }

    /// @notice Returns what the budget would buy.
    function quote(bytes32 asset, uint256 budget) external view returns (uint256 amount) {
        return budget / PRICES.priceOf(asset);
    }

    /// @notice Buys two tickets there, for a wei each.
    function buyTickets() external payable returns (uint256 first, uint256 second) {
        first = PRICES.ticket{value: 1}();
        second = PRICES.ticket{value: 1}();
    }

    function _sell(bytes32 asset, uint256 budget, uint256 price) private returns (uint256 amount) {
        amount = budget / price;
        holds[msg.sender] += amount;
        emit Sold(msg.sender, asset, amount, price);
    }
}

/// @title The same on a rollup, where every transaction to it may ask
contract RollupDesk is Desk {
    constructor(IScopedCallableL2 scopedCallable, uint256 chainId, address prices)
        Desk(scopedCallable, chainId, prices)
    {
        scopedCallable.declareEntry();
    }
}
