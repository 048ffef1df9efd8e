"""geth without a consensus client as an L1, for tests: this process says what a block has, and which one is the head."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import secrets
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from node_network import DEPLOYER, SUBMITTER, USERS, Process, RpcFailure, ask, free_ports, wait_until

GETH = os.environ.get("SCOPE_GETH", "")
CHAIN_ID = 31337   # anvil's, so that tests need not ask
FINAL_DEPTH = 80   # blocks below the head: reorganisations reach less far
MAX_REWIND = 32    # blocks by which geth goes back to an ancestor
BLOB_SCHEDULE = {"bpo1": {"target": 10, "max": 15, "baseFeeUpdateFraction": 8346193},
                 "bpo2": {"target": 14, "max": 21, "baseFeeUpdateFraction": 11684671}}


def is_there():
    return bool(GETH) and pathlib.Path(GETH).exists()


def genesis_of(printed):
    """Returns Osaka with both blob schedules from the start, the system contracts of geth's --dev, and people with money."""
    config = {name: value for name, value in printed["config"].items() if name not in ("bogotaTime", "amsterdamTime")}
    config |= {"chainId": CHAIN_ID, "bpo1Time": 0, "bpo2Time": 0}
    config["blobSchedule"] = config["blobSchedule"] | BLOB_SCHEDULE
    alloc = {address: account for address, account in printed["alloc"].items() if len(account.get("code", "")) > 2}
    alloc |= {address[2:]: {"balance": hex(10**22)} for address, _ in [*USERS, DEPLOYER, SUBMITTER]}
    return {"config": config, "alloc": alloc, "nonce": "0x0", "timestamp": "0x0", "extraData": "0x",
            "gasLimit": hex(60_000_000), "difficulty": "0x0", "mixHash": "0x" + "00" * 32, "coinbase": "0x" + "00" * 20,
            "baseFeePerGas": hex(10**9)}


