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
  concat, encodeAbiParameters, encodeErrorResult, encodeEventTopics, encodeFunctionData, hashTypedData, keccak256, numberToHex, pad, parseAbi,
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
    domain('scope.root.v2'), L1, settlement, context.root_chain_id, context.operation_hash, context.root_index)),
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
      'bytes32, bytes32, uint8, uint256, uint256, address, uint256, bytes32, uint256, uint256, address, uint256, uint256, bytes32',
      domain('scope.request.v2'), r.root_id, Number(r.kind), r.source_chain_id, r.target_chain_id, r.from, r.nonce,
      marks_hash, r.depth, r.variant, r.to, r.value, r.gas_limit, keccak256(r.data))),
  };
};
const requests = [
  { kind: 0n, source_chain_id: A, target_chain_id: L1, nonce: BigInt(roots[0].first_trace), marks: [], depth: 1n, variant: 0n,
    value: 0n, gas_limit: 1_000_000n, data: '0x' },
  { kind: 0n, source_chain_id: L1, target_chain_id: A, nonce: BigInt(word('trace 1')),
    marks: [{ chain_id: A, trace: word('trace 1') }], depth: 2n, variant: 0n, value: 10n ** 18n, gas_limit: 500_000n,
    data: concat(['0xa9059cbb', pad(account('someone')), pad('0x2a')]) },
  { kind: 0n, source_chain_id: B, target_chain_id: A, nonce: BigInt(word('trace 2')),
    marks: [L1, A, B].map((c) => ({ chain_id: c, trace: word(`mark ${c}`) })), depth: 64n, variant: 0n,
    value: 2n ** 256n - 1n, gas_limit: 2n ** 64n - 1n, data: toHex('x'.repeat(100)) },
  { kind: 1n, source_chain_id: A, target_chain_id: B, nonce: 1n, marks: [], depth: 2n ** 256n - 1n, variant: 3n, value: 0n, gas_limit: 0n,
    data: '0x00' },
].map((r, i) => hashed({ root_id: roots[i % 2].root_id, from: account(`from ${i}`), to: account(`to ${i}`), ...r }));

// Packed: flags, then the baton that a call's answer carries, then the data.
const hex = (number, bytes) => pad(toHex(number), { size: bytes });
const packed = ({ success, data, has_baton, trace, marks }) => concat([
  hex((success ? 1 : 0) + (has_baton ? 2 : 0), 1),
  ...(has_baton ? [trace, hex(marks.length, 1), ...marks.flatMap((m) => [hex(m.chain_id, 8), m.trace])] : []),
  data,
]);
const responseHash = (request_hash, success, data) => keccak256(encode('bytes32, bytes32, bool, bytes32',
  domain('scope.response.v2'), request_hash, success, keccak256(data)));
