// Follows a page of the documentation: its files are written, its commands run, their output compared.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './devnet.mjs';
import { execute } from './tools.mjs';

/** Reads a page: its text, and its blocks in their order, `{language, file, text}`. */
export function readPage(name) {
    const text = readFileSync(path.join(ROOT, name), 'utf8');
    const blocks = [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language, file, body]) => ({ language, file, text: body }));
    return { text, blocks, count: (language) => blocks.filter((block) => block.language === language).length };
}

/**
 * Runs a page as it is typed into one shell, and compares the end of what its commands print with the blocks `text`.
 * `replaced` has what stands for a text of the page; `begin` is typed first.
 */
export async function followPage(page, { cwd, env, replaced = {}, begin = '', limitSeconds = 120 }) {
    const parts = ['set -eu', begin];
    const expected = [];
    let commands = -1;
    const escaped = Object.keys(replaced).map((from) => from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    // In one go, so that nothing is replaced in what stands for something.
    const put = (text) => (escaped.length ? text.replace(new RegExp(escaped.join('|'), 'g'), (from) => replaced[from]) : text);
    for (const { language, file, text } of page.blocks) {
        if (language === 'text') {
            expected.push([commands + 1, text]);
        } else if (language === 'sh') {
            parts.push(`echo "---- block ${++commands}"`, put(text));
        } else {
            parts.push(`mkdir -p ${path.dirname(file)}; cat >${file} <<'END OF FILE'\n${text}END OF FILE`);
        }
    }
    const { status, output, errors } = await execute('bash', ['-c', parts.join('\n')], { cwd, env, limitSeconds });
    const outputs = output.split(/^---- block \d+$/m).map((text) => text.trimEnd());
    assert.equal(status, 0, `after ${outputs.length} blocks of commands:\n${output.slice(-3000)}\n${errors.slice(-3000)}`);
    for (const [index, text] of expected) {
        const printed = `\n${outputs[index]}`;
        assert.ok(printed.endsWith(`\n${text.trimEnd()}`), `expected\n${text}\ngot\n${printed.slice(-1000)}`);
    }
    return outputs;
}
