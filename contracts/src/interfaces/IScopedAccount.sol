// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice An L1 root as its user signs it (§11).
///
/// EIP-712 type: `Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,uint256
/// verificationGas,uint256 fee,uint256 deadline,address submitter,bytes32 outcome,bool runsAlone)` (one line, single spaces), domain
/// `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)` with name "Scope", version "1", L1's chain id,
/// the settlement contract.
/// @param account An EOA, delegated by EIP-7702 to an account contract, or an account contract. No alias.
/// @param nonce The account's next one, which the settlement contract counts; used also when the operation fails.
/// @param target Called by the account with `value`, `data` and exactly `gas`.
/// @param verificationGas For the account's check of the signature, beyond the gas that the account gets anyway:
///        `gas + gas / 31 + 100,000 + 32 * data.length`.
/// @param fee Wei that the account pays to who submits, also when the operation fails.
/// @param deadline Last timestamp at which it may run, in seconds.
/// @param submitter Who may call `executeScope` with it; 0 is anyone.
/// @param outcome The root's outcome (§11); 0 is any. For users who can't accept that a submitter makes an outbound call fail inside a
///        try/catch (§7). The identity of a root leaves it out.
/// @param runsAlone No other root may have a leg on L1 in the same scope.
struct Operation {
    address account;
    uint256 nonce;
    address target;
    uint256 value;
    bytes data;
    uint256 gas;
    uint256 verificationGas;
    uint256 fee;
    uint256 deadline;
    address submitter;
    bytes32 outcome;
    bool runsAlone;
}

/// @title An account that signs operations
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
    /// @notice The operation is not signed by the owner's key.
    error WrongSignature(address signer);
    /// @notice The fee can't be paid.
    error FeeNotPaid(uint256 fee);
    /// @notice The operation can't get exactly the gas it signed: verificationGas was too little.
    error TooLittleOperationGas(uint256 gas);

    /// @notice The operation ran.
    /// @param returnData The target's return or revert data, the first 2,048 bytes of it.
    event OperationExecuted(bytes32 indexed digest, bool success, bytes returnData);

    /// @notice Checks the signature, pays the fee and runs an operation in a frame of its own.
    /// @dev The settlement contract has checked account, nonce, deadline, submitter and runsAlone, and gives it gas that
    ///      follows from what was signed (§11). A target that fails with a fault's data makes it revert with that: nothing of it settles.
    /// @param digest EIP-712 digest of the operation.
    /// @param signature Its owner's over the digest.
    /// @return success Whether the target succeeded. A failed target doesn't revert here.
    /// @return returnDataHash keccak256 of the target's return or revert data; of the first 24,576 bytes if there are more.
    function executeOperation(Operation calldata operation, bytes32 digest, bytes calldata signature)
        external
        returns (bool success, bytes32 returnDataHash);

    /// @notice Makes calls in order; all or none. An operation whose target is its own account uses it.
    function executeBatch(Call[] calldata calls) external payable;

    /// @notice Returns whose key signs: the account itself if it is a delegated EOA.
    function owner() external view returns (address);
}

/// @title Where the account of an owner is, and who deploys it
interface IScopedAccountFactory {
    /// @notice An account needs an owner.
    error OwnerIsZero();

    /// @notice Returns the settlement contract, which alone runs operations.
    function settlement() external view returns (address);

    /// @notice Returns the account contract: EOAs delegate to it, and an owner's account is a proxy of it.
    function implementation() external view returns (address);

    /// @notice Returns the address of the account with this owner, deployed or not.
    function accountOf(address owner) external view returns (address);

    /// @notice Deploys the account if it is missing; anyone may.
    function deploy(address owner) external returns (address);
}