const REVERTED = concat(['0x08c379a0', pad('0x20'), pad('0x02'), pad('0x6e6f', { dir: 'right' })]); // Error("no")
const ZERO = pad('0x');
const responses = [
  { request: 0, success: true, data: '0x', trace: word('after 0'), marks: [{ chain_id: L1, trace: word('after 0') }] },
  { request: 1, success: true, data: pad('0x2a'), trace: word('after 1'),
    marks: [{ chain_id: L1, trace: word('asked') }, { chain_id: A, trace: word('after 1') }] },
  { request: 2, success: false, data: REVERTED, trace: word('after 2'),
    marks: [L1, A, B, 2n ** 64n - 1n].map((c) => ({ chain_id: c, trace: word(`late mark ${c}`) })) },
  { request: 2, success: false, data: '0x', trace: word('after 3'), marks: [] },
  { request: 3, success: true, data: pad('0x2a'), has_baton: false, trace: ZERO, marks: [] },
  { request: 3, success: true, data: '0x', has_baton: false, trace: ZERO, marks: [] },
  { request: 3, success: false, data: REVERTED, has_baton: false, trace: ZERO, marks: [] },
].map(({ request, success, data, has_baton = true, trace, marks }) => {
  const { request_hash } = requests[request];
  const response = packed({ success, data, has_baton, trace, marks });
  return {
    request_hash, success, data, has_baton, trace, marks, response,
    response_hash: responseHash(request_hash, success, data),
    answer_hash: fold(request_hash, keccak256(response)),
  };
});
// What no encoder gives, with the rule that it breaks.
const [ONE, TWO] = [L1, A].map((c) => concat([hex(c, 8), word(`mark ${c}`)]));
const malformed_responses = [
  ['no flags', '0x'],
  ['an unknown flag', '0x04'],
  ['an unknown flag beside known ones', concat(['0x83', word('trace'), '0x00'])],
  ['no trace', '0x03'],
  ['a trace cut short', concat(['0x03', slice(word('trace'), 0, 31)])],
  ['no count', concat(['0x03', word('trace')])],
  ['a mark missing', concat(['0x03', word('trace'), '0x02', ONE])],
  ['a mark cut short', concat(['0x03', word('trace'), '0x01', slice(ONE, 0, 39)])],
  ['marks not ascending', concat(['0x03', word('trace'), '0x02', TWO, ONE])],
  ['a chain twice', concat(['0x03', word('trace'), '0x02', ONE, ONE])],
  ['chain 0', concat(['0x03', word('trace'), '0x01', hex(0, 8), word('mark 0')])],
  ['a zero trace in a mark', concat(['0x03', word('trace'), '0x01', hex(L1, 8), ZERO])],
].map(([reason, response]) => ({ reason, response }));

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
  const ask = (source, target, depth, data) => {
    const q = hashed({ root_id: roots[0].root_id, kind: 0n, source_chain_id: source, target_chain_id: target,
      from: account('asker'), nonce: BigInt(trace), marks, depth, variant: 0n, to: account('asked'), value: 0n, gas_limit: 100_000n, data });
    move('ask', source, q.request_hash);
    return q;
  };
  const answer = (q, data) => move('answer', q.target_chain_id, responseHash(q.request_hash, true, data));
  const outer = ask(A, L1, 1n, '0x01');
  const inner = ask(L1, A, 2n, '0x02');
  answer(inner, '0x03');
  answer(outer, '0x04');
  return { root_id: roots[0].root_id, first_trace: roots[0].first_trace, requests: [outer, inner], steps };
})();

// ---- what a chain is told ---------------------------------------------------------------------------------------------

