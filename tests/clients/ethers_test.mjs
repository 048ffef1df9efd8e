// ethers on a devnet: contracts, batches, subscriptions, custom errors.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import {
    Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, encodeBytes32String, isError, parseEther, verifyMessage,
} from 'ethers';

import { compile } from './lib/contracts.mjs';
import { ACCOUNTS, L1_ID, MARKER, ROLLUP_IDS, SCOPED_CALLABLE, eventually, startDevnet } from './lib/devnet.mjs';

const { Prices, RollupDesk, Desk } = compile();
const devnet = await startDevnet();
const GOLD = encodeBytes32String('GOLD');
const TIN = encodeBytes32String('TIN');

// cacheTimeout -1: every question is asked, so that nothing is answered from before a transaction.
const options = { polling: true, pollingInterval: 50, cacheTimeout: -1 };
const [l1, rollup] = [devnet.l1, devnet.rollups[0]].map((url) => new JsonRpcProvider(url, undefined, options));
const socket = new WebSocketProvider(devnet.webSocket(devnet.rollups[0]));
const [alice1, alice] = [l1, rollup].map((provider) => new Wallet(ACCOUNTS[0].key, provider));
after(async () => {
    l1.destroy();
    rollup.destroy();
    await socket.destroy();
    await devnet.stop();
});

async function deploy(signer, { abi, bytecode }, ...args) {
    const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
    await contract.waitForDeployment();
    return contract;
}

// Contracts on two chains: the prices on L1, those who ask on a rollup. NoPrice is the other chain's error.
const prices = await deploy(alice1, Prices);
await (await prices.set(GOLD, 20)).wait();
const noPrice = Prices.abi.filter(({ name }) => name === 'NoPrice');
const deployed = await deploy(alice, RollupDesk, SCOPED_CALLABLE, L1_ID, prices);
const desk = new Contract(await deployed.getAddress(), [...RollupDesk.abi, ...noPrice], alice);

test('the answer of a call to another chain is used', async () => {
    assert.equal(await desk.buy.staticCall(GOLD, 100), 5n);
    const receipt = await (await desk.buy(GOLD, 100)).wait();
    const sold = receipt.logs.map((log) => desk.interface.parseLog(log)).find((log) => log?.name === 'Sold');
    assert.equal(sold.args.amount, 5n);
    assert.equal(await desk.holds(ACCOUNTS[0].address), 5n);
    const asked = await prices.queryFilter('Asked', 0);
    assert.equal(asked.at(-1).args.price, 20n);
});

test('a view asks another chain in eth_call', async () => {
    assert.equal(await desk.quote(GOLD, 60), 3n);
});

test('a failure on another chain is caught', async () => {
    const receipt = await (await desk.tryBuy(TIN, 100)).wait();
    const notSold = receipt.logs.map((log) => desk.interface.parseLog(log)).find((log) => log?.name === 'NotSold');
    assert.equal(desk.interface.parseError(notSold.args.reason).name, 'NoPrice');
});

test('the reason of another chain is shown as the custom error that it is', async () => {
    for (const call of [() => desk.buy.staticCall(TIN, 1), () => desk.buy.estimateGas(TIN, 1), () => desk.buy(TIN, 1)]) {
        const error = await call().catch((caught) => caught);
        assert.ok(isError(error, 'CALL_EXCEPTION'), error);
        assert.equal(error.revert?.name ?? desk.interface.parseError(error.data).name, 'NoPrice');
    }
});

test('a transaction with the marker at the end of its data may ask', async () => {
    const unmarked = await deploy(alice, Desk, SCOPED_CALLABLE, L1_ID, prices);
    const { data } = await unmarked.buy.populateTransaction(GOLD, 40);
    await (await alice.sendTransaction({ to: unmarked, data: data + MARKER.slice(2) })).wait();
    assert.equal(await unmarked.holds(ACCOUNTS[0].address), 2n);
});

