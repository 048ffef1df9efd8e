#!/bin/sh
# CLI11 2.1.2 (Debian's libcli11-dev): "--out=" does not set the option to the empty string, and is no error. It takes the
# next argument for its value, even one that is an option of the same program: "--out= --trace" sets out to "--trace", and
# the flag is not set. getopt_long and Python's argparse give the empty string. Shell scripts meet it as --out="$UNSET".
# Seen: out=[--trace] trace=0
set -eu
PACKAGE=libcli11-dev=2.1.2+ds-1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "$PACKAGE"
dpkg -x libcli11-dev_*.deb .
cat > probe.cpp <<'CPP'
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    CLI::App app{"probe"};
    std::string out = "unset";
    bool trace = false;
    app.add_option("--out", out);
    app.add_flag("--trace", trace);
    CLI11_PARSE(app, argc, argv);
    std::printf("out=[%s] trace=%d\n", out.c_str(), trace);
}
CPP
"${CXX:-c++}" -std=c++17 -I usr/include probe.cpp -o probe
seen=$(./probe --out= --trace)
echo "$PACKAGE: $seen"
[ "$seen" = "out=[--trace] trace=0" ]
