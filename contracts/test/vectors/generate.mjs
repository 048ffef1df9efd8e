// Writes protocol.json: what protocol.md's hashes and encodings are for some inputs, computed with viem. The contracts
// (Vectors.t.sol) and the C++ library `protocol` both read it; neither has a part in making it.
//
//   node contracts/test/vectors/generate.mjs          writes the file
//   node contracts/test/vectors/generate.mjs --check  exits 1 if the file is not what this script writes
//
// All quantities and byte strings are hex with 0x; quantities without leading zeros, hashes 32 bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  concat, encodeAbiParameters, encodeErrorResult, encodeFunctionData, hashTypedData, keccak256, numberToHex, pad, parseAbi,
  parseAbiParameters, size, slice, toHex,
} from 'viem';

const domain = (name) => keccak256(toHex(name));
const word = (text) => keccak256(toHex(text)); // an arbitrary but reproducible 32-byte value
const account = (text) => `0x${word(text).slice(26)}`;
const encode = (types, ...values) => encodeAbiParameters(parseAbiParameters(types), values);
const fold = (h, item) => keccak256(concat([h, item]));
const SEED = keccak256(pad('0x', { size: 32 }));

const L1 = 1n, A = 901n, B = 902n;
const settlement = account('settlement');

// ---- §3 roots, requests, responses ----------------------------------------------------------------------------------

const rootOf = (context) => ({
  l1_chain_id: L1, settlement, ...context,
  root_id: keccak256(encode('bytes32, uint256, address, uint256, bytes32, uint256',
    domain('scope.root.v1'), L1, settlement, context.root_chain_id, context.operation_hash, context.root_index)),
});
const roots = [
  { root_chain_id: A, operation_hash: word('transaction'), root_index: 0n },
  { root_chain_id: L1, operation_hash: word('operation'), root_index: 7n },
  { root_chain_id: 2n ** 256n - 1n, operation_hash: pad('0x'), root_index: 2n ** 64n },
].map(rootOf).map((root) => ({ ...root, first_trace: keccak256(root.root_id) }));

const MARK = '(uint256 chainId, bytes32 trace)';
const marksOf = (marks) => marks.map(({ chain_id, trace }) => ({ chainId: chain_id, trace }));
const hashed = (r) => {
  const marks_hash = keccak256(encode(`${MARK}[]`, marksOf(r.marks)));
  return {
    ...r, marks_hash,
    request_hash: keccak256(encode(
      'bytes32, bytes32, uint8, uint256, uint256, address, uint256, bytes32, uint256, address, uint256, uint256, bytes32',
      domain('scope.request.v1'), r.root_id, Number(r.kind), r.source_chain_id, r.target_chain_id, r.from, r.nonce,
      marks_hash, r.variant, r.to, r.value, r.gas_limit, keccak256(r.data))),
  };
};
const requests = [
  { kind: 0n, source_chain_id: A, target_chain_id: L1, nonce: BigInt(roots[0].first_trace), marks: [], variant: 0n, value: 0n,
    gas_limit: 1_000_000n, data: '0x' },
  { kind: 0n, source_chain_id: L1, target_chain_id: A, nonce: BigInt(word('trace 1')),
    marks: [{ chain_id: A, trace: word('trace 1') }], variant: 0n, value: 10n ** 18n, gas_limit: 500_000n,
    data: concat(['0xa9059cbb', pad(account('someone')), pad('0x2a')]) },
  { kind: 0n, source_chain_id: B, target_chain_id: A, nonce: BigInt(word('trace 2')),
    marks: [L1, A, B].map((c) => ({ chain_id: c, trace: word(`mark ${c}`) })), variant: 0n, value: 2n ** 256n - 1n,
    gas_limit: 2n ** 64n - 1n, data: toHex('x'.repeat(100)) },
  { kind: 1n, source_chain_id: A, target_chain_id: B, nonce: 1n, marks: [], variant: 3n, value: 0n, gas_limit: 0n,
    data: '0x00' },
].map((r, i) => hashed({ root_id: roots[i % 2].root_id, from: account(`from ${i}`), to: account(`to ${i}`), ...r }));

const responses = [
  { request: 0, success: true, data: '0x', trace: word('after 0'), marks: [{ chain_id: L1, trace: word('after 0') }] },
  { request: 1, success: true, data: pad('0x2a'), trace: word('after 1'),
    marks: [{ chain_id: L1, trace: word('asked') }, { chain_id: A, trace: word('after 1') }] },
  { request: 2, success: false, data: concat(['0x08c379a0', pad('0x20'), pad('0x02'), pad('0x6e6f', { dir: 'right' })]),
    trace: word('after 2'), marks: [] },
].map(({ request, ...r }) => {
  const { request_hash } = requests[request];
  const response = encode(`bool, bytes, bytes32, ${MARK}[]`, r.success, r.data, r.trace, marksOf(r.marks));
  return {
    request_hash, ...r, response,
    response_hash: keccak256(encode('bytes32, bytes32, bool, bytes32', domain('scope.response.v1'), request_hash, r.success,
      keccak256(r.data))),
    answer_hash: fold(request_hash, keccak256(response)),
  };
});

