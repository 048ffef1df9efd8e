#!/bin/sh
# viem 2.56.0 (npm): a wallet client with a local account has the node complete a transaction by eth_fillTransaction, and
# signs a mixture: nonce, gas and fees are those of the answer, calldata and access list those of the caller. So where a
# node completes more than numbers (a suffix that its chain asks for, an access list that makes the gas enough), the gas
# was counted for another transaction than the one that is sent, and nothing says so: it runs out of gas or reverts on
# chain, after no estimate failed. A node that completes calldata has to refuse instead.
# Seen: asked: eth_fillTransaction eth_sendRawTransaction; signed: gas 54321 nonce 7 data 0xaaaa access list of 0
set -eu
PACKAGE=viem@2.56.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --ignore-scripts "$PACKAGE"
cat > probe.mjs <<'JS'
import { createServer } from 'node:http';
import { createWalletClient, defineChain, http, parseTransaction } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const asked = [];
let sent;
const filled = (given) => ({
    type: '0x2', chainId: '0x539', nonce: '0x7', gas: '0xd431', maxFeePerGas: '0x3b9aca00', maxPriorityFeePerGas: '0x1',
    to: given.to, value: '0x0', input: '0xaaaabbbb', data: '0xaaaabbbb', v: '0x0', r: '0x0', s: '0x0',
    accessList: [{ address: given.to, storageKeys: [] }],
});
const answers = {
    eth_chainId: () => '0x539',
    eth_fillTransaction: ([given]) => ({ raw: '0x', tx: filled(given) }),
    eth_sendRawTransaction: ([raw]) => ((sent = raw), `0x${'11'.repeat(32)}`),
};
const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part)).on('end', () => {
        const { id, method, params } = JSON.parse(text);
        if (method !== 'eth_chainId') asked.push(method);
        const answer = answers[method] ? { result: answers[method](params) } : { error: { code: -32601, message: method } };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
}).listen(0, '127.0.0.1', async () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    const chain = defineChain({
        id: 1337, name: 'probe', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } },
    });
    const client = createWalletClient({ account: privateKeyToAccount(`0x${'01'.repeat(32)}`), chain, transport: http(url) });
    await client.sendTransaction({ to: `0x${'22'.repeat(20)}`, data: '0xaaaa' });
    const { gas, nonce, data, accessList = [] } = parseTransaction(sent);
    console.log(`asked: ${asked.join(' ')}; signed: gas ${gas} nonce ${nonce} data ${data} access list of ${accessList.length}`);
    server.close();
    server.closeAllConnections();
});
JS
seen=$(node probe.mjs)
echo "$PACKAGE: $seen"
[ "$seen" = "asked: eth_fillTransaction eth_sendRawTransaction; signed: gas 54321 nonce 7 data 0xaaaa access list of 0" ]
