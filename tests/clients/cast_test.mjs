// cast on a devnet: everything a person types.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { encodeAbiParameters, keccak256, stringToHex, toHex } from 'viem';

import { compile } from './lib/contracts.mjs';
import { ACCOUNTS, L1_ID, MARKER, MULTICALL3, ROLLUP_IDS, SCOPED_CALLABLE, startDevnet } from './lib/devnet.mjs';
import { CAST, execute, needs, succeed } from './lib/tools.mjs';

const there = needs(CAST);
const { Prices, Desk, RollupDesk } = compile();
const [alice, bob] = ACCOUNTS;
const GOLD = stringToHex('GOLD', { size: 32 });
const TIN = stringToHex('TIN', { size: 32 });
const NO_PRICE = keccak256(toHex('NoPrice(bytes32)')).slice(2, 10);

let devnet, l1, rollup, prices, desk, unmarked;
const cast = (...words) => succeed(CAST, words.map(String));
const on = (url) => (...words) => succeed(CAST, words.map(String), { env: { ETH_RPC_URL: url } });
const fail = (url, ...words) => execute(CAST, words, { env: { ETH_RPC_URL: url } });
const send = async (url, ...words) => JSON.parse(await on(url)('send', '--json', '--private-key', alice.key, ...words));

async function deploy(url, { abi, bytecode }, ...args) {
    const { inputs } = abi.find(({ type }) => type === 'constructor') ?? { inputs: [] };
    const receipt = await send(url, '--create', bytecode + encodeAbiParameters(inputs, args).slice(2));
    assert.equal(receipt.status, '0x1');
    return receipt.contractAddress;
}

if (!there.skip) {
    devnet = await startDevnet();
    after(() => devnet.stop());
    [l1, rollup] = [on(devnet.l1), on(devnet.rollups[0])];
    prices = await deploy(devnet.l1, Prices);
    await send(devnet.l1, prices, 'set(bytes32,uint256)', GOLD, '20');
    desk = await deploy(devnet.rollups[0], RollupDesk, SCOPED_CALLABLE, BigInt(L1_ID), prices);
    unmarked = await deploy(devnet.rollups[0], Desk, SCOPED_CALLABLE, BigInt(L1_ID), prices);
}

test('the answer of a call to another chain is used', there, async () => {
    assert.equal(await rollup('call', '--from', alice.address, desk, 'buy(bytes32,uint256)(uint256)', GOLD, '100'), '5');
    const receipt = await send(devnet.rollups[0], desk, 'buy(bytes32,uint256)', GOLD, '100');
    assert.equal(receipt.status, '0x1');
    assert.equal(await rollup('call', desk, 'holds(address)(uint256)', alice.address), '5');
    const event = 'Asked(address indexed,bytes32 indexed,uint256)';
    const [asked] = JSON.parse(await l1('logs', '--json', '--from-block', '0', '--address', prices, event));
    assert.equal(BigInt(asked.data), 20n);
});

test('a view asks another chain', there, async () => {
    assert.equal(await rollup('call', desk, 'quote(bytes32,uint256)(uint256)', GOLD, '60'), '3');
});

test('a failure on another chain is caught', there, async () => {
    const { logs } = await send(devnet.rollups[0], desk, 'tryBuy(bytes32,uint256)', TIN, '100');
    const notSold = logs.find(({ address }) => address === desk.toLowerCase());
    assert.ok(notSold.data.includes(NO_PRICE));
});

test('the reason of another chain is shown', there, async () => {
    for (const words of [['call'], ['estimate'], ['send', '--private-key', alice.key]]) {
        const { status, errors } = await fail(devnet.rollups[0], ...words, desk, 'buy(bytes32,uint256)', TIN, '1');
        assert.notEqual(status, 0);
        assert.match(errors, new RegExp(`NoPrice|${NO_PRICE}`), words[0]);
    }
});

test('three commands from nothing to a call across chains', there, async () => {
    const before = BigInt(await l1('balance', bob.address));
    const signed = ['--private-key', alice.key];
    await rollup('send', ...signed, SCOPED_CALLABLE, 'deployAlias(uint256,address)', L1_ID, bob.address);
    const alias = await rollup('call', SCOPED_CALLABLE, 'aliasOf(uint256,address)(address)', L1_ID, bob.address);
    await rollup('send', ...signed, alias, MARKER, '--value', '1ether');
    assert.equal(BigInt(await l1('balance', bob.address)), before + 10n ** 18n);
});

test('raw data with the marker at their end may ask; without it cast is told what to append', there, async () => {
    const data = await cast('calldata', 'buy(bytes32,uint256)', GOLD, '40');
    const { status } = await send(devnet.rollups[0], unmarked, data + MARKER.slice(2));
    assert.equal(status, '0x1');
    assert.equal(await rollup('call', unmarked, 'holds(address)(uint256)', alice.address), '2');
    const refused = await fail(devnet.rollups[0], 'send', '--private-key', alice.key, unmarked, data);
    assert.notEqual(refused.status, 0);
    assert.match(refused.errors, new RegExp(MARKER.slice(2)));
});

