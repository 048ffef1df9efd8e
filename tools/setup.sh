# shellcheck shell=bash
# Sourced by ./scope: set_up brings the machine and the build up to date, and does nothing where nothing is missing.
#
# Expects $root and $build. Every step asks whether its work is done, then does it with its output in
# build/logs/STEP.log and one line for a person. A step counts as done only by what it leaves at its very end (dpkg's
# own state, a stamp file, ninja's log), so that one that was killed is done again.

logs=$root/build/logs
stamps=$root/build/stamps

# set_up EXTENT TARGET: what target TARGET of the build needs. EXTENT is `run` for the product, and `test` where the
# tests, the test equipment or the benchmarks are built too; what was set up for `test` serves for both.
set_up() {
    extent=$1
    set -o errtrace
    trap 'die "the set-up stopped at line $LINENO of $(basename "${BASH_SOURCE[0]}"): $BASH_COMMAND"' ERR
    mkdir -p "$logs" "$stamps"
    wait_for_others
    install_packages
    find_node
    install_node_modules
    build_contracts
    configure
    compile "$2"
    exec 9>&-
    trap - ERR
}

# Two set-ups at once would tread on each other. The lock goes with the last process that holds descriptor 9.
wait_for_others() {
    exec 9>"$root/build/.lock"
    flock --nonblock 9 && return
    echo "scope: waiting for another ./scope that is setting up here"
    flock 9
}

# Whether stamp file $1 says that $2 was done, for this extent.
is_done() {
    local said
    said=$(cat "$1" 2>/dev/null) || return 1
    [[ $said == "$2 test" || $said == "$2 $extent" ]]
}

# step NAME WHAT COMMAND...: runs COMMAND with its output in build/logs/NAME.log, and shows a person that it goes
# on. A step of less than two seconds says nothing, so that a run with nothing to do is quiet.
step() {
    local what=$2 log=$logs/$1.log status=0
    shift 2
    SECONDS=0
    "$@" </dev/null 2>&1 | show_progress "$what" "$log" || status=$?
    if [[ -t 2 ]]; then printf '\r\033[K'; fi
    if ((status != 0)); then
        echo "scope: $what: failed after $SECONDS s. The end of its output:"
        tail -n 40 "$log" | sed 's/^/    /'
        die "$what failed; all of its output is in $log"
    elif ((SECONDS >= 2)); then
        echo "scope: $what: done in $SECONDS s"
    fi
}

