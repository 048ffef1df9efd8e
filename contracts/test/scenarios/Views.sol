// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A price that is read by static calls
contract Oracle {
    uint256 public price;

    constructor(uint256 price_) {
        price = price_;
    }

    function set(uint256 price_) external {
        price = price_;
    }
}

/// @title Twice the price of another oracle, here or elsewhere
contract Derived {
    Oracle private immutable ORACLE;

    constructor(Oracle oracle) {
        ORACLE = oracle;
    }

    function price() external view returns (uint256) {
        return 2 * ORACLE.price();
    }
}

contract PriceReader {
    uint256 public price;
    uint256 public priceBefore;

    function read(Oracle oracle) external returns (uint256) {
        price = oracle.price();
        return price;
    }

    function readWithin(Oracle oracle, uint256 gas) external returns (uint256) {
        price = oracle.price{gas: gas}();
        return price;
    }

    function readAround(Oracle oracle, uint256 next) external returns (uint256, uint256) {
        priceBefore = oracle.price();
        oracle.set(next);
        price = oracle.price();
        return (priceBefore, price);
    }

    /// @dev In a static context of this contract's own.
    function see(Oracle oracle) external view returns (uint256) {
        return this.seen(oracle);
    }

    function seen(Oracle oracle) external view returns (uint256) {
        return oracle.price();
    }

    function readTwice(Oracle oracle) external returns (uint256) {
        price = this.see(oracle);
        return price;
    }
}

/// @title A pool without a view that tells what it would give
contract Pool {
    uint256 public traded;

    function trade(uint256 amount) external returns (uint256) {
        traded += amount;
        return 2 * amount;
    }
}

/// @title Learns what a trade would give by making it in a frame that reverts
contract Quoter {
    error Quote(uint256 amount);

    uint256 public quoted;

    function quote(Pool pool, uint256 amount) external returns (uint256 answer) {
        try this.tradeAndRevert(pool, amount) {}
        catch (bytes memory reason) {
            require(bytes4(reason) == Quote.selector, "no quote");
            // Behind the length and the selector.
            assembly ("memory-safe") {
                answer := mload(add(reason, 0x24))
            }
        }
        quoted = answer;
    }

    function tradeAndRevert(Pool pool, uint256 amount) external {
        revert Quote(pool.trade(amount));
    }
}

/// @title Asks a quoter, here or elsewhere, and then trades
contract Trader {
    uint256 public quoted;
    uint256 public got;

    function trade(Quoter quoter, Pool poolThere, Pool pool, uint256 amount) external {
        quoted = quoter.quote(poolThere, amount);
        got = pool.trade(amount);
    }
}

/// @title Answers with what its caller holds at that moment
contract Echo {
    uint256 public calls;

    function echo() external returns (uint256) {
        ++calls;
        return Changing(msg.sender).state();
    }
}

/// @title Makes equal calls at one point, between which it writes what the callee reads
contract Changing {
    error Told(uint256 answer);

    uint256 public state;
    uint256[] public told;

    /// @notice All but the last answer are learnt in frames that revert.
    function ask(Echo echo, uint256 times) external {
        for (state = 1; state < times; ++state) {
            try this.askAndRevert(echo) {}
            catch (bytes memory reason) {
                require(bytes4(reason) == Told.selector, "not told");
                uint256 answer;
                // Behind the length and the selector.
                assembly ("memory-safe") {
                    answer := mload(add(reason, 0x24))
                }
                told.push(answer);
            }
        }
        told.push(echo.echo());
    }

    function askAndRevert(Echo echo) external {
        revert Told(echo.echo());
    }
}

/// @title Answers with the gas that looking at storage took: less where it was looked at before
contract GasGauge {
    uint256 public looked = 1;

    function gauge() external view returns (uint256 used) {
        uint256 before = gasleft();
        uint256 value = looked;
        used = before - gasleft();
        require(value == 1);
    }
}

/// @title Makes one static call twice, with nothing between
contract AskTwice {
    uint256 public first;
    uint256 public second;

    function ask(GasGauge gauge) external {
        first = gauge.gauge();
        second = gauge.gauge();
    }
}
