// Hardhat 3 on a devnet, in a stranger's project with hardhat-ethers. It wants Node 22, which npm has for it.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { ACCOUNTS, L1_ID, MARKER, ROLLUP_IDS, ROOT, SCOPED_CALLABLE, startDevnet } from '../lib/devnet.mjs';

mkdirSync(path.join(ROOT, 'build/clients'), { recursive: true });
const project = mkdtempSync(path.join(ROOT, 'build/clients/hardhat-'));
after(() => rmSync(project, { recursive: true, force: true }));
const devnet = await startDevnet({ options: ['--solidity', path.join(project, 'lib/scope')] });
after(() => devnet.stop());

// The project as a person has it. Hardhat wants to keep what it knows of the user in a folder of the user's.
process.env.XDG_CONFIG_HOME = process.env.XDG_DATA_HOME = process.env.XDG_CACHE_HOME = path.join(project, 'home');
process.env.HARDHAT_DISABLE_TELEMETRY_PROMPT = 'true';
mkdirSync(path.join(project, 'contracts'));
for (const name of ['Prices.sol', 'Desk.sol']) {
    cpSync(path.join(ROOT, 'tests/clients/contracts', name), path.join(project, 'contracts', name));
}
symlinkSync(path.join(ROOT, 'tests/clients/hardhat/node_modules'), path.join(project, 'node_modules'));
writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'stranger', type: 'module' }));
writeFileSync(path.join(project, 'remappings.txt'), 'scope/=lib/scope/\n');
const network = (url, chainId) => ({ type: 'http', chainType: 'l1', url, chainId, accounts: ACCOUNTS.map(({ key }) => key) });
writeFileSync(path.join(project, 'hardhat.config.js'), `
import ethers from '@nomicfoundation/hardhat-ethers';
export default {
  plugins: [ethers],
  solidity: {
    version: '0.8.37',
    path: ${JSON.stringify(path.join(ROOT, 'node_modules/solc/soljson.js'))},
    settings: { evmVersion: 'osaka', optimizer: { enabled: true } },
  },
  networks: ${JSON.stringify({
        l1: network(devnet.l1, L1_ID),
        rollup: network(devnet.rollups[0], ROLLUP_IDS[0]),
        remote: { ...network(devnet.rollups[0], ROLLUP_IDS[0]), accounts: 'remote' },
    })},
};
`);
process.chdir(project);
process.env.HARDHAT_CONFIG = path.join(project, 'hardhat.config.js');
const { default: hre } = await import('hardhat');
await hre.tasks.getTask('build').run({ quiet: true });

const l1 = await hre.network.connect('l1');
const rollup = await hre.network.connect('rollup');
const GOLD = rollup.ethers.encodeBytes32String('GOLD');
const TIN = rollup.ethers.encodeBytes32String('TIN');
const [alice] = ACCOUNTS;

const prices = await l1.ethers.deployContract('Prices');
await (await prices.set(GOLD, 20)).wait();
const desk = await rollup.ethers.deployContract('RollupDesk', [SCOPED_CALLABLE, L1_ID, await prices.getAddress()]);
const unmarked = await rollup.ethers.deployContract('Desk', [SCOPED_CALLABLE, L1_ID, await prices.getAddress()]);

test('the answer of a call to another chain is used', async () => {
    assert.equal(await desk.buy.staticCall(GOLD, 100), 5n);
    const receipt = await (await desk.buy(GOLD, 100)).wait();
    assert.equal(receipt.status, 1);
    assert.equal(await desk.holds(alice.address), 5n);
    const asked = await prices.queryFilter('Asked', 0);
    assert.equal(asked.at(-1).args.price, 20n);
});

test('a failure on another chain is caught', async () => {
    const receipt = await (await desk.tryBuy(TIN, 100)).wait();
    const { args } = receipt.logs.map((log) => desk.interface.parseLog(log)).find((log) => log?.name === 'NotSold');
    assert.equal(prices.interface.parseError(args.reason).name, 'NoPrice');
});

test('the reason of another chain is shown', async () => {
    const error = await desk.buy(TIN, 1).catch((caught) => caught);
    const { data } = causes(error).find((cause) => typeof cause.data === 'string') ?? assert.fail(error);
    assert.equal(prices.interface.parseError(data).name, 'NoPrice');
});

function causes(error) {
    return error instanceof Object ? [error, ...causes(error.cause ?? error.error)] : [];
}

test('a transaction with the marker at the end of its data may ask', async () => {
    const [signer] = await rollup.ethers.getSigners();
    const { data } = await unmarked.buy.populateTransaction(GOLD, 40);
    await (await signer.sendTransaction({ to: await unmarked.getAddress(), data: data + MARKER.slice(2) })).wait();
    assert.equal(await unmarked.holds(alice.address), 2n);
});

test('accounts of the devnet sign', async () => {
    const remote = await hre.network.connect('remote');
    const [signer] = await remote.ethers.getSigners();
    assert.equal(signer.address, alice.address);
    const before = await desk.holds(alice.address);
    await (await (await remote.ethers.getContractAt('Desk', await desk.getAddress(), signer)).buy(GOLD, 40)).wait();
    assert.equal(await desk.holds(alice.address), before + 2n);
});

test('Hardhat\'s own methods change time, accounts and blocks', async () => {
    const ask = (method, ...params) => rollup.provider.request({ method, params });
    const { provider } = rollup.ethers;
    const number = await provider.getBlockNumber();
    await ask('hardhat_mine', '0x3', '0x1');
    assert.equal(await provider.getBlockNumber(), number + 3);
    const id = await ask('evm_snapshot');
    await ask('evm_increaseTime', 100);
    await ask('evm_mine');
    assert.equal(await ask('evm_revert', id), true);
    assert.equal(await provider.getBlockNumber(), number + 3);
    const anyone = '0x00000000000000000000000000000000000000aa';
    await ask('hardhat_setBalance', anyone, '0xde0b6b3a7640000');
    await ask('hardhat_setNonce', ACCOUNTS[3].address, '0x7');
    await ask('hardhat_setCode', anyone, '0x6001');
    await ask('hardhat_setStorageAt', anyone, '0x1', `0x${'2'.padStart(64, '0')}`);
    assert.equal(await provider.getBalance(anyone), 10n ** 18n);
    assert.equal(await provider.getTransactionCount(ACCOUNTS[3].address), 7);
    assert.equal(await provider.getCode(anyone), '0x6001');
    assert.equal(BigInt(await provider.getStorage(anyone, 1)), 2n);
    await ask('hardhat_setNextBlockBaseFeePerGas', '0xb2d05e00');
    await ask('hardhat_mine');
    assert.equal((await provider.getBlock('latest')).baseFeePerGas, 3_000_000_000n);
    await ask('hardhat_impersonateAccount', anyone);
    const remote = await hre.network.connect('remote');
    await (await (await remote.ethers.getSigner(anyone)).sendTransaction({ to: alice.address, value: 1 })).wait();
    assert.match((await ask('hardhat_metadata')).clientVersion, /scope/);
    await (await desk.buy(GOLD, 20)).wait();   // after changes by force all still settles
});