const folds = [0, 1, 3].map((count) => {
  const items = requests.slice(0, count).map((r) => r.request_hash);
  return { start: SEED, items, folded: items.reduce(fold, SEED) };
});

// ---- §5 a whole baton: A asks L1, which asks A back -----------------------------------------------------------------

const baton = (() => {
  let trace = roots[0].first_trace, marks = [];
  const steps = [];
  const move = (kind, chain, item) => {
    trace = fold(trace, item);
    marks = [...marks.filter((m) => m.chain_id !== chain), { chain_id: chain, trace }].sort((a, b) => (a.chain_id < b.chain_id ? -1 : 1));
    steps.push({ kind, chain_id: chain, item, trace, marks });
  };
  const ask = (source, target, data) => {
    const q = hashed({ root_id: roots[0].root_id, kind: 0n, source_chain_id: source, target_chain_id: target,
      from: account('asker'), nonce: BigInt(trace), marks, variant: 0n, to: account('asked'), value: 0n, gas_limit: 100_000n, data });
    move('ask', source, q.request_hash);
    return q;
  };
  const answer = (q, data) => move('answer', q.target_chain_id, keccak256(encode('bytes32, bytes32, bool, bytes32',
    domain('scope.response.v1'), q.request_hash, true, keccak256(data))));
  const outer = ask(A, L1, '0x01');
  const inner = ask(L1, A, '0x02');
  answer(inner, '0x03');
  answer(outer, '0x04');
  return { root_id: roots[0].root_id, first_trace: roots[0].first_trace, requests: [outer, inner], steps };
})();

// ---- what a chain is told ---------------------------------------------------------------------------------------------

const structs = [
  'struct Mark { uint256 chainId; bytes32 trace; }',
  'struct Request { bytes32 rootId; uint8 kind; uint256 sourceChainId; uint256 targetChainId; address from; uint256 nonce; Mark[] marks; uint256 variant; address to; uint256 value; uint256 gasLimit; bytes data; }',
  'struct Record { Request request; bytes32 rawResponseHash; bool kept; }',
  'struct Fill { uint256 chainId; bytes32 requestHash; bytes response; }',
  'struct RootContext { uint256 rootChainId; bytes32 operationHash; uint256 rootIndex; }',
  'struct Streams { uint256 chainId; bytes32 requestsOut; bytes32 requestsIn; bytes32 responsesOut; bytes32 responsesIn; uint256 valueIn; uint256 valueOut; }',
  'struct ScopedRequest { address to; uint256 value; uint256 gasLimit; bytes data; }',
  'struct EnvironmentValue { uint8 field; bytes32 value; }',
  'struct Batch { uint256 chainId; uint256 batchNumber; bytes32 preStateRoot; bytes32 postStateRoot; uint256 firstBlock; bytes32 lastBlockHash; bytes32 l1OriginHash; uint256 l1OriginNumber; bytes data; uint256 firstBlob; uint256 blobCount; uint256 forcedQueuePosition; Streams[] remotes; bytes proof; }',
  'struct L1Leg { RootContext context; Fill[] fills; Record[] records; bytes signedOperation; }',
  'struct Scope { EnvironmentValue[] environment; Batch[] batches; L1Leg[] legs; }',
];
const abi = parseAbi([
  ...structs,
  'function openScope(uint256[] remotes)',
  'function loadRoot(RootContext context, Fill[] fills, Record[] records)',
  'function runRoot(RootContext context, Fill[] fills, Record[] records)',
  'function fillResponsesIn(uint256[] chainIds, bytes32[] reqHashes, bytes[] responses)',
  'function handleScopedCall(uint256 sourceChainId, address from, uint256 nonce, ScopedRequest request)',
  'function answerOf(bytes32 requestHash, Request request) view returns (bytes)',
  'function executeScope(Scope scope)',
]);
const call = (functionName, args) => encodeFunctionData({ abi, functionName, args });
const requestOf = (r) => ({
  rootId: r.root_id, kind: Number(r.kind), sourceChainId: r.source_chain_id, targetChainId: r.target_chain_id, from: r.from,
  nonce: r.nonce, marks: marksOf(r.marks), variant: r.variant, to: r.to, value: r.value, gasLimit: r.gas_limit, data: r.data,
});
const context = { rootChainId: roots[0].root_chain_id, operationHash: roots[0].operation_hash, rootIndex: roots[0].root_index };
const fills = [{ chainId: L1, requestHash: responses[0].request_hash, response: responses[0].response }];
const records = [
  { request: requestOf(requests[1]), rawResponseHash: keccak256(responses[1].response), kept: true },
  { request: requestOf(requests[2]), rawResponseHash: keccak256(responses[2].response), kept: false },
];
const handle = (r, still) => {
  const trailer = encode(`uint8, uint256, ${MARK}[]`, Number(r.kind), r.variant, marksOf(r.marks));
  return concat([
    call('handleScopedCall', [r.source_chain_id, r.from, r.nonce, { to: r.to, value: r.value, gasLimit: r.gas_limit, data: r.data }]),
    trailer, encode('uint256, bool', BigInt(size(trailer)), still),
  ]);
};