def token(secret):
    """Returns the Engine API's: geth takes one for a minute."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = part(b'{"typ":"JWT","alg":"HS256"}') + b"." + part(json.dumps({"iat": int(time.time())}).encode())
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


class Blobs:
    """The blobs of an L1's blocks in the form of the Beacon REST API, under the blocks' numbers.

    geth has no such API, and an execution block has its blobs' hashes alone; but who asks geth to build a block is given
    them beside it, as a consensus client is. They are kept as long as this process.
    """

    def __init__(self):
        self.by_hash = {}
        blobs = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                url = urllib.parse.urlparse(self.path)
                wanted = ",".join(urllib.parse.parse_qs(url.query).get("versioned_hashes", [])).split(",")
                found = [blobs.by_hash[each] for each in wanted if each in blobs.by_hash]
                is_found = url.path.startswith("/eth/v1/beacon/blobs/") and found
                body = json.dumps({"data": found} if is_found else {"code": 404, "message": "not found"}).encode()
                self.send_response(200 if is_found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, bundle):
        """Keeps those of a built block; returns their versioned hashes."""
        hashes = ["0x01" + hashlib.sha256(bytes.fromhex(each[2:])).hexdigest()[2:] for each in bundle["commitments"]]
        self.by_hash.update(zip(hashes, bundle["blobs"]))
        return hashes

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Geth(Process):
    """geth as an L1, with blocks at an interval.

    Blocks are built by `testing_buildBlockV1` from the pool, or of given transactions, and made the head over the Engine
    API, so that a reorganisation is one as a consensus client makes it: what the lost branch had waits in the pool again.
    `safe` is the head's parent, `finalized` FINAL_DEPTH below it.
    """

    def __init__(self, folder, block_time_s=1):
        folder = pathlib.Path(folder)
        rpc, self.engine_port = free_ports(2)
        self.url = f"http://127.0.0.1:{rpc}"
        self.folder, self.block_time_s = folder / "geth", block_time_s
        self.secret = secrets.token_bytes(32)
        self.lock, self.over, self.miner, self.blobs = threading.RLock(), threading.Event(), None, None
        self.problem, self.count = None, 0
        (self.folder).mkdir()
        (self.folder / "jwt.hex").write_text(self.secret.hex())
        # Without it geth listens for peers on all addresses.
        (self.folder / "geth.toml").write_text('[Node.P2P]\nListenAddr = ""\nNoDiscovery = true\nMaxPeers = 0\n')
        super().__init__("geth", [GETH, "--datadir", self.folder / "data", "--config", self.folder / "geth.toml", "--nat",
                                  "none", "--ipcdisable", "--authrpc.port", str(self.engine_port), "--authrpc.jwtsecret",
                                  self.folder / "jwt.hex", "--http", "--http.port", str(rpc), "--http.api",
                                  "eth,net,web3,debug,testing,txpool", "--syncmode", "full", "--gcmode", "archive",
                                  "--cache", "64", "--miner.gasprice", "1"], folder)

    @property
    def beacon_url(self):
        return self.blobs.url

    def start(self):
        genesis = self.folder / "genesis.json"
        if not genesis.exists():
            printed = subprocess.run([GETH, "--dev", "dumpgenesis"], capture_output=True, text=True, check=True).stdout
            genesis.write_text(json.dumps(genesis_of(json.loads(printed))))
            subprocess.run([GETH, "init", "--datadir", self.folder / "data", genesis], capture_output=True, check=True)
        super().start()
        try:
            wait_until("geth answers", lambda: ask(self.url, "eth_chainId"))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()[-3000:]}") from None
        self.blobs = self.blobs or Blobs()
        self.go_on()
        return self

    def kill(self, *arguments):
        self.pause()
        if self.blobs is not None:
            self.blobs.stop()
            self.blobs = None
        return super().kill(*arguments)

    # -- blocks

    def go_on(self):
        """Has blocks come."""
        self.over.clear()
        self.miner = threading.Thread(target=self._mine_on, daemon=True)
        self.miner.start()

    def pause(self):
        """Has no block come until it goes on."""
        self.over.set()
        if self.miner is not None:
            self.miner.join()
            self.miner = None

    def _mine_on(self):
        while not self.over.wait(self.block_time_s):
            try:
                self.mine()
                self.problem = None
            except (OSError, RpcFailure) as problem:   # of a slow machine: the next block comes
                self.problem = problem

    def mine(self, transactions=None):
        """Adds a block of the pool's transactions, or of these raw ones; returns its number."""
        with self.lock:
            head = self._block("latest")
            return self._extend(head["hash"], max(int(head["timestamp"], 16) + 1, int(time.time())), transactions)

    def take_back(self, number):
        """Reorganises so that a block of this number, as hex, and those behind it are others."""
        with self.lock:
            self.reorg(int(self._block("latest")["number"], 16) - int(number, 16) + 1)

    def reorg(self, depth):
        """Replaces the last blocks by as many empty ones and one more."""
        with self.lock:
            head = self._block("latest")
            number = int(head["number"], 16)
            last = number - depth
            while number > last:   # geth builds on its head alone, and takes it back by so many blocks
                number = max(last, number - MAX_REWIND)
                head = self._block(hex(number))
                self._make_head(head["hash"], head["parentHash"], number)
            for _ in range(depth + 1):
                self._extend(head["hash"], int(head["timestamp"], 16) + 1, [])
                head = self._block("latest")

    def _block(self, name):
        return ask(self.url, "eth_getBlockByNumber", name, False)

    def _extend(self, parent, timestamp, transactions):
        """Has geth build a block on its head and take it for its head; returns its number."""
        self.count += 1
        root = "0x" + f"{self.count:064x}"
        attributes = {"timestamp": hex(timestamp), "prevRandao": root, "suggestedFeeRecipient": "0x" + "fe" * 20,
                      "withdrawals": [], "parentBeaconBlockRoot": root}
        built = ask(self.url, "testing_buildBlockV1", parent, attributes, transactions, "0x")
        payload, number = built["executionPayload"], int(built["executionPayload"]["blockNumber"], 16)
        answer = self._engine("engine_newPayloadV4", payload, self.blobs.keep(built["blobsBundle"]), root,
                              built.get("executionRequests") or [])
        assert answer["status"] == "VALID", answer
        self._make_head(payload["blockHash"], parent, number)
        return number

    def _make_head(self, block_hash, parent, number):
        finalized = "0x" + "00" * 32 if number <= FINAL_DEPTH else self._block(hex(number - FINAL_DEPTH))["hash"]
        heads = {"headBlockHash": block_hash, "safeBlockHash": parent, "finalizedBlockHash": finalized}
        answer = self._engine("engine_forkchoiceUpdatedV3", heads, None)["payloadStatus"]
        assert answer["status"] == "VALID", answer

    def _engine(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.engine_port}", body, {
            "Content-Type": "application/json", "Authorization": "Bearer " + token(self.secret)})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RpcFailure(method, answer["error"])
        return answer["result"]
