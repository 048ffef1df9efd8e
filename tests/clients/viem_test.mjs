// viem on a devnet: wallet, public and test client, watchers over HTTP and WebSocket.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import {
    BaseError, ContractFunctionRevertedError, concat, createTestClient, createWalletClient, defineChain,
    encodeFunctionData, http, keccak256, padHex, parseAbi, parseEther, parseGwei, publicActions, stringToHex, toHex,
    verifyTypedData, walletActions, webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { compile } from './lib/contracts.mjs';
import { ACCOUNTS, L1_ID, MARKER, MULTICALL3, ROLLUP_IDS, SCOPED_CALLABLE, eventually, startDevnet } from './lib/devnet.mjs';

const { Prices, Desk, RollupDesk } = compile();
const devnet = await startDevnet();
after(() => devnet.stop());

const [alice, bob] = ACCOUNTS.map(({ key }) => privateKeyToAccount(key));
const chain = (id, url) => defineChain({
    id, name: String(id), nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } },
    contracts: { multicall3: { address: MULTICALL3 } },
});
const pollingInterval = 50;
const clientOf = (id, url, transport = http(url, { batch: true })) =>
    createWalletClient({ account: alice, chain: chain(id, url), transport, pollingInterval }).extend(publicActions);
const l1 = clientOf(L1_ID, devnet.l1);
const rollup = clientOf(ROLLUP_IDS[0], devnet.rollups[0]);
const other = clientOf(ROLLUP_IDS[1], devnet.rollups[1]);
const unlocked = (client, url) =>
    createWalletClient({ account: alice.address, chain: client.chain, transport: http(url) }).extend(publicActions);
const tester = createTestClient({ mode: 'anvil', chain: rollup.chain, transport: http(devnet.rollups[0]) })
    .extend(publicActions).extend(walletActions);
const GOLD = stringToHex('GOLD', { size: 32 });
const TIN = stringToHex('TIN', { size: 32 });

async function deploy(client, { abi, bytecode }, args = []) {
    const hash = await client.deployContract({ abi, bytecode, args });
    const receipt = await client.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, 'success');
    return { abi, address: receipt.contractAddress };
}

async function write(client, contract, functionName, args, more = {}) {
    const hash = await client.writeContract({ ...contract, functionName, args, ...more });
    const receipt = await client.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, 'success');
    return receipt;
}

function refusal(error) {
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    assert.ok(reverted instanceof ContractFunctionRevertedError, error.message);
    return reverted.data;
}

// Contracts on two chains: the prices on L1, those who ask on a rollup. NoPrice is the other chain's error.
const prices = await deploy(l1, Prices);
const noPrice = Prices.abi.filter(({ name }) => name === 'NoPrice');
const desk = await deploy(rollup, RollupDesk, [SCOPED_CALLABLE, BigInt(L1_ID), prices.address]);
desk.abi = [...desk.abi, ...noPrice];
const unmarked = await deploy(rollup, Desk, [SCOPED_CALLABLE, BigInt(L1_ID), prices.address]);
await write(l1, prices, 'set', [GOLD, 20n]);
// And one on L1 that asks a rollup.
const settlement = { abi: parseAbi(['function scopedCallable() view returns (address)']), address: await rollup.readContract({
    abi: parseAbi(['function settlement() view returns (address)']), address: SCOPED_CALLABLE, functionName: 'settlement' }) };
const scopedCallable = await l1.readContract({ ...settlement, functionName: 'scopedCallable' });
const remotePrices = await deploy(rollup, Prices);
await write(rollup, remotePrices, 'set', [GOLD, 7n]);
const l1Desk = await deploy(l1, Desk, [scopedCallable, BigInt(ROLLUP_IDS[0]), remotePrices.address]);

test('the answer of a call to another chain is used', async () => {
    const { result } = await rollup.simulateContract({ ...desk, functionName: 'buy', args: [GOLD, 100n] });
    assert.equal(result, 5n);
    const receipt = await write(rollup, desk, 'buy', [GOLD, 100n]);
    assert.equal(await rollup.readContract({ ...desk, functionName: 'holds', args: [alice.address] }), 5n);
    const [sold] = await rollup.getContractEvents({ ...desk, eventName: 'Sold', blockHash: receipt.blockHash });
    assert.deepEqual(sold.args, { to: alice.address, asset: GOLD, amount: 5n, price: 20n });
    const asked = await l1.getContractEvents({ ...prices, eventName: 'Asked', fromBlock: 0n });
    assert.equal(asked.at(-1).args.price, 20n);
});

