#include "keys.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/printable.hpp"
#include "keys/keystore.hpp"
#include "net/tls.hpp"
#include "rpc/errors.hpp"
#include "terminal/password.hpp"

namespace scope::app {

namespace {

struct Options {
    std::string file;
    std::string password;
};

int make(const Options& options) {
    const auto secret = terminal::password(options.password, terminal::Typed::twice);
    if (secret.text().empty()) throw cli::UsageError{"an empty password protects nothing"};
    const auto made = keys::make_new_keystore(secret);
    if (const auto written = keys::write_private_file(options.file, made.json); !written)
        throw std::runtime_error{written.error()};
    fmt::print("{}\n", rpc::checksum_hex(made.address));
    return 0;
}

/// Writes a TLS key with its certificate into one file.
int make_tls(const Options& options) {
    const auto made = net::make_certificate("scope");
    const keys::Secret both{made.certificate + made.key};
    if (const auto written = keys::write_private_file(options.file, both.text()); !written)
        throw std::runtime_error{written.error()};
    fmt::print("{}\n", to_string(made.fingerprint));
    return 0;
}

int show_tls(const Options& options, const keys::Secret& pem) {
    const auto identity = net::TlsIdentity::from_pem(pem.text(), pem.text());
    if (!identity)
        throw std::runtime_error{fmt::format("{}: {}", printable(options.file), identity.error())};
    fmt::print("{}\n", to_string(identity->fingerprint()));
    return 0;
}

int show(const Options& options) {
    const auto keystore = keys::read_private_file(options.file);
    if (!keystore) throw std::runtime_error{keystore.error()};
    if (keystore->text().starts_with("-----BEGIN ")) return show_tls(options, *keystore);
    const auto secret = terminal::password(options.password, terminal::Typed::once);
    const auto key = keys::read_keystore(keystore->text(), secret);
    if (!key) throw std::runtime_error{fmt::format("{}: {}", printable(options.file), key.error())};
    fmt::print("{}\n", rpc::checksum_hex(crypto::address_of(*key)));
    return 0;
}

cli::Run declare_keys(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* summary) {
        auto* const part = command.add_subcommand(name, summary);
        part->add_option("file", options->file, "The file")->required();
        return part;
    };
    auto* const made = add("new", "make a key and write it as a keystore; prints its address");
    auto* const shown =
        add("show", "print the address of a keystore's key, or a TLS key's fingerprint");
    const auto* const tls =
        add("tls", "make a TLS key with its certificate; prints its fingerprint");
    for (auto* const part : {made, shown}) terminal::add_password(*part, options->password);
    command.require_subcommand(1);
    command.footer(
        "A keystore is a file as geth has it (Web3 Secret Storage, version 3). By their TLS keys "
        "a\n"
        "builder and its attesters know each other. Either file only its owner may read.");
    return [options, made, tls] {
        if (tls->parsed()) return make_tls(*options);
        return made->parsed() ? make(*options) : show(*options);
    };
}

}  // namespace

const cli::Command keys_command{"keys", "make keystores and TLS keys, and show whose they are",
                                declare_keys};

}  // namespace scope::app
