// Compiles Solidity with npm's solc, the one that the project uses.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { ROOT } from './devnet.mjs';

const LIBRARY = path.join(ROOT, 'contracts/src');

/** Returns `{Name: {abi, bytecode}}` of the contracts of a folder, which import our own as `scope/...`, and those of npm. */
export function compile(folder = path.join(ROOT, 'tests/clients/contracts')) {
    const names = readdirSync(folder).filter((name) => name.endsWith('.sol') && !name.endsWith('.s.sol')).sort();
    const sources = Object.fromEntries(names.map((name) => [name, { content: readFileSync(path.join(folder, name), 'utf8') }]));
    const kept = path.join(ROOT, 'build/clients', `${fingerprint(sources)}.json`);
    if (!existsSync(kept)) {
        mkdirSync(path.dirname(kept), { recursive: true });
        writeFileSync(`${kept}.${process.pid}`, JSON.stringify(run(sources)));
        renameSync(`${kept}.${process.pid}`, kept);
    }
    return JSON.parse(readFileSync(kept, 'utf8'));
}

/** What the contracts are compiled from: those of the folder, and all of ours that they could import. */
function fingerprint(sources) {
    const hash = createHash('sha256').update(JSON.stringify(sources)).update(readFileSync(path.join(ROOT, 'package-lock.json')));
    for (const folder of ['interfaces', 'libraries']) {
        for (const name of readdirSync(path.join(LIBRARY, folder)).sort()) hash.update(readFileSync(path.join(LIBRARY, folder, name)));
    }
    return hash.digest('hex').slice(0, 16);
}

function run(sources) {
    const solc = createRequire(import.meta.url)('solc');
    const input = {
        language: 'Solidity',
        sources,
        settings: {
            optimizer: { enabled: true },
            evmVersion: 'osaka',
            outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
        },
    };
    const place = (name) => name.startsWith('scope/') ? path.join(LIBRARY, name.slice(6)) : path.join(ROOT, 'node_modules', name);
    const find = (name) => ({ contents: readFileSync(place(name), 'utf8') });
    const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
    const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
    if (errors.length) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
    const contracts = Object.keys(sources).flatMap((file) => Object.entries(output.contracts[file] ?? {}));
    return Object.fromEntries(contracts.map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]));
}
