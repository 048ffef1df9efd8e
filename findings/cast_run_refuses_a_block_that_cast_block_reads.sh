#!/bin/sh
# cast 1.7.1 (npm's @foundry-rs/cast-linux-amd64): `cast block --full` reads a block in which a transaction has a type that
# Ethereum doesn't know, as rollups have for their own; `cast run` and, by it, a trace of any other transaction of that
# block end with a deserialization error. So a chain with transactions of its own can look well in every cast command and
# still have no `cast run`: debug_traceTransaction is what works.
# Seen: block: reads type 0x7d; run: data did not match any variant of untagged enum BlockTransactions
set -eu
PACKAGE=@foundry-rs/cast-linux-amd64@1.7.1
folder=$(mktemp -d)
cd "$folder"
cat > node.py <<'PYTHON'
import http.server, json
ZERO, ADDRESS = "0x" + "00" * 32, "0x" + "11" * 20
HASH, OWN, USER = ("0x" + digit * 64 for digit in "abc")
def transaction(index, hash, more):
    return {"blockHash": HASH, "blockNumber": "0x1", "transactionIndex": hex(index), "hash": hash, "from": ADDRESS,
            "to": ADDRESS, "nonce": hex(index), "gas": "0x5208", "gasPrice": "0x1", "value": "0x0", "input": "0x",
            "chainId": "0x539", "v": "0x0", "r": "0x1", "s": "0x1", "yParity": "0x0", **more}
TRANSACTIONS = [transaction(0, OWN, {"type": "0x7d"}),
                transaction(1, USER, {"type": "0x2", "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x0",
                                      "accessList": []})]
BLOCK = {"number": "0x1", "hash": HASH, "parentHash": ZERO, "nonce": "0x0000000000000000", "mixHash": ZERO,
         "sha3Uncles": ZERO, "logsBloom": "0x" + "00" * 256, "stateRoot": ZERO, "miner": ADDRESS, "difficulty": "0x0",
         "extraData": "0x", "gasLimit": "0x1c9c380", "gasUsed": "0xa410", "timestamp": "0x65000000",
         "transactionsRoot": ZERO, "receiptsRoot": ZERO, "baseFeePerGas": "0x1", "size": "0x300", "uncles": []}
class Node(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        method, params = call["method"], call.get("params", [])
        result = {"eth_chainId": "0x539", "eth_blockNumber": "0x1", "eth_getTransactionByHash": TRANSACTIONS[1],
                  "eth_getBalance": "0x1", "eth_getCode": "0x", "eth_getTransactionCount": "0x0",
                  "eth_getStorageAt": ZERO, "web3_clientVersion": "probe"}.get(method)
        if method.startswith("eth_getBlockBy"):
            full = params[1]
            result = {**BLOCK, "transactions": TRANSACTIONS if full else [OWN, USER]}
        body = json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Node)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
npm install --silent --ignore-scripts "$PACKAGE"
python3 node.py > port &
node=$!
trap 'kill $node; rm -rf "$folder"' EXIT
while [ ! -s port ]; do sleep 0.1; done
cast=$(ls node_modules/@foundry-rs/cast-linux-amd64/bin/cast)
url=http://127.0.0.1:$(cat port)
user=0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
block=$("$cast" block 1 --full --rpc-url "$url" | grep -o '0x7d')
run=$("$cast" run --quick "$user" --rpc-url "$url" 2>&1 | grep -o 'data did not match any variant of untagged enum BlockTransactions' || true)
echo "$PACKAGE: block: reads type $block; run: $run"
[ "$block" = 0x7d ] && [ "$run" = "data did not match any variant of untagged enum BlockTransactions" ]
