#!/bin/sh
# anvil 1.7.1 (npm): the genesis block's stateRoot is that of an empty state, although its accounts have 10,000 ETH each, and
# eth_getProof at block 0 gives a proof that another root begins. So whoever reads anvil's state by proofs from headers can't
# begin at the genesis block. From block 1 on the headers' roots are those of the proofs.
# Seen: block 0: balance true, root is empty true, proof begins with root false; block 1: root is empty false, proof begins with root true
set -eu
ANVIL=@foundry-rs/anvil-linux-amd64@1.7.1
folder=$(mktemp -d)
trap 'kill $anvil 2>/dev/null || true; rm -rf "$folder"' EXIT
anvil=
cd "$folder"
npm install --silent --ignore-scripts $ANVIL viem@2.56.0
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
chmod +x node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil
node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil --port "$port" --silent &
anvil=$!
cat > probe.mjs <<'JS'
import { createTestClient, http, keccak256, publicActions } from 'viem';
import { foundry } from 'viem/chains';

const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
const client = createTestClient({ mode: 'anvil', chain: foundry, transport: http(`http://127.0.0.1:${process.argv[2]}`, { retryCount: 30 }) })
    .extend(publicActions);
const address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

async function look(blockNumber) {
    const { stateRoot } = await client.getBlock({ blockNumber });
    const { accountProof } = await client.getProof({ address, storageKeys: [], blockNumber });
    return { isEmpty: stateRoot === EMPTY_ROOT, begins: accountProof.length > 0 && keccak256(accountProof[0]) === stateRoot };
}
const hasBalance = (await client.getBalance({ address, blockNumber: 0n })) > 0n;
const zero = await look(0n);
await client.mine({ blocks: 1 });
const one = await look(1n);
console.log(`block 0: balance ${hasBalance}, root is empty ${zero.isEmpty}, proof begins with root ${zero.begins}; `
    + `block 1: root is empty ${one.isEmpty}, proof begins with root ${one.begins}`);
JS
seen=$(node probe.mjs "$port")
echo "$ANVIL: $seen"
[ "$seen" = "block 0: balance true, root is empty true, proof begins with root false; block 1: root is empty false, proof begins with root true" ]
