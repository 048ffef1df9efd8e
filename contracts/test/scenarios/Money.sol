// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ISwapper} from "../../src/examples/Swapper.sol";
import {IUniswapV2Pair, UniswapV2} from "../../src/examples/UniswapV2.sol";
import {ITokenBridge} from "../../src/interfaces/ITokenBridge.sol";

/// @title Holds ETH, sends it
contract Purse {
    error NotSent(bytes reason);

    receive() external payable {}

    /// @notice Sends all it got to `to`, here or elsewhere.
    function send(address to) external payable {
        (bool success, bytes memory reason) = to.call{value: msg.value}("");
        if (!success) revert NotSent(reason);
    }

    /// @notice Pays a till with all it got.
    /// @return change What came back.
    function pay(Till till, uint256 price) external payable returns (uint256 change) {
        uint256 left = address(this).balance - msg.value;
        till.sell{value: msg.value}(price);
        return address(this).balance - left;
    }
}

/// @title Keeps the price and gives the rest back to who pays, who may be on another chain
contract Till {
    function sell(uint256 price) external payable {
        (bool success,) = msg.sender.call{value: msg.value - price}("");
        require(success);
    }
}

interface IBorrower {
    function onLoan(IERC20 token, uint256 amount) external;
}

/// @title Lends tokens for the time of one call
contract FlashPool {
    error NotRepaid(uint256 balance, uint256 owed);

    function lend(IERC20 token, IBorrower borrower, uint256 amount) external {
        uint256 owed = token.balanceOf(address(this));
        require(token.transfer(address(borrower), amount));
        borrower.onLoan(token, amount);
        uint256 balance = token.balanceOf(address(this));
        if (balance < owed) revert NotRepaid(balance, owed);
    }
}

/// @title Has a loan used on another chain
contract Borrower is IBorrower {
    ITokenBridge private immutable BRIDGE;
    uint256 private immutable CHAIN_ID;
    address private immutable CLAIMER;
    /// @dev Its alias here.
    Claimer private immutable REMOTE_CLAIMER;

    constructor(ITokenBridge bridge, uint256 chainId, address claimer, Claimer remoteClaimer) {
        (BRIDGE, CHAIN_ID, CLAIMER, REMOTE_CLAIMER) = (bridge, chainId, claimer, remoteClaimer);
    }

    function onLoan(IERC20 token, uint256 amount) external {
        token.approve(address(BRIDGE), amount);
        address remoteToken = BRIDGE.send(address(token), CHAIN_ID, CLAIMER, amount);
        REMOTE_CLAIMER.claim(IERC20(remoteToken), amount, block.chainid, address(this));
        require(token.transfer(msg.sender, amount));
    }
}

/// @title Claims what only the rich get, and sends the riches on
contract Claimer {
    ITokenBridge private immutable BRIDGE;
    Trophy private immutable TROPHY;

    constructor(ITokenBridge bridge, Trophy trophy) {
        (BRIDGE, TROPHY) = (bridge, trophy);
    }

    function claim(IERC20 token, uint256 amount, uint256 chainId, address to) external {
        TROPHY.claim(token);
        BRIDGE.send(address(token), chainId, to, amount);
    }
}

/// @title A token of which each is unique, for who holds enough of another token
contract Trophy {
    error NotRich(uint256 balance);

    uint256 public constant NEEDED = 10_000 ether;

    uint256 public supply;
    mapping(uint256 id => address) public ownerOf;
    mapping(address owner => uint256) public balanceOf;

    function claim(IERC20 token) external {
        uint256 balance = token.balanceOf(msg.sender);
        if (balance < NEEDED) revert NotRich(balance);
        ownerOf[supply++] = msg.sender;
        ++balanceOf[msg.sender];
    }
}

/// @title Buys in a pool here and in a pool elsewhere, in one go
contract Aggregator {
    error TooLittleBought(uint256 bought, uint256 least);

    /// @param chainId,swapper Where the other pool is, and who swaps there.
    /// @param remoteSwapper Its alias here.
    struct Remote {
        uint256 chainId;
        address swapper;
        ISwapper remoteSwapper;
        address pair;
        address goods;
    }

    ITokenBridge private immutable BRIDGE;

    constructor(ITokenBridge bridge) {
        BRIDGE = bridge;
    }

    /// @notice Takes `amount` money of the caller by allowance. All goods are the caller's, here.
    /// @param part Of the amount, for the pool elsewhere.
    /// @return bought In both pools.
    function buy(IUniswapV2Pair pair, IERC20 money, uint256 amount, uint256 part, uint256 least, Remote calldata remote)
        external
        returns (uint256 bought)
    {
        require(money.transferFrom(msg.sender, address(this), amount));
        bought = UniswapV2.swap(pair, address(money), amount - part, msg.sender);
        money.approve(address(BRIDGE), part);
        address remoteMoney = BRIDGE.send(address(money), remote.chainId, remote.swapper, part);
        bought += remote.remoteSwapper
        .swapAndSend(remote.pair, remoteMoney, part, remote.goods, 0, block.chainid, msg.sender);
        if (bought < least) revert TooLittleBought(bought, least);
    }
}