const structs = [
  'struct Mark { uint256 chainId; bytes32 trace; }',
  'struct Request { bytes32 rootId; uint8 kind; uint256 sourceChainId; uint256 targetChainId; address from; uint256 nonce; Mark[] marks; uint256 depth; uint256 variant; address to; uint256 value; uint256 gasLimit; bytes data; }',
  'struct Record { Request request; bytes32 rawResponseHash; bool kept; }',
  'struct Fill { uint256 chainId; bytes32 requestHash; bytes response; }',
  'struct RootContext { uint256 rootChainId; bytes32 operationHash; uint256 rootIndex; }',
  'struct Limit { uint256 chainId; uint256 value; }',
  'struct Baton { bytes32 trace; uint256 depth; uint256 gasToAsk; Mark[] marks; }',
  'struct Streams { uint256 chainId; bytes32 requestsOut; bytes32 requestsIn; bytes32 responsesOut; bytes32 responsesIn; uint256 valueIn; uint256 valueOut; uint256 limit; }',
  'struct ScopedRequest { address to; uint256 value; uint256 gasLimit; bytes data; }',
  'struct EnvironmentValue { uint8 field; bytes32 value; }',
  'struct Batch { uint256 chainId; uint256 batchNumber; uint256 firstBlock; bytes32 parentBlockHash; bytes32 lastBlockHash; address builder; uint256 l1OriginNumber; bytes32 l1OriginHash; uint256 dataOffset; uint256 dataLength; Streams[] remotes; bytes policyData; uint256 forcedQueuePosition; }',
  'struct L1Leg { RootContext context; Fill[] fills; Record[] records; bytes signedOperation; }',
  'struct Operation { address account; uint256 nonce; address target; uint256 value; bytes data; uint256 gas; uint256 verificationGas; uint256 fee; uint256 deadline; address submitter; bytes32 outcome; bool runsAlone; }',
  'struct SignedOperation { Operation operation; bytes signature; address owner; }',
  'struct Scope { EnvironmentValue[] environment; bytes data; Batch[] batches; L1Leg[] legs; bytes[] proofs; }',
  'struct ForcedEntry { uint8 kind; address from; address to; uint256 value; uint256 gasLimit; bytes data; }',
  'struct Registration { uint256 chainId; bytes32 programId; address verifier; address policy; bytes32 genesisBlockHash; bytes32 genesisStateRoot; uint256 supply; }',
  'struct SettledBatch { uint256 chainId; uint256 batchNumber; bytes32 lastBlockHash; uint256 dataOffset; uint256 dataLength; }',
];
const abi = parseAbi([
  ...structs,
  'function openScope(uint256[] remotes)',
  'function addChains(uint256[] chainIds)',
  'function removeChains(uint256[] chainIds)',
  'function upgrade(bytes code)',
  'function takeForced(uint256 position)',
  'function deposit(uint256 index, address from, address to, uint256 value, uint256 gasLimit, bytes data)',
  'function loadRoot(RootContext context, Limit[] limits, Fill[] fills, Record[] records)',
  'function runRoot(RootContext context, Limit[] limits, Fill[] fills, Record[] records)',
  'function fillResponsesIn(uint256[] chainIds, bytes32[] reqHashes, bytes[] responses)',
  'function handleScopedCall(uint256 sourceChainId, address from, uint256 nonce, ScopedRequest request)',
  'function answerOf(bytes32 requestHash, Request request) view returns (bytes)',
  'function setBaton(Baton baton)',
  'function executeOperation(Operation operation, bytes32 digest, bytes signature) returns (bool success, bytes32 returnDataHash)',
  'function executeScope(Scope scope)',
  'function depositAndCall(uint256 chainId, address to, uint256 value, uint256 gasLimit, bytes data) payable returns (uint256)',
  'function forceTransaction(uint256 chainId, bytes transaction, uint256 gasLimit) payable returns (uint256)',
  'function feeOf(uint256 chainId, uint8 kind, uint256 gasLimit, uint256 dataLength) view returns (uint256)',
  'function register(Registration registration, bytes genesisProof) payable',
  'function close(uint256 chainId)',
  'event ScopeSettled(uint256 indexed scopeNumber, bytes32 dataCommitment, SettledBatch[] batches)',
  'event RollupRegistered(uint256 indexed chainId, address verifier, bytes32 programId, address policy, bytes32 genesisBlockHash, uint256 escrow)',
  'event RollupChanged(uint256 indexed chainId, address verifier, bytes32 programId, address policy)',
  'event PredeployUpgraded(uint256 indexed chainId, bytes code)',
  'event RollupClosed(uint256 indexed chainId)',
  'event EntryQueued(uint256 indexed chainId, uint256 indexed index, ForcedEntry entry)',
  'event Deposited(uint256 indexed index, address indexed from, address indexed to, uint256 value, bool success)',
]);
const call = (functionName, args) => encodeFunctionData({ abi, functionName, args });
const requestOf = (r) => ({
  rootId: r.root_id, kind: Number(r.kind), sourceChainId: r.source_chain_id, targetChainId: r.target_chain_id, from: r.from,
  nonce: r.nonce, marks: marksOf(r.marks), depth: r.depth, variant: r.variant, to: r.to, value: r.value, gasLimit: r.gas_limit, data: r.data,
});
const context = { rootChainId: roots[0].root_chain_id, operationHash: roots[0].operation_hash, rootIndex: roots[0].root_index };
const limits = [{ chainId: A, value: 10n ** 18n }, { chainId: B, value: 2n ** 256n - 1n }];
const fills = [{ chainId: L1, requestHash: responses[0].request_hash, response: responses[0].response }];
const records = [
  { request: requestOf(requests[1]), rawResponseHash: keccak256(responses[1].response), kept: true },
  { request: requestOf(requests[2]), rawResponseHash: keccak256(responses[2].response), kept: false },
];
const handle = (r, still) => {
  const trailer = encode(`uint8, uint256, uint256, ${MARK}[]`, Number(r.kind), r.depth, r.variant, marksOf(r.marks));
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
  unknown_chain: revert('UnknownChain(uint256)', [B]),
  data_too_long: revert('DataTooLong(uint256)', [24_577n]),
  answer_too_long: revert('AnswerTooLong(uint256)', [24_577n]),
  too_deep: revert('TooDeep()', []),
  gas_limit_too_high: revert('GasLimitTooHigh(uint256,uint256)', [2n ** 24n + 1n, 2n ** 24n]),
  too_little_gas_to_ask: revert('TooLittleGasToAsk(uint256)', [4_999n]),
  asking_paused: revert('AskingPaused()', []),
  duplicate_fill: revert('DuplicateFill(bytes32)', [word('request')]),
  too_little_operation_gas: revert('TooLittleOperationGas(uint256)', [1n]),
  too_little_gas_for_operation: revert('TooLittleGasForOperation(uint256)', [1n]),
};