test('an operation of L1 asks a rollup', there, async () => {
    const remote = await deploy(devnet.rollups[0], Prices);
    await send(devnet.rollups[0], remote, 'set(bytes32,uint256)', GOLD, '7');
    const settlement = await rollup('call', SCOPED_CALLABLE, 'settlement()(address)');
    const scopedCallable = await l1('call', settlement, 'scopedCallable()(address)');
    const l1Desk = await deploy(devnet.l1, Desk, scopedCallable, BigInt(ROLLUP_IDS[0]), remote);
    const data = await cast('calldata', 'buy(bytes32,uint256)', GOLD, '70');
    const operation = await l1('rpc', 'scope_prepareOperation', JSON.stringify({ from: alice.address, to: l1Desk, data }));
    const signature = await cast('wallet', 'sign', '--private-key', alice.key, '--data', operation);
    const hash = JSON.parse(await l1('rpc', 'scope_sendOperation', operation, signature));
    assert.equal(JSON.parse(await l1('rpc', 'scope_getOperationReceipt', hash)).success, true);
    assert.equal(await l1('call', l1Desk, 'holds(address)(uint256)', JSON.parse(operation).message.account), '10');
});

test('what is read of a chain', there, async () => {
    for (const [chain, id] of [[l1, L1_ID], [rollup, ROLLUP_IDS[0]]]) {
        assert.equal(await chain('chain-id'), String(id));
        assert.match(await chain('client'), /scope/i);
        assert.ok(Number(await chain('block-number')) > 0);
        assert.equal(await chain('balance', ACCOUNTS[3].address), `1${'0'.repeat(22)}`);
        assert.equal(await chain('nonce', ACCOUNTS[3].address), '0');
        assert.ok((await chain('code', MULTICALL3)).length > 1000);
        assert.ok(Number(await chain('codesize', MULTICALL3)) > 1000);
        assert.ok(BigInt(await chain('gas-price')) > 0n);
        assert.ok(BigInt(await chain('base-fee')) > 0n);
        assert.match(await chain('age'), /20\d\d/);
        assert.match(await chain('find-block', (await chain('block', '0', '--field', 'timestamp')).split(' ')[0]), /^\d+$/);
        for (const tag of ['latest', 'safe', 'finalized', 'earliest', 'pending']) await chain('block', tag);
        const proof = JSON.parse(await chain('proof', SCOPED_CALLABLE, '0x0'));
        assert.ok(proof.accountProof.length > 0);
    }
});

test('what is read of a block, a transaction and a contract', there, async () => {
    const { transactionHash: hash, blockNumber } = await send(devnet.rollups[0], desk, 'buy(bytes32,uint256)', GOLD, '20');
    const block = JSON.parse(await rollup('block', '--json', '--full', Number(blockNumber)));
    assert.equal(block.transactions.at(-1).hash, hash);
    for (const transaction of block.transactions) {
        assert.equal(JSON.parse(await rollup('tx', '--json', transaction.hash)).hash, transaction.hash);
        assert.equal(JSON.parse(await rollup('receipt', '--json', transaction.hash)).transactionHash, transaction.hash);
    }
    assert.match(await rollup('block', '--full', Number(blockNumber)), new RegExp(hash));
    assert.match(await rollup('receipt', hash), /status\s+1/);
    const slot = await cast('index', 'address', alice.address, '0');
    assert.ok(BigInt(await rollup('storage', desk, slot)) > 0n);
    assert.ok(Number(await rollup('estimate', desk, 'buy(bytes32,uint256)', GOLD, '20', '--from', alice.address)) > 21_000);
    assert.match(await l1('access-list', prices, 'priceOf(bytes32)', GOLD), new RegExp(prices.slice(2), 'i'));
    assert.match(await rollup('rpc', 'debug_traceTransaction', hash, '{"tracer":"callTracer"}'), /"CALL"/);
    assert.ok(JSON.parse(await rollup('tx-pool', 'status')).pending !== undefined);
});

test('a signed transaction is published, and one of an ordinary block is run again with its trace', there, async () => {
    const raw = await l1('mktx', '--private-key', bob.key, prices, 'set(bytes32,uint256)', TIN, '0');
    const receipt = JSON.parse(await l1('publish', raw));
    assert.equal(receipt.status, '0x1');
    assert.match(await l1('run', receipt.transactionHash), /Transaction successfully executed/);
});

test('an account delegates', there, async () => {
    const authorization = await l1('wallet', 'sign-auth', '--private-key', ACCOUNTS[2].key, MULTICALL3);
    const delegated = await send(devnet.l1, bob.address, '--auth', authorization);
    assert.equal(delegated.status, '0x1');
    assert.match(await l1('code', ACCOUNTS[2].address), /^0xef0100/);
});

test('a WebSocket does as well', there, async () => {
    assert.equal(await on(devnet.webSocket(devnet.rollups[0]))('chain-id'), String(ROLLUP_IDS[0]));
});
