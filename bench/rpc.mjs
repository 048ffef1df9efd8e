// ./scope bench rpc: a devnet's JSON-RPC beside anvil's, in one run.
//
// Requests are counted by CPU time of the server's process (all its threads, from /proc), so that what the client takes doesn't count;
// contenders take turns, one sample each in every round. Where anvil isn't installed its column is empty.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { createPublicClient, encodeDeployData, encodeFunctionData, http as overHttp } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { compile } from '../tests/clients/lib/contracts.mjs';
import { ACCOUNTS, BINARY, L1_ID, ROOT, SCOPED_CALLABLE, cpuSeconds, residentBytes, rpc } from '../tests/clients/lib/devnet.mjs';
import { ANVIL } from '../tests/clients/lib/tools.mjs';

const HELP = `./scope bench rpc [--quick] [--json]: measures a devnet's JSON-RPC beside anvil's.

  --quick   fewer and shorter samples
  --json    JSON instead of a table`;

const { values: flags } = parseArgs({
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (flags.help) {
    console.log(HELP);
    process.exit(0);
}
const ROUNDS = flags.quick ? 3 : 11;
const SAMPLE_CPU_SECONDS = flags.quick ? 0.3 : 1;
const CONNECTIONS = 8;
const TRANSFERS = 1000;
const BATCH = 100;   // of them submitted in one request, so that it is the server that is measured
const LOGS = 5000;
const GAS_LIMIT = 400_000_000;   // room for all transfers in one block

const { Load } = compile(path.join(ROOT, 'bench/contracts'));
const { Prices, RollupDesk } = compile();
const alice = privateKeyToAccount(ACCOUNTS[0].key);
const FEES = { type: 'eip1559', maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n };
const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const hex = (number) => `0x${number.toString(16)}`;

// ---- contenders: how each is started, and of how many chains it is one process ------------------------------------------------------

const CONTENDERS = [
    { name: 'scope', chains: 3, file: BINARY, words: (port) => ['devnet', '--port', port, '--rollups', 2, '--gas-limit', GAS_LIMIT] },
    { name: 'anvil', chains: 1, file: ANVIL, words: (port) => ['--port', port, '--gas-limit', GAS_LIMIT] },
].filter(({ file }) => existsSync(file));

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A port with free ones where a devnet's rollups go. */
async function freePort() {
    for (;;) {
        const port = await listening(0);
        if (port < 60_000 && await listening(port + 1000) && await listening(port + 1001)) return port;
    }
}

function listening(port) {
    return new Promise((resolve) => {
        const server = net.createServer().on('error', () => resolve(0));
        server.listen(port, '127.0.0.1', () => {
            const { port: got } = server.address();
            server.close(() => resolve(got));
        });
    });
}

/** Starts a contender; `startMs` is the time to its first answer. */
async function start(contender) {
    const port = await freePort();
    const begin = performance.now();
    const child = spawn(contender.file, contender.words(port).map(String), { env: { ...process.env, SCOPE_ROOT: ROOT }, stdio: 'ignore' });
    running.add(child);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const url = `http://127.0.0.1:${port}`;
    while (!(await rpc(url, 'eth_chainId').catch(() => null))) {
        if (child.exitCode !== null) throw new Error(`${contender.name} ended with ${child.exitCode}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const startMs = performance.now() - begin;
    return {
        ...contender,
        url,
        rollup: `http://127.0.0.1:${port + 1000}`,
        pid: child.pid,
        startMs,
        bytesPerChain: residentBytes(child.pid) / contender.chains,
        stop: () => {
            child.kill('SIGINT');
            running.delete(child);
            return ended;
        },
    };
}

// ---- what is measured --------------------------------------------------------------------------------------------------------------

/** Asks one question over and over on kept connections until the server has used some CPU time; returns requests per CPU-second. */
async function perCpuSecond(server, body) {
    const begin = cpuSeconds(server.pid);
    let asked = 0;
    let used = 0;
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
        while (used < SAMPLE_CPU_SECONDS) {
            await post(server.url, body);
            ++asked;
            used = cpuSeconds(server.pid) - begin;
        }
    }));
    return asked / (cpuSeconds(server.pid) - begin);
}

function post(url, body) {
    return new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': body.length };
        const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
            response.on('data', () => {}).on('end', () => resolve(response.statusCode)).on('error', reject);
        });
        request.on('error', reject).end(body);
    });
}

