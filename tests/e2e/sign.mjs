// Signs for the tests in Python. Each line of standard input is a JSON list of transactions {key, chainId, nonce, to, data, value,
// gas}, and of typed data {key, typedData}; for each line one of standard output has, in their order, {raw, hash} of a transaction,
// and {signature, hash} of typed data.
import { createInterface } from 'node:readline';
import { hashTypedData, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const GWEI = 10n ** 9n;

async function sign({ key, typedData, chainId, nonce, to, data = '0x', value = '0', gas, tip = '1' }) {
    const account = privateKeyToAccount(key);
    if (typedData) return { signature: await account.signTypedData(typedData), hash: hashTypedData(typedData) };
    const raw = await account.signTransaction({
        type: 'eip1559', chainId, nonce, to, data, value: BigInt(value), gas: BigInt(gas),
        maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: BigInt(tip) * GWEI,
    });
    return { raw, hash: keccak256(raw) };
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(sign))));
}