// ---- §11 batches and operations -----------------------------------------------------------------------------------------

const calldataCommitment = (data) => keccak256(encode('bytes32, bytes32', domain('scope.da.calldata.v2'), keccak256(data)));
const blobsCommitment = (hashes) => keccak256(encode('bytes32, bytes32[]', domain('scope.da.blobs.v2'), hashes));
const data_commitments = [
  { data: '0x00', commitment: calldataCommitment('0x00') },
  { data: toHex('the blocks of two batches'), commitment: calldataCommitment(toHex('the blocks of two batches')) },
];
const blob_commitments = [1, 3].map((n) => {
  const versioned_hashes = [...Array(n).keys()].map((i) => `0x01${word(`blob ${i}`).slice(4)}`);
  return { versioned_hashes, commitment: blobsCommitment(versioned_hashes) };
});

const STREAMS = '(uint256 chainId, bytes32 requestsOut, bytes32 requestsIn, bytes32 responsesOut, bytes32 responsesIn, uint256 valueIn, uint256 valueOut, uint256 limit)';
const PUBLIC_INPUTS = `(uint256 l1ChainId, address settlement, uint256 chainId, bytes32 programId, uint256 batchNumber, uint256 firstBlock, bytes32 parentBlockHash, bytes32 lastBlockHash, address builder, uint256 l1OriginNumber, bytes32 l1OriginHash, (bytes32 commitment, uint256 offset, uint256 length) data, ${STREAMS}[] remotes, bytes32 policyHash, uint256 forcedQueuePosition)`;
const streamsOf = (s) => ({
  chainId: s.chain_id, requestsOut: s.requests_out, requestsIn: s.requests_in, responsesOut: s.responses_out,
  responsesIn: s.responses_in, valueIn: s.value_in, valueOut: s.value_out, limit: s.limit,
});
const remotes = [L1, B].map((c) => ({
  chain_id: c, requests_out: word(`ro ${c}`), requests_in: SEED, responses_out: word(`so ${c}`), responses_in: word(`si ${c}`),
  value_in: c * 5n, value_out: c * 10n ** 18n, limit: c === B ? 7n * 10n ** 18n : 0n,
}));
const public_inputs = [
  { batch_number: 0n, builder: pad('0x', { size: 20 }), data: { commitment: data_commitments[0].commitment, offset: 0n, length: 1n },
    remotes: [], policy_hash: ZERO, forced_queue_position: 0n },
  { batch_number: 1n, builder: account('builder'), data: { commitment: blob_commitments[1].commitment, offset: 150_000n, length: 2n ** 32n },
    remotes, policy_hash: word('policy'), forced_queue_position: 9n },
].map((i) => {
  const p = {
    l1_chain_id: L1, settlement, chain_id: A, program_id: word('program'), first_block: 12n, parent_block_hash: word('parent block'),
    last_block_hash: word('last block'), l1_origin_number: 1234n, l1_origin_hash: word('l1 origin'), ...i,
  };
  const hash = keccak256(encode(`bytes32, ${PUBLIC_INPUTS}`, domain('scope.public-inputs.v2'), {
    l1ChainId: p.l1_chain_id, settlement, chainId: p.chain_id, programId: p.program_id, batchNumber: p.batch_number,
    firstBlock: p.first_block, parentBlockHash: p.parent_block_hash, lastBlockHash: p.last_block_hash, builder: p.builder,
    l1OriginNumber: p.l1_origin_number, l1OriginHash: p.l1_origin_hash, data: p.data, remotes: p.remotes.map(streamsOf),
    policyHash: p.policy_hash, forcedQueuePosition: p.forced_queue_position,
  }));
  return { ...p, hash };
});
const attestations = [[0], [0, 1], [1, 0]].map((indices) => {
  const inputs_hashes = indices.map((i) => public_inputs[i].hash);
  const program_id = word('program');
  return {
    program_id, inputs_hashes,
    attestation_hash: keccak256(encode('bytes32, bytes32, bytes32', domain('scope.attestation.v2'), program_id,
      keccak256(concat(inputs_hashes)))),
  };
});

