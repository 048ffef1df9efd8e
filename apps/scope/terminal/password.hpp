#pragma once

#include <string>

#include "cli/command.hpp"
#include "keys/secret.hpp"

namespace scope::terminal {

/// Adds --password: where the password of a keystore is, never the password itself.
void add_password(CLI::App& command, std::string& spec);

/// Whether a password that is typed has to be typed twice.
enum class Typed : uint8_t { once, twice };
/// Returns the password from where @p spec says, or asks on the terminal if it is empty, without
/// showing what is typed. Throws cli::UsageError if there is no terminal, or what is typed differs.
keys::Secret password(const std::string& spec, Typed typed);

}  // namespace scope::terminal
