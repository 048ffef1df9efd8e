// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice An L1 root as its user signs it (§11).
///
/// EIP-712 type: `Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,uint256
/// deadline,address submitter,bytes32 finalTrace,bool runsAlone)` (one line, single spaces), domain `EIP712Domain(string name,string
/// version,uint256 chainId,address verifyingContract)` with name "Scope", version "1", L1's chain id, the settlement contract.
/// @param account The EOA, delegated by EIP-7702 to an account contract; it signs.
/// @param nonce Its account contract's nonce, used also when the operation fails.
/// @param target Called by the account with `value`, `data` and exactly `gas`.
/// @param deadline Last timestamp at which it may run, in seconds.
/// @param submitter Who may call `executeScope` with it; 0 is anyone.
/// @param finalTrace The root's trace must end here; 0 is anywhere. For users who can't accept that a submitter makes an outbound
///        call fail inside a try/catch (§7).
/// @param runsAlone No other root may have a leg on L1 in the same scope.
struct Operation {
    address account;
    uint256 nonce;
    address target;
    uint256 value;
    bytes data;
    uint256 gas;
    uint256 deadline;
    address submitter;
    bytes32 finalTrace;
    bool runsAlone;
}

/// @title The account contract that an EOA delegates to
interface IScopedAccount {
    /// @notice One call of a batch.
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    /// @notice Only the settlement contract may.
    error OnlySettlement(address caller);
    /// @notice Only the account itself may.
    error OnlyAccount(address caller);
    /// @notice The operation names another account.
    error WrongAccount(address account);
    /// @notice The operation's nonce is not the account's next one.
    error WrongNonce(uint256 nonce, uint256 expected);
    /// @notice The operation's deadline has passed.
    error DeadlinePassed(uint256 deadline);
    /// @notice The operation is not signed by the account's key.
    error WrongSignature(address signer);
    /// @notice The operation can't get exactly the gas it signed.
    error TooLittleOperationGas(uint256 gas);

    /// @notice The operation ran; its nonce is used.
    /// @param returnData The target's return or revert data.
    event OperationExecuted(bytes32 indexed digest, bool success, bytes returnData);

    /// @notice Checks and runs an operation in a frame of its own.
    /// @return success Whether the target succeeded. A failed target doesn't revert here.
    function executeOperation(Operation calldata operation, bytes calldata signature) external returns (bool success);

    /// @notice Makes calls in order; all or none. An operation whose target is its own account uses it.
    function executeBatch(Call[] calldata calls) external payable;

    /// @notice Returns the nonce of the next operation.
    function operationNonce() external view returns (uint256);
}