// ---- §1 faults, and errors that code has to tell from them ------------------------------------------------------------

const revert = (signature, args) => encodeErrorResult({ abi: parseAbi([`error ${signature}`]), args });
const faults = [
  ['ResponseMissing(bytes32)', [word('request')]],
  ['OutOfPosition(bytes32)', [word('request')]],
  ['NotReproduced(bytes32)', [word('request')]],
  ['TooLittleGas()', []],
  ['EscrowExceeded(uint256,uint256)', [A, 1n]],
].map(([signature, args]) => ({
  name: signature.split('(')[0], signature, selector: slice(revert(signature, args), 0, 4), revert_data: revert(signature, args),
}));
const errors = {
  no_open_root: revert('NoOpenRoot()', []),
  duplicate_fill: revert('DuplicateFill(bytes32)', [word('request')]),
  too_little_operation_gas: revert('TooLittleOperationGas(uint256)', [1n]),
};

// ---- §11 batches and operations -----------------------------------------------------------------------------------------

const calldataCommitment = (data) => keccak256(encode('bytes32, bytes32', domain('scope.da.calldata.v1'), keccak256(data)));
const blobsCommitment = (hashes) => keccak256(encode('bytes32, bytes32[]', domain('scope.da.blobs.v1'), hashes));
const data_commitments = [
  { data: '0x00', commitment: calldataCommitment('0x00') },
  { data: toHex('the blocks of a batch'), commitment: calldataCommitment(toHex('the blocks of a batch')) },
];
const blob_commitments = [1, 3].map((n) => {
  const versioned_hashes = [...Array(n).keys()].map((i) => `0x01${word(`blob ${i}`).slice(4)}`);
  return { versioned_hashes, commitment: blobsCommitment(versioned_hashes) };
});

const STREAMS = '(uint256 chainId, bytes32 requestsOut, bytes32 requestsIn, bytes32 responsesOut, bytes32 responsesIn, uint256 valueIn, uint256 valueOut)';
const PUBLIC_INPUTS = `(uint256 l1ChainId, address settlement, uint256 chainId, uint256 batchNumber, bytes32 preStateRoot, bytes32 postStateRoot, uint256 firstBlock, bytes32 lastBlockHash, bytes32 l1OriginHash, uint256 l1OriginNumber, bytes32 daCommitment, uint256 forcedQueuePosition, ${STREAMS}[] remotes, bytes32 programId)`;
const streamsOf = (s) => ({
  chainId: s.chain_id, requestsOut: s.requests_out, requestsIn: s.requests_in, responsesOut: s.responses_out,
  responsesIn: s.responses_in, valueIn: s.value_in, valueOut: s.value_out,
});
const remotes = [L1, B].map((c) => ({
  chain_id: c, requests_out: word(`ro ${c}`), requests_in: SEED, responses_out: word(`so ${c}`), responses_in: word(`si ${c}`),
  value_in: c * 5n, value_out: c * 10n ** 18n,
}));
const public_inputs = [[], remotes].map((streams, i) => {
  const p = {
    l1_chain_id: L1, settlement, chain_id: A, batch_number: BigInt(i), pre_state_root: word('pre'), post_state_root: word('post'),
    first_block: 12n, last_block_hash: word('last block'), l1_origin_hash: word('l1 origin'), l1_origin_number: 1234n,
    da_commitment: i ? blob_commitments[1].commitment : data_commitments[0].commitment, forced_queue_position: 0n,
    remotes: streams, program_id: word('program'),
  };
  const hash = keccak256(encode(`bytes32, ${PUBLIC_INPUTS}`, domain('scope.public-inputs.v1'), {
    l1ChainId: p.l1_chain_id, settlement, chainId: p.chain_id, batchNumber: p.batch_number, preStateRoot: p.pre_state_root,
    postStateRoot: p.post_state_root, firstBlock: p.first_block, lastBlockHash: p.last_block_hash, l1OriginHash: p.l1_origin_hash,
    l1OriginNumber: p.l1_origin_number, daCommitment: p.da_commitment, forcedQueuePosition: p.forced_queue_position,
    remotes: streams.map(streamsOf), programId: p.program_id,
  }));
  return { ...p, hash, attestation_hash: keccak256(encode('bytes32, bytes32, bytes32', domain('scope.attestation.v1'), p.program_id, hash)) };
});

