// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title What bench/rpc.mjs sends and asks: a token that can leave many logs at once
contract Load is ERC20 {
    constructor() ERC20("Load", "LOAD") {
        _mint(msg.sender, 1e30);
    }

    function log(uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            emit Transfer(msg.sender, address(this), i);
        }
    }
}
