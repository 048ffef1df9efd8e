#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "evm/revision.hpp"

namespace scope::evm {

/// Instructions by their byte (Yellow Paper, appendix H.2, and the EIPs named in the table below).
enum Opcode : uint8_t {
    OP_STOP = 0x00,
    OP_ADD = 0x01,
    OP_MUL = 0x02,
    OP_SUB = 0x03,
    OP_DIV = 0x04,
    OP_SDIV = 0x05,
    OP_MOD = 0x06,
    OP_SMOD = 0x07,
    OP_ADDMOD = 0x08,
    OP_MULMOD = 0x09,
    OP_EXP = 0x0a,
    OP_SIGNEXTEND = 0x0b,

    OP_LT = 0x10,
    OP_GT = 0x11,
    OP_SLT = 0x12,
    OP_SGT = 0x13,
    OP_EQ = 0x14,
    OP_ISZERO = 0x15,
    OP_AND = 0x16,
    OP_OR = 0x17,
    OP_XOR = 0x18,
    OP_NOT = 0x19,
    OP_BYTE = 0x1a,
    OP_SHL = 0x1b,
    OP_SHR = 0x1c,
    OP_SAR = 0x1d,
    OP_CLZ = 0x1e,

    OP_KECCAK256 = 0x20,

    OP_ADDRESS = 0x30,
    OP_BALANCE = 0x31,
    OP_ORIGIN = 0x32,
    OP_CALLER = 0x33,
    OP_CALLVALUE = 0x34,
    OP_CALLDATALOAD = 0x35,
    OP_CALLDATASIZE = 0x36,
    OP_CALLDATACOPY = 0x37,
    OP_CODESIZE = 0x38,
    OP_CODECOPY = 0x39,
    OP_GASPRICE = 0x3a,
    OP_EXTCODESIZE = 0x3b,
    OP_EXTCODECOPY = 0x3c,
    OP_RETURNDATASIZE = 0x3d,
    OP_RETURNDATACOPY = 0x3e,
    OP_EXTCODEHASH = 0x3f,

    OP_BLOCKHASH = 0x40,
    OP_COINBASE = 0x41,
    OP_TIMESTAMP = 0x42,
    OP_NUMBER = 0x43,
    OP_PREVRANDAO = 0x44,
    OP_GASLIMIT = 0x45,
    OP_CHAINID = 0x46,
    OP_SELFBALANCE = 0x47,
    OP_BASEFEE = 0x48,
    OP_BLOBHASH = 0x49,
    OP_BLOBBASEFEE = 0x4a,

    OP_POP = 0x50,
    OP_MLOAD = 0x51,
    OP_MSTORE = 0x52,
    OP_MSTORE8 = 0x53,
    OP_SLOAD = 0x54,
    OP_SSTORE = 0x55,
    OP_JUMP = 0x56,
    OP_JUMPI = 0x57,
    OP_PC = 0x58,
    OP_MSIZE = 0x59,
    OP_GAS = 0x5a,
    OP_JUMPDEST = 0x5b,
    OP_TLOAD = 0x5c,
    OP_TSTORE = 0x5d,
    OP_MCOPY = 0x5e,

    OP_PUSH0 = 0x5f,
    OP_PUSH1 = 0x60,
    OP_PUSH32 = 0x7f,
    OP_DUP1 = 0x80,
    OP_DUP16 = 0x8f,
    OP_SWAP1 = 0x90,
    OP_SWAP16 = 0x9f,
    OP_LOG0 = 0xa0,
    OP_LOG1 = 0xa1,
    OP_LOG2 = 0xa2,
    OP_LOG3 = 0xa3,
    OP_LOG4 = 0xa4,

