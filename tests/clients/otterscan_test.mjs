// What the explorer Otterscan asks, page by page, of L1 and of a rollup.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createWalletClient, encodeErrorResult, encodeFunctionData, http, publicActions, stringToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { compile } from './lib/contracts.mjs';
import { ACCOUNTS, L1_ID, SCOPED_CALLABLE, rpc, startDevnet } from './lib/devnet.mjs';

const { Prices, RollupDesk } = compile();
const devnet = await startDevnet();
after(() => devnet.stop());

const account = privateKeyToAccount(ACCOUNTS[0].key);
const me = account.address.toLowerCase();
const GOLD = stringToHex('GOLD', { size: 32 });
const TIN = stringToHex('TIN', { size: 32 });

/** One chain, with what was done on it: an address and hashes to look for. */
function site(url) {
    const client = createWalletClient({ account, transport: http(url), pollingInterval: 50 }).extend(publicActions);
    const ask = (method, ...params) => rpc(url, method, ...params);
    const mined = (hash) => client.waitForTransactionReceipt({ hash });
    const deploy = async ({ abi, bytecode }, args = []) => mined(await client.deployContract({ abi, bytecode, args, chain: null }));
    const write = async (contract, functionName, args, more = {}) =>
        mined(await client.writeContract({ ...contract, functionName, args, chain: null, ...more }));
    const pay = async (to, value) => mined(await client.sendTransaction({ to, value, chain: null }));
    return { ask, deploy, write, pay };
}

const l1 = site(devnet.l1);
const rollup = site(devnet.rollups[0]);
const pricesReceipt = await l1.deploy(Prices);
const prices = { abi: Prices.abi, address: pricesReceipt.contractAddress };
await l1.write(prices, 'set', [GOLD, 20n]);
const deskReceipt = await rollup.deploy(RollupDesk, [SCOPED_CALLABLE, BigInt(L1_ID), prices.address]);
const desk = { abi: RollupDesk.abi, address: deskReceipt.contractAddress };
const bought = await rollup.write(desk, 'buy', [GOLD, 100n]);
const failed = await rollup.write(desk, 'buy', [TIN, 100n], { gas: 1_000_000n });
const caught = await rollup.write(desk, 'tryBuy', [TIN, 100n]);
const tickets = await rollup.write(desk, 'buyTickets', [], { value: 2n });
const paid = await l1.pay(ACCOUNTS[1].address, 5n);

test('the front page: API level, the last blocks', async () => {
    for (const { ask } of [l1, rollup]) {
        assert.equal(await ask('ots_getApiLevel'), 8);
        const head = Number(await ask('eth_blockNumber'));
        const header = await ask('erigon_getHeaderByNumber', head);
        assert.equal(header.hash, (await ask('eth_getBlockByNumber', `0x${head.toString(16)}`, false)).hash);
        for (let number = head; number >= 0; --number) {
            const { block, issuance, totalFees } = await ask('ots_getBlockDetails', number);
            assert.equal(Number(block.number), number);
            assert.equal(block.transactions ?? null, null);
            assert.equal(Number(block.transactionCount), Number(await ask('eth_getBlockTransactionCountByHash', block.hash)));
            assert.ok(BigInt(totalFees) >= 0n);
            assert.ok(issuance);
        }
    }
});

test('the page of a block: by number, by hash, its transactions', async () => {
    const { blockNumber, blockHash, transactionHash } = bought;
    const details = await rollup.ask('ots_getBlockDetailsByHash', blockHash);
    assert.equal(details.block.hash, blockHash);
    const { fullblock, receipts } = await rollup.ask('ots_getBlockTransactions', Number(blockNumber), 0, 25);
    assert.equal(fullblock.transactions.length, receipts.length);
    assert.equal(fullblock.transactions.at(-1).hash, transactionHash);
    assert.ok(fullblock.transactions.every(({ input }) => input.length <= 10), 'no more of the data than a selector');
    assert.ok(receipts.every(({ logs }) => !logs?.length), 'without logs');
});

test('the page of a transaction: its trace, internal transfers, why it failed', async () => {
    const trace = await rollup.ask('ots_traceTransaction', bought.transactionHash);
    assert.deepEqual([trace[0].type, trace[0].depth, trace[0].from, trace[0].to], ['CALL', 0, me, desk.address.toLowerCase()]);
    assert.ok(trace.some(({ to, depth }) => to === SCOPED_CALLABLE && depth > 0));
    assert.equal(await rollup.ask('ots_getTransactionError', bought.transactionHash), '0x');
    const noPrice = encodeErrorResult({ abi: Prices.abi, errorName: 'NoPrice', args: [TIN] });
    assert.equal(await rollup.ask('ots_getTransactionError', failed.transactionHash), noPrice);
    assert.equal(await rollup.ask('ots_getTransactionError', caught.transactionHash), '0x');
    assert.equal(caught.logs.filter(({ address }) => address === desk.address.toLowerCase()).length, 1);
    const operations = await l1.ask('ots_getInternalOperations', pricesReceipt.transactionHash);
    assert.ok(Array.isArray(operations));
});