const types = {
  Operation: [
    ['address', 'account'], ['uint256', 'nonce'], ['address', 'target'], ['uint256', 'value'], ['bytes', 'data'], ['uint256', 'gas'],
    ['uint256', 'verificationGas'], ['uint256', 'fee'], ['uint256', 'deadline'], ['address', 'submitter'], ['bytes32', 'outcome'],
    ['bool', 'runsAlone'],
  ].map(([type, name]) => ({ type, name })),
};
const operationOf = (o) => ({
  account: o.account, nonce: o.nonce, target: o.target, value: o.value, data: o.data, gas: o.gas, verificationGas: o.verification_gas,
  fee: o.fee, deadline: o.deadline, submitter: o.submitter, outcome: o.outcome, runsAlone: o.runs_alone,
});
const digest = (o) => hashTypedData({
  domain: { name: 'Scope', version: '1', chainId: L1, verifyingContract: settlement }, types, primaryType: 'Operation',
  message: operationOf(o),
});
// What the settlement contract gives the account: the target's gas, with what two calls keep back of it, and the account's own.
const operationGas = (o) => o.gas + o.gas / 31n + o.verification_gas + 100_000n + 32n * BigInt(size(o.data));
const operations = [
  { account: account('user'), nonce: 0n, target: account('target'), value: 0n, data: '0x', gas: 1_000_000n, verification_gas: 0n, fee: 0n,
    deadline: 2n ** 32n, submitter: pad('0x', { size: 20 }), outcome: ZERO, runs_alone: false },
  { account: account('user'), nonce: 41n, target: account('user'), value: 10n ** 18n, data: toHex('some calldata'), gas: 5_000_000n,
    verification_gas: 50_000n, fee: 10n ** 15n, deadline: 1_700_000_000n, submitter: account('submitter'), outcome: word('outcome'),
    runs_alone: true },
].map((o) => ({
  chain_id: L1, settlement, ...o, digest: digest(o), operation_hash: digest({ ...o, outcome: ZERO }), operation_gas: operationGas(o),
}));

const FILL = '(uint256 chainId, bytes32 requestHash, bytes response)';
const REQUEST = `(bytes32 rootId, uint8 kind, uint256 sourceChainId, uint256 targetChainId, address from, uint256 nonce, ${MARK}[] marks, uint256 depth, uint256 variant, address to, uint256 value, uint256 gasLimit, bytes data)`;
const RECORD = `(${REQUEST} request, bytes32 rawResponseHash, bool kept)`;
// The fills are those of responses, by index; the records those of requests with the response of the same index.
const outcomes = [
  { success: true, return_data: pad('0x2a'), trace: word('end'), fills: [], records: [] },
  { success: false, return_data: REVERTED, trace: word('end'), fills: [0, 2], records: [] },
  { success: true, return_data: '0x', trace: word('end'), fills: [2, 4], records: [{ request: 1, kept: true }, { request: 2, kept: false }] },
  { success: true, return_data: '0x', trace: word('end'), fills: [2, 4], records: [{ request: 1, kept: false }, { request: 2, kept: false }] },
].map(({ success, return_data, trace, fills, records }) => {
  const return_data_hash = keccak256(return_data);
  const encoded_fills = encode(`${FILL}[]`, fills.map((i) => ({
    chainId: i === 0 ? L1 : B, requestHash: responses[i].request_hash, response: responses[i].response,
  })));
  const encoded_records = encode(`${RECORD}[]`, records.map(({ request, kept }) => ({
    request: requestOf(requests[request]), rawResponseHash: keccak256(responses[request].response), kept,
  })));
  return {
    success, return_data, return_data_hash, trace, encoded_fills, encoded_records,
    outcome: keccak256(encode('bytes32, bool, bytes32, bytes32, bytes32, bytes32', domain('scope.outcome.v1'), success, return_data_hash,
      trace, keccak256(encoded_fills), keccak256(encoded_records))),
  };
});

