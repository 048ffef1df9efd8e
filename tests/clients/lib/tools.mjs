// Runs the command-line tools of others.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './devnet.mjs';

export const CAST = tool('cast');
export const FORGE = tool('forge');
export const ANVIL = tool('anvil');

/** The binary of Foundry as npm has it: the package of the platform, which the scripts of the wrapper packages would find. */
function tool(name) {
    return path.join(ROOT, `node_modules/@foundry-rs/${name}-linux-amd64/bin/${name}`);
}

/** Options of a test that needs a tool: skipped, with the reason, where it isn't installed. */
export function needs(...tools) {
    const missing = tools.filter((file) => !existsSync(file)).map((file) => path.basename(file));
    return missing.length ? { skip: `${missing.join(', ')} not installed: npm ci --ignore-scripts` } : {};
}

/** Runs a command; returns its exit status and what it wrote. */
export function execute(command, words, { cwd = ROOT, env = {}, limitSeconds = 120 } = {}) {
    return new Promise((resolve, reject) => {
        // No file of the user's configuration, no colour, no network but the devnet's.
        const clean = { ...process.env, NO_COLOR: '1', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', FOUNDRY_OFFLINE: 'true', ...env };
        const child = spawn(command, words, { cwd, env: clean, stdio: ['ignore', 'pipe', 'pipe'], timeout: 1000 * limitSeconds });
        let [output, errors] = ['', ''];
        child.stdout.on('data', (text) => (output += text));
        child.stderr.on('data', (text) => (errors += text));
        child.on('error', reject);
        child.on('close', (status, signal) => resolve({ status: status ?? signal, output: output.trim(), errors: errors.trim() }));
    });
}

/** The same for a command that has to succeed; returns what it wrote to standard output. */
export async function succeed(command, words, options) {
    const { status, output, errors } = await execute(command, words, options);
    if (status !== 0) throw new Error(`${path.basename(command)} ${words.join(' ')}\nended with ${status}\n${output}\n${errors}`);
    return output;
}
