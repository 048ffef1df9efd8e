// docs/first-contract.md, followed: each file it shows is written, each command run, each output compared.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { ROOT, startDevnet } from './lib/devnet.mjs';
import { CAST, FORGE, execute, needs } from './lib/tools.mjs';

const PAGE = readFileSync(path.join(ROOT, 'docs/first-contract.md'), 'utf8');
const START = './scope devnet --solidity hello/lib/scope';
const there = needs(CAST, FORGE);

/** The blocks of the page in their order: `{language, file, text}`. */
const blocks = [...PAGE.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language, file, text]) => ({ language, file, text }));

test('the page shows files and commands, and the output of what it runs', () => {
    const count = (language) => blocks.filter((block) => block.language === language).length;
    assert.ok(count('sh') >= 8 && count('solidity') >= 4 && count('text') >= 6 && count('js') === 1);
    assert.ok(PAGE.includes(`    ${START}\n`));
});

test('the page is right', there, async () => {
    // Below the repository, so that node finds viem as it does after `npm install viem`.
    mkdirSync(path.join(ROOT, 'build/clients'), { recursive: true });
    const folder = mkdtempSync(path.join(ROOT, 'build/clients/page-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const devnet = await startDevnet({ cwd: folder, options: START.split(' ').slice(2) });
    after(() => devnet.stop());
    assert.ok(existsSync(path.join(folder, 'hello/lib/scope')));

    const { script, expected } = follow(devnet);
    const { status, output, errors } = await execute('bash', ['-c', script], {
        cwd: folder,
        env: { PATH: [...[CAST, FORGE].map(path.dirname), process.env.PATH].join(':'), FOUNDRY_SOLC: path.join(ROOT, 'tools/solc') },
    });
    const outputs = output.split(/^---- block \d+$/m).map((text) => text.trimEnd());
    assert.equal(status, 0, `after ${outputs.length} blocks of commands:\n${output.slice(-3000)}\n${errors.slice(-3000)}`);
    for (const [index, text] of expected) {
        const printed = `\n${outputs[index]}`;
        assert.ok(printed.endsWith(`\n${text.trimEnd()}`), `expected\n${text}\ngot\n${printed.slice(-1000)}`);
    }
});

/** The page as one script, as it is typed into one shell, and what each part of it has to print at its end. */
function follow(devnet) {
    const parts = ['set -eu'];
    const expected = [];
    let commands = -1;
    const [l1, rollup] = devnet.urls.map((url) => new URL(url).host);
    for (const { language, file, text } of blocks) {
        if (language === 'text') {
            expected.push([commands + 1, text]);
        } else if (language === 'sh') {
            parts.push(`echo "---- block ${++commands}"`, text.replace('127.0.0.1:8545', l1).replace('127.0.0.1:9545', rollup));
        } else {
            parts.push(`mkdir -p ${path.dirname(file)}; cat >${file} <<'END OF FILE'\n${text}END OF FILE`);
        }
    }
    return { script: parts.join('\n'), expected };
}