test('a view asks another chain in eth_call', async () => {
    assert.equal(await rollup.readContract({ ...desk, functionName: 'quote', args: [GOLD, 60n] }), 3n);
});

test('a failure on another chain is caught', async () => {
    const receipt = await write(rollup, desk, 'tryBuy', [TIN, 100n]);
    const [notSold] = await rollup.getContractEvents({ ...desk, eventName: 'NotSold', blockHash: receipt.blockHash });
    assert.equal(notSold.args.reason, encodeError('NoPrice', TIN));
});

function encodeError(name, argument) {
    return concat([keccak256(toHex(`${name}(bytes32)`)).slice(0, 10), argument]);
}

test('the reason of another chain is shown as the custom error that it is', async () => {
    const simulated = await rollup.simulateContract({ ...desk, functionName: 'buy', args: [TIN, 100n] }).catch((error) => error);
    assert.equal(refusal(simulated).errorName, 'NoPrice');
    assert.deepEqual(refusal(simulated).args, [TIN]);
    const estimated = await rollup.estimateContractGas({ ...desk, functionName: 'buy', args: [TIN, 100n] }).catch((error) => error);
    assert.equal(refusal(estimated).errorName, 'NoPrice');
});

test('a transaction with the marker at the end of its data may ask', async () => {
    await write(rollup, unmarked, 'buy', [GOLD, 40n], { dataSuffix: MARKER });
    assert.equal(await rollup.readContract({ ...unmarked, functionName: 'holds', args: [alice.address] }), 2n);
});

test('one without it is refused with what to append', async () => {
    const data = encodeFunctionData({ ...unmarked, functionName: 'buy', args: [GOLD, 40n] });
    const error = await rollup.estimateGas({ account: alice.address, to: unmarked.address, data }).catch((caught) => caught);
    assert.match(`${error.message} ${error.details}`, new RegExp(MARKER.slice(2)));
});

test('eth_sendTransaction appends the marker where it is needed and nowhere else', async () => {
    const wallet = unlocked(rollup, devnet.rollups[0]);
    const asking = await wallet.writeContract({ ...unmarked, functionName: 'buy', args: [GOLD, 40n] });
    const plain = await wallet.sendTransaction({ to: bob.address, value: 1n });
    for (const [hash, marked] of [[asking, true], [plain, false]]) {
        assert.equal((await wallet.waitForTransactionReceipt({ hash })).status, 'success');
        assert.equal((await wallet.getTransaction({ hash })).input.endsWith(MARKER.slice(2)), marked);
    }
});

test('one that was signed without it fails, and scope_getRefusal and the log say why', async () => {
    const hash = await rollup.writeContract({ ...unmarked, functionName: 'buy', args: [GOLD, 40n] });
    assert.equal((await rollup.waitForTransactionReceipt({ hash })).status, 'reverted');
    const { rule, reason, error } = await rollup.request({ method: 'scope_getRefusal', params: [hash] });
    assert.deepEqual([rule, error.code, error.data.marker], ['no_open_root', -39_003, MARKER]);
    assert.match(reason, new RegExp(`append the marker ${MARKER} .*declareEntry`));
    const line = await eventually(() => devnet.output.split('\n').find((text) => text.includes(`failed ${hash}`)));
    assert.match(line, new RegExp(MARKER));
});

test('an operation of L1 asks a rollup', async () => {
    const data = encodeFunctionData({ ...l1Desk, functionName: 'buy', args: [GOLD, 70n] });
    const operation = await l1.request({ method: 'scope_prepareOperation', params: [{ from: alice.address, to: l1Desk.address, data }] });
    const hash = await l1.request({ method: 'scope_sendOperation', params: [operation, await alice.signTypedData(operation)] });
    const receipt = await eventually(() => l1.request({ method: 'scope_getOperationReceipt', params: [hash] }));
    assert.equal(receipt.success, true);
    assert.equal(await l1.readContract({ ...l1Desk, functionName: 'holds', args: [operation.message.account] }), 10n);
});

