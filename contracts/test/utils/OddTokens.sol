// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Tokens that a bridge meets and had better not trust
/// @dev Each gives its deployer 1000.
abstract contract OddToken is ERC20 {
    constructor() ERC20("Odd", "ODD") {
        _mint(msg.sender, 1000);
    }
}

/// @dev Keeps one unit of every transfer.
contract Toll is OddToken {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0)) super._update(to, address(this), 1);
    }
}

/// @dev Takes one unit more than is sent.
contract Surcharge is OddToken {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0)) super._update(from, address(this), 1);
    }
}

/// @dev All balances change at once.
contract Rebasing is OddToken {
    /// @dev Of what a balance was at first; 0 stands for all.
    uint256 private _percent;

    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function _rate() private view returns (uint256) {
        return _percent == 0 ? 100 : _percent;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * _rate() / 100;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount * 100 / _rate());
    }
}

interface IHolder {
    /// @return kept How much of the amount does not move.
    function sending(address to, uint256 amount) external returns (uint256 kept);
    function received(address from, uint256 amount) external;
}

/// @dev Tells the sender before it moves and the receiver after, if they asked for it. And it does what the sender says.
contract Hooked is OddToken {
    mapping(address holder => bool) private _asked;

    function tellMe() external {
        _asked[msg.sender] = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 kept = _asked[from] ? IHolder(from).sending(to, amount) : 0;
        super._update(from, to, amount - kept);
        if (_asked[to]) IHolder(to).received(from, amount);
    }
}

/// @dev Answers each function that it was told about with the bytes it was told, and spends all gas on any other one, as contracts
///      of the first compilers do.
contract Bare {
    mapping(address account => uint256) public balanceOf;
    mapping(bytes4 selector => bytes) private _answers;

    function tell(bytes4 selector, bytes calldata answer) external {
        _answers[selector] = answer;
    }

    /// @dev Out of nothing.
    function transferFrom(address, address to, uint256 amount) external returns (bool) {
        balanceOf[to] += amount;
        return true;
    }

    fallback() external {
        bytes memory answer = _answers[msg.sig];
        assembly ("memory-safe") {
            if iszero(mload(answer)) { invalid() }
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev Its name has 20,000 bytes, its symbol says it had 2^255, and its decimals fit no byte.
contract Enormous is OddToken {
    function name() public pure override returns (string memory) {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), 20000)
            mstore(add(answer, 0x40), "an enormous name, more than two ")
            mstore(add(answer, 0x60), "words, which is cut after this: ")
            mstore(add(answer, 0x80), "nobody reads this")
            return(answer, 20064)
        }
    }

    function symbol() public pure override returns (string memory) {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), shl(255, 1))
            mstore(add(answer, 0x40), "all that is there, and not more.")
            return(answer, 0x60)
        }
    }

    function decimals() public pure override returns (uint8) {
        assembly ("memory-safe") {
            mstore(0, 256)
            return(0, 0x20)
        }
    }
}

/// @dev Its name costs 90,000 gas.
contract Laborious is OddToken {
    function name() public view override returns (string memory) {
        uint256 start = gasleft();
        while (start - gasleft() < 90_000) {}
        return "Laborious";
    }
}
