// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IScopedAccount, IScopedAccountFactory, Operation} from "../src/interfaces/IScopedAccount.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

contract Collectible is ERC721("Collectible", "C") {
    function safeMint(address to, uint256 id) external {
        _safeMint(to, id);
    }
}

contract Items is ERC1155("") {
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }

    function mintBatch(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(to, ids, amounts, "");
    }
}

/// @title The account to everybody but the settlement contract: as an EOA is (§11)
/// @dev Two accounts of one key: the delegated EOA, and the contract that it owns.
contract AccountTest is ScopeWorld {
    bytes4 private constant VALID = 0x1626ba7e;
    bytes32 private constant APP_DOMAIN = keccak256("an app's domain separator");
    string private constant MAIL = "Mail(address to,string contents)";

    address private owned;

    function setUp() external {
        makeScopeWorld();
        on(L1);
        owned = settlement.accountFactory().deploy(user);
    }

    // ---- whose it is -------------------------------------------------------------------------------------------------------------

    function test_the_owner_is_the_eoa_itself_or_the_proxys() external view {
        assertEq(IScopedAccount(user).owner(), user, "delegated");
        assertEq(IScopedAccount(owned).owner(), user, "owned");
    }

    function test_an_owned_account_is_where_the_factory_says() external {
        IScopedAccountFactory factory = settlement.accountFactory();
        address other = factory.accountOf(submitter);
        assertTrue(other != owned, "another owner's is elsewhere");
        assertEq(other.code.length, 0, "not there");
        vm.prank(makeAddress("anyone"));
        assertEq(factory.deploy(submitter), other, "anyone deploys it");
        assertTrue(other.code.length != 0, "there");
        assertEq(factory.deploy(submitter), other, "once");
        assertEq(IScopedAccount(other).owner(), submitter, "its owner's");
    }

    function test_an_account_has_an_owner() external {
        IScopedAccountFactory factory = settlement.accountFactory();
        vm.expectRevert(IScopedAccountFactory.OwnerIsZero.selector);
        factory.deploy(address(0));
    }

    // ---- signatures: ERC-1271 with ERC-7739 ------------------------------------------------------------------------------------------

    function _isValid(address account, bytes32 hash, bytes memory signature) private view returns (bool) {
        return IERC1271(account).isValidSignature(hash, signature) == VALID;
    }

    /// @dev EIP-712's fields of the account's own domain, as ERC-5267 tells them.
    function _domainOf(address account) private view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt,) =
            IERC5267(account).eip712Domain();
        assertEq(chainId, L1, "this chain");
        assertEq(verifyingContract, account, "this account");
        return abi.encode(keccak256(bytes(name)), keccak256(bytes(version)), chainId, verifyingContract, salt);
    }

    function _typed(bytes32 domain, bytes32 content) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    /// @dev `PersonalSign(bytes prefixed)` in the account's domain.
    function _signPersonally(uint256 key, address account, bytes32 hash) private view returns (bytes memory) {
        (, string memory name, string memory version,,,,) = IERC5267(account).eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                L1,
                account
            )
        );
        return sign(key, _typed(domain, keccak256(abi.encode(keccak256("PersonalSign(bytes prefixed)"), hash))));
    }

    /// @dev `TypedDataSign(Mail contents,…)` in the app's domain.
    function _signTyped(uint256 key, address account, bytes32 contents) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            abi.encodePacked(
                "TypedDataSign(Mail contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)",
                MAIL
            )
        );
        bytes32 nested = keccak256(abi.encodePacked(typeHash, contents, _domainOf(account)));
        bytes memory signature = sign(key, _typed(APP_DOMAIN, nested));
        return abi.encodePacked(signature, APP_DOMAIN, contents, MAIL, uint16(bytes(MAIL).length));
    }

    function _mail() private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(bytes(MAIL)), address(1), keccak256("hello")));
    }

    function test_a_personal_signature_is_bound_to_the_account() external {
        on(L1);
        bytes32 hash = keccak256("a message, prefixed and hashed");
        address[2] memory accounts = [user, owned];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory signature = _signPersonally(USER_KEY, accounts[i], hash);
            assertTrue(_isValid(accounts[i], hash, signature), "its own");
            assertTrue(!_isValid(accounts[1 - i], hash, signature), "not the other account's, of the same key");
            assertTrue(!_isValid(accounts[i], keccak256("another"), signature), "nor another message's");
            assertTrue(!_isValid(accounts[i], hash, _signPersonally(0xbad, accounts[i], hash)), "nor another key's");
        }
    }

    function test_a_typed_signature_is_bound_to_the_account() external {
        on(L1);
        bytes32 hash = _typed(APP_DOMAIN, _mail());
        address[2] memory accounts = [user, owned];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory signature = _signTyped(USER_KEY, accounts[i], _mail());
            assertTrue(_isValid(accounts[i], hash, signature), "its own");
            assertTrue(!_isValid(accounts[1 - i], hash, signature), "not the other account's, of the same key");
            assertTrue(!_isValid(accounts[i], keccak256("another"), signature), "nor another hash's");
            bytes32 elsewhere = _typed(keccak256("another app's domain"), _mail());
            assertTrue(!_isValid(accounts[i], elsewhere, signature), "nor in another app");
            assertTrue(!_isValid(accounts[i], hash, _signTyped(0xbad, accounts[i], _mail())), "nor another key's");
        }
    }

    /// @dev Else what an owner signs for one of its accounts would count for all.
    function test_a_raw_signature_counts_for_nothing() external {
        on(L1);
        bytes32 hash = keccak256("any hash");
        assertTrue(!_isValid(user, hash, sign(USER_KEY, hash)), "delegated");
        assertTrue(!_isValid(owned, hash, sign(USER_KEY, hash)), "owned");
        assertTrue(!_isValid(user, hash, ""), "none");
        assertTrue(!_isValid(user, hash, new bytes(65)), "zeros");
        assertTrue(!_isValid(user, hash, new bytes(200)), "more zeros");
    }

    /// @dev What the settlement contract takes is no message, and what is a message it doesn't take.
    function test_a_signed_operation_is_no_message() external {
        on(L1);
        bytes32 digest = digestOf(operationOf(address(1), ""));
        assertTrue(!_isValid(user, digest, sign(USER_KEY, digest)), "not valid");
    }

    function test_says_that_it_nests() external {
        on(L1);
        bytes32 question = 0x7739773977397739773977397739773977397739773977397739773977397739;
        assertEq(bytes32(IERC1271(user).isValidSignature(question, "")), bytes32(bytes4(0x77390001)), "ERC-7739");
    }

    // ---- ERC-165 and receivers -------------------------------------------------------------------------------------------------------

    function test_supports_interfaces() external view {
        address[2] memory accounts = [user, owned];
        for (uint256 i = 0; i < 2; ++i) {
            IERC165 account = IERC165(accounts[i]);
            assertTrue(account.supportsInterface(0x01ffc9a7), "ERC-165");
            assertTrue(account.supportsInterface(type(IERC1271).interfaceId), "ERC-1271");
            assertTrue(account.supportsInterface(type(IERC721Receiver).interfaceId), "ERC-721");
            assertTrue(account.supportsInterface(type(IERC1155Receiver).interfaceId), "ERC-1155");
            assertTrue(account.supportsInterface(type(IScopedAccount).interfaceId), "its own");
            assertTrue(!account.supportsInterface(0xffffffff), "by ERC-165 none");
            assertTrue(!account.supportsInterface(0x12345678), "no other");
        }
    }

    function test_receives_collectibles() external {
        Collectible collectible = new Collectible();
        address[2] memory accounts = [user, owned];
        for (uint256 i = 0; i < 2; ++i) {
            collectible.safeMint(accounts[i], i);
            assertEq(collectible.ownerOf(i), accounts[i], "minted");
            address other = accounts[1 - i];
            vm.prank(accounts[i]);
            collectible.safeTransferFrom(accounts[i], other, i);
            assertEq(collectible.ownerOf(i), other, "transferred");
            vm.prank(other);
            collectible.safeTransferFrom(other, accounts[i], i, "with data");
            assertEq(collectible.ownerOf(i), accounts[i], "and back");
        }
    }

    function test_receives_items() external {
        address[2] memory accounts = [user, owned];
        uint256[] memory two = new uint256[](2);
        (two[0], two[1]) = (3, 4);
        for (uint256 i = 0; i < 2; ++i) {
            Items items = new Items();
            (address one, address other) = (accounts[i], accounts[1 - i]);
            items.mint(one, 1, 10);
            items.mintBatch(one, two, two);
            vm.prank(one);
            items.safeTransferFrom(one, other, 1, 2, "");
            vm.prank(one);
            items.safeBatchTransferFrom(one, other, two, two, "");
            assertEq(items.balanceOf(other, 4), 4, "a batch");
            vm.prank(other);
            items.safeBatchTransferFrom(other, one, two, two, "");
            vm.prank(other);
            items.safeTransferFrom(other, one, 1, 2, "");
            assertEq(items.balanceOf(one, 1), 10, "and back");
            vm.prank(one);
            items.safeTransferFrom(one, submitter, 1, 10, "");
        }
    }

    // ---- calls -----------------------------------------------------------------------------------------------------------------------

    function test_takes_any_calldata_and_ether() external {
        address[2] memory accounts = [user, owned];
        bytes[4] memory calldatas = [bytes(""), hex"01", hex"deadbeef", abi.encodeWithSignature("onAny(uint256)", 7)];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                uint256 before = accounts[i].balance;
                vm.deal(address(this), 1 ether);
                (bool success, bytes memory answer) = accounts[i].call{value: 1 ether}(calldatas[j]);
                assertTrue(success, "accepted");
                assertEq(answer.length, 0, "nothing is returned, as by an EOA");
                assertEq(accounts[i].balance, before + 1 ether, "ether too");
            }
        }
    }

    /// @dev 2,300 gas are enough for plain ether to a delegated EOA: its caller pays for what it delegates to.
    function test_takes_ether_by_transfer() external {
        vm.deal(address(this), 1 ether);
        payable(user).transfer(1 ether);
        assertEq(user.balance, 1 ether, "there");
    }

    function test_nobody_else_has_it_call() external {
        bytes[3] memory calldatas;
        IScopedAccount.Call[] memory calls = new IScopedAccount.Call[](1);
        address called = makeAddress("called");
        calls[0] = IScopedAccount.Call(called, 0, "");
        calldatas[0] = abi.encodeCall(IScopedAccount.executeBatch, (calls));
        Operation memory operation = operationOf(called, "");
        calldatas[1] = abi.encodeCall(IScopedAccount.executeOperation, (operation, digestOf(operation), ""));
        calldatas[2] = abi.encodeWithSignature("execute(address,uint256,bytes)", called, 0, "");
        address[2] memory accounts = [user, owned];
        vm.expectCall(called, "", 0);
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                (bool success,) = accounts[i].call(calldatas[j]);
                assertTrue(success == (j == 2), "refused, or nothing");
            }
        }
    }
}