const signature = concat([word('r'), word('s'), '0x1b']);
const signed = { operation: operationOf(operations[1]), signature, owner: account('owner') };
const OPERATION = '(address account, uint256 nonce, address target, uint256 value, bytes data, uint256 gas, uint256 verificationGas, uint256 fee, uint256 deadline, address submitter, bytes32 outcome, bool runsAlone)';
const signedOperation = encode(`(${OPERATION} operation, bytes signature, address owner)`, signed);

const data = toHex('the blocks of two batches');
const batches = [
  { chainId: A, batchNumber: 1n, builder: account('builder'), dataOffset: 0n, dataLength: 20n, remotes: remotes.map(streamsOf),
    policyData: toHex('policy data'), forcedQueuePosition: 9n },
  { chainId: B, batchNumber: 0n, builder: pad('0x', { size: 20 }), dataOffset: 20n, dataLength: 5n, remotes: [], policyData: '0x',
    forcedQueuePosition: 0n },
].map((b) => ({
  firstBlock: 12n, parentBlockHash: word(`parent ${b.chainId}`), lastBlockHash: word(`last ${b.chainId}`), l1OriginNumber: 1234n,
  l1OriginHash: word('l1 origin'), ...b,
}));
const scope = {
  environment: [{ field: 1, value: pad('0x64') }, { field: 4, value: pad(account('coinbase')) }],
  data, batches,
  legs: [
    { context: { rootChainId: L1, operationHash: operations[1].operation_hash, rootIndex: 0n }, fills, records: [], signedOperation },
    { context: { rootChainId: B, operationHash: word('transaction'), rootIndex: 2n }, fills: [], records, signedOperation: '0x' },
  ],
  proofs: [concat([signature, signature]), '0x00'],
};

// ---- §12 the forced queue, registration, upgrades ------------------------------------------------------------------------

const ENTRY = '(uint8 kind, address from, address to, uint256 value, uint256 gasLimit, bytes data)';
const entryOf = (e) => ({ kind: Number(e.kind), from: e.from, to: e.to, value: e.value, gasLimit: e.gas_limit, data: e.data });
const NOBODY = pad('0x', { size: 20 });
// What L1 charges for an entry; the gas limit of a deposit's system transaction on the rollup.
const chargedGas = (e) => {
  const gas = e.gas_limit + 16n * BigInt(size(e.data)) + (e.kind === 0n ? 600_000n : 100_000n);
  const ofBytes = 256n * BigInt(size(e.data));
  return gas > ofBytes ? gas : ofBytes;
};
const depositGasLimit = (e) => e.gas_limit + e.gas_limit / 16n + 550_000n + 20n * BigInt(size(e.data));
const forced_entries = [
  { kind: 0n, to: account('receiver'), value: 10n ** 18n, gas_limit: 100_000n, data: '0x' },
  { kind: 0n, to: account('contract'), value: 0n, gas_limit: 2n ** 24n, data: toHex('y'.repeat(100)) },
  { kind: 1n, to: NOBODY, value: 0n, gas_limit: 21_000n, data: concat(['0x02', toHex('an envelope')]) },
  // Charged by its bytes.
  { kind: 1n, to: NOBODY, value: 0n, gas_limit: 50_000n, data: toHex('z'.repeat(1_000)) },
].map((e, i) => {
  const entry = { chain_id: A, index: BigInt(i) * 2n ** 40n, from: account(`who queues ${i}`), ...e };
  const hash = keccak256(encode(`uint256, uint256, ${ENTRY}`, entry.chain_id, entry.index, entryOf(entry)));
  return { ...entry, hash, charged_gas: chargedGas(entry), deposit_gas_limit: depositGasLimit(entry) };
});
const genesis_claims = [{ supply: 0n }, { supply: 123n * 10n ** 18n }].map((c, i) => {
  const claim = {
    l1_chain_id: L1, settlement, owner: account('owner'), chain_id: A, program_id: word('program'), block_hash: word(`genesis ${i}`), state_root: word(`state ${i}`),
    ...c,
  };
  return {
    ...claim,
    hash: keccak256(encode('bytes32, uint256, address, address, uint256, bytes32, bytes32, bytes32, uint256', domain('scope.genesis.v2'),
      claim.l1_chain_id, claim.settlement, claim.owner, claim.chain_id, claim.program_id, claim.block_hash, claim.state_root, claim.supply)),
  };
});
const registration = {
  chainId: A, programId: word('program'), verifier: account('verifier'), policy: account('policy'), genesisBlockHash: word('genesis 1'),
  genesisStateRoot: word('state 1'), supply: 123n * 10n ** 18n,
};
const code = toHex('the code of a predeploy, more than a word');
const depositAbi = parseAbi(['function deposit(uint256 chainId, address to) payable returns (uint256)']); // of the same name as the rollup's

