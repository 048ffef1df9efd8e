// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Lets `forge script` call contracts that call other chains
/// @notice forge runs a script on a copy of one chain, where no other chain answers: a scoped call reverts with `NoOpenRoot`. This asks the
///         node what the other chains answer, and has the copy answer so. Then forge sends what the script sends, and the node runs it for
///         real. forge's own second run knows nothing of this: `forge script --broadcast --skip-simulation`.
///
///     ScopePrefill.prefill(msg.sender, address(desk), 0, abi.encodeCall(Desk.buy, (gold, 100)));
///     vm.broadcast();
///     desk.buy(gold, 100);
///
/// What is called must stand on the chain already: deploy in one script, call in the next. What other chains call back is not run on the
/// copy. Equal calls with different answers get them in turn, but a refusal stays once it is the first answer.
library ScopePrefill {
    /// @notice Behind the data of a rollup's transaction: its signer says that it may call other chains. A declared entry needs none.
    bytes32 internal constant MARKER = keccak256("scope.root.v2.marker");

    /// @dev A call and its answer, as `scope_prefill` gives them with "abi".
    struct Answer {
        address to;
        uint256 value;
        bytes data;
        bool success;
        bytes returnData;
    }

    /// @dev What forge's cheats are of use here. Their address is `address(uint160(uint256(keccak256("hevm cheat code"))))`.
    IVm private constant VM = IVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    /// @notice Has the scoped calls of one transaction answered as the node of the script's `--rpc-url` would.
    /// @param from,to,value,data The transaction, which is not on its way yet.
    /// @return count Calls that are answered.
    function prefill(address from, address to, uint256 value, bytes memory data) internal returns (uint256 count) {
        string memory transaction = string.concat(
            '[{"from":"', VM.toString(from), '","to":"', VM.toString(to), '","value":"', _quantity(value), '","input":"'
        );
        bytes memory encoded = VM.rpc("scope_prefill", string.concat(transaction, VM.toString(data), '"},"abi"]'));
        Answer[] memory answers = abi.decode(encoded, (Answer[]));
        for (uint256 i = 0; i < answers.length; ++i) {
            if (_first(answers, i) == i) _mock(answers, i);
        }
        return answers.length;
    }

    function _mock(Answer[] memory answers, uint256 index) private {
        Answer memory answer = answers[index];
        if (!answer.success) {
            VM.mockCallRevert(answer.to, answer.value, answer.data, answer.returnData);
            return;
        }
        bytes[] memory inTurn = new bytes[](answers.length);
        uint256 count = 0;
        for (uint256 i = index; i < answers.length; ++i) {
            if (_first(answers, i) == index && answers[i].success) inTurn[count++] = answers[i].returnData;
        }
        // Memory-safe: the array gets shorter.
        assembly ("memory-safe") {
            mstore(inTurn, count)
        }
        VM.mockCalls(answer.to, answer.value, answer.data, inTurn);
    }

    /// @dev Returns the first call that is equal to the one at `index`.
    function _first(Answer[] memory answers, uint256 index) private pure returns (uint256 i) {
        bytes32 key = _key(answers[index]);
        while (_key(answers[i]) != key) ++i;
    }

    function _key(Answer memory answer) private pure returns (bytes32) {
        return keccak256(abi.encode(answer.to, answer.value, answer.data));
    }

    /// @dev JSON-RPC's form of a number: hex without leading zeros.
    function _quantity(uint256 value) private pure returns (string memory) {
        uint256 digits = 1;
        while (digits < 64 && value >> (4 * digits) != 0) ++digits;
        bytes memory text = new bytes(digits);
        for (uint256 i = 0; i < digits; ++i) {
            text[digits - 1 - i] = bytes16("0123456789abcdef")[(value >> (4 * i)) & 0xf];
        }
        return string.concat("0x", string(text));
    }
}

/// @dev Of forge's cheats, those that ScopePrefill uses.
interface IVm {
    function rpc(string calldata method, string calldata params) external returns (bytes memory data);
    function mockCalls(address callee, uint256 msgValue, bytes calldata data, bytes[] calldata returnData) external;
    function mockCallRevert(address callee, uint256 msgValue, bytes calldata data, bytes calldata revertData) external;
    function toString(address value) external pure returns (string memory);
    function toString(bytes calldata value) external pure returns (string memory);
}