test('the page of an address: its code, creator, transactions backward and forward', async () => {
    assert.equal(await l1.ask('ots_hasCode', prices.address, 'latest'), true);
    assert.equal(await l1.ask('ots_hasCode', me, 'latest'), false);
    assert.deepEqual(await l1.ask('ots_getContractCreator', prices.address), { hash: pricesReceipt.transactionHash, creator: me });
    assert.equal(await l1.ask('ots_getContractCreator', me), null);
    assert.equal(await l1.ask('ots_getTransactionBySenderAndNonce', me, 0), pricesReceipt.transactionHash);
    const before = await l1.ask('ots_searchTransactionsBefore', ACCOUNTS[1].address, 0, 25);
    assert.deepEqual(before.txs.map(({ hash }) => hash), [paid.transactionHash]);
    assert.deepEqual([before.firstPage, before.lastPage, before.receipts.length], [true, true, 1]);
    const after = await rollup.ask('ots_searchTransactionsAfter', desk.address, 0, 25);
    const receipts = [deskReceipt, bought, failed, caught, tickets];
    assert.deepEqual(after.txs.map(({ hash }) => hash).reverse(), receipts.map(({ transactionHash }) => transactionHash));
});

test('a page of transactions holds no more than it was asked for', async () => {
    const { txs, firstPage, lastPage } = await rollup.ask('ots_searchTransactionsBefore', me, 0, 1);
    assert.deepEqual([txs[0].hash, firstPage, lastPage], [tickets.transactionHash, true, false]);
});

// What a call to the other chain leaves: the root on its rollup, and its part of the transaction on L1 that settled it.

const pricesHere = (await rollup.ask('eth_call', { to: desk.address, data: encodeFunctionData({ ...desk, functionName: 'PRICES' }) }, 'latest'))
    .replace(/^0x0{24}/, '0x');
const settledBy = async ({ transactionHash }) => (await rollup.ask('scope_getScope', transactionHash)).transactionHash;

/** The calls in a transaction's trace to an address with some calldata. */
async function calls({ ask }, hash, to, input) {
    const trace = await ask('ots_traceTransaction', hash);
    return trace.filter((call) => call.type === 'CALL' && call.to === to.toLowerCase() && call.input === input);
}

test('a call to the other chain whose answer is used: the same call and answer on both pages', async () => {
    const ask = encodeFunctionData({ ...prices, functionName: 'ask', args: [GOLD] });
    const [here] = await calls(rollup, bought.transactionHash, pricesHere, ask);
    const [there] = await calls(l1, await settledBy(bought), prices.address, ask);
    assert.equal(BigInt(here.output), 20n);
    assert.equal(there.output, here.output);
    assert.equal(here.from, desk.address.toLowerCase());
    assert.notEqual(there.from, here.from, 'on L1 an alias stands for the desk');
    const [settled] = await l1.ask('ots_traceTransaction', await settledBy(bought));
    assert.equal(settled.depth, 0);
});

test('a call that fails on the other chain: its reason on both pages, whether it is caught or not', async () => {
    const ask = encodeFunctionData({ ...prices, functionName: 'ask', args: [TIN] });
    const noPrice = encodeErrorResult({ abi: Prices.abi, errorName: 'NoPrice', args: [TIN] });
    for (const root of [caught, failed]) {
        const [here] = await calls(rollup, root.transactionHash, pricesHere, ask);
        const [there] = await calls(l1, await settledBy(root), prices.address, ask);
        assert.deepEqual([here.output, there.output], [noPrice, noPrice]);
        assert.equal(await l1.ask('ots_getTransactionError', await settledBy(root)), '0x', 'the scope settled');
    }
});

test('ETH that goes to the other chain: internal transfers on both pages', async () => {
    const transfers = async ({ ask }, hash, to) => {
        const operations = await ask('ots_getInternalOperations', hash);
        return operations.filter((operation) => operation.type === 0 && operation.to === to.toLowerCase()).map(({ value }) => BigInt(value));
    };
    assert.deepEqual(await transfers(rollup, tickets.transactionHash, pricesHere), [1n, 1n]);
    assert.deepEqual(await transfers(l1, await settledBy(tickets), prices.address), [1n, 1n]);
    assert.deepEqual(await transfers(l1, await settledBy(bought), prices.address), []);
});