const event = (eventName, args, types, ...values) => ({
  topics: encodeEventTopics({ abi, eventName, args }), data: encode(types, ...values),
});
const events = {
  scope_settled: event('ScopeSettled', { scopeNumber: 3n },
    'bytes32, (uint256 chainId, uint256 batchNumber, bytes32 lastBlockHash, uint256 dataOffset, uint256 dataLength)[]',
    calldataCommitment(data), batches),
  rollup_registered: event('RollupRegistered', { chainId: B }, 'address, bytes32, address, bytes32, uint256', account('verifier'),
    word('program'), account('policy'), word('genesis'), 10n ** 18n),
  rollup_changed: event('RollupChanged', { chainId: B }, 'address, bytes32, address', account('verifier'), word('program'), NOBODY),
  predeploy_upgraded: event('PredeployUpgraded', { chainId: B }, 'bytes', code),
  rollup_closed: { topics: encodeEventTopics({ abi, eventName: 'RollupClosed', args: { chainId: B } }), data: '0x' },
  entries_queued: forced_entries.map((e) => event('EntryQueued', { chainId: e.chain_id, index: e.index }, ENTRY, entryOf(e))),
  deposited: event('Deposited', { index: 7n, from: account('from'), to: account('to') }, 'uint256, bool', 10n ** 18n, true),
};

// The inputs of `calls` are those above; see this script for which.
const vectors = {
  domains: Object.fromEntries(['root.v2', 'request.v2', 'response.v2', 'public-inputs.v2', 'da.calldata.v2', 'da.blobs.v2',
    'attestation.v2', 'outcome.v1', 'genesis.v2'].map((name) => [`scope.${name}`, domain(`scope.${name}`)])),
  seed: SEED,
  roots, requests, responses, malformed_responses, folds, baton, faults, errors,
  data_commitments, blob_commitments, public_inputs, attestations, operations, outcomes, events,
  forced_entries, genesis_claims,
  calls: {
    open_scope: { remotes: [L1, B], calldata: call('openScope', [[L1, B]]) },
    add_chains: { chain_ids: [A, B], calldata: call('addChains', [[A, B]]) },
    remove_chains: { chain_ids: [A, B], calldata: call('removeChains', [[A, B]]) },
    upgrade: { code, calldata: call('upgrade', [code]) },
    take_forced: { position: 9n, calldata: call('takeForced', [9n]) },
    // The first two entries.
    deposits: forced_entries.slice(0, 2).map((e) => call('deposit', [e.index, e.from, e.to, e.value, e.gas_limit, e.data])),
    deposit: encodeFunctionData({ abi: depositAbi, args: [A, forced_entries[0].to] }),
    deposit_and_call: call('depositAndCall', [A, forced_entries[1].to, 5n, 2n ** 24n, forced_entries[1].data]),
    force_transaction: call('forceTransaction', [A, forced_entries[2].data, 21_000n]),
    fee_of: call('feeOf', [A, 1, 21_000n, 12n]),
    register: call('register', [registration, signature]),
    close: call('close', [A]),
    set_baton: {
      trace: word('own'), depth: 2n, gas_to_ask: 123_456n, marks: requests[2].marks,
      calldata: call('setBaton', [{ trace: word('own'), depth: 2n, gasToAsk: 123_456n, marks: marksOf(requests[2].marks) }]),
    },
    load_root: call('loadRoot', [context, limits, fills, records]),
    run_root: call('runRoot', [context, limits, fills, records]),
    fill_responses_in: call('fillResponsesIn', [[L1], [fills[0].requestHash], [fills[0].response]]),
    answer_of: call('answerOf', [requests[1].request_hash, requestOf(requests[1])]),
    handle_scoped_call: requests.map((r) => ({ request_hash: r.request_hash, calldata: handle(r, false), still: handle(r, true) })),
    signed_operation: signedOperation,
    execute_operation: call('executeOperation', [signed.operation, operations[1].digest, signature]),
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
