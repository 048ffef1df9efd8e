#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "builder/call_trace.hpp"

namespace scope::builder {

namespace {

/// The errors of contracts/src/interfaces, and Solidity's own.
constexpr auto ERRORS = std::to_array<std::string_view>({
    "Panic(uint256)",
    // IScopedCallableExtension: faults
    "ResponseMissing(bytes32)",
    "OutOfPosition(bytes32)",
    "NotReproduced(bytes32)",
    "TooLittleGas()",
    // IScopedCallableExtension: refusals
    "NoOpenRoot()",
    "RootOpen(bytes32)",
    "OnlyLoader(address)",
    "OnlySelf(address)",
    "TargetIsLocal()",
    "FromMismatch(address,address)",
    "ValueMismatch(uint256,uint256)",
    "RemoteNotOpen(uint256)",
    "RemotesNotAscending(uint256)",
    "RootIndexNotIncreasing(uint256,uint256)",
    "WrongRootChain(uint256)",
    "RecordOfAnotherRoot(bytes32)",
    "RecordOfAnotherChain(uint256,uint256)",
    "TwoSuccessors(bytes32)",
    "MarksNotAscending(uint256)",
    "DuplicateFill(bytes32)",
    "EmptyResponse(bytes32)",
    "LengthMismatch()",
    "ForbiddenTarget(address)",
    "EscrowExceeded(uint256,uint256)",
    "AliasOfLocalAddress(address)",
    "UnknownKind(uint8)",
    "StaticCallKept(bytes32)",
    "RolledBack()",
    // ISettlement
    "CannotRegister(uint256)",
    "CallerNotPlainSigner(address)",
    "Reentered()",
    "EnvironmentDrifted(uint8,bytes32,bytes32)",
    "NoBatches()",
    "ChainsNotAscending(uint256)",
    "UnknownRollup(uint256)",
    "WrongBatchNumber(uint256,uint256,uint256)",
    "WrongPreStateRoot(uint256,bytes32,bytes32)",
    "WrongL1Origin(uint256,uint256,bytes32)",
    "AmbiguousData(uint256)",
    "MissingBlob(uint256)",
    "WrongForcedQueuePosition(uint256,uint256)",
    "WrongOperationHash(bytes32,bytes32)",
    "UnexpectedOperation(uint256)",
    "AccountWithoutCode(address)",
    "WrongSubmitter(address,address)",
    "OperationNotAlone(bytes32)",
    "WrongFinalTrace(bytes32,bytes32)",
    "RemoteNotInScope(uint256,uint256)",
    "RequestsDiffer(uint256,uint256)",
    "ResponsesDiffer(uint256,uint256)",
    "ValuesDiffer(uint256,uint256)",
    "EscrowNegative(uint256)",
    // ICommitteeVerifier
    "BadCommittee()",
    "MalformedProof(uint256)",
    "TooFewSignatures(uint256,uint256)",
    "NotAMember(address)",
    "SignersNotAscending(address)",
    // IScopedAccount
    "OnlySettlement(address)",
    "OnlyAccount(address)",
    "WrongAccount(address)",
    "WrongNonce(uint256,uint256)",
    "DeadlinePassed(uint256)",
    "WrongSignature(address)",
    "TooLittleOperationGas(uint256)",
    // ERC-6093, OpenZeppelin's tokens
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
});

std::string describe_word(std::string_view type, BytesView word) {
    if (type == "address") return to_hex(word.subspan(12));
    if (type == "uint256" || type == "uint8") return to_decimal(from_be(word));
    return to_hex(word);
}

/// Static arguments only: that is all the table has.
std::string describe_arguments(std::string_view signature, BytesView arguments) {
    std::string text;
    size_t at = signature.find('(') + 1;
    while (signature[at] != ')') {
        const size_t end = signature.find_first_of(",)", at);
        if (arguments.size() < abi::WORD) break;
        if (!text.empty()) text += ", ";
        text += describe_word(signature.substr(at, end - at), arguments.first(abi::WORD));
        arguments = arguments.subspan(abi::WORD);
        at = signature[end] == ',' ? end + 1 : end;
    }
    return text;
}

}  // namespace

std::string describe_revert(BytesView data) {
    constexpr size_t MAX_SHOWN = 68;
    static const auto ERROR_STRING = abi::selector("Error(string)");
    if (data.empty()) return "reverted without data";
    if (const auto text = abi::decode_call<std::string>(ERROR_STRING, data))
        return fmt::format("\"{}\"", std::get<0>(*text));
    if (data.size() >= 4) {
        for (const auto signature : ERRORS) {
            if (!equal(abi::selector(signature), data.first(4))) continue;
            return fmt::format("{}({})", signature.substr(0, signature.find('(')),
                               describe_arguments(signature, data.subspan(4)));
        }
    }
    if (data.size() <= MAX_SHOWN) return to_hex(data);
    return fmt::format("{}... ({} bytes)", to_hex(data.first(MAX_SHOWN)), data.size());
}

}  // namespace scope::builder