test('a view of L1 asks a rollup, and an ordinary transaction of L1 that asks is told how to', async () => {
    assert.equal(await l1.readContract({ ...l1Desk, functionName: 'quote', args: [GOLD, 70n] }), 10n);
    const data = encodeFunctionData({ ...l1Desk, functionName: 'buy', args: [GOLD, 70n] });
    const error = await l1.estimateGas({ to: l1Desk.address, data }).catch((caught) => caught);
    assert.match(`${error.message} ${error.details}`, /scope_prepareOperation/);
});

test('a root that is refused is an error with the rule, and nothing is sent', async () => {
    // It loops; and L1 can't give a call as much gas as is asked with.
    const { address: loop } = await deploy(l1, { abi: [], bytecode: '0x635b6000565f526004601cf3' });
    const abi = parseAbi([
        'function scopedCall(uint256, address, (address to, uint256 value, uint256 gasLimit, bytes data)) payable returns (bytes)',
    ]);
    const request = { to: loop, value: 0n, gasLimit: 2n ** 24n, data: '0x' };
    const data = concat([encodeFunctionData({ abi, args: [BigInt(L1_ID), alice.address, request] }), MARKER]);
    const called = await rollup.call({ to: SCOPED_CALLABLE, data }).catch((caught) => caught);
    const nonce = await rollup.getTransactionCount({ address: alice.address });
    const prepared = await rollup.prepareTransactionRequest({ to: SCOPED_CALLABLE, data, nonce, gas: 1_000_000n });
    const serializedTransaction = await rollup.signTransaction(prepared);
    const sent = await rollup.sendRawTransaction({ serializedTransaction }).catch((caught) => caught);
    for (const error of [called, sent]) {
        const { code, message } = error.walk((cause) => cause.code < -39_000);
        assert.ok(code <= -39_020 && code >= -39_099, `${code} ${message}`);
    }
    assert.equal(await rollup.getTransactionCount({ address: alice.address, blockTag: 'pending' }), nonce);
});

test('reads of accounts, fees and blocks', async () => {
    for (const [client, id] of [[l1, L1_ID], [rollup, ROLLUP_IDS[0]], [other, ROLLUP_IDS[1]]]) {
        assert.equal(await client.getChainId(), id);
        assert.equal(await client.getBalance({ address: ACCOUNTS[3].address }), parseEther('10000'));
        assert.ok((await client.getCode({ address: MULTICALL3 })).length > 1000);
        assert.equal(await client.getTransactionCount({ address: ACCOUNTS[3].address }), 0);
        const fees = await client.estimateFeesPerGas();
        assert.ok(fees.maxFeePerGas > fees.maxPriorityFeePerGas);
        const history = await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] });
        assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1);
        for (const blockTag of ['earliest', 'finalized', 'safe', 'latest', 'pending']) {
            const block = await client.getBlock({ blockTag, includeTransactions: true });
            assert.equal(typeof block.timestamp, 'bigint', blockTag);
        }
        const proof = await client.getProof({ address: ACCOUNTS[3].address, storageKeys: [padHex('0x', { size: 32 })] });
        assert.equal(proof.balance, parseEther('10000'));
        assert.ok(await client.getGasPrice() > 0n);
        assert.ok(await client.getBlobBaseFee() > 0n);
    }
});

test('every block with its transactions and receipts', async () => {
    for (const client of [l1, rollup, other]) {
        const head = await client.getBlockNumber();
        for (let blockNumber = 0n; blockNumber <= head; ++blockNumber) {
            const block = await client.getBlock({ blockNumber, includeTransactions: true });
            assert.equal(await client.getBlockTransactionCount({ blockNumber }), block.transactions.length);
            for (const transaction of block.transactions) {
                assert.equal((await client.getTransaction({ hash: transaction.hash })).blockHash, block.hash);
                const receipt = await client.getTransactionReceipt({ hash: transaction.hash });
                assert.equal(receipt.transactionIndex, transaction.transactionIndex);
                assert.ok(receipt.status === 'success' || receipt.status === 'reverted');
            }
        }
    }
});