# Copies standard input to the log. On a terminal one line carries the latest of it; elsewhere (a CI's log) there is
# a sign of life every half minute.
show_progress() {
    local what=$1 log=$2 line='' part='' got status columns next=2
    columns=$(tput cols 2>/dev/null || echo 100)
    : >"$log"
    while :; do
        status=0
        IFS= read -r -t 1 got || status=$?
        part+=$got   # a time-out may cut a line in two
        if ((status <= 128)); then   # not a time-out: a line, or the end and what stood before it
            if ((status == 0)) || [[ -n $part ]]; then printf '%s\n' "$part" >>"$log"; fi
            if ((status != 0)); then return 0; fi
            if [[ -n $part ]]; then line=${part//[$'\r\t\e']/ }; fi
            part=''
        fi
        if ((SECONDS < next)); then continue; fi
        if [[ -t 2 ]]; then
            got="scope: $what ($SECONDS s) $line"
            printf '\r\033[K%s' "${got:0:columns-1}"
        elif ((next == 2)); then
            next=30
            echo "scope: $what ..."
        else
            next=$((SECONDS + 30))
            printf 'scope:   %s s: %s\n' "$SECONDS" "${line:0:100}"
        fi
    done
}

# ---- Debian packages -------------------------------------------------------------------------------------------

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
    local missing=() package when rest
    [[ -z ${SCOPE_SKIP_PACKAGES:-} ]] || return 0
    while read -r package when rest; do
        [[ -z $package || $package == \#* || $when == test && $extent == run ]] ||
            is_installed "$package" || missing+=("$package")
    done <"$root/tools/packages.txt"
    if [[ -z $(node_directory) ]]; then missing+=(nodejs npm); fi
    ((${#missing[@]})) || return 0

    command -v apt-get >/dev/null || die "this machine has no apt-get, and ./scope knows Debian 12 only. \
It needs: ${missing[*]}. With all of that in place, SCOPE_SKIP_PACKAGES=1 ./scope ... goes on without looking."
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "these Debian packages are missing, and to install them ./scope needs \
root or sudo: ${missing[*]}. As root: apt-get install ${missing[*]}"
        # Asks for the password where there is a terminal to ask on; the steps below have none.
        sudo --validate 2>/dev/null || { [[ -t 0 ]] && sudo --validate; } ||
            die "these Debian packages are missing, and sudo didn't let ./scope install them: ${missing[*]}"
        as_root=(sudo)
    fi
    # Left by an apt-get that was killed: dpkg refuses all work until this is done.
    if [[ -n $(dpkg --audit 2>/dev/null) ]]; then
        step dpkg "finishing an interrupted installation" "${as_root[@]}" dpkg --configure -a
    fi
    step apt "installing ${#missing[@]} Debian packages (${missing[*]})" apt_install "${missing[@]}"
}

apt_install() {
    # A mirror that can't be reached is fatal only if the packages can't be had from the lists at hand.
    "${as_root[@]}" apt-get update || echo "apt-get update failed, going on with the package lists at hand"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# ---- Node and npm ----------------------------------------------------------------------------------------------

# The folder of a Node that is new enough (18) and has npm beside it or elsewhere on the path; nothing if there is none.
node_directory() {
    local node
    for node in "$(command -v node || true)" /usr/bin/node; do
        [[ -x $node ]] || continue
        [[ $("$node" --version 2>/dev/null) =~ ^v([0-9]+)\. ]] && ((BASH_REMATCH[1] >= 18)) || continue
        [[ -x $(dirname "$node")/npm ]] || command -v npm >/dev/null || continue
        dirname "$node"
        return
    done
}

find_node() {
    local directory
    directory=$(node_directory)
    [[ -n $directory ]] || die "there is no Node 18 or newer with npm on this machine"
    if [[ $(command -v node) != "$directory/node" ]]; then PATH=$directory:$PATH; fi
}

install_node_modules() {
    local less=()   # devDependencies are those of the tests
    [[ $extent == test ]] || less=(--omit=dev)
    install_packages_of "$root" "installing npm packages" "${less[@]}"
    # Hardhat and the Node that it wants are large, so they are apart from what is built with.
    [[ $extent != test ]] || install_packages_of "$root/tests/clients/hardhat" "installing Hardhat"
}

# install_packages_of FOLDER WHAT OPTION...: the stamp lies inside node_modules, whose removal is the first thing that
# npm ci does.
install_packages_of() {
    local folder=$1 what=$2 wanted
    local stamp=$folder/node_modules/.scope-stamp
    shift 2
    wanted=$(sha256sum <"$folder/package-lock.json")
    is_done "$stamp" "$wanted" && return
    step npm "$what" env -C "$folder" npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier "$@"
    echo "$wanted $extent" >"$stamp"
}

# ---- build -----------------------------------------------------------------------------------------------------

# One hash over the names and contents of the given files and folders, of those that exist.
fingerprint() {
    (cd "$root" && { find "$@" -type f -print0 2>/dev/null || true; } | sort -z |
        xargs -0 --no-run-if-empty sha256sum | sha256sum)
}

build_contracts() {
    local wanted
    [[ -d $root/contracts/src ]] || return 0
    wanted=$(fingerprint contracts/src contracts/test/scenarios foundry.toml package-lock.json tools/forge tools/solc)
    [[ -d $root/contracts/out && $(cat "$stamps/contracts" 2>/dev/null) == "$wanted" ]] && return
    step contracts "compiling the contracts" env -C "$root" npm run --silent contracts:build
    echo "$wanted" >"$stamps/contracts"
}

# CMake configures itself again when its files change. What it can't survive is a moved checkout or another preset.
# Without BUILD_TESTING it looks for no library of the tests; with it, what was compiled before is still good.
configure() {
    local wanted tests=OFF
    wanted="$root $(sha256sum <"$root/CMakePresets.json")"
    [[ -f $build/build.ninja ]] && is_done "$stamps/configure" "$wanted" && return
    [[ -f $build/build.ninja && $(cat "$stamps/configure" 2>/dev/null) == "$wanted run" ]] || rm -rf "$build"
    [[ $extent == run ]] || tests=ON
    step configure "configuring the build" env -C "$root" cmake --preset release -DBUILD_TESTING=$tests
    echo "$wanted $extent" >"$stamps/configure"
}

# As many compilers as there are cores, but no more than one for each 2 GiB of memory.
jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo)
    ((memory >= 1)) || memory=1
    echo $((cores < memory ? cores : memory))
}

compile() {
    step build "compiling (some minutes the first time)" ninja -C "$build" -j "${SCOPE_JOBS:-$(jobs)}" "$1"
}
