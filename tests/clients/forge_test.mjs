// forge on a devnet, in a stranger's project: `forge create`, and `forge script` with calls to another chain.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { createPublicClient, encodeErrorResult, encodeFunctionData, http, stringToHex } from 'viem';

import { compile } from './lib/contracts.mjs';
import { ACCOUNTS, L1_ID, ROOT, SCOPED_CALLABLE, rpc, startDevnet } from './lib/devnet.mjs';
import { FORGE, execute, needs, succeed } from './lib/tools.mjs';

const there = needs(FORGE);
const { Prices, Desk } = compile();
const [alice] = ACCOUNTS;
const GOLD = stringToHex('GOLD', { size: 32 });
const TIN = stringToHex('TIN', { size: 32 });

const project = mkdtempSync(path.join(tmpdir(), 'scope-forge-'));
after(() => rmSync(project, { recursive: true, force: true }));
const options = { cwd: project, env: { FOUNDRY_SOLC: path.join(ROOT, 'tools/solc') } };
const signed = (url) => ['--rpc-url', url, '--private-key', alice.key, '--broadcast'];

let devnet, client, prices, desk, unmarked;

async function create(url, name, ...args) {
    const constructor = args.length ? ['--constructor-args', ...args.map(String)] : [];
    const output = await succeed(FORGE, ['create', `src/${name}`, ...signed(url), '--json', ...constructor], options);
    return JSON.parse(output).deployedTo;
}

const script = (signature, ...args) =>
    ['script', 'src/Buy.s.sol:Buy', '--sig', signature, ...args, ...signed(devnet.rollups[0]), '--skip-simulation', '--slow'];

if (!there.skip) {
    devnet = await startDevnet({ options: ['--solidity', path.join(project, 'lib/scope')] });
    after(() => devnet.stop());
    client = createPublicClient({ transport: http(devnet.rollups[0]) });
    mkdirSync(path.join(project, 'src'));
    cpSync(path.join(ROOT, 'tests/clients/contracts'), path.join(project, 'src'), { recursive: true });
    writeFileSync(path.join(project, 'foundry.toml'), '[profile.default]\nremappings = ["scope/=lib/scope/"]\nevm_version = "osaka"\n');
    prices = await create(devnet.l1, 'Prices.sol:Prices');
    desk = await create(devnet.rollups[0], 'Desk.sol:RollupDesk', SCOPED_CALLABLE, L1_ID, prices);
    unmarked = await create(devnet.rollups[0], 'Desk.sol:Desk', SCOPED_CALLABLE, L1_ID, prices);
    await succeed(FORGE, ['build'], options);
    const data = encodeFunctionData({ abi: Prices.abi, functionName: 'set', args: [GOLD, 20n] });
    await rpc(devnet.l1, 'eth_sendTransaction', { from: alice.address, to: prices, data });
}

const holds = (address) => client.readContract({ abi: Desk.abi, address, functionName: 'holds', args: [alice.address] });

test('forge create deploys on two chains', there, async () => {
    assert.equal(await holds(desk), 0n);
    assert.ok((await rpc(devnet.l1, 'eth_getCode', prices, 'latest')).length > 100);
});

test('forge script goes by the answer of another chain and sends', there, async () => {
    await succeed(FORGE, script('run(address,bytes32,uint256)', desk, GOLD, '100'), options);
    assert.equal(await holds(desk), 5n);
});

test('forge script catches a failure on another chain', there, async () => {
    await succeed(FORGE, script('marked(address,bytes32,uint256)', unmarked, TIN, '100'), options);
    const [notSold] = await client.getContractEvents({ abi: Desk.abi, address: unmarked, eventName: 'NotSold', fromBlock: 0n });
    assert.equal(notSold.args.reason, encodeErrorResult({ abi: Prices.abi, errorName: 'NoPrice', args: [TIN] }));
});

test('forge script gets the answers of equal calls with value in turn', there, async () => {
    await succeed(FORGE, script('tickets(address)', desk), options);
    assert.equal(BigInt(await rpc(devnet.l1, 'eth_getBalance', prices, 'latest')), 2n);
});

test('forge script shows the reason of another chain', there, async () => {
    const { status, output, errors } = await execute(FORGE, script('run(address,bytes32,uint256)', desk, TIN, '100'), options);
    assert.notEqual(status, 0);
    assert.match(output + errors, /NoPrice/);
});