const types = {
  Operation: [
    ['address', 'account'], ['uint256', 'nonce'], ['address', 'target'], ['uint256', 'value'], ['bytes', 'data'], ['uint256', 'gas'],
    ['uint256', 'deadline'], ['address', 'submitter'], ['bytes32', 'finalTrace'], ['bool', 'runsAlone'],
  ].map(([type, name]) => ({ type, name })),
};
const digest = (o, finalTrace) => hashTypedData({
  domain: { name: 'Scope', version: '1', chainId: L1, verifyingContract: settlement }, types, primaryType: 'Operation',
  message: { ...o, finalTrace, runsAlone: o.runs_alone },
});
const operations = [
  { account: account('user'), nonce: 0n, target: account('target'), value: 0n, data: '0x', gas: 1_000_000n, deadline: 2n ** 32n,
    submitter: pad('0x', { size: 20 }), final_trace: pad('0x'), runs_alone: false },
  { account: account('user'), nonce: 41n, target: account('user'), value: 10n ** 18n, data: toHex('some calldata'), gas: 5_000_000n,
    deadline: 1_700_000_000n, submitter: account('submitter'), final_trace: word('final'), runs_alone: true },
].map((o) => ({ chain_id: L1, settlement, ...o, digest: digest(o, o.final_trace), operation_hash: digest(o, pad('0x')) }));

const OPERATION = '(address account, uint256 nonce, address target, uint256 value, bytes data, uint256 gas, uint256 deadline, address submitter, bytes32 finalTrace, bool runsAlone)';
const signature = concat([word('r'), word('s'), '0x1b']);
const signedOperation = encode(`(${OPERATION} operation, bytes signature)`, {
  operation: { ...operations[1], finalTrace: operations[1].final_trace, runsAlone: true }, signature,
});
const scope = {
  environment: [{ field: 1, value: pad('0x64') }, { field: 4, value: pad(account('coinbase')) }],
  batches: [{
    chainId: A, batchNumber: 1n, preStateRoot: word('pre'), postStateRoot: word('post'), firstBlock: 12n, lastBlockHash: word('last block'),
    l1OriginHash: word('l1 origin'), l1OriginNumber: 1234n, data: '0x', firstBlob: 0n, blobCount: 3n, forcedQueuePosition: 0n,
    remotes: remotes.map(streamsOf), proof: concat([signature, signature]),
  }],
  legs: [
    { context: { rootChainId: L1, operationHash: operations[1].operation_hash, rootIndex: 0n }, fills, records: [], signedOperation },
    { context: { rootChainId: B, operationHash: word('transaction'), rootIndex: 2n }, fills: [], records, signedOperation: '0x' },
  ],
};

// The inputs of `calls` are those above; see this script for which.
const vectors = {
  domains: Object.fromEntries(['root', 'request', 'response', 'public-inputs', 'da.calldata', 'da.blobs', 'attestation']
    .map((name) => [`scope.${name}.v1`, domain(`scope.${name}.v1`)])),
  seed: SEED,
  roots, requests, responses, folds, baton, faults, errors,
  data_commitments, blob_commitments, public_inputs, operations,
  calls: {
    open_scope: { remotes: [L1, B], calldata: call('openScope', [[L1, B]]) },
    load_root: call('loadRoot', [context, fills, records]),
    run_root: call('runRoot', [context, fills, records]),
    fill_responses_in: call('fillResponsesIn', [[L1], [fills[0].requestHash], [fills[0].response]]),
    answer_of: call('answerOf', [requests[1].request_hash, requestOf(requests[1])]),
    handle_scoped_call: requests.map((r) => ({ request_hash: r.request_hash, calldata: handle(r, false), still: handle(r, true) })),
    signed_operation: signedOperation,
    execute_scope: call('executeScope', [scope]),
  },
};

const path = fileURLToPath(new URL('protocol.json', import.meta.url));
const text = `${JSON.stringify(vectors, (_, v) => (typeof v === 'bigint' ? numberToHex(v) : v), 1)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error('protocol.json is not what generate.mjs writes');
    process.exit(1);
  }
} else {
  writeFileSync(path, text);
}