    OP_CREATE = 0xf0,
    OP_CALL = 0xf1,
    OP_CALLCODE = 0xf2,
    OP_RETURN = 0xf3,
    OP_DELEGATECALL = 0xf4,
    OP_CREATE2 = 0xf5,
    OP_STATICCALL = 0xfa,
    OP_REVERT = 0xfd,
    OP_INVALID = 0xfe,
    OP_SELFDESTRUCT = 0xff,
};

/// The properties that an instruction has in every revision that has it.
struct Instruction {
    std::string_view name;  ///< empty: no revision defines the byte
    Revision since = Revision::frontier;
    uint8_t inputs = 0;     ///< stack items that must be there (DUPn: n, SWAPn: n + 1)
    int8_t growth = 0;      ///< change of the stack's height
    uint8_t immediate = 0;  ///< bytes of data behind the opcode
    /// Gas that is due whatever the operands are, as of frontier or of `since`. What revisions
    /// change about it stands in rules.hpp.
    int16_t gas = 0;

    [[nodiscard]] constexpr bool defined() const noexcept { return !name.empty(); }
};

namespace detail {

inline constexpr std::string_view PUSH_NAMES[] = {
    "PUSH0",  "PUSH1",  "PUSH2",  "PUSH3",  "PUSH4",  "PUSH5",  "PUSH6",  "PUSH7",  "PUSH8",
    "PUSH9",  "PUSH10", "PUSH11", "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16", "PUSH17",
    "PUSH18", "PUSH19", "PUSH20", "PUSH21", "PUSH22", "PUSH23", "PUSH24", "PUSH25", "PUSH26",
    "PUSH27", "PUSH28", "PUSH29", "PUSH30", "PUSH31", "PUSH32"};
inline constexpr std::string_view DUP_NAMES[] = {
    "DUP1", "DUP2",  "DUP3",  "DUP4",  "DUP5",  "DUP6",  "DUP7",  "DUP8",
    "DUP9", "DUP10", "DUP11", "DUP12", "DUP13", "DUP14", "DUP15", "DUP16"};
inline constexpr std::string_view SWAP_NAMES[] = {
    "SWAP1", "SWAP2",  "SWAP3",  "SWAP4",  "SWAP5",  "SWAP6",  "SWAP7",  "SWAP8",
    "SWAP9", "SWAP10", "SWAP11", "SWAP12", "SWAP13", "SWAP14", "SWAP15", "SWAP16"};
inline constexpr std::string_view LOG_NAMES[] = {"LOG0", "LOG1", "LOG2", "LOG3", "LOG4"};

consteval std::array<Instruction, 256> make_instructions() {
    using enum Revision;
    std::array<Instruction, 256> t{};
    //                     name            since           in  grow imm gas
    t[OP_STOP] = {"STOP", frontier, 0, 0, 0, 0};
    t[OP_ADD] = {"ADD", frontier, 2, -1, 0, 3};
    t[OP_MUL] = {"MUL", frontier, 2, -1, 0, 5};
    t[OP_SUB] = {"SUB", frontier, 2, -1, 0, 3};
    t[OP_DIV] = {"DIV", frontier, 2, -1, 0, 5};
    t[OP_SDIV] = {"SDIV", frontier, 2, -1, 0, 5};
    t[OP_MOD] = {"MOD", frontier, 2, -1, 0, 5};
    t[OP_SMOD] = {"SMOD", frontier, 2, -1, 0, 5};
    t[OP_ADDMOD] = {"ADDMOD", frontier, 3, -2, 0, 8};
    t[OP_MULMOD] = {"MULMOD", frontier, 3, -2, 0, 8};
    t[OP_EXP] = {"EXP", frontier, 2, -1, 0, 10};
    t[OP_SIGNEXTEND] = {"SIGNEXTEND", frontier, 2, -1, 0, 5};

    t[OP_LT] = {"LT", frontier, 2, -1, 0, 3};
    t[OP_GT] = {"GT", frontier, 2, -1, 0, 3};
    t[OP_SLT] = {"SLT", frontier, 2, -1, 0, 3};
    t[OP_SGT] = {"SGT", frontier, 2, -1, 0, 3};
    t[OP_EQ] = {"EQ", frontier, 2, -1, 0, 3};
    t[OP_ISZERO] = {"ISZERO", frontier, 1, 0, 0, 3};
    t[OP_AND] = {"AND", frontier, 2, -1, 0, 3};
    t[OP_OR] = {"OR", frontier, 2, -1, 0, 3};
    t[OP_XOR] = {"XOR", frontier, 2, -1, 0, 3};
    t[OP_NOT] = {"NOT", frontier, 1, 0, 0, 3};
    t[OP_BYTE] = {"BYTE", frontier, 2, -1, 0, 3};
    t[OP_SHL] = {"SHL", constantinople, 2, -1, 0, 3};  // EIP-145
    t[OP_SHR] = {"SHR", constantinople, 2, -1, 0, 3};
    t[OP_SAR] = {"SAR", constantinople, 2, -1, 0, 3};
    t[OP_CLZ] = {"CLZ", osaka, 1, 0, 0, 5};  // EIP-7939

    t[OP_KECCAK256] = {"KECCAK256", frontier, 2, -1, 0, 30};

    t[OP_ADDRESS] = {"ADDRESS", frontier, 0, 1, 0, 2};
    t[OP_BALANCE] = {"BALANCE", frontier, 1, 0, 0, 20};
    t[OP_ORIGIN] = {"ORIGIN", frontier, 0, 1, 0, 2};
    t[OP_CALLER] = {"CALLER", frontier, 0, 1, 0, 2};
    t[OP_CALLVALUE] = {"CALLVALUE", frontier, 0, 1, 0, 2};
    t[OP_CALLDATALOAD] = {"CALLDATALOAD", frontier, 1, 0, 0, 3};
    t[OP_CALLDATASIZE] = {"CALLDATASIZE", frontier, 0, 1, 0, 2};
    t[OP_CALLDATACOPY] = {"CALLDATACOPY", frontier, 3, -3, 0, 3};
    t[OP_CODESIZE] = {"CODESIZE", frontier, 0, 1, 0, 2};
    t[OP_CODECOPY] = {"CODECOPY", frontier, 3, -3, 0, 3};
    t[OP_GASPRICE] = {"GASPRICE", frontier, 0, 1, 0, 2};
    t[OP_EXTCODESIZE] = {"EXTCODESIZE", frontier, 1, 0, 0, 20};
    t[OP_EXTCODECOPY] = {"EXTCODECOPY", frontier, 4, -4, 0, 20};
    t[OP_RETURNDATASIZE] = {"RETURNDATASIZE", byzantium, 0, 1, 0, 2};  // EIP-211
    t[OP_RETURNDATACOPY] = {"RETURNDATACOPY", byzantium, 3, -3, 0, 3};
    t[OP_EXTCODEHASH] = {"EXTCODEHASH", constantinople, 1, 0, 0, 400};  // EIP-1052

    t[OP_BLOCKHASH] = {"BLOCKHASH", frontier, 1, 0, 0, 20};
    t[OP_COINBASE] = {"COINBASE", frontier, 0, 1, 0, 2};
    t[OP_TIMESTAMP] = {"TIMESTAMP", frontier, 0, 1, 0, 2};
    t[OP_NUMBER] = {"NUMBER", frontier, 0, 1, 0, 2};
    t[OP_PREVRANDAO] = {"PREVRANDAO", frontier, 0, 1, 0, 2};  // DIFFICULTY before Paris (EIP-4399)
    t[OP_GASLIMIT] = {"GASLIMIT", frontier, 0, 1, 0, 2};
    t[OP_CHAINID] = {"CHAINID", istanbul, 0, 1, 0, 2};          // EIP-1344
    t[OP_SELFBALANCE] = {"SELFBALANCE", istanbul, 0, 1, 0, 5};  // EIP-1884
    t[OP_BASEFEE] = {"BASEFEE", london, 0, 1, 0, 2};            // EIP-3198
    t[OP_BLOBHASH] = {"BLOBHASH", cancun, 1, 0, 0, 3};          // EIP-4844
    t[OP_BLOBBASEFEE] = {"BLOBBASEFEE", cancun, 0, 1, 0, 2};    // EIP-7516

    t[OP_POP] = {"POP", frontier, 1, -1, 0, 2};
    t[OP_MLOAD] = {"MLOAD", frontier, 1, 0, 0, 3};
    t[OP_MSTORE] = {"MSTORE", frontier, 2, -2, 0, 3};
    t[OP_MSTORE8] = {"MSTORE8", frontier, 2, -2, 0, 3};
    t[OP_SLOAD] = {"SLOAD", frontier, 1, 0, 0, 50};
    t[OP_SSTORE] = {"SSTORE", frontier, 2, -2, 0, 0};
    t[OP_JUMP] = {"JUMP", frontier, 1, -1, 0, 8};
    t[OP_JUMPI] = {"JUMPI", frontier, 2, -2, 0, 10};
    t[OP_PC] = {"PC", frontier, 0, 1, 0, 2};
    t[OP_MSIZE] = {"MSIZE", frontier, 0, 1, 0, 2};
    t[OP_GAS] = {"GAS", frontier, 0, 1, 0, 2};
    t[OP_JUMPDEST] = {"JUMPDEST", frontier, 0, 0, 0, 1};
    t[OP_TLOAD] = {"TLOAD", cancun, 1, 0, 0, 100};  // EIP-1153
    t[OP_TSTORE] = {"TSTORE", cancun, 2, -2, 0, 100};
    t[OP_MCOPY] = {"MCOPY", cancun, 3, -3, 0, 3};  // EIP-5656

    t[OP_PUSH0] = {PUSH_NAMES[0], shanghai, 0, 1, 0, 2};  // EIP-3855
    for (uint8_t n = 1; n <= 32; ++n) t[OP_PUSH0 + n] = {PUSH_NAMES[n], frontier, 0, 1, n, 3};
    for (uint8_t n = 1; n <= 16; ++n) {
        t[OP_DUP1 + n - 1] = {DUP_NAMES[n - 1], frontier, n, 1, 0, 3};
        t[OP_SWAP1 + n - 1] = {SWAP_NAMES[n - 1], frontier, static_cast<uint8_t>(n + 1), 0, 0, 3};
    }
    for (uint8_t n = 0; n <= 4; ++n)
        t[OP_LOG0 + n] = {LOG_NAMES[n],
                          frontier,
                          static_cast<uint8_t>(2 + n),
                          static_cast<int8_t>(-2 - n),
                          0,
                          static_cast<int16_t>(375 + 375 * n)};

    t[OP_CREATE] = {"CREATE", frontier, 3, -2, 0, 32000};
    t[OP_CALL] = {"CALL", frontier, 7, -6, 0, 40};
    t[OP_CALLCODE] = {"CALLCODE", frontier, 7, -6, 0, 40};
    t[OP_RETURN] = {"RETURN", frontier, 2, -2, 0, 0};
    t[OP_DELEGATECALL] = {"DELEGATECALL", homestead, 6, -5, 0, 40};  // EIP-7
    t[OP_CREATE2] = {"CREATE2", constantinople, 4, -3, 0, 32000};    // EIP-1014
    t[OP_STATICCALL] = {"STATICCALL", byzantium, 6, -5, 0, 700};     // EIP-214
    t[OP_REVERT] = {"REVERT", byzantium, 2, -2, 0, 0};               // EIP-140
    t[OP_INVALID] = {"INVALID", frontier, 0, 0, 0, 0};               // EIP-141
    t[OP_SELFDESTRUCT] = {"SELFDESTRUCT", frontier, 1, -1, 0, 0};
    return t;
}

}  // namespace detail

/// The instruction set, by opcode.
inline constexpr std::array<Instruction, 256> INSTRUCTIONS = detail::make_instructions();

/// Returns whether @p revision has the instruction.
constexpr bool is_defined(Revision revision, uint8_t opcode) noexcept {
    return INSTRUCTIONS[opcode].defined() && INSTRUCTIONS[opcode].since <= revision;
}

}  // namespace scope::evm
