// A reporter for node:test: a JSON object a line for each test, which tools/run_tests.py reads.
export default async function* reporter(events) {
    for await (const { type, data } of events) {
        if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
        const { name, skip } = data;
        const skipped = skip === undefined || skip === false ? {} : { skipped: skip === true ? '' : skip };
        yield `${JSON.stringify({ name, passed: type === 'test:pass', ...skipped, ...reason(data.details?.error) })}\n`;
    }
}

function reason(error) {
    if (!error) return {};
    const cause = error.cause ?? error;
    return { reason: cause.stack ?? String(cause) };
}
