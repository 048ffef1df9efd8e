#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rpc/service.hpp"

namespace scope::rpc {

/// The part of a method's description that its table (rpc/service.hpp) doesn't have.
struct MethodDescription {
    std::string_view name;
    /// The name of the result's type; "?" behind it if it may be null, "[]" if it is a list.
    std::string_view result;
    std::string_view summary;
};

/// Returns all descriptions, by name.
std::span<const MethodDescription> method_descriptions();
/// Returns the name of a parameter's type, by the parameter's name; nullopt: nobody has given one.
std::optional<std::string_view> parameter_type(std::string_view parameter);

/// Returns the OpenRPC document of methods: what rpc.discover answers. One that has no description
/// is left out; rpc.discover itself is always in it.
/// Spec: OpenRPC 1.3.2.
std::string open_rpc(std::span<const Method> methods);

}  // namespace scope::rpc
