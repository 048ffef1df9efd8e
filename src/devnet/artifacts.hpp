#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "abi/abi.hpp"

namespace scope::devnet {

/// The length of hashes and addresses in texts: in full, or their ends alone.
enum class Detail : uint8_t { brief, full };

/// The Solidity compiler's output for our contracts, and Uniswap's published build: code to deploy,
/// and names and types, which make calldata, answers and revert data human-readable.
class Artifacts {
  public:
    /// Reads all files. Throws std::runtime_error that names the file which is missing or is no
    /// artifact.
    /// @param contracts  forge's output folder.
    /// @param uniswap    The build folder of @uniswap/v2-core.
    Artifacts(const std::filesystem::path& contracts, const std::filesystem::path& uniswap);

    /// Reads those of the environment (SCOPE_CONTRACTS, SCOPE_ROOT), else of the build's source
    /// tree.
    static Artifacts locate();

    /// Returns the init code of a contract, without constructor arguments. REQUIRES: one that the
    /// demo deploys.
    [[nodiscard]] const Bytes& init_code(const std::string& contract) const;

    /// Returns the function's name: "mint", or the selector in hex if no contract of ours has it.
    [[nodiscard]] std::string function_name(BytesView calldata) const;
    /// Returns the human-readable result of the function in @p calldata: "true", "1250", "(1, 7)".
    [[nodiscard]] std::string describe_output(BytesView calldata, BytesView output,
                                              Detail detail = Detail::brief) const;
    /// Returns an error with its arguments by name: "ResponsesDiffer(source: 1, target: 901)".
    [[nodiscard]] std::string describe_error(BytesView revert_data,
                                             Detail detail = Detail::brief) const;
    /// Returns a number in decimal; from 10^15 on in units of 10^18, in which most tokens and ETH
    /// are counted: "0.497e18".
    [[nodiscard]] static std::string describe_number(const uint256& number);

  private:
    struct Parameter {
        std::string name;
        std::string type;
    };
    struct Signature {
        std::string name;
        std::vector<Parameter> parameters;  // of an error; of a function, what it returns
    };
    void read_interface(const std::filesystem::path& file, const std::string& contract);
    static std::optional<std::string> describe(const std::vector<Parameter>& parameters,
                                               BytesView data, Detail detail);

    std::map<std::string, Bytes> init_codes_;
    std::map<abi::Selector, Signature> functions_;
    std::map<abi::Selector, Signature> errors_;
};

/// Returns the first and last two bytes: "0x1234…cdef".
std::string short_hex(BytesView bytes);

}  // namespace scope::devnet