test('multicall, access list, simulated blocks and calls, a filled transaction', async () => {
    const call = (args) => ({ ...desk, functionName: 'holds', args });
    const held = await rollup.multicall({ contracts: [call([alice.address]), call([bob.address])], allowFailure: false });
    assert.deepEqual(held.map((amount) => amount >= 0n), [true, true]);
    const priceOf = encodeFunctionData({ ...prices, functionName: 'priceOf', args: [GOLD] });
    const { accessList, gasUsed } = await l1.createAccessList({ account: alice, to: prices.address, data: priceOf });
    assert.ok(gasUsed > 21_000n && accessList[0].storageKeys.length === 1);
    const { results } = await l1.simulateCalls({ account: alice, calls: [{ to: prices.address, data: priceOf }] });
    assert.equal(BigInt(results[0].data), 20n);
    const blocks = await l1.simulateBlocks({ blocks: [{ calls: [{ from: alice.address, to: bob.address, value: 1n }] }] });
    assert.equal(blocks[0].calls[0].status, 'success');
    const { transaction } = await l1.fillTransaction({ to: bob.address, value: 1n, account: alice.address });
    assert.ok(transaction.gas >= 21_000n);
});

test('a transaction is sent and its receipt awaited in one request', async () => {
    const data = encodeFunctionData({ ...desk, functionName: 'buy', args: [GOLD, 20n] });
    const request = await rollup.prepareTransactionRequest({ to: desk.address, data });
    const receipt = await rollup.sendRawTransactionSync({ serializedTransaction: await rollup.signTransaction(request) });
    assert.equal(receipt.status, 'success');
    assert.equal((await l1.getBlock({ blockTag: 'latest', includeTransactions: true })).transactions.at(-1).typeHex, '0x3');
});

test('messages and typed data are signed for the accounts of the devnet', async () => {
    const wallet = unlocked(l1, devnet.l1);
    assert.equal(await wallet.signMessage({ message: 'hello' }), await alice.signMessage({ message: 'hello' }));
    const types = { T: [{ name: 'n', type: 'uint256' }] };
    const typed = { domain: { name: 'd', chainId: L1_ID }, types, primaryType: 'T', message: { n: 1n } };
    const signature = await wallet.signTypedData(typed);
    assert.ok(await verifyTypedData({ ...typed, address: alice.address, signature }));
});

test('an account delegates by EIP-7702', async () => {
    const authorization = await l1.signAuthorization({ account: privateKeyToAccount(ACCOUNTS[2].key), contractAddress: MULTICALL3 });
    const hash = await l1.sendTransaction({ authorizationList: [authorization], to: bob.address });
    await l1.waitForTransactionReceipt({ hash });
    assert.equal(await l1.getCode({ address: ACCOUNTS[2].address }), `0xef0100${MULTICALL3.slice(2).toLowerCase()}`);
});

for (const kind of ['http', 'webSocket']) {
    test(`watchers over ${kind} see blocks, logs and pending transactions`, async () => {
        const url = devnet.rollups[0];
        const client = kind === 'http' ? rollup : clientOf(ROLLUP_IDS[0], url, webSocket(devnet.webSocket(url)));
        const seen = { numbers: [], blocks: [], logs: [], pending: [] };
        const failed = [];
        const onError = (error) => failed.push(error);
        const stops = [
            client.watchBlockNumber({ onBlockNumber: (number) => seen.numbers.push(number), onError }),
            client.watchBlocks({ onBlock: (block) => seen.blocks.push(block), onError }),
            client.watchContractEvent({ ...desk, eventName: 'Sold', onLogs: (logs) => seen.logs.push(...logs), onError }),
            client.watchPendingTransactions({ onTransactions: (hashes) => seen.pending.push(...hashes), onError }),
        ];
        await new Promise((resolve) => setTimeout(resolve, 300));   // until the filters and subscriptions are there
        const { transactionHash } = await write(rollup, desk, 'buy', [GOLD, 20n]);
        await eventually(() => failed.length || (seen.numbers.length && seen.blocks.length && seen.pending.includes(transactionHash)
            && seen.logs.some((log) => log.transactionHash === transactionHash)));
        stops.forEach((stop) => stop());
        assert.deepEqual(failed, []);
        if (kind === 'webSocket') (await client.transport.getRpcClient()).close();
    });
}

