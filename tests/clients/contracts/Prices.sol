// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The contract that is asked: prices of assets
contract Prices {
    error NoPrice(bytes32 asset);

    event Asked(address indexed by, bytes32 indexed asset, uint256 price);

    mapping(bytes32 asset => uint256 price) private prices;
    uint256 private tickets;

    function set(bytes32 asset, uint256 price) external {
        prices[asset] = price;
    }

    function priceOf(bytes32 asset) public view returns (uint256 price) {
        price = prices[asset];
        if (price == 0) revert NoPrice(asset);
    }

    /// @notice The same, and leaves a log that says who asked.
    function ask(bytes32 asset) external returns (uint256 price) {
        price = priceOf(asset);
        emit Asked(msg.sender, asset, price);
    }

    /// @notice Answers equal calls with different numbers.
    function ticket() external payable returns (uint256 number) {
        return ++tickets;
    }
}
