// docs/first-contract.md, followed: each file it shows is written, each command run, each output compared.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { ROOT, startDevnet } from './lib/devnet.mjs';
import { followPage, readPage } from './lib/page.mjs';
import { CAST, FORGE, needs } from './lib/tools.mjs';

const page = readPage('docs/first-contract.md');
const START = './scope devnet --solidity hello/lib/scope';
const there = needs(CAST, FORGE);

test('the page shows files and commands, and the output of what it runs', () => {
    assert.ok(page.count('sh') >= 8 && page.count('solidity') >= 4 && page.count('text') >= 6 && page.count('js') === 1);
    assert.ok(page.text.includes(`    ${START}\n`));
});

test('the page is right', there, async () => {
    // Below the repository, so that node finds viem as it does after `npm install viem`.
    mkdirSync(path.join(ROOT, 'build/clients'), { recursive: true });
    const folder = mkdtempSync(path.join(ROOT, 'build/clients/page-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const devnet = await startDevnet({ cwd: folder, options: START.split(' ').slice(2) });
    after(() => devnet.stop());
    assert.ok(existsSync(path.join(folder, 'hello/lib/scope')));

    const [l1, rollup] = devnet.urls.map((url) => new URL(url).host);
    await followPage(page, {
        cwd: folder,
        env: { PATH: [...[CAST, FORGE].map(path.dirname), process.env.PATH].join(':'), FOUNDRY_SOLC: path.join(ROOT, 'tools/solc') },
        replaced: { '127.0.0.1:8545': l1, '127.0.0.1:9545': rollup },
    });
});
