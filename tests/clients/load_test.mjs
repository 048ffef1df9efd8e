// Many clients, rude ones and slow ones: no error, no leak, and memory that stays within what is stated here.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';

import WebSocket from 'ws';

import { ACCOUNTS, eventually, rpc, startDevnet } from './lib/devnet.mjs';

const FULL = process.env.SCOPE_TEST_FULL === '1';   // ./scope test --full
const CONNECTIONS = FULL ? 10_000 : 2_000;
const CLIENTS = 100;
const SECONDS = FULL ? 30 : 6;
const MiB = 2 ** 20;
const MOST_GROWTH = 24 * MiB;   // of resident memory: what allocators keep, blocks and states of these seconds

const devnet = await startDevnet({ options: ['--block-time', '0.2'] });
after(() => devnet.stop());

const portOf = (url) => Number(new URL(url).port);
const openFiles = () => readdirSync(`/proc/${devnet.pid}/fd`).length;
const answers = async () => assert.match(await rpc(devnet.l1, 'eth_chainId'), /^0x/);

/** Ways to come and go without a word. Each resolves when the connection is gone on this side. */
const rudeness = {
    'says nothing': () => talk(''),
    'half a request': () => talk('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"jsonrpc":"2.0",'),
    'asks and does not wait': () => talk(post('{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",true]}')),
    'asks, waits and breaks off': () => talk(post('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'), true),
    'no HTTP at all': () => talk('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    'subscribes and is cut': () => new Promise((resolve) => {
        const socket = new WebSocket(devnet.webSocket(devnet.rollups[0]));
        socket.on('error', resolve);
        socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'));
        socket.on('message', () => { socket.terminate(); resolve(); });
    }),
};

const post = (body) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function talk(words, wait = false) {
    return new Promise((resolve) => {
        const socket = net.connect(portOf(devnet.l1), '127.0.0.1', () => {
            socket.write(words);
            if (!wait) setImmediate(() => socket.destroy());
        });
        socket.on('data', () => socket.destroy());
        socket.on('error', () => {});   // the node may hang up first
        socket.on('close', resolve);
    });
}

async function comeAndGo(count) {
    const ways = Object.values(rudeness);
    let next = 0;
    await Promise.all(Array.from({ length: 100 }, async () => {
        while (next < count) await ways[next++ % ways.length]();
    }));
}

test(`${CONNECTIONS} connections come and go`, async () => {
    await comeAndGo(500);   // what is allocated once
    await eventually(() => openFiles() < 100);
    const [files, before] = [openFiles(), devnet.residentBytes()];
    await comeAndGo(CONNECTIONS);
    await answers();
    await eventually(() => openFiles() <= files + 5);
    const grown = devnet.residentBytes() - before;
    assert.ok(grown < MOST_GROWTH, `grew by ${grown / MiB} MiB`);
});

/** A client that follows the heads and reads each block; `problems` says what was not as it should be. */
class Client {
    constructor(url) {
        this.heads = [];
        this.answered = 0;
        this.problems = [];
        this.socket = new WebSocket(url);
        this.socket.on('open', () => this.ask(1, 'eth_subscribe', 'newHeads'));
        this.socket.on('message', (text) => this.take(JSON.parse(text)));
        this.socket.on('error', (error) => this.problems.push(error.message));
    }

    ask(id, method, ...params) {
        this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    }

    take({ method, params, id, error, result }) {
        if (error) this.problems.push(error.message);
        if (method === 'eth_subscription') {
            const number = Number(params.result.number);
            if (this.heads.length && number !== this.heads.at(-1) + 1) this.problems.push(`${number} after ${this.heads.at(-1)}`);
            this.heads.push(number);
            this.ask(1000 + number, 'eth_getBlockByNumber', params.result.number, true);
        } else if (id > 1000) {
            this.answered += 1;
            if (Number(result?.number) !== id - 1000) this.problems.push(`no block ${id - 1000}`);
        }
    }
}

test(`${CLIENTS} clients follow blocks that come every 200 ms, beside clients that do not read`, async () => {
    const slow = devnet.urls.map((url) => deaf(devnet.webSocket(url)));
    const clients = Array.from({ length: CLIENTS }, (_, index) => new Client(devnet.webSocket(devnet.urls[index % devnet.urls.length])));
    const stop = keepBusy();
    await eventually(() => clients.every(({ heads }) => heads.length >= 3));
    const before = devnet.residentBytes();
    await new Promise((resolve) => setTimeout(resolve, 1000 * SECONDS));
    const grown = devnet.residentBytes() - before;
    await stop();
    const blocks = Math.min(...clients.map(({ heads }) => heads.length));
    await eventually(() => clients.every(({ answered, heads }) => answered >= heads.length - 1));
    assert.deepEqual(clients.flatMap(({ problems }) => problems), []);
    assert.ok(blocks > SECONDS, `only ${blocks} blocks in ${SECONDS} s`);   // 5 a second, on a machine that does nothing else
    assert.ok(grown < MOST_GROWTH, `grew by ${grown / MiB} MiB`);
    [...clients.map(({ socket }) => socket), ...slow].forEach((socket) => socket.terminate());
    await answers();
});

/** Sends something to each rollup all the time: L1 has a block at every interval, a rollup where there is something for it. */
function keepBusy() {
    let goesOn = true;
    const sent = Promise.all(devnet.rollups.map(async (url) => {
        while (goesOn) {
            await rpc(url, 'eth_sendTransaction', { from: ACCOUNTS[0].address, to: ACCOUNTS[1].address, value: '0x1' });
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }));
    return () => {
        goesOn = false;
        return sent;
    };
}

/** A client that asks for much and takes nothing: the node has to let it go, or stop listening to it. */
function deaf(url) {
    const socket = new WebSocket(url);
    socket.on('error', () => {});
    socket.on('open', () => {
        socket.pause();
        socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}');
        for (let id = 2; id < 500; ++id) socket.send(`{"jsonrpc":"2.0","id":${id},"method":"rpc.discover"}`);
    });
    return socket;
}
