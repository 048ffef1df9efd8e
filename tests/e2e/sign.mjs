// Signs for the tests in Python: a JSON list from standard input, of each what is signed to standard output. Of {key, chainId, nonce,
// to, data, value, gas}, a transaction: the raw one and its hash. Of {key, typedData}: the signature.
import { readFileSync } from 'node:fs';
import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const GWEI = 10n ** 9n;
const wanted = JSON.parse(readFileSync(0, 'utf8'));
const signed = await Promise.all(wanted.map(async ({ key, chainId, nonce, to, data = '0x', value = '0', gas, tip = '1', typedData }) => {
    if (typedData) return { signature: await privateKeyToAccount(key).signTypedData(typedData) };
    const raw = await privateKeyToAccount(key).signTransaction({
        type: 'eip1559', chainId, nonce, to, data, value: BigInt(value), gas: BigInt(gas),
        maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: BigInt(tip) * GWEI,
    });
    return { raw, hash: keccak256(raw) };
}));
console.log(JSON.stringify(signed));
