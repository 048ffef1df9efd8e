// Starts `scope devnet` as a process, as its users do, and ends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const BINARY = process.env.SCOPE_BINARY ?? path.join(ROOT, 'build/release/apps/scope/scope');
export const L1_ID = 31337;
export const ROLLUP_IDS = [42001, 42002];
export const SCOPED_CALLABLE = '0x5c09e00000000000000000000000000000000001';
export const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
export const MARKER = '0x0daaa518253653d485d4b09ba76fa82610e5388c3a3b3356d852a23451800dc2';
// The first accounts of the mnemonic "test test test test test test test test test test test junk".
export const ACCOUNTS = [
    ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'],
    ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8', '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'],
    ['0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC', '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'],
    ['0x90F79bf6EB2c4f870365E785982E1f101E93b906', '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6'],
].map(([address, key]) => ({ address, key }));

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const CHAIN = /^(?:L1|rollup) +\d+ +(http:\/\/\S+)/gm;   // of the banner, behind `Listening on ...`
const running = new Set();

// What fails in the middle must leave no process behind.
for (const end of ['exit', 'uncaughtExceptionMonitor']) process.on(end, () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Starts a devnet on free ports and waits until it listens on all of them. */
export async function startDevnet({ rollups = 2, options = [], cwd = ROOT } = {}) {
    if (!existsSync(BINARY)) throw new Error(`${path.relative(ROOT, BINARY)} is not there: ./scope build makes it`);
    const words = ['devnet', '--port', '0', '--rollups', String(rollups), ...options];
    const child = spawn(BINARY, words, { cwd, env: { ...process.env, SCOPE_ROOT: ROOT }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const devnet = { child, pid: child.pid, output: '', errors: '' };
    devnet.ended = once(child, 'exit').then(([status, signal]) => {
        running.delete(child);
        return { status, signal };
    });
    await listening(devnet, rollups + 1);
    devnet.urls = [...devnet.output.matchAll(CHAIN)].map(([, url]) => url);
    [devnet.l1, ...devnet.rollups] = devnet.urls;
    return Object.assign(devnet, {
        webSocket: (url) => url.replace(/^http/, 'ws'),
        stop: () => stop(devnet),
        residentBytes: () => residentBytes(child.pid),
        cpuSeconds: () => cpuSeconds(child.pid),
    });
}

function listening(devnet, count) {
    return new Promise((resolve, reject) => {
        const fail = (why) => reject(new Error(`scope devnet ${why}\n${devnet.output}\n${devnet.errors}`));
        const timer = setTimeout(() => fail('does not listen'), START_LIMIT_MS);
        devnet.child.stderr.on('data', (text) => (devnet.errors = (devnet.errors + text).slice(-100_000)));
        devnet.child.stdout.on('data', (text) => {
            devnet.output += text;
            if ([...devnet.output.matchAll(CHAIN)].length >= count && devnet.output.endsWith('\n')) {
                clearTimeout(timer);
                resolve();
            } else if (devnet.output.length > 1_000_000) {
                devnet.output = devnet.output.slice(-100_000);
            }
        });
        devnet.ended.then(({ status, signal }) => fail(`ended with ${status ?? signal} before it listened`));
    });
}

/** Ends it as Ctrl-C does; it has to go by itself, with exit code 0. */
async function stop(devnet) {
    devnet.child.kill('SIGINT');
    const timer = setTimeout(() => devnet.child.kill('SIGKILL'), STOP_LIMIT_MS);
    const { status, signal } = await devnet.ended;
    clearTimeout(timer);
    if (status !== 0) throw new Error(`scope devnet ended with ${status ?? signal}\n${devnet.errors}`);
}

export function residentBytes(pid) {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** CPU time of a process, of all its threads; Linux counts it in hundredths of a second. */
export function cpuSeconds(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

let ids = 0;

/** Asks once; throws what the node answers as an error, with `code` and `data`. */
export async function rpc(url, method, ...params) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++ids, method, params });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(`${method}: ${error.message}`), error);
    return result;
}

/** Waits up to `seconds` for `check` to give something that holds. */
export async function eventually(check, seconds = 20) {
    const end = Date.now() + 1000 * seconds;
    for (;;) {
        const value = await check();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${seconds} s: ${check}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
