// docs/run-it.md, followed on anvil: each command run, each output compared.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { BINARY, ROOT } from './lib/devnet.mjs';
import { followPage, readPage } from './lib/page.mjs';
import { ANVIL, CAST, needs } from './lib/tools.mjs';

const page = readPage('docs/run-it.md');
const START = 'node_modules/.bin/anvil --block-time 2 --hardfork osaka --slots-in-an-epoch 4';
const PORTS = [8545, 7501, 7502, 7503, 7601, 7602, 7603, 9545, 9645];

test('the page shows commands, and the output of what it runs', () => {
    assert.ok(page.count('sh') >= 8 && page.count('text') >= 4);
    assert.ok(page.text.includes(`    ${START}\n`));
    for (const port of PORTS) assert.ok(page.text.includes(`${port}`) || [7502, 7503, 7602, 7603].includes(port), `${port}`);
});

test('the page is right', needs(ANVIL, CAST), async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'run-it-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const ports = Object.fromEntries(await freePorts(PORTS));
    const [, ...options] = START.replace('--block-time 2', '--block-time 1').split(' ');
    const anvil = spawn(ANVIL, [...options, '--silent', '--port', `${ports[8545]}`], { cwd: folder, stdio: 'ignore' });
    const ended = once(anvil, 'exit');
    after(async () => {
        anvil.kill('SIGKILL');
        await ended;
    });

    await followPage(page, {
        cwd: folder,
        env: { PATH: [...[BINARY, CAST].map(path.dirname), process.env.PATH].join(':'), SCOPE_ROOT: ROOT },
        // The page's shell ends, and what it started with it.
        begin: `trap 'kill $(jobs -p) && wait' EXIT
                until cast block-number --rpc-url http://127.0.0.1:${ports[8545]} 2>/dev/null | grep -q '[1-9]'; do sleep 0.2; done`,
        replaced: {
            ':750$n': `:$((n == 1 ? ${ports[7501]} : n == 2 ? ${ports[7502]} : ${ports[7503]}))`,
            ':760$n': `:$((n == 1 ? ${ports[7601]} : n == 2 ? ${ports[7602]} : ${ports[7603]}))`,
            'l1.slot=2s': 'l1.slot=1s',
            ...ports,
        },
        limitSeconds: 900,
    });
});

/** Returns pairs of a port and a free one that stands for it. */
async function freePorts(wanted) {
    const servers = await Promise.all(wanted.map(async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        return server;
    }));
    const pairs = wanted.map((port, index) => [port, servers[index].address().port]);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return pairs;
}