test('the test client mines, sets time and takes snapshots', async () => {
    const before = await tester.getBlock();
    await tester.mine({ blocks: 3 });
    assert.equal(await tester.getBlockNumber({ cacheTime: 0 }), before.number + 3n);
    const id = await tester.snapshot();
    await tester.increaseTime({ seconds: 100 });
    await tester.mine({ blocks: 1 });
    assert.ok((await tester.getBlock()).timestamp >= before.timestamp + 100n);
    await tester.revert({ id });
    assert.equal(await tester.getBlockNumber({ cacheTime: 0 }), before.number + 3n);
    const timestamp = (await tester.getBlock()).timestamp + 50n;
    await tester.setNextBlockTimestamp({ timestamp });
    await tester.mine({ blocks: 1 });
    assert.equal((await tester.getBlock()).timestamp, timestamp);
});

test('the test client changes accounts by force, and what asks afterwards still settles', async () => {
    const address = '0x00000000000000000000000000000000000000aa';
    await tester.setBalance({ address, value: parseEther('5') });
    await tester.setCode({ address: '0x00000000000000000000000000000000000000ab', bytecode: '0x60016000526001601ff3' });
    await tester.setStorageAt({ address: desk.address, index: 77, value: padHex('0x4d', { size: 32 }) });
    await tester.setNonce({ address: ACCOUNTS[3].address, nonce: 9 });
    assert.equal(await tester.getBalance({ address }), parseEther('5'));
    assert.equal(await tester.getCode({ address: '0x00000000000000000000000000000000000000ab' }), '0x60016000526001601ff3');
    assert.equal(await tester.getStorageAt({ address: desk.address, slot: toHex(77) }), padHex('0x4d', { size: 32 }));
    assert.equal(await tester.getTransactionCount({ address: ACCOUNTS[3].address }), 9);
    await tester.impersonateAccount({ address });
    const hash = await tester.sendTransaction({ account: address, to: bob.address, value: parseEther('1') });
    assert.equal((await tester.waitForTransactionReceipt({ hash })).status, 'success');
    await tester.stopImpersonatingAccount({ address });
    await write(rollup, desk, 'buy', [GOLD, 20n]);
});

test('the test client holds blocks back, and shows and drops what waits', async () => {
    await tester.setAutomine(false);
    assert.equal(await tester.getAutomine(), false);
    const nonce = await rollup.getTransactionCount({ address: alice.address });
    const pay = (more) => rollup.sendTransaction({ to: bob.address, value: 1n, nonce: nonce + more, gas: 21_000n });
    const [kept, dropped] = await Promise.all([pay(0), pay(1)]);
    assert.deepEqual(await tester.getTxpoolStatus(), { pending: 2, queued: 0 });
    const { pending } = await tester.getTxpoolContent();
    assert.equal(Object.values(pending).flatMap(Object.values).length, 2);
    assert.ok((await tester.inspectTxpool()).pending);
    await tester.dropTransaction({ hash: dropped });
    await tester.mine({ blocks: 1 });
    await tester.setAutomine(true);
    assert.equal((await rollup.getTransactionReceipt({ hash: kept })).status, 'success');
    await assert.rejects(rollup.getTransactionReceipt({ hash: dropped }), BaseError);
});

test('the test client sets fees, gas limit and coinbase of the next block', async () => {
    const anyone = '0x00000000000000000000000000000000000000ac';
    await tester.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('3') });
    await tester.mine({ blocks: 1 });
    assert.equal((await tester.getBlock()).baseFeePerGas, parseGwei('3'));
    await tester.setCoinbase({ address: anyone });
    await tester.setBlockGasLimit({ gasLimit: 80_000_000n });
    await tester.mine({ blocks: 1 });
    const block = await tester.getBlock();
    assert.equal(block.miner, anyone);
    assert.equal(block.gasLimit, 80_000_000n);
});

test('the test client dumps and loads a state, and mines at intervals', async () => {
    const state = await tester.dumpState();
    const held = () => rollup.readContract({ ...desk, functionName: 'holds', args: [alice.address] });
    const before = await held();
    await write(rollup, desk, 'buy', [GOLD, 20n]);
    assert.equal(await held(), before + 1n);
    await tester.loadState({ state });
    assert.equal(await held(), before);
    await tester.setIntervalMining({ interval: 1 });   // of L1; a rollup has a block where something is to be done
    const number = await l1.getBlockNumber({ cacheTime: 0 });
    await eventually(async () => await l1.getBlockNumber({ cacheTime: 0 }) > number);
    await tester.setIntervalMining({ interval: 0 });
    await tester.setAutomine(true);
});