test('an operation of L1 asks a rollup', async () => {
    const remote = await deploy(alice, Prices);
    await (await remote.set(GOLD, 7)).wait();
    const settlement = await new Contract(SCOPED_CALLABLE, ['function settlement() view returns (address)'], rollup).settlement();
    const scopedCallable = await new Contract(settlement, ['function scopedCallable() view returns (address)'], l1).scopedCallable();
    const l1Desk = await deploy(alice1, Desk, scopedCallable, ROLLUP_IDS[0], remote);
    const { data } = await l1Desk.buy.populateTransaction(GOLD, 70);
    const operation = await l1.send('scope_prepareOperation', [{ from: ACCOUNTS[0].address, to: await l1Desk.getAddress(), data }]);
    const { domain, types: { EIP712Domain, ...types }, message } = operation;   // ethers adds the domain's type itself
    const hash = await l1.send('scope_sendOperation', [operation, await alice1.signTypedData(domain, types, message)]);
    const receipt = await eventually(() => l1.send('scope_getOperationReceipt', [hash]));
    assert.equal(receipt.success, true);
    assert.equal(await l1Desk.holds(message.account), 10n);
});

test('many questions go as one batch', async () => {
    const answers = await Promise.all([
        ...Array.from({ length: 150 }, (_, index) => rollup.getBalance(ACCOUNTS[index % 4].address)),
        rollup.getBlockNumber(), rollup.getFeeData(), rollup.getNetwork(), rollup.getCode(SCOPED_CALLABLE),
    ]);
    assert.ok(answers.slice(0, 150).every((balance) => balance > 0n));
    assert.equal(answers.at(-2).chainId, BigInt(ROLLUP_IDS[0]));
    assert.ok(answers.at(-1).length > 1000);
});

test('blocks of every kind are read with their transactions', async () => {
    for (const provider of [l1, rollup]) {
        for (let number = await provider.getBlockNumber(); number >= 0; --number) {
            const block = await provider.getBlock(number, true);
            assert.equal(block.prefetchedTransactions.length, block.length);
            for (const transaction of block.prefetchedTransactions) {
                const receipt = await provider.getTransactionReceipt(transaction.hash);
                assert.equal(receipt.index, transaction.index);
            }
        }
    }
});

test('subscriptions tell blocks, pending transactions and events', async () => {
    const seen = { blocks: [], pending: [], sold: [] };
    await socket.on('block', (number) => seen.blocks.push(number));
    await socket.on('pending', (hash) => seen.pending.push(hash));
    await desk.connect(socket).on('Sold', (...args) => seen.sold.push(args.at(-1).log.transactionHash));
    const { hash } = await (await desk.buy(GOLD, 20)).wait();
    await eventually(() => seen.blocks.length && seen.pending.includes(hash) && seen.sold.includes(hash));
    await socket.removeAllListeners();
});

test('a provider that polls tells events', async () => {
    const sold = [];
    await desk.on('Sold', (...args) => sold.push(args.at(-1).log.transactionHash));
    await rollup.getBlockNumber();
    await new Promise((resolve) => setTimeout(resolve, 300));   // until its filter is there
    const { hash } = await (await desk.buy(GOLD, 20)).wait();
    await eventually(() => sold.includes(hash));
    await desk.removeAllListeners();
});

test('accounts of the devnet sign and send', async () => {
    const signer = await l1.getSigner(1);
    assert.equal(signer.address, ACCOUNTS[1].address);
    assert.equal(verifyMessage('hello', await signer.signMessage('hello')), signer.address);
    const before = await l1.getBalance(ACCOUNTS[2].address);
    await (await signer.sendTransaction({ to: ACCOUNTS[2].address, value: parseEther('1') })).wait();
    assert.equal(await l1.getBalance(ACCOUNTS[2].address), before + parseEther('1'));
});

test('what is wrong with a transaction is told by the codes that ethers knows', async () => {
    const wallet = new Wallet(ACCOUNTS[3].key, rollup);
    const to = ACCOUNTS[2].address;
    const code = (promise) => promise.then(() => 'sent', (error) => error.code);
    assert.equal(await code(wallet.sendTransaction({ to, value: parseEther('1000000'), gasLimit: 21_000 })), 'INSUFFICIENT_FUNDS');
    await (await wallet.sendTransaction({ to })).wait();
    assert.equal(await code(wallet.sendTransaction({ to, nonce: 0, gasLimit: 21_000 })), 'NONCE_EXPIRED');
    await rollup.send('evm_setAutomine', [false]);
    await wallet.sendTransaction({ to, nonce: 1, gasLimit: 21_000 });
    assert.equal(await code(wallet.sendTransaction({ to, nonce: 1, value: 1, gasLimit: 21_000 })), 'REPLACEMENT_UNDERPRICED');
    await rollup.send('evm_setAutomine', [true]);
});