const call = (method, ...params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

/** Sends a transaction of the first account by its key, and waits for its receipt. */
async function send(url, transaction, gas = 16_000_000n) {
    const client = createPublicClient({ transport: overHttp(url), pollingInterval: 5 });
    const chainId = await client.getChainId();
    const nonce = await client.getTransactionCount({ address: alice.address, blockTag: 'pending' });
    const raw = await alice.signTransaction({ ...FEES, chainId, nonce, gas, ...transaction });
    return client.waitForTransactionReceipt({ hash: await rpc(url, 'eth_sendRawTransaction', raw) });
}

/** Requests that submit the transfers, signed before. */
async function signedTransfers(url, token, from) {
    const signed = [];
    for (let index = 0; index < TRANSFERS; ++index) {
        const to = `0x${(BigInt(from + index) + (1n << 80n)).toString(16).padStart(40, '0')}`;
        signed.push(await alice.signTransaction({
            ...FEES, chainId: L1_ID, nonce: from + index, gas: 100_000n, to: token,
            data: encodeFunctionData({ abi: Load.abi, functionName: 'transfer', args: [to, 1n] }),
        }));
    }
    const requests = signed.map((raw) => call('eth_sendRawTransaction', raw));
    return Array.from({ length: TRANSFERS / BATCH }, (_, index) => `[${requests.slice(index * BATCH, (index + 1) * BATCH)}]`);
}

const nonceOf = async (server) => Number(await rpc(server.url, 'eth_getTransactionCount', alice.address, 'latest'));

/** Transfers a second, from the first one sent until all are in blocks. `inOneBlock` is left for what reads a block. */
async function transfersPerSecond(server, token, inOneBlock) {
    const from = await nonceOf(server);
    const bodies = await signedTransfers(server.url, token, from);
    await rpc(server.url, 'evm_setAutomine', !inOneBlock);
    const begin = performance.now();
    for (const body of bodies) await post(server.url, body);
    if (inOneBlock) await rpc(server.url, 'evm_mine');
    while (await nonceOf(server) < from + TRANSFERS) await new Promise((resolve) => setTimeout(resolve, 1));
    const seconds = (performance.now() - begin) / 1000;
    await rpc(server.url, 'evm_setAutomine', true);
    return TRANSFERS / seconds;
}

/** What a server is asked about: a token, a block with a thousand transfers, a block range with thousands of logs. */
async function prepare(server) {
    const { contractAddress: token } = await send(server.url, { data: Load.bytecode });
    const perTransaction = 1000;
    const logs = encodeFunctionData({ abi: Load.abi, functionName: 'log', args: [BigInt(perTransaction)] });
    const first = Number(await rpc(server.url, 'eth_blockNumber')) + 1;
    for (let index = 0; index < LOGS / perTransaction; ++index) {
        await send(server.url, { to: token, data: logs });
    }
    const last = Number(await rpc(server.url, 'eth_blockNumber'));
    const transfers = await transfersPerSecond(server, token, true);
    const block = await rpc(server.url, 'eth_getBlockByNumber', 'latest', false);
    const range = { fromBlock: hex(first), toBlock: hex(last), address: token };
    const [transactions, found] = [block.transactions.length, (await rpc(server.url, 'eth_getLogs', range)).length];
    if (transactions !== TRANSFERS || found !== LOGS) throw new Error(`${server.name}: ${transactions} transactions, ${found} logs`);
    const balanceOf = encodeFunctionData({ abi: Load.abi, functionName: 'balanceOf', args: [alice.address] });
    return {
        token,
        transfers,
        questions: {
            eth_chainId: call('eth_chainId'),
            'eth_call balanceOf': call('eth_call', { to: token, data: balanceOf }, 'latest'),
            [`eth_getBlockByNumber, ${TRANSFERS} transactions`]: call('eth_getBlockByNumber', block.number, true),
            [`eth_getLogs, ${LOGS} logs`]: call('eth_getLogs', range),
        },
    };
}

/** Of a call from a rollup to L1 whose answer is used: submit to receipt, settled on L1, and the CPU time of all roles. */
async function crossChain(server) {
    const { contractAddress: prices } = await send(server.url, { data: Prices.bytecode });
    const gold = `0x${'47'.padEnd(64, '0')}`;
    await send(server.url, { to: prices, data: encodeFunctionData({ abi: Prices.abi, functionName: 'set', args: [gold, 20n] }) });
    const client = createPublicClient({ transport: overHttp(server.rollup) });
    const chainId = await client.getChainId();
    const deploy = encodeDeployData({ ...RollupDesk, args: [SCOPED_CALLABLE, BigInt(L1_ID), prices] });
    const { contractAddress: desk } = await send(server.rollup, { data: deploy });
    const data = encodeFunctionData({ abi: RollupDesk.abi, functionName: 'buy', args: [gold, 100n] });
    const samples = [];
    for (let index = 0; index < (flags.quick ? 5 : 30); ++index) {
        const nonce = await client.getTransactionCount({ address: alice.address });
        const raw = await alice.signTransaction({ ...FEES, chainId, nonce, gas: 1_000_000n, to: desk, data });
        const [begin, cpu] = [performance.now(), cpuSeconds(server.pid)];
        const receipt = await rpc(server.rollup, 'eth_sendRawTransactionSync', raw);
        samples.push({ ms: performance.now() - begin, cpuMs: 1000 * (cpuSeconds(server.pid) - cpu) });
        if (receipt.status !== '0x1') throw new Error('the cross-chain transaction failed');
    }
    return { ms: samples.map(({ ms }) => ms), cpuMs: samples.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / samples.length };
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------------

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
/** Half the distance between the first and the last tenth of the samples, in percent of the median. */
function spread(numbers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const tenth = Math.floor(numbers.length / 10);
    return Math.round((50 * (sorted[numbers.length - 1 - tenth] - sorted[tenth])) / median(numbers));
}

const rows = [];   // {what, unit, better, samples: {name: []}}

function add(what, unit, better, name, sample) {
    let row = rows.find((candidate) => candidate.what === what);
    if (!row) {
        rows.push((row = { what, unit, better, samples: {} }));
        console.error(`bench rpc: ${what}`);
    }
    (row.samples[name] ??= []).push(sample);
}

async function main() {
    for (let round = 0; round < ROUNDS; ++round) {
        for (const contender of CONTENDERS) {
            const server = await start(contender);
            add('start to first answer (scope: three chains, anvil: one)', 'ms', 'less', server.name, server.startMs);
            add('resident memory after start, a chain', 'MiB', 'less', server.name, server.bytesPerChain / 2 ** 20);
            await server.stop();
        }
    }
    const servers = [];
    for (const contender of CONTENDERS) servers.push({ server: await start(contender) });
    for (const one of servers) one.prepared = await prepare(one.server);
    for (const what of Object.keys(servers[0].prepared.questions)) {
        for (let round = 0; round < ROUNDS; ++round) {
            for (const { server, prepared } of servers) {
                add(what, 'requests per CPU-second', 'more', server.name, await perCpuSecond(server, prepared.questions[what]));
            }
        }
    }
    for (let round = 0; round < (flags.quick ? 2 : 5); ++round) {
        for (const { server, prepared } of servers) {
            for (const [how, inOneBlock] of [[' in one block', true], [', a block each', false]]) {
                const sample = await transfersPerSecond(server, prepared.token, inOneBlock);
                add(`${TRANSFERS} ERC-20 transfers${how}`, 'a second', 'more', server.name, sample);
            }
        }
    }
    const { ms, cpuMs } = await crossChain(servers[0].server);
    ms.forEach((sample) => add('a cross-chain transaction, submit to receipt, settled', 'ms', 'less', 'scope', sample));
    add('the same: CPU of builder, three attesters, L1 and server', 'ms', 'less', 'scope', cpuMs);
    for (const { server } of servers) await server.stop();
    agent.destroy();
    if (flags.json) console.log(JSON.stringify(rows, null, 2));
    else print();
}

const digits = (number) => number.toLocaleString('en', { maximumSignificantDigits: 4 });

function print() {
    console.log(`${cpus()[0].model}, ${cpus().length} threads; median of up to ${ROUNDS} samples; above 1.0x, Scope is better\n`);
    console.log('| what | unit | Scope | spread | anvil | spread | ratio |\n|---|---|--:|--:|--:|--:|--:|');
    for (const { what, unit, better, samples: { scope, anvil } } of rows) {
        const figure = (samples) => samples ? [digits(median(samples)), `±${spread(samples)} %`] : ['', ''];
        const ratios = anvil && scope ? scope.map((ours, round) => better === 'more' ? ours / anvil[round] : anvil[round] / ours) : [];
        const ratio = ratios.length ? median(ratios) : null;
        console.log(`| ${[what, unit, ...figure(scope), ...figure(anvil), ratio ? `${ratio.toFixed(2)}x` : ''].join(' | ')} |`);
    }
}

await main();
